-- Feeds, what was asked of servers, and the entries that feeds list.

CREATE TABLE feeds (
    id BIGINT PRIMARY KEY,
    url VARCHAR NOT NULL,
    title VARCHAR,
    site_url VARCHAR,
    tags VARCHAR[] NOT NULL,
    state VARCHAR NOT NULL,
    added_at TIMESTAMPTZ NOT NULL,
    poll_url VARCHAR NOT NULL,
    etag VARCHAR,
    last_modified VARCHAR,
    body_hash VARCHAR,
    interval_seconds INTEGER NOT NULL,
    next_poll_at TIMESTAMPTZ,
    last_polled_at TIMESTAMPTZ,
    last_success_at TIMESTAMPTZ,
    last_new_at TIMESTAMPTZ,
    last_reason VARCHAR,
    last_detail VARCHAR,
    failures INTEGER NOT NULL,
    moved_to VARCHAR,
    moved_count INTEGER NOT NULL,
    format VARCHAR
);
COMMENT ON TABLE feeds IS 'The feeds that are polled, one row each. Removing a feed keeps its row (state removed) and its articles.';
COMMENT ON COLUMN feeds.id IS '63-bit hash of the address as it was added';
COMMENT ON COLUMN feeds.url IS 'Address of the feed as it was added';
COMMENT ON COLUMN feeds.title IS 'Title: as a person gave it, else as the feed says';
COMMENT ON COLUMN feeds.site_url IS 'Home page of the outlet';
COMMENT ON COLUMN feeds.tags IS 'Labels; the folders of an imported OPML file';
COMMENT ON COLUMN feeds.state IS 'active, paused, gone (the server said so for good) or removed';
COMMENT ON COLUMN feeds.added_at IS 'When the feed was added (wall-clock time)';
COMMENT ON COLUMN feeds.poll_url IS 'Address that is polled: url, or where a permanent redirect that held has led (polling column)';
COMMENT ON COLUMN feeds.etag IS 'ETag of the last answer, byte for byte (polling column)';
COMMENT ON COLUMN feeds.last_modified IS 'Last-Modified of the last answer, byte for byte (polling column)';
COMMENT ON COLUMN feeds.body_hash IS 'SHA-1 of the last body: an unchanged body is not parsed again (polling column)';
COMMENT ON COLUMN feeds.interval_seconds IS 'Seconds between two polls, from the feed''s own rhythm (polling column)';
COMMENT ON COLUMN feeds.next_poll_at IS 'When the feed is due next (polling column, wall-clock time)';
COMMENT ON COLUMN feeds.last_polled_at IS 'When it was last asked (polling column, wall-clock time)';
COMMENT ON COLUMN feeds.last_success_at IS 'When it last answered with a feed or with 304 (polling column, wall-clock time)';
COMMENT ON COLUMN feeds.last_new_at IS 'When it last brought a new entry (polling column, wall-clock time)';
COMMENT ON COLUMN feeds.last_reason IS 'How the last poll ended (polling column)';
COMMENT ON COLUMN feeds.last_detail IS 'The last poll''s failure in words (polling column)';
COMMENT ON COLUMN feeds.failures IS 'Failed polls in a row (polling column)';
COMMENT ON COLUMN feeds.moved_to IS 'Where a permanent redirect leads (polling column)';
COMMENT ON COLUMN feeds.moved_count IS 'Polls in a row that were redirected there (polling column)';
COMMENT ON COLUMN feeds.format IS 'Format of the feed, such as rss20, atom10, rss10, json11 (polling column)';

CREATE TABLE fetches (
    run_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    key BIGINT NOT NULL,
    url VARCHAR NOT NULL,
    final_url VARCHAR NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    seconds DOUBLE NOT NULL,
    status SMALLINT,
    bytes BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    detail VARCHAR
);
COMMENT ON TABLE fetches IS 'One row an HTTP attempt, with its reason. Append-only.';
COMMENT ON COLUMN fetches.run_id IS 'Run that asked (run id)';
COMMENT ON COLUMN fetches.kind IS 'What was asked for: feed, page, robots or discovery';
COMMENT ON COLUMN fetches.key IS 'Id of the feed or entry it was for; 0 for robots.txt';
COMMENT ON COLUMN fetches.url IS 'Address asked for';
COMMENT ON COLUMN fetches.final_url IS 'Address that answered, after redirects';
COMMENT ON COLUMN fetches.started_at IS 'When the attempt began (wall-clock time)';
COMMENT ON COLUMN fetches.seconds IS 'How long it took, in seconds (wall-clock time)';
COMMENT ON COLUMN fetches.status IS 'HTTP status, NULL when there was no answer';
COMMENT ON COLUMN fetches.bytes IS 'Bytes of the body after decompression';
COMMENT ON COLUMN fetches.reason IS 'How it ended, from the list of reasons';
COMMENT ON COLUMN fetches.detail IS 'The failure in words';

