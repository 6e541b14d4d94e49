-- The ids that stories were given, in their order: of two stories that become one the older id stays, and none is given twice.

CREATE TABLE story_ids (
    story_id BIGINT NOT NULL,
    number BIGINT NOT NULL
);
COMMENT ON TABLE story_ids IS 'Every id that a story was ever given (plumbing). Append-only, in the order of the queue.';
COMMENT ON COLUMN story_ids.story_id IS 'Story (stories.id), or the id of one that became part of another (story_aliases.old_id)';
COMMENT ON COLUMN story_ids.number IS 'The how manieth story it was';
INSERT INTO story_ids
    SELECT id, row_number() OVER (ORDER BY first_at NULLS LAST, id)
    FROM (SELECT id, first_at FROM stories UNION ALL SELECT old_id, NULL FROM story_aliases);
COMMENT ON TABLE story_aliases IS 'Ids of stories that became part of others, each with the one it is now: ids that people stored keep working.';
COMMENT ON COLUMN stories.id IS '63-bit hash of the article that opened it; it stays when earlier articles are backfilled';
COMMENT ON COLUMN stories.title IS 'Its most central headline: that of the telling which has most in common with the others';
COMMENT ON COLUMN story_articles.reason IS 'Why, with the shared terms; or in which story it was before and which article changed that';
