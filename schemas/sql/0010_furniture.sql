-- Furniture by repetition: which lines stand on the pages of a site, and which of them were cut.

CREATE TABLE IF NOT EXISTS page_lines (
    entry_id BIGINT PRIMARY KEY,
    domain VARCHAR NOT NULL,
    published_at TIMESTAMPTZ,
    text_hash VARCHAR NOT NULL,
    lines BIGINT[] NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE page_lines IS 'Fingerprints of the longer lines of each article page of the last weeks: what repeats on many pages of a site is furniture.';
COMMENT ON COLUMN page_lines.entry_id IS 'Entry that led to the page (entries.id)';
COMMENT ON COLUMN page_lines.domain IS 'Registrable domain of the page';
COMMENT ON COLUMN page_lines.published_at IS 'When the feed says that it was published: its place in the queue';
COMMENT ON COLUMN page_lines.text_hash IS 'Hash of the words of the text before anything was cut for repetition';
COMMENT ON COLUMN page_lines.lines IS '63-bit fingerprints of its longer lines';
COMMENT ON COLUMN page_lines.seen_at IS 'When it was extracted; rows go after a month (wall-clock time)';

CREATE TABLE IF NOT EXISTS page_furniture (
    entry_id BIGINT PRIMARY KEY,
    lines BIGINT[] NOT NULL
);
COMMENT ON TABLE page_furniture IS 'Lines that were cut from an article because they stand on many pages of its site. Decided once an entry, and kept.';
COMMENT ON COLUMN page_furniture.entry_id IS 'Entry that led to the page (entries.id)';
COMMENT ON COLUMN page_furniture.lines IS '63-bit fingerprints of the lines that were cut';

-- Metadata that articles did not hold yet.

ALTER TABLE articles ADD COLUMN IF NOT EXISTS outlet_home VARCHAR;
ALTER TABLE articles ADD COLUMN IF NOT EXISTS rights VARCHAR;
ALTER TABLE articles ADD COLUMN IF NOT EXISTS modified_precision VARCHAR;
ALTER TABLE articles ADD COLUMN IF NOT EXISTS modified_as_given VARCHAR;
ALTER TABLE articles ADD COLUMN IF NOT EXISTS feed_published_at TIMESTAMPTZ;
COMMENT ON COLUMN articles.outlet_home IS 'Home page of the outlet';
COMMENT ON COLUMN articles.rights IS 'Licence or statement of rights that the page carries';
COMMENT ON COLUMN articles.modified_precision IS 'day or time: how exact modified_at is';
COMMENT ON COLUMN articles.modified_as_given IS 'The date of modification as the page wrote it';
COMMENT ON COLUMN articles.feed_published_at IS 'When the feed says that it was published, where that is more than a day from published_at; else NULL';
