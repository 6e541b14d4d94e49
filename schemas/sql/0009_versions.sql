-- Versions: what changed in each, and what is still to be done after a text changed.

ALTER TABLE article_versions ADD COLUMN IF NOT EXISTS cause VARCHAR;
ALTER TABLE article_versions ADD COLUMN IF NOT EXISTS change VARCHAR;
ALTER TABLE article_versions ADD COLUMN IF NOT EXISTS words_added INTEGER;
ALTER TABLE article_versions ADD COLUMN IF NOT EXISTS words_removed INTEGER;
ALTER TABLE article_versions ADD COLUMN IF NOT EXISTS notice VARCHAR;
ALTER TABLE article_versions ADD COLUMN IF NOT EXISTS diff VARCHAR;
COMMENT ON COLUMN article_versions.cause IS 'Who made it: publisher (the page changed), page (it took the place of the feed''s text), extractor (newsfold read the same page anew); NULL for the first version';
COMMENT ON COLUMN article_versions.change IS 'How it differs from the version before: typo, correction, update, rewrite, headline or removed; NULL for the first version';
COMMENT ON COLUMN article_versions.words_added IS 'Words that the version before did not have';
COMMENT ON COLUMN article_versions.words_removed IS 'Words of the version before that are gone';
COMMENT ON COLUMN article_versions.notice IS 'The notice that came with it ("Correction: …", "This article was amended …"), NULL when there is none';
COMMENT ON COLUMN article_versions.diff IS 'The changed places, a line each, as [-removed-] {+added+} among a few words around';

CREATE TABLE IF NOT EXISTS refolds (
    article_id BIGINT PRIMARY KEY,
    keep_story BOOLEAN NOT NULL
);
COMMENT ON TABLE refolds IS 'Articles whose text changed and whose copies and story are still to be found anew; the end of each ingest empties it.';
COMMENT ON COLUMN refolds.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN refolds.keep_story IS 'Whether it stays in its story unless it became a copy: an edit, not another text';

CREATE TABLE IF NOT EXISTS reprocessing (
    scope VARCHAR PRIMARY KEY,
    after_id BIGINT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE reprocessing IS 'How far a reprocessing that has not ended has come; the next one with the same step and filters goes on from there.';
COMMENT ON COLUMN reprocessing.scope IS 'Step, newsfold version and filters';
COMMENT ON COLUMN reprocessing.after_id IS 'The last article that is done (articles.id)';
COMMENT ON COLUMN reprocessing.started_at IS 'When it began (wall-clock time)';
