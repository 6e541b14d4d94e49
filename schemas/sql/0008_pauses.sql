-- Domains that asked to be left alone: the next process must know it, too.

CREATE TABLE IF NOT EXISTS pauses (
    domain VARCHAR PRIMARY KEY,
    paused_until TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE pauses IS 'Registrable domains that asked to be left alone for a while (429 or 503 with Retry-After).';
COMMENT ON COLUMN pauses.domain IS 'Registrable domain';
COMMENT ON COLUMN pauses.paused_until IS 'Nothing of the domain is asked for before this time (wall-clock time)';
