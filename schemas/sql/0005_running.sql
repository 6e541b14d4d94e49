-- What ran, and what was set aside.

CREATE TABLE runs (
    id BIGINT PRIMARY KEY,
    flow VARCHAR NOT NULL,
    flow_run VARCHAR,
    version VARCHAR NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    feeds INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    articles INTEGER NOT NULL,
    versions INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    stories INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    summary VARCHAR
);
COMMENT ON TABLE runs IS 'Each run of a flow, one row.';
COMMENT ON COLUMN runs.id IS '63-bit id of the run (run id)';
COMMENT ON COLUMN runs.flow IS 'poll, ingest, publish, …';
COMMENT ON COLUMN runs.flow_run IS 'Prefect''s id of the flow run';
COMMENT ON COLUMN runs.version IS 'newsfold version';
COMMENT ON COLUMN runs.started_at IS 'When it began (wall-clock time)';
COMMENT ON COLUMN runs.ended_at IS 'When it ended; NULL while it runs or when it was killed (wall-clock time)';
COMMENT ON COLUMN runs.feeds IS 'Feeds polled';
COMMENT ON COLUMN runs.entries IS 'Entries discovered (poll) or settled (ingest)';
COMMENT ON COLUMN runs.articles IS 'New articles';
COMMENT ON COLUMN runs.versions IS 'New versions of known articles';
COMMENT ON COLUMN runs.copies IS 'New articles that are copies';
COMMENT ON COLUMN runs.stories IS 'New stories';
COMMENT ON COLUMN runs.failures IS 'Feeds or entries that failed';
COMMENT ON COLUMN runs.summary IS 'The run in a sentence';

CREATE TABLE quarantine (
    id BIGINT PRIMARY KEY,
    kind VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    stage VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    detail VARCHAR,
    attempts INTEGER NOT NULL,
    page_id BIGINT,
    quarantined_at TIMESTAMPTZ NOT NULL,
    run_id BIGINT NOT NULL
);
COMMENT ON TABLE quarantine IS 'Entries that could not be worked off and wait for a person (newsfold retry).';
COMMENT ON COLUMN quarantine.id IS 'Entry (entries.id)';
COMMENT ON COLUMN quarantine.kind IS 'entry';
COMMENT ON COLUMN quarantine.url IS 'Its address';
COMMENT ON COLUMN quarantine.stage IS 'Step at which it failed: fetch, extract or entities';
COMMENT ON COLUMN quarantine.reason IS 'Why, from the list of reasons';
COMMENT ON COLUMN quarantine.detail IS 'The failure in words';
COMMENT ON COLUMN quarantine.attempts IS 'Attempts made';
COMMENT ON COLUMN quarantine.page_id IS 'Page that failed (pages.id), if one was fetched';
COMMENT ON COLUMN quarantine.quarantined_at IS 'When it was set aside (wall-clock time)';
COMMENT ON COLUMN quarantine.run_id IS 'Run that set it aside (run id)';

CREATE TABLE publication (
    published_at TIMESTAMPTZ NOT NULL,
    version VARCHAR NOT NULL,
    timezone VARCHAR NOT NULL
);
COMMENT ON TABLE publication IS 'When this file was published; one row.';
COMMENT ON COLUMN publication.published_at IS 'When (wall-clock time)';
COMMENT ON COLUMN publication.version IS 'newsfold version that published it';
COMMENT ON COLUMN publication.timezone IS 'Zone in which the views count days';
