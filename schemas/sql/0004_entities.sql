-- Who and what articles mention.

CREATE TABLE entities (
    id BIGINT PRIMARY KEY,
    name VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    wikidata_id VARCHAR,
    iso_code VARCHAR,
    ticker VARCHAR,
    description VARCHAR,
    complete BOOLEAN NOT NULL,
    first_seen TIMESTAMPTZ
);
COMMENT ON TABLE entities IS 'People, organizations, places and other things, one row each, the same over all articles.';
COMMENT ON COLUMN entities.id IS '63-bit hash of the Wikidata id, else of type and name';
COMMENT ON COLUMN entities.name IS 'Canonical name';
COMMENT ON COLUMN entities.type IS 'PERSON, ORG, PLACE, GROUP, EVENT, WORK or PRODUCT';
COMMENT ON COLUMN entities.wikidata_id IS 'Wikidata id where the knowledge file links it';
COMMENT ON COLUMN entities.iso_code IS 'ISO 3166 code of a country or territory';
COMMENT ON COLUMN entities.ticker IS 'Exchange and ticker of a listed company';
COMMENT ON COLUMN entities.description IS 'What it is, in a few words';
COMMENT ON COLUMN entities.complete IS 'False while only a part of the name was seen, such as a bare surname';
COMMENT ON COLUMN entities.first_seen IS 'Publication time of the article that was the first to mention it';

CREATE TABLE aliases (
    surface VARCHAR NOT NULL,
    surface_key VARCHAR NOT NULL,
    entity_id BIGINT NOT NULL,
    count INTEGER NOT NULL,
    source VARCHAR NOT NULL,
    PRIMARY KEY (entity_id, surface, source)
);
COMMENT ON TABLE aliases IS 'The spellings under which an entity is mentioned.';
COMMENT ON COLUMN aliases.surface IS 'Spelling as it stands in texts';
COMMENT ON COLUMN aliases.surface_key IS 'The spelling folded: case, accents and legal suffix do not count';
COMMENT ON COLUMN aliases.entity_id IS 'Entity (entities.id)';
COMMENT ON COLUMN aliases.count IS 'How many mentions have this spelling, over all articles';
COMMENT ON COLUMN aliases.source IS 'text when counted in articles';

CREATE TABLE mentions (
    article_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    "start" INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    surface VARCHAR NOT NULL,
    sentence INTEGER NOT NULL,
    role VARCHAR,
    in_title BOOLEAN NOT NULL,
    in_lead BOOLEAN NOT NULL
);
COMMENT ON TABLE mentions IS 'Each place in an article''s current text that names an entity.';
COMMENT ON COLUMN mentions.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN mentions.entity_id IS 'Entity (entities.id)';
COMMENT ON COLUMN mentions."start" IS 'First character in the plain text, counted from 0';
COMMENT ON COLUMN mentions."end" IS 'Character behind the last: substr(text, start + 1, end - start) = surface';
COMMENT ON COLUMN mentions.surface IS 'The words that stand there';
COMMENT ON COLUMN mentions.sentence IS 'Number of the sentence, counted from 0';
COMMENT ON COLUMN mentions.role IS 'Role or title beside the name, such as President';
COMMENT ON COLUMN mentions.in_title IS 'Whether the headline names the entity, too';
COMMENT ON COLUMN mentions.in_lead IS 'Whether it stands in the opening of the text';

CREATE TABLE facts (
    article_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    "start" INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    surface VARCHAR NOT NULL,
    value DOUBLE,
    unit VARCHAR,
    instant_from TIMESTAMPTZ,
    instant_to TIMESTAMPTZ
);
COMMENT ON TABLE facts IS 'Sums of money, percentages, dates, tickers and quotes in an article''s current text.';
COMMENT ON COLUMN facts.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN facts.kind IS 'money, percent, date, ticker or quote';
COMMENT ON COLUMN facts."start" IS 'First character in the plain text, counted from 0';
COMMENT ON COLUMN facts."end" IS 'Character behind the last';
COMMENT ON COLUMN facts.surface IS 'The words that stand there';
COMMENT ON COLUMN facts.value IS 'The number, multipliers applied';
COMMENT ON COLUMN facts.unit IS 'Currency (ISO 4217), % or exchange';
COMMENT ON COLUMN facts.instant_from IS 'Beginning of the day or span that a date means (UTC)';
COMMENT ON COLUMN facts.instant_to IS 'End of that day or span (UTC), not included';