CREATE TABLE robots (
    host VARCHAR PRIMARY KEY,
    fetched_at TIMESTAMPTZ NOT NULL,
    status SMALLINT,
    body VARCHAR,
    problem VARCHAR
);
COMMENT ON TABLE robots IS 'robots.txt of each host as last seen; kept for a day.';
COMMENT ON COLUMN robots.host IS 'Scheme, host and port';
COMMENT ON COLUMN robots.fetched_at IS 'When it was fetched (wall-clock time)';
COMMENT ON COLUMN robots.status IS 'HTTP status, NULL when there was no answer (may differ by wall-clock time)';
COMMENT ON COLUMN robots.body IS 'The file''s text; NULL when there is none, and then all is allowed';
COMMENT ON COLUMN robots.problem IS 'Why the file could not be had; pages of the host then wait';

CREATE TABLE entries (
    id BIGINT PRIMARY KEY,
    feed_id BIGINT NOT NULL,
    guid VARCHAR NOT NULL,
    url VARCHAR,
    address BIGINT,
    title VARCHAR,
    summary VARCHAR,
    authors VARCHAR[] NOT NULL,
    tags VARCHAR[] NOT NULL,
    language VARCHAR,
    published_at TIMESTAMPTZ,
    published_as_given VARCHAR,
    updated_at TIMESTAMPTZ,
    fingerprint VARCHAR NOT NULL,
    edits INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    detail VARCHAR,
    attempts INTEGER NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    discovered_at TIMESTAMPTZ NOT NULL,
    queued_at TIMESTAMPTZ NOT NULL,
    settled_at TIMESTAMPTZ,
    discovered_run BIGINT NOT NULL,
    settled_run BIGINT
);
COMMENT ON TABLE entries IS 'Items that feeds listed. Each ends in exactly one terminal state with a reason.';
COMMENT ON COLUMN entries.id IS '63-bit hash of feed and guid';
COMMENT ON COLUMN entries.feed_id IS 'Feed that listed it (feeds.id)';
COMMENT ON COLUMN entries.guid IS 'The feed''s own id of the item';
COMMENT ON COLUMN entries.url IS 'Link of the item as the feed gives it, made absolute; NULL when there is none';
COMMENT ON COLUMN entries.address IS '63-bit hash of the link''s normal form: entries with one address are fetched once';
COMMENT ON COLUMN entries.title IS 'Title in the feed, plain text';
COMMENT ON COLUMN entries.summary IS 'Summary in the feed, plain text';
COMMENT ON COLUMN entries.authors IS 'Authors in the feed';
COMMENT ON COLUMN entries.tags IS 'Categories in the feed';
COMMENT ON COLUMN entries.language IS 'Language that the feed declares';
COMMENT ON COLUMN entries.published_at IS 'When the feed says it was published; NULL when absent or implausible';
COMMENT ON COLUMN entries.published_as_given IS 'That date as the feed wrote it';
COMMENT ON COLUMN entries.updated_at IS 'When the feed says it was updated';
COMMENT ON COLUMN entries.fingerprint IS 'Hash of link, title, update time and content: a change queues the entry again';
COMMENT ON COLUMN entries.edits IS 'How often the feed changed the item';
COMMENT ON COLUMN entries.state IS 'pending, or terminal: stored, unchanged, refused, not_an_article, gone, quarantined';
COMMENT ON COLUMN entries.reason IS 'Why it is in that state, from the list of reasons';
COMMENT ON COLUMN entries.detail IS 'The reason''s particulars in words';
COMMENT ON COLUMN entries.attempts IS 'Failed attempts at its page since it was queued';
COMMENT ON COLUMN entries.next_attempt_at IS 'Not before this time (wall-clock time)';
COMMENT ON COLUMN entries.discovered_at IS 'When a poll first saw it (wall-clock time)';
COMMENT ON COLUMN entries.queued_at IS 'When it was last queued (wall-clock time)';
COMMENT ON COLUMN entries.settled_at IS 'When it reached its terminal state (wall-clock time)';
COMMENT ON COLUMN entries.discovered_run IS 'Run that discovered it (run id)';
COMMENT ON COLUMN entries.settled_run IS 'Run that settled it (run id)';

CREATE TABLE entry_contents (
    entry_id BIGINT NOT NULL,
    edit INTEGER NOT NULL,
    content VARCHAR NOT NULL
);
COMMENT ON TABLE entry_contents IS 'HTML that feeds carried with their items. Append-only.';
COMMENT ON COLUMN entry_contents.entry_id IS 'Entry (entries.id)';
COMMENT ON COLUMN entry_contents.edit IS 'Which edit of the item it belongs to; 0 is the first';
COMMENT ON COLUMN entry_contents.content IS 'The content as the feed gave it';

CREATE TABLE blocked (
    target VARCHAR PRIMARY KEY,
    kind VARCHAR NOT NULL,
    blocked_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE blocked IS 'Addresses and domains that were forgotten and must not return.';
COMMENT ON COLUMN blocked.target IS 'Article key of an address, or a domain';
COMMENT ON COLUMN blocked.kind IS 'address or domain';
COMMENT ON COLUMN blocked.blocked_at IS 'When it was forgotten (wall-clock time)';
