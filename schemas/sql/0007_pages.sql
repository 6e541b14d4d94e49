-- Pages: who reserves text and data mining, where that was said, and when an article is looked at again.

CREATE TABLE IF NOT EXISTS tdm (
    origin VARCHAR PRIMARY KEY,
    fetched_at TIMESTAMPTZ NOT NULL,
    status SMALLINT,
    body VARCHAR,
    problem VARCHAR
);
COMMENT ON TABLE tdm IS '/.well-known/tdmrep.json of each origin as last seen; kept for a day.';
COMMENT ON COLUMN tdm.origin IS 'Scheme, host and port';
COMMENT ON COLUMN tdm.fetched_at IS 'When it was fetched (wall-clock time)';
COMMENT ON COLUMN tdm.status IS 'HTTP status, NULL when there was no answer (may differ by wall-clock time)';
COMMENT ON COLUMN tdm.body IS 'The file''s text; NULL when there is none, and then it reserves nothing';
COMMENT ON COLUMN tdm.problem IS 'Why the file could not be had; what it reserves is then unknown';

ALTER TABLE pages ADD COLUMN IF NOT EXISTS tdm_policy VARCHAR;
ALTER TABLE pages ADD COLUMN IF NOT EXISTS tdm_source VARCHAR;
COMMENT ON COLUMN pages.tdm_policy IS 'Address of the publisher''s policy for text and data mining, if one is named';
COMMENT ON COLUMN pages.tdm_source IS 'Where tdm_reserved was said: header, meta, file (/.well-known/tdmrep.json) or unknown (the file could not be had); NULL: nowhere';

CREATE TABLE IF NOT EXISTS page_checks (
    article_id BIGINT PRIMARY KEY,
    entry_id BIGINT NOT NULL,
    stored_at TIMESTAMPTZ NOT NULL,
    done INTEGER NOT NULL,
    next_check_at TIMESTAMPTZ,
    checked_at TIMESTAMPTZ,
    result VARCHAR,
    checked_url VARCHAR,
    etag VARCHAR,
    last_modified VARCHAR,
    gone_at TIMESTAMPTZ
);
COMMENT ON TABLE page_checks IS 'When each stored article''s page is looked at again for edits, and what the last look came to.';
COMMENT ON COLUMN page_checks.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN page_checks.entry_id IS 'Entry whose address is asked for (entries.id)';
COMMENT ON COLUMN page_checks.stored_at IS 'When the article was first stored (wall-clock time)';
COMMENT ON COLUMN page_checks.done IS 'How many of the delays of NEWSFOLD_RECHECK_HOURS are behind it (depends on wall-clock time)';
COMMENT ON COLUMN page_checks.next_check_at IS 'When it is due next; NULL: never again (wall-clock time)';
COMMENT ON COLUMN page_checks.checked_at IS 'When it was last looked at (wall-clock time)';
COMMENT ON COLUMN page_checks.result IS 'What that came to, from the list of reasons (depends on wall-clock time)';
COMMENT ON COLUMN page_checks.checked_url IS 'Address that the two validators belong to (depends on wall-clock time)';
COMMENT ON COLUMN page_checks.etag IS 'ETag of its last answer, byte for byte (depends on wall-clock time)';
COMMENT ON COLUMN page_checks.last_modified IS 'Last-Modified of its last answer, byte for byte (depends on wall-clock time)';
COMMENT ON COLUMN page_checks.gone_at IS 'When a look first found the page gone (404, 410), NULL while it is there; the article stays (wall-clock time)';
COMMENT ON COLUMN fetches.kind IS 'What was asked for: feed, page, robots, tdm (/.well-known/tdmrep.json) or discovery';
COMMENT ON COLUMN fetches.key IS 'Id of the feed or entry it was for; 0 for tdm';
