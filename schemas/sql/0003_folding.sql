-- Copies (the same text) and stories (one event in several outlets' words).

CREATE TABLE copies (
    article_id BIGINT PRIMARY KEY,
    original_id BIGINT NOT NULL,
    level VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    reason VARCHAR NOT NULL
);
COMMENT ON TABLE copies IS 'Articles that are copies, one row each; the original is always a root, never itself a copy.';
COMMENT ON COLUMN copies.article_id IS 'The copy (articles.id)';
COMMENT ON COLUMN copies.original_id IS 'Its original: the earliest published full one (articles.id)';
COMMENT ON COLUMN copies.level IS 'exact, near or excerpt';
COMMENT ON COLUMN copies.score IS 'Share of wording in common, 0 to 1';
COMMENT ON COLUMN copies.reason IS 'Why, with the figures';

CREATE TABLE stories (
    id BIGINT PRIMARY KEY,
    title VARCHAR,
    first_at TIMESTAMPTZ,
    last_at TIMESTAMPTZ,
    articles INTEGER NOT NULL,
    tellings INTEGER NOT NULL,
    outlets INTEGER NOT NULL,
    languages VARCHAR[] NOT NULL
);
COMMENT ON TABLE stories IS 'Stories: the different tellings of one event.';
COMMENT ON COLUMN stories.id IS '63-bit hash of the article that opened it';
COMMENT ON COLUMN stories.title IS 'Headline of its first full telling';
COMMENT ON COLUMN stories.first_at IS 'Time of its first article';
COMMENT ON COLUMN stories.last_at IS 'Time of its last article';
COMMENT ON COLUMN stories.articles IS 'Number of articles, copies included';
COMMENT ON COLUMN stories.tellings IS 'Number of articles that are not copies';
COMMENT ON COLUMN stories.outlets IS 'Number of outlets';
COMMENT ON COLUMN stories.languages IS 'Languages of its articles';

CREATE TABLE story_articles (
    article_id BIGINT PRIMARY KEY,
    story_id BIGINT NOT NULL,
    score DOUBLE NOT NULL,
    reason VARCHAR NOT NULL
);
COMMENT ON TABLE story_articles IS 'Which article belongs to which story, and why.';
COMMENT ON COLUMN story_articles.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN story_articles.story_id IS 'Story (stories.id)';
COMMENT ON COLUMN story_articles.score IS 'How well it fitted when it joined, 0 to 1; 1 for the one that opened it';
COMMENT ON COLUMN story_articles.reason IS 'Why, with the shared terms';

CREATE TABLE story_links (
    story_id BIGINT NOT NULL,
    follows_id BIGINT NOT NULL,
    score DOUBLE NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (story_id, follows_id)
);
COMMENT ON TABLE story_links IS 'Stories that follow up earlier ones.';
COMMENT ON COLUMN story_links.story_id IS 'The later story (stories.id)';
COMMENT ON COLUMN story_links.follows_id IS 'The earlier story that it follows up (stories.id)';
COMMENT ON COLUMN story_links.score IS 'How near they are, 0 to 1';
COMMENT ON COLUMN story_links.reason IS 'Why, with the shared terms';

CREATE TABLE story_aliases (
    old_id BIGINT PRIMARY KEY,
    story_id BIGINT NOT NULL
);
COMMENT ON TABLE story_aliases IS 'Ids of stories that were merged into others: stored ids keep working.';
COMMENT ON COLUMN story_aliases.old_id IS 'Id that no longer has a row in stories';
COMMENT ON COLUMN story_aliases.story_id IS 'Story that it became part of (stories.id)';

CREATE TABLE signatures (
    article_id BIGINT NOT NULL,
    day INTEGER,
    appeared_at TIMESTAMPTZ,
    source VARCHAR,
    language VARCHAR NOT NULL,
    may_be_original BOOLEAN NOT NULL,
    words INTEGER NOT NULL,
    title_words BLOB NOT NULL,
    text_hash VARCHAR NOT NULL,
    sketch_limit BIGINT NOT NULL,
    sketch BLOB NOT NULL,
    numbers BLOB NOT NULL
);
COMMENT ON TABLE signatures IS 'What folding remembers of each article (plumbing). Append-only, in the order of the queue.';
COMMENT ON COLUMN signatures.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN signatures.day IS 'Days from 1970-01-01 to its time';
COMMENT ON COLUMN signatures.appeared_at IS 'Its time: publication, else first seen';
COMMENT ON COLUMN signatures.source IS 'Registrable domain of the outlet';
COMMENT ON COLUMN signatures.language IS 'Language';
COMMENT ON COLUMN signatures.may_be_original IS 'False for teasers and paywalled pages';
COMMENT ON COLUMN signatures.words IS 'Number of words';
COMMENT ON COLUMN signatures.title_words IS 'Hashes of the title''s words';
COMMENT ON COLUMN signatures.text_hash IS 'Hash of the text''s words';
COMMENT ON COLUMN signatures.sketch_limit IS 'Shingle hashes below this are kept';
COMMENT ON COLUMN signatures.sketch IS 'Kept hashes of word shingles (u32, little-endian)';
COMMENT ON COLUMN signatures.numbers IS 'Hashes of the figures in the text (u16, little-endian)';

CREATE TABLE sketch_bands (
    day INTEGER,
    band BIGINT NOT NULL,
    article_id BIGINT NOT NULL
);
COMMENT ON TABLE sketch_bands IS 'Hashes by which copies are found (plumbing). Append-only, without an index: the day prunes.';
COMMENT ON COLUMN sketch_bands.day IS 'Days from 1970-01-01 to the article''s time';
COMMENT ON COLUMN sketch_bands.band IS 'A kept shingle hash';
COMMENT ON COLUMN sketch_bands.article_id IS 'Article (articles.id)';

CREATE TABLE story_vectors (
    article_id BIGINT NOT NULL,
    day INTEGER,
    lead_size INTEGER NOT NULL,
    lead_terms BLOB NOT NULL,
    lead_weights BLOB NOT NULL,
    body_terms BLOB NOT NULL,
    body_weights BLOB NOT NULL
);
COMMENT ON TABLE story_vectors IS 'Weighted terms of each article that counts in its story (plumbing). Append-only.';
COMMENT ON COLUMN story_vectors.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN story_vectors.day IS 'Days from 1970-01-01 to its time';
COMMENT ON COLUMN story_vectors.lead_size IS 'How many terms title and lead had';
COMMENT ON COLUMN story_vectors.lead_terms IS 'Hashes of the terms of title and lead (u32, little-endian, ascending)';
COMMENT ON COLUMN story_vectors.lead_weights IS 'Their weights (u16), the vector having length 32768';
COMMENT ON COLUMN story_vectors.body_terms IS 'Hashes of the terms of title and text (u32, little-endian, ascending)';
COMMENT ON COLUMN story_vectors.body_weights IS 'Their weights (u16), the vector having length 32768';

CREATE TABLE story_terms (
    day INTEGER,
    term BIGINT NOT NULL,
    article_id BIGINT NOT NULL
);
COMMENT ON TABLE story_terms IS 'The heaviest terms of each article, by which stories are found (plumbing). Append-only, without an index.';
COMMENT ON COLUMN story_terms.day IS 'Days from 1970-01-01 to the article''s time';
COMMENT ON COLUMN story_terms.term IS 'Hash of a term';
COMMENT ON COLUMN story_terms.article_id IS 'Article (articles.id)';

CREATE TABLE term_counts (
    language VARCHAR NOT NULL,
    term BIGINT NOT NULL,
    articles BIGINT NOT NULL,
    PRIMARY KEY (language, term)
);
COMMENT ON TABLE term_counts IS 'In how many articles each term was (plumbing); term 0 counts the articles.';
COMMENT ON COLUMN term_counts.language IS 'Language';
COMMENT ON COLUMN term_counts.term IS 'Hash of a term; 0 stands for all articles of the language';
COMMENT ON COLUMN term_counts.articles IS 'Number of articles';
