-- What a person decides about entities, what sets people of one name apart, and who says a quote.

CREATE TABLE entity_edits (
    id INTEGER PRIMARY KEY,
    kind VARCHAR NOT NULL,
    entity_id BIGINT NOT NULL,
    other_id BIGINT,
    matches VARCHAR,
    value VARCHAR,
    active BOOLEAN NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    undone_at TIMESTAMPTZ
);
COMMENT ON TABLE entity_edits IS 'Merges, splits and renames of entities made by a person. They are replayed in this order on all mentions, old and new; none is ever deleted.';
COMMENT ON COLUMN entity_edits.id IS 'Number of the edit, as `newsfold entities undo` takes it';
COMMENT ON COLUMN entity_edits.kind IS 'merge, split or rename';
COMMENT ON COLUMN entity_edits.entity_id IS 'Entity that is changed (entities.id)';
COMMENT ON COLUMN entity_edits.other_id IS 'Entity that the mentions go to: the one merged into, or the one split off (entities.id)';
COMMENT ON COLUMN entity_edits.matches IS 'Of a split: alias, article or story';
COMMENT ON COLUMN entity_edits.value IS 'Of a split: the spelling, or the id of the article or story, whose mentions go; of a rename: the new name';
COMMENT ON COLUMN entity_edits.active IS 'False once it was undone';
COMMENT ON COLUMN entity_edits.made_at IS 'When it was made (wall-clock time)';
COMMENT ON COLUMN entity_edits.undone_at IS 'When it was undone (wall-clock time)';

ALTER TABLE entities ADD COLUMN found_name VARCHAR;
COMMENT ON COLUMN entities.found_name IS 'Name that articles gave it, where a person has renamed it';
ALTER TABLE entities ADD COLUMN merged_into BIGINT;
COMMENT ON COLUMN entities.merged_into IS 'Entity that a person merged it into (entities.id): its mentions are counted there';
ALTER TABLE mentions ADD COLUMN found_id BIGINT;
COMMENT ON COLUMN mentions.found_id IS 'Entity that newsfold linked it to; entity_id is that after the edits of a person';
UPDATE mentions SET found_id = entity_id;
ALTER TABLE facts ADD COLUMN mention_start INTEGER;
COMMENT ON COLUMN facts.mention_start IS 'Of a quote: where its speaker is named (mentions.start), when the text states it outright';

CREATE TABLE person_clues (
    article_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    found_id BIGINT NOT NULL,
    clues VARCHAR[] NOT NULL
);
COMMENT ON TABLE person_clues IS 'What an article says of a person that tells people of one name apart (plumbing).';
COMMENT ON COLUMN person_clues.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN person_clues.entity_id IS 'Person (entities.id)';
COMMENT ON COLUMN person_clues.found_id IS 'Person that newsfold linked it to, before the edits of a person';
COMMENT ON COLUMN person_clues.clues IS 'Walk of life (field:sport), nation (nation:KE), year of birth (born:1984), countries (scene:KE), company (with:…), year (year:2025)';
