-- Backfills: what a person asked for, and how far the reading of each archive is.

CREATE TABLE IF NOT EXISTS backfills (
    id BIGINT PRIMARY KEY,
    target VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    since TIMESTAMPTZ,
    until TIMESTAMPTZ,
    most INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    run_id BIGINT NOT NULL,
    summary VARCHAR
);
COMMENT ON TABLE backfills IS 'Searches for older articles that a person asked for. The same search again goes on where it stopped.';
COMMENT ON COLUMN backfills.id IS '63-bit hash of what was asked for';
COMMENT ON COLUMN backfills.target IS 'Feeds, site or file that is searched, in words';
COMMENT ON COLUMN backfills.source IS 'auto, or the one source that was asked for';
COMMENT ON COLUMN backfills.since IS 'Only articles published from then on; NULL: no limit';
COMMENT ON COLUMN backfills.until IS 'Only articles published before; NULL: no limit';
COMMENT ON COLUMN backfills.most IS 'Articles queued at most; 0: no limit';
COMMENT ON COLUMN backfills.state IS 'running (or killed), stopped by a person (its entries then wait), or done';
COMMENT ON COLUMN backfills.started_at IS 'When it was last started (wall-clock time)';
COMMENT ON COLUMN backfills.ended_at IS 'When it ended or was stopped (wall-clock time)';
COMMENT ON COLUMN backfills.run_id IS 'Run that last worked on it (run id)';
COMMENT ON COLUMN backfills.summary IS 'What it came to, in a sentence (depends on wall-clock time)';

CREATE TABLE IF NOT EXISTS backfill_steps (
    id BIGINT PRIMARY KEY,
    backfill_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    target BIGINT NOT NULL,
    source VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    number BIGINT NOT NULL,
    note VARCHAR NOT NULL,
    root BOOLEAN NOT NULL,
    state VARCHAR NOT NULL,
    found INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    detail VARCHAR,
    settled_at TIMESTAMPTZ
);
COMMENT ON TABLE backfill_steps IS 'The watermark of each backfill: the documents (archive pages, sitemaps, parts of files) it has read and has still to read.';
COMMENT ON COLUMN backfill_steps.id IS '63-bit hash of backfill and document';
COMMENT ON COLUMN backfill_steps.backfill_id IS 'Backfill (backfills.id)';
COMMENT ON COLUMN backfill_steps.position IS 'Order in which the documents came up';
COMMENT ON COLUMN backfill_steps.target IS 'Feed (feeds.id) for which it is read';
COMMENT ON COLUMN backfill_steps.source IS 'feed archive, wordpress, sitemap, internet archive, web archive files or list of addresses';
COMMENT ON COLUMN backfill_steps.role IS 'What the document is to its source';
COMMENT ON COLUMN backfill_steps.url IS 'Its address, or its place on the disk';
COMMENT ON COLUMN backfill_steps.number IS 'Number of the page, or the offset in a file';
COMMENT ON COLUMN backfill_steps.note IS 'What the source keeps for itself';
COMMENT ON COLUMN backfill_steps.root IS 'Whether its source may not be there at all';
COMMENT ON COLUMN backfill_steps.state IS 'todo, done, or absent (it is not there, or offers nothing)';
COMMENT ON COLUMN backfill_steps.found IS 'Addresses that it lists and that may be of the time asked for';
COMMENT ON COLUMN backfill_steps.queued IS 'How many of them were new and were queued';
COMMENT ON COLUMN backfill_steps.detail IS 'What was odd about it, in words';
COMMENT ON COLUMN backfill_steps.settled_at IS 'When it was read (wall-clock time)';

ALTER TABLE entries ADD COLUMN IF NOT EXISTS backfill_id BIGINT;
ALTER TABLE entries ADD COLUMN IF NOT EXISTS fetch_url VARCHAR;
COMMENT ON COLUMN entries.backfill_id IS 'Backfill that found it (backfills.id); NULL: a feed listed it. Those of backfills come after all others.';
COMMENT ON COLUMN entries.fetch_url IS 'Capture that is read in place of the address (an archive''s, or warc:place in a file); NULL: the address itself';
COMMENT ON COLUMN fetches.kind IS 'What was asked for: feed, page, robots, tdm (/.well-known/tdmrep.json), discovery or listing (of a backfill)';
COMMENT ON COLUMN fetches.key IS 'Id of the feed or entry it was for; 0 for tdm; of a listing, the feed that it was read for';
