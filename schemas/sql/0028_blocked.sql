-- What `article_days` removed need not stay blocked for ever.

COMMENT ON COLUMN blocked.kind IS 'address or domain: what a person forgot. old: an address that article_days removed; goes after half a year.';
