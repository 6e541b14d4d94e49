-- What adaptive polling remembers of a feed.

ALTER TABLE feeds ADD COLUMN IF NOT EXISTS skip_hours INTEGER[];
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS skip_days VARCHAR[];
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS ttl_seconds INTEGER;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS last_changed_at TIMESTAMPTZ;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS probed_at TIMESTAMPTZ;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS stuck_since TIMESTAMPTZ;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS final_url VARCHAR;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS validators_url VARCHAR;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS learned_at TIMESTAMPTZ;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS newest_at TIMESTAMPTZ;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS hourly DOUBLE[];
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS days_watched DOUBLE;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS gap_seconds INTEGER;
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS window_seconds INTEGER;
COMMENT ON COLUMN feeds.skip_hours IS 'Hours (UTC, 0-23) in which the publisher does not want to be asked (polling column)';
COMMENT ON COLUMN feeds.skip_days IS 'Days (Monday … Sunday) on which the publisher does not want to be asked (polling column)';
COMMENT ON COLUMN feeds.ttl_seconds IS 'Shortest time between two polls that the feed itself asks for (polling column)';
COMMENT ON COLUMN feeds.last_changed_at IS 'When its body was last seen to have changed (polling column, wall-clock time)';
COMMENT ON COLUMN feeds.probed_at IS 'When it was last asked without validators to see whether its 304 is true (polling column, wall-clock time)';
COMMENT ON COLUMN feeds.stuck_since IS 'Since when its server is known to answer 304 although the body changed (polling column, wall-clock time)';
COMMENT ON COLUMN feeds.final_url IS 'Address that last answered, after redirects (polling column)';
COMMENT ON COLUMN feeds.validators_url IS 'Address that etag and last_modified belong to (polling column)';
COMMENT ON COLUMN feeds.learned_at IS 'Until when its rhythm has been watched (polling column, wall-clock time)';
COMMENT ON COLUMN feeds.newest_at IS 'Publication time of the newest entry that counts in its rhythm (polling column)';
COMMENT ON COLUMN feeds.hourly IS 'Entries by hour of the day (24 numbers, UTC); old ones fade (polling column)';
COMMENT ON COLUMN feeds.days_watched IS 'Over how many days hourly was counted; old ones fade (polling column)';
COMMENT ON COLUMN feeds.gap_seconds IS 'Usual seconds between two entries, as known when the body last changed (polling column)';
COMMENT ON COLUMN feeds.window_seconds IS 'Shortest span of time that the feed''s listed entries cover; recovers slowly (polling column)';

-- Validators that were stored so far belong to the polled address: those behind a redirect were not kept.
UPDATE feeds SET validators_url = poll_url WHERE validators_url IS NULL AND (etag IS NOT NULL OR last_modified IS NOT NULL);
