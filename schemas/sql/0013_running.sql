-- What running by itself needs: addresses that were submitted, watermarks, feeds that were told about, watches.

CREATE TABLE watermarks (
    name VARCHAR PRIMARY KEY,
    read_until TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE watermarks IS 'Up to when something has been read, one row a source.';
COMMENT ON COLUMN watermarks.name IS 'What is read: submitted (Prefect''s history of newsfold.url.submitted)';
COMMENT ON COLUMN watermarks.read_until IS 'All before it has been read (wall-clock time)';

CREATE TABLE feed_alarms (
    feed_id BIGINT PRIMARY KEY,
    raised_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE feed_alarms IS 'Feeds of which newsfold.feed.failing was sent; the row goes when the feed is well again.';
COMMENT ON COLUMN feed_alarms.feed_id IS 'Feed (feeds.id)';
COMMENT ON COLUMN feed_alarms.raised_at IS 'When it turned bad (wall-clock time)';

CREATE TABLE watches (
    id BIGINT PRIMARY KEY,
    kind VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    added_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE watches IS 'What people want to be told of, and where (newsfold watch).';
COMMENT ON COLUMN watches.id IS '63-bit hash of kind, target and url';
COMMENT ON COLUMN watches.kind IS 'entity (target is a name) or sql (target is a condition over the view news)';
COMMENT ON COLUMN watches.target IS 'The name, or the condition';
COMMENT ON COLUMN watches.url IS 'Webhook that is told';
COMMENT ON COLUMN watches.added_at IS 'When it was added: older articles are not told of (wall-clock time)';

CREATE TABLE notices (
    id BIGINT PRIMARY KEY,
    watch_id BIGINT NOT NULL,
    story_id BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    delivered_at TIMESTAMPTZ,
    problem VARCHAR
);
COMMENT ON TABLE notices IS 'What watches matched, one row a watch and story; delivered at least once.';
COMMENT ON COLUMN notices.id IS '63-bit hash of watch and story: the receiver may drop doubles by it';
COMMENT ON COLUMN notices.watch_id IS 'Watch (watches.id)';
COMMENT ON COLUMN notices.story_id IS 'Story (stories.id); the article''s id where it has none';
COMMENT ON COLUMN notices.article_id IS 'First article of the story that matched (articles.id)';
COMMENT ON COLUMN notices.made_at IS 'When it matched (wall-clock time)';
COMMENT ON COLUMN notices.attempts IS 'Attempts at delivery so far (may differ by wall-clock time)';
COMMENT ON COLUMN notices.next_attempt_at IS 'Not before this time (wall-clock time)';
COMMENT ON COLUMN notices.delivered_at IS 'When the receiver answered with 2xx (wall-clock time)';
COMMENT ON COLUMN notices.problem IS 'How the last attempt failed (may differ by wall-clock time)';
