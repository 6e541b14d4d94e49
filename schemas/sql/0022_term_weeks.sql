-- How rare a term is, by week of publication: older weeks count less, and the order in which articles come matters less.

CREATE TABLE term_weeks (
    week INTEGER NOT NULL,
    language VARCHAR NOT NULL,
    term BIGINT NOT NULL,
    articles BIGINT NOT NULL
);
COMMENT ON TABLE term_weeks IS 'In how many articles of a week each term was (plumbing); term 0 counts the articles.';
COMMENT ON COLUMN term_weeks.week IS 'Weeks from 1970-01-01 to the articles'' time';
COMMENT ON COLUMN term_weeks.language IS 'Language';
COMMENT ON COLUMN term_weeks.term IS 'Hash of a term; 0 stands for all articles of the language';
COMMENT ON COLUMN term_weeks.articles IS 'Number of articles';
-- what was counted before goes to the last week, and fades from there on
INSERT INTO term_weeks
    SELECT s.week, t.language, t.term, t.articles
    FROM term_counts t JOIN (
        SELECT language, CAST(floor(max(day) / 7) AS INTEGER) AS week FROM signatures WHERE day IS NOT NULL GROUP BY language
    ) s ON s.language = t.language;
DROP TABLE term_counts;
