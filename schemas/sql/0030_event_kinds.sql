-- Facts are kept of reports of a few kinds of event only, with the kind; rows of before have no kind and contradict nothing.

COMMENT ON COLUMN story_vectors.facts IS 'Earthquake, match or results in title and lead, with magnitude, quarter and countries (u32, little-endian: what and value)';
