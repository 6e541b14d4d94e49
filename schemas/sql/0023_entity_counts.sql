-- How much each entity is in the news, kept as articles come: counting 20 million mentions for one look took half a minute.

CREATE TABLE entity_counts (
    entity_id BIGINT NOT NULL,
    articles BIGINT NOT NULL,
    mentions BIGINT NOT NULL,
    outlets VARCHAR[] NOT NULL,
    first_at TIMESTAMPTZ NOT NULL,
    last_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE entity_counts IS 'How much each entity is in the news (plumbing of entity_overview). An entity that nothing mentions has no row.';
COMMENT ON COLUMN entity_counts.entity_id IS 'Entity (entities.id)';
COMMENT ON COLUMN entity_counts.articles IS 'Articles that mention it';
COMMENT ON COLUMN entity_counts.mentions IS 'Mentions in all';
COMMENT ON COLUMN entity_counts.outlets IS 'Outlets that mention it, in the order of the alphabet';
COMMENT ON COLUMN entity_counts.first_at IS 'Time of the first article that mentions it: publication, else when newsfold first saw it (then wall-clock time)';
COMMENT ON COLUMN entity_counts.last_at IS 'Time of the last article that mentions it: publication, else when newsfold first saw it (then wall-clock time)';

INSERT INTO entity_counts
SELECT m.entity_id, count(*), CAST(sum(m.mentions) AS BIGINT), list_sort(list(DISTINCT coalesce(a.outlet, a.domain))),
       min(coalesce(a.published_at, a.first_seen_at)), max(coalesce(a.published_at, a.first_seen_at))
FROM (SELECT entity_id, article_id, count(*) AS mentions FROM mentions GROUP BY ALL) m JOIN articles a ON a.id = m.article_id
GROUP BY m.entity_id;
