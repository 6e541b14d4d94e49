-- What says that two look-alikes are of two events: names, facts of the event, a template filled in anew.

ALTER TABLE story_vectors ADD COLUMN names BLOB DEFAULT ''::BLOB;
ALTER TABLE story_vectors ADD COLUMN facts BLOB DEFAULT ''::BLOB;
ALTER TABLE story_vectors ADD COLUMN frames BLOB DEFAULT ''::BLOB;
ALTER TABLE signatures ADD COLUMN frames BLOB DEFAULT ''::BLOB;
COMMENT ON COLUMN signatures.frames IS 'Words around figures and the figures: what tells a template filled in anew (u32, little-endian: hashes of 16 bits each)';
COMMENT ON COLUMN story_vectors.names IS 'Which of lead_terms are names: a bit each, the first one highest';
COMMENT ON COLUMN story_vectors.facts IS 'Magnitude, quarter, score and countries in title and lead (u32, little-endian: kind and value)';
COMMENT ON COLUMN story_vectors.frames IS 'As in signatures';
COMMENT ON COLUMN story_articles.reason IS 'Why, with the shared names and words and what contradicts; or in which story it was before and which article changed that';
