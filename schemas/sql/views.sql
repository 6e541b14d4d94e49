-- Views for people: the plumbing hidden. {timezone} is the zone in which days are counted.

CREATE OR REPLACE VIEW news AS
SELECT a.id, a.title, a.outlet, a.published_at,
       coalesce(a.published_at, a.first_seen_at) AS appeared_at,
       CAST(timezone('{timezone}', coalesce(a.published_at, a.first_seen_at)) AS DATE) AS day,
       a.url, a.authors, a.agency, a.language, a.section, a.verdict, a.words, a.version, a.description,
       s.story_id, c.original_id, coalesce(k.copies, 0) AS copies, a.domain, a.source, a.first_seen_at
FROM articles a
LEFT JOIN story_articles s ON s.article_id = a.id
LEFT JOIN copies c ON c.article_id = a.id
LEFT JOIN (SELECT original_id, count(*) AS copies FROM copies GROUP BY original_id) k ON k.original_id = a.id;
COMMENT ON VIEW news IS 'One row an article. The place to start.';
COMMENT ON COLUMN news.id IS 'Article id';
COMMENT ON COLUMN news.title IS 'Headline';
COMMENT ON COLUMN news.outlet IS 'Name of the outlet';
COMMENT ON COLUMN news.published_at IS 'Publication time (UTC); NULL when the page and the feed do not say';
COMMENT ON COLUMN news.appeared_at IS 'Publication time, else when newsfold first saw it (then wall-clock time)';
COMMENT ON COLUMN news.day IS 'The day of that in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN news.url IS 'Canonical address';
COMMENT ON COLUMN news.authors IS 'Authors';
COMMENT ON COLUMN news.agency IS 'News agency that it is credited to';
COMMENT ON COLUMN news.language IS 'Language of the text';
COMMENT ON COLUMN news.section IS 'Section of the outlet';
COMMENT ON COLUMN news.verdict IS 'full, live_blog, teaser or paywall';
COMMENT ON COLUMN news.words IS 'Length in words';
COMMENT ON COLUMN news.version IS 'Number of its current version; above 1 it was edited';
COMMENT ON COLUMN news.description IS 'Standfirst';
COMMENT ON COLUMN news.story_id IS 'Story that it belongs to';
COMMENT ON COLUMN news.original_id IS 'Original that it is a copy of; NULL when it is none';
COMMENT ON COLUMN news.copies IS 'How many copies of it are known';
COMMENT ON COLUMN news.domain IS 'Registrable domain';
COMMENT ON COLUMN news.source IS 'page or feed: where the text comes from';
COMMENT ON COLUMN news.first_seen_at IS 'When newsfold stored it (wall-clock time)';

CREATE OR REPLACE VIEW story_overview AS
SELECT t.id, t.title, t.tellings, t.articles, t.outlets, t.first_at, t.last_at,
       CAST(timezone('{timezone}', t.first_at) AS DATE) AS day, t.languages, o.outlet_names, o.first_outlet, l.follows_id
FROM stories t
LEFT JOIN (
    SELECT s.story_id, list(DISTINCT coalesce(a.outlet, a.domain) ORDER BY coalesce(a.outlet, a.domain)) AS outlet_names,
           arg_min(coalesce(a.outlet, a.domain), (coalesce(a.published_at, a.first_seen_at), a.id)) AS first_outlet
    FROM story_articles s JOIN articles a ON a.id = s.article_id GROUP BY s.story_id
) o ON o.story_id = t.id
LEFT JOIN (SELECT story_id, arg_max(follows_id, (score, follows_id)) AS follows_id FROM story_links GROUP BY story_id) l
    ON l.story_id = t.id;
COMMENT ON VIEW story_overview IS 'One row a story: how many outlets told it in their own words, and who was first.';
COMMENT ON COLUMN story_overview.id IS 'Story id';
COMMENT ON COLUMN story_overview.title IS 'Headline of its first full telling';
COMMENT ON COLUMN story_overview.tellings IS 'Articles that are not copies';
COMMENT ON COLUMN story_overview.articles IS 'Articles, copies included';
COMMENT ON COLUMN story_overview.outlets IS 'Number of outlets';
COMMENT ON COLUMN story_overview.first_at IS 'Time of its first article';
COMMENT ON COLUMN story_overview.last_at IS 'Time of its last article';
COMMENT ON COLUMN story_overview.day IS 'Day of its first article in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN story_overview.languages IS 'Languages';
COMMENT ON COLUMN story_overview.outlet_names IS 'Names of the outlets';
COMMENT ON COLUMN story_overview.first_outlet IS 'Outlet of the first article';
COMMENT ON COLUMN story_overview.follows_id IS 'Earlier story that it follows up';

CREATE OR REPLACE VIEW entity_overview AS
SELECT e.id, e.name, e.type, count(DISTINCT m.article_id) AS articles, count(m.article_id) AS mentions,
       count(DISTINCT coalesce(a.outlet, a.domain)) AS outlets, min(coalesce(a.published_at, a.first_seen_at)) AS first_at,
       max(coalesce(a.published_at, a.first_seen_at)) AS last_at, e.wikidata_id, e.iso_code, e.ticker, e.description
FROM entities e LEFT JOIN mentions m ON m.entity_id = e.id LEFT JOIN articles a ON a.id = m.article_id
WHERE e.merged_into IS NULL
GROUP BY ALL;
COMMENT ON VIEW entity_overview IS 'One row a person, organization, place or other thing, with how much it is in the news.';
COMMENT ON COLUMN entity_overview.id IS 'Entity id';
COMMENT ON COLUMN entity_overview.name IS 'Canonical name';
COMMENT ON COLUMN entity_overview.type IS 'PERSON, ORG, PLACE, GROUP, EVENT, WORK or PRODUCT';
COMMENT ON COLUMN entity_overview.articles IS 'Articles that mention it';
COMMENT ON COLUMN entity_overview.mentions IS 'Mentions in all';
COMMENT ON COLUMN entity_overview.outlets IS 'Outlets that mention it';
COMMENT ON COLUMN entity_overview.first_at IS 'Time of the first article that mentions it';
COMMENT ON COLUMN entity_overview.last_at IS 'Time of the last article that mentions it';
COMMENT ON COLUMN entity_overview.wikidata_id IS 'Wikidata id, where known';
COMMENT ON COLUMN entity_overview.iso_code IS 'ISO 3166 code, where it is a country or territory';
COMMENT ON COLUMN entity_overview.ticker IS 'Exchange and ticker, where it is a listed company';
COMMENT ON COLUMN entity_overview.description IS 'What it is, in a few words';

CREATE OR REPLACE VIEW timeline AS
WITH told AS (
    SELECT s.story_id, a.id AS article_id, coalesce(a.published_at, a.first_seen_at) AS appeared_at,
           coalesce(a.published_precision = 'time', false) AS time_known, coalesce(a.outlet, a.domain) AS outlet,
           a.title, a.url, a.language, a.verdict, s.score, s.reason
    FROM story_articles s JOIN articles a ON a.id = s.article_id
    WHERE NOT EXISTS (SELECT 1 FROM copies c WHERE c.article_id = s.article_id)
)
SELECT t.story_id, row_number() OVER (PARTITION BY t.story_id ORDER BY t.appeared_at, t.article_id) AS place, t.appeared_at,
       CASE WHEN t.time_known THEN
           date_sub('minute', min(t.appeared_at) FILTER (t.time_known) OVER (PARTITION BY t.story_id), t.appeared_at)
       END AS minutes_after_first,
       t.outlet, t.title, t.url, coalesce(k.copies, 0) AS copies, k.copied_by,
       CAST(timezone('{timezone}', t.appeared_at) AS DATE) AS day, t.language, t.verdict, t.score, t.reason, t.time_known, t.article_id
FROM told t
LEFT JOIN (
    SELECT c.original_id, count(*) AS copies,
           list(DISTINCT coalesce(a.outlet, a.domain) ORDER BY coalesce(a.outlet, a.domain)) AS copied_by
    FROM copies c JOIN articles a ON a.id = c.article_id GROUP BY c.original_id
) k ON k.original_id = t.article_id;
COMMENT ON VIEW timeline IS 'One row a telling of a story, copies folded into it: who told it when. Ask with WHERE story_id = … ORDER BY place.';
COMMENT ON COLUMN timeline.story_id IS 'Story id';
COMMENT ON COLUMN timeline.place IS '1 for the first telling, 2 for the next …';
COMMENT ON COLUMN timeline.appeared_at IS 'Publication time, else when newsfold first saw it (then wall-clock time)';
COMMENT ON COLUMN timeline.minutes_after_first IS 'Whole minutes after the first telling whose time is known; NULL where its own is not';
COMMENT ON COLUMN timeline.outlet IS 'Name of the outlet';
COMMENT ON COLUMN timeline.title IS 'Headline';
COMMENT ON COLUMN timeline.url IS 'Canonical address';
COMMENT ON COLUMN timeline.copies IS 'How many copies of this telling are known';
COMMENT ON COLUMN timeline.copied_by IS 'Outlets that have the copies; NULL when there are none';
COMMENT ON COLUMN timeline.day IS 'The day in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN timeline.language IS 'Language of the text';
COMMENT ON COLUMN timeline.verdict IS 'full, live_blog, teaser or paywall';
COMMENT ON COLUMN timeline.score IS 'How well it fitted when it joined the story, 0 to 1; 1 for the one that opened it';
COMMENT ON COLUMN timeline.reason IS 'Why it is in the story';
COMMENT ON COLUMN timeline.time_known IS 'Whether the publisher gives the time of day; where not, appeared_at is midnight or when newsfold saw it';
COMMENT ON COLUMN timeline.article_id IS 'Article id';

CREATE OR REPLACE VIEW reprints AS
SELECT coalesce(o.outlet, o.domain) AS original_outlet, coalesce(a.outlet, a.domain) AS outlet, c.level, c.score,
       CASE WHEN a.published_precision = 'time' AND o.published_precision = 'time'
            THEN date_sub('minute', o.published_at, a.published_at) END AS minutes_after,
       o.title AS original_title, a.title, coalesce(o.agency, a.agency) AS agency,
       coalesce(a.published_at, a.first_seen_at) AS appeared_at,
       CAST(timezone('{timezone}', coalesce(a.published_at, a.first_seen_at)) AS DATE) AS day,
       o.url AS original_url, a.url, s.story_id, c.reason, c.original_id, c.article_id
FROM copies c JOIN articles a ON a.id = c.article_id JOIN articles o ON o.id = c.original_id
LEFT JOIN story_articles s ON s.article_id = c.article_id;
COMMENT ON VIEW reprints IS 'One row a copy: who reprinted what, from whom, and how much later.';
COMMENT ON COLUMN reprints.original_outlet IS 'Outlet of the original';
COMMENT ON COLUMN reprints.outlet IS 'Outlet that reprinted it (the same one, when it printed its text again)';
COMMENT ON COLUMN reprints.level IS 'exact, near or excerpt';
COMMENT ON COLUMN reprints.score IS 'Share of wording in common, 0 to 1';
COMMENT ON COLUMN reprints.minutes_after IS 'Whole minutes between the two; negative when an excerpt came first; NULL when a time is not known';
COMMENT ON COLUMN reprints.original_title IS 'Headline of the original';
COMMENT ON COLUMN reprints.title IS 'Headline of the copy';
COMMENT ON COLUMN reprints.agency IS 'News agency that the original, else the copy, is credited to';
COMMENT ON COLUMN reprints.appeared_at IS 'Time of the copy: publication, else when newsfold first saw it (then wall-clock time)';
COMMENT ON COLUMN reprints.day IS 'The day of that in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN reprints.original_url IS 'Address of the original';
COMMENT ON COLUMN reprints.url IS 'Address of the copy';
COMMENT ON COLUMN reprints.story_id IS 'Story that both tell';
COMMENT ON COLUMN reprints.reason IS 'Why it is a copy, with the figures';
COMMENT ON COLUMN reprints.original_id IS 'Article id of the original';
COMMENT ON COLUMN reprints.article_id IS 'Article id of the copy';

CREATE OR REPLACE VIEW who_reprinted_whom AS
SELECT outlet, original_outlet, count(*) AS copies, count(*) FILTER (level = 'exact') AS exact,
       count(*) FILTER (level = 'near') AS near, count(*) FILTER (level = 'excerpt') AS excerpts,
       CAST(median(minutes_after) AS BIGINT) AS minutes_after, min(day) AS first_day, max(day) AS last_day
FROM reprints WHERE outlet <> original_outlet GROUP BY outlet, original_outlet;
COMMENT ON VIEW who_reprinted_whom IS 'One row a pair of outlets: how often the one reprinted the other.';
COMMENT ON COLUMN who_reprinted_whom.outlet IS 'Outlet that reprinted';
COMMENT ON COLUMN who_reprinted_whom.original_outlet IS 'Outlet whose text it was';
COMMENT ON COLUMN who_reprinted_whom.copies IS 'Copies in all';
COMMENT ON COLUMN who_reprinted_whom.exact IS 'Of these, word for word';
COMMENT ON COLUMN who_reprinted_whom.near IS 'Of these, cut, edited or with other matter added';
COMMENT ON COLUMN who_reprinted_whom.excerpts IS 'Of these, much shorter';
COMMENT ON COLUMN who_reprinted_whom.minutes_after IS 'How many minutes later, in the median, where both times are known';
COMMENT ON COLUMN who_reprinted_whom.first_day IS 'Day of the first copy in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN who_reprinted_whom.last_day IS 'Day of the last copy in NEWSFOLD_TIMEZONE';

CREATE OR REPLACE VIEW first_to_report AS
WITH by_outlet AS (
    SELECT story_id, outlet, min(appeared_at) AS appeared_at, arg_min(article_id, (appeared_at, article_id)) AS article_id,
           arg_min(url, (appeared_at, article_id)) AS url
    FROM timeline WHERE time_known GROUP BY story_id, outlet
), ranked AS (
    SELECT *, row_number() OVER following AS place, lead(outlet) OVER following AS next_outlet,
           lead(appeared_at) OVER following AS next_at, count(*) OVER (PARTITION BY story_id) AS outlets
    FROM by_outlet WINDOW following AS (PARTITION BY story_id ORDER BY appeared_at, article_id)
)
SELECT r.story_id, t.title, r.outlet, r.appeared_at AS first_at, r.next_outlet, r.next_at,
       date_sub('minute', r.appeared_at, r.next_at) AS minutes_ahead, r.outlets,
       CAST(timezone('{timezone}', r.appeared_at) AS DATE) AS day, r.url, r.article_id
FROM ranked r JOIN stories t ON t.id = r.story_id WHERE r.place = 1 AND r.next_outlet IS NOT NULL;
COMMENT ON VIEW first_to_report IS 'One row a story that several outlets told in their own words: who was first, and by how much. Only articles whose time of day is known.';
COMMENT ON COLUMN first_to_report.story_id IS 'Story id';
COMMENT ON COLUMN first_to_report.title IS 'Title of the story';
COMMENT ON COLUMN first_to_report.outlet IS 'Outlet that was first';
COMMENT ON COLUMN first_to_report.first_at IS 'When';
COMMENT ON COLUMN first_to_report.next_outlet IS 'The next other outlet';
COMMENT ON COLUMN first_to_report.next_at IS 'When that one told it';
COMMENT ON COLUMN first_to_report.minutes_ahead IS 'Whole minutes between the two';
COMMENT ON COLUMN first_to_report.outlets IS 'Outlets that told it in their own words and with a time';
COMMENT ON COLUMN first_to_report.day IS 'Day of the first telling in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN first_to_report.url IS 'Address of the first telling';
COMMENT ON COLUMN first_to_report.article_id IS 'Article id of the first telling';

CREATE OR REPLACE VIEW stories_of_the_day AS
WITH told AS (
    SELECT CAST(timezone('{timezone}', coalesce(a.published_at, a.first_seen_at)) AS DATE) AS day, s.story_id,
           count(*) AS tellings, count(DISTINCT coalesce(a.outlet, a.domain)) AS outlets,
           list(DISTINCT coalesce(a.outlet, a.domain) ORDER BY coalesce(a.outlet, a.domain)) AS outlet_names
    FROM story_articles s JOIN articles a ON a.id = s.article_id
    WHERE NOT EXISTS (SELECT 1 FROM copies c WHERE c.article_id = s.article_id)
    GROUP BY ALL
)
SELECT d.day, row_number() OVER (PARTITION BY d.day ORDER BY d.tellings DESC, d.outlets DESC, d.story_id) AS place,
       t.title, d.tellings, d.outlets, d.outlet_names, t.tellings AS tellings_so_far, t.first_at, d.story_id
FROM told d JOIN stories t ON t.id = d.story_id;
COMMENT ON VIEW stories_of_the_day IS 'One row a story and day on which it was told, the most told first. Copies are not counted. Ask with WHERE day = … ORDER BY place.';
COMMENT ON COLUMN stories_of_the_day.day IS 'Day in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN stories_of_the_day.place IS '1 for the story that was told most on that day';
COMMENT ON COLUMN stories_of_the_day.title IS 'Title of the story';
COMMENT ON COLUMN stories_of_the_day.tellings IS 'Articles of that day that tell it in their own words';
COMMENT ON COLUMN stories_of_the_day.outlets IS 'Number of their outlets';
COMMENT ON COLUMN stories_of_the_day.outlet_names IS 'Names of their outlets';
COMMENT ON COLUMN stories_of_the_day.tellings_so_far IS 'Tellings on all days';
COMMENT ON COLUMN stories_of_the_day.first_at IS 'Time of the story''s first article';
COMMENT ON COLUMN stories_of_the_day.story_id IS 'Story id';

CREATE OR REPLACE VIEW entity_timeline AS
SELECT m.entity_id, e.name, e.type, CAST(timezone('{timezone}', coalesce(a.published_at, a.first_seen_at)) AS DATE) AS day,
       count(*) AS mentions, count(DISTINCT m.article_id) AS articles,
       count(DISTINCT m.article_id) FILTER (c.article_id IS NULL) AS tellings,
       count(DISTINCT coalesce(a.outlet, a.domain)) AS outlets
FROM mentions m JOIN entities e ON e.id = m.entity_id JOIN articles a ON a.id = m.article_id
LEFT JOIN copies c ON c.article_id = m.article_id
GROUP BY ALL;
COMMENT ON VIEW entity_timeline IS 'One row an entity and day: how much it was in the news. Ask with WHERE name = … or entity_id = …';
COMMENT ON COLUMN entity_timeline.entity_id IS 'Entity id';
COMMENT ON COLUMN entity_timeline.name IS 'Canonical name';
COMMENT ON COLUMN entity_timeline.type IS 'PERSON, ORG, PLACE, GROUP, EVENT, WORK or PRODUCT';
COMMENT ON COLUMN entity_timeline.day IS 'Day in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN entity_timeline.mentions IS 'Mentions on that day, those in copies included';
COMMENT ON COLUMN entity_timeline.articles IS 'Articles that mention it, copies included';
COMMENT ON COLUMN entity_timeline.tellings IS 'Articles that mention it, copies not counted';
COMMENT ON COLUMN entity_timeline.outlets IS 'Outlets that mention it';

CREATE OR REPLACE VIEW entity_pairs AS
SELECT x.entity_id, e.name, e.type, y.entity_id AS with_id, w.name AS with_name, w.type AS with_type,
       CAST(timezone('{timezone}', coalesce(a.published_at, a.first_seen_at)) AS DATE) AS day,
       count(DISTINCT x.article_id) AS articles, count(DISTINCT s.story_id) AS stories
FROM mentions x JOIN mentions y ON y.article_id = x.article_id AND y.entity_id <> x.entity_id
JOIN articles a ON a.id = x.article_id JOIN entities e ON e.id = x.entity_id JOIN entities w ON w.id = y.entity_id
LEFT JOIN story_articles s ON s.article_id = x.article_id
WHERE NOT EXISTS (SELECT 1 FROM copies c WHERE c.article_id = x.article_id)
GROUP BY ALL;
COMMENT ON VIEW entity_pairs IS 'Who is named together with whom, a row a pair and day; a text and its copies count once. Each pair stands twice, from either side. Ask with WHERE name = … or day = …; all pairs of a large file take long.';
COMMENT ON COLUMN entity_pairs.entity_id IS 'Entity id';
COMMENT ON COLUMN entity_pairs.name IS 'Its canonical name';
COMMENT ON COLUMN entity_pairs.type IS 'PERSON, ORG, PLACE, GROUP, EVENT, WORK or PRODUCT';
COMMENT ON COLUMN entity_pairs.with_id IS 'Id of the other entity';
COMMENT ON COLUMN entity_pairs.with_name IS 'Canonical name of the other';
COMMENT ON COLUMN entity_pairs.with_type IS 'Type of the other';
COMMENT ON COLUMN entity_pairs.day IS 'Day in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN entity_pairs.articles IS 'Articles of that day that name both, copies not counted';
COMMENT ON COLUMN entity_pairs.stories IS 'Stories that these articles belong to';

CREATE OR REPLACE VIEW company_mentions AS
SELECT e.ticker, e.name AS company, a.title, coalesce(a.outlet, a.domain) AS outlet,
       coalesce(a.published_at, a.first_seen_at) AS appeared_at,
       CAST(timezone('{timezone}', coalesce(a.published_at, a.first_seen_at)) AS DATE) AS day, count(*) AS mentions,
       bool_or(m.in_title) AS in_title, bool_or(m.in_lead) AS in_lead, a.url, s.story_id, c.original_id, e.id AS entity_id,
       a.id AS article_id
FROM entities e JOIN mentions m ON m.entity_id = e.id JOIN articles a ON a.id = m.article_id
LEFT JOIN story_articles s ON s.article_id = a.id LEFT JOIN copies c ON c.article_id = a.id
WHERE e.ticker IS NOT NULL
GROUP BY ALL;
COMMENT ON VIEW company_mentions IS 'One row a listed company and article that names it: by ticker, without any judgement of tone.';
COMMENT ON COLUMN company_mentions.ticker IS 'Exchange and ticker';
COMMENT ON COLUMN company_mentions.company IS 'Canonical name of the company';
COMMENT ON COLUMN company_mentions.title IS 'Headline';
COMMENT ON COLUMN company_mentions.outlet IS 'Name of the outlet';
COMMENT ON COLUMN company_mentions.appeared_at IS 'Publication time, else when newsfold first saw it (then wall-clock time)';
COMMENT ON COLUMN company_mentions.day IS 'The day of that in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN company_mentions.mentions IS 'How often the text names it';
COMMENT ON COLUMN company_mentions.in_title IS 'Whether the headline names it, too';
COMMENT ON COLUMN company_mentions.in_lead IS 'Whether the opening of the text names it';
COMMENT ON COLUMN company_mentions.url IS 'Canonical address';
COMMENT ON COLUMN company_mentions.story_id IS 'Story that the article belongs to';
COMMENT ON COLUMN company_mentions.original_id IS 'Original that the article is a copy of; NULL when it is none';
COMMENT ON COLUMN company_mentions.entity_id IS 'Entity id of the company';
COMMENT ON COLUMN company_mentions.article_id IS 'Article id';

CREATE OR REPLACE VIEW why AS
SELECT e.url, e.title, e.state, e.reason, e.detail, coalesce(f.title, f.url) AS feed, e.attempts, e.next_attempt_at,
       e.discovered_at, e.settled_at, ea.article_id, a.url AS article_url, e.id AS entry_id
FROM entries e JOIN feeds f ON f.id = e.feed_id
LEFT JOIN entry_articles ea ON ea.entry_id = e.id LEFT JOIN articles a ON a.id = ea.article_id;
COMMENT ON VIEW why IS 'One row an entry: what became of each item that a feed listed, and why.';
COMMENT ON COLUMN why.url IS 'Link of the entry';
COMMENT ON COLUMN why.title IS 'Title in the feed';
COMMENT ON COLUMN why.state IS 'pending, stored, unchanged, refused, not_an_article, gone or quarantined';
COMMENT ON COLUMN why.reason IS 'Why';
COMMENT ON COLUMN why.detail IS 'The reason''s particulars';
COMMENT ON COLUMN why.feed IS 'Feed that listed it';
COMMENT ON COLUMN why.attempts IS 'Failed attempts';
COMMENT ON COLUMN why.next_attempt_at IS 'Not tried again before (wall-clock time)';
COMMENT ON COLUMN why.discovered_at IS 'When a poll first saw it (wall-clock time)';
COMMENT ON COLUMN why.settled_at IS 'When it reached its state (wall-clock time)';
COMMENT ON COLUMN why.article_id IS 'Article that it led to';
COMMENT ON COLUMN why.article_url IS 'Canonical address of that article';
COMMENT ON COLUMN why.entry_id IS 'Entry id';

CREATE OR REPLACE VIEW changed_since AS
WITH told AS (
    SELECT v.article_id, v.version, v.title, v.change, v.cause, v.words_added, v.words_removed, v.words, v.notice, v.diff, v.seen_at,
           lag(v.title) OVER (PARTITION BY v.article_id ORDER BY v.version) AS title_before
    FROM article_versions v
), changes AS (
    SELECT t.article_id, t.seen_at AS changed_at, t.change, t.version, t.title_before, t.title, t.words_added, t.words_removed,
           t.words, t.notice, t.diff
    FROM told t WHERE t.cause = 'publisher'
    UNION ALL
    SELECT k.article_id, k.gone_at, 'removed', a.version, a.title, NULL, NULL, NULL, NULL, NULL, NULL
    FROM page_checks k JOIN articles a ON a.id = k.article_id WHERE k.gone_at IS NOT NULL
)
SELECT c.changed_at, c.change, coalesce(a.outlet, a.domain) AS outlet,
       coalesce(c.title_before, a.title) AS headline_before, c.title AS headline_now,
       coalesce(c.title_before <> c.title, false) AS new_headline, c.words_added, c.words_removed, c.words, c.notice, c.diff,
       a.published_at,
       round(date_diff('second', coalesce(a.published_at, a.first_seen_at), c.changed_at) / 3600.0, 1) AS hours_after,
       a.url, a.id AS article_id, c.version, a.language, s.story_id
FROM changes c JOIN articles a ON a.id = c.article_id LEFT JOIN story_articles s ON s.article_id = a.id;
COMMENT ON VIEW changed_since IS 'One row a change that a publisher made to an article after newsfold first saw it: edits, corrections, new headlines, pages taken away.';
COMMENT ON COLUMN changed_since.changed_at IS 'When newsfold saw the change (wall-clock time)';
COMMENT ON COLUMN changed_since.change IS 'typo, correction (with a notice), update, rewrite (less than half of the words left), headline (nothing else) or removed';
COMMENT ON COLUMN changed_since.outlet IS 'Name of the outlet';
COMMENT ON COLUMN changed_since.headline_before IS 'Headline before the change';
COMMENT ON COLUMN changed_since.headline_now IS 'Headline after it; NULL when the page is gone';
COMMENT ON COLUMN changed_since.new_headline IS 'Whether the headline is another one';
COMMENT ON COLUMN changed_since.words_added IS 'Words that came in';
COMMENT ON COLUMN changed_since.words_removed IS 'Words that went';
COMMENT ON COLUMN changed_since.words IS 'Words of the text after the change';
COMMENT ON COLUMN changed_since.notice IS 'The outlet''s own notice of the change, NULL when it gave none';
COMMENT ON COLUMN changed_since.diff IS 'The changed places, a line each, as [-removed-] {+added+} among a few words around';
COMMENT ON COLUMN changed_since.published_at IS 'Publication time (UTC)';
COMMENT ON COLUMN changed_since.hours_after IS 'Hours between publication and the moment when newsfold saw the change (wall-clock time)';
COMMENT ON COLUMN changed_since.url IS 'Canonical address';
COMMENT ON COLUMN changed_since.article_id IS 'Article id';
COMMENT ON COLUMN changed_since.version IS 'Number of the version that the change made; for a page that is gone, the last one';
COMMENT ON COLUMN changed_since.language IS 'Language of the text';
COMMENT ON COLUMN changed_since.story_id IS 'Story that it belongs to';

CREATE OR REPLACE VIEW feed_health AS
WITH known AS (
    SELECT f.*, coalesce(n.entries, 0) AS entries, coalesce(n.stored, 0) AS stored, t.seconds,
           coalesce(f.last_success_at, f.added_at) AS good_at,
           coalesce(f.site_url, regexp_extract(f.poll_url, '^https?://[^/?#]+') || '/') AS site,
           strftime(timezone('{timezone}', f.next_poll_at), '%Y-%m-%d %H:%M') AS due_text,
           CASE WHEN f.state = 'gone' THEN NULL WHEN f.failures = 0 THEN coalesce(f.final_url, f.poll_url) ELSE f.poll_url END AS ends_at
    FROM feeds f
    LEFT JOIN (SELECT feed_id, count(*) AS entries, count(*) FILTER (state = 'stored') AS stored FROM entries GROUP BY feed_id) n
        ON n.feed_id = f.id
    LEFT JOIN (
        SELECT key, list_aggregate(arg_max(seconds, started_at, 5), 'median') AS seconds
        FROM fetches WHERE kind = 'feed' GROUP BY key
    ) t ON t.key = f.id
    WHERE f.state <> 'removed'
), judged AS (
    SELECT k.*, d.same_as,
           CASE WHEN k.state <> 'active' THEN k.state
                WHEN k.last_polled_at IS NULL THEN 'never polled'
                WHEN k.last_reason = 'html_instead_of_feed' THEN 'html instead of feed'
                WHEN k.failures > 0 THEN 'failing'
                WHEN k.stuck_since IS NOT NULL THEN 'stuck'
                WHEN k.last_reason = 'empty_feed' OR (k.entries = 0 AND k.newest_at IS NULL) THEN 'empty'
                WHEN k.moved_to IS NOT NULL OR k.poll_url <> k.url THEN 'moved'
                WHEN k.seconds > 5 THEN 'slow'
                ELSE 'healthy' END AS health
    FROM known k
    LEFT JOIN (
        SELECT x.id, string_agg(y.url, ', ' ORDER BY y.url) AS same_as
        FROM known x JOIN known y ON y.id <> x.id AND y.ends_at = x.ends_at GROUP BY x.id
    ) d ON d.id = k.id
), advised AS (
    SELECT j.*,
           CASE health
                WHEN 'failing' THEN good_at WHEN 'html instead of feed' THEN good_at WHEN 'stuck' THEN stuck_since
                WHEN 'gone' THEN last_polled_at END AS since,
           CASE health
                WHEN 'gone' THEN 'the server says that it is gone for good (410): remove it, or give its new address with `newsfold feeds edit --url`'
                WHEN 'paused' THEN 'paused by a person: `newsfold feeds resume` polls it again'
                WHEN 'never polled' THEN 'the next `newsfold run` asks it'
                WHEN 'html instead of feed' THEN
                    'answers an HTML page: the address is probably the site''s home; try `newsfold feeds add ' || site || '` to discover its feed'
                WHEN 'stuck' THEN 'its server says "not modified" although the feed has changed: newsfold asks once a day without conditions'
                WHEN 'empty' THEN 'is a feed, but lists nothing: wait, or look at the site for another feed'
                WHEN 'moved' THEN
                    CASE WHEN moved_to IS NOT NULL
                         THEN 'the server says that it moved to ' || moved_to || '; newsfold follows after 3 polls (so far ' || moved_count || ')'
                         ELSE 'moved: polled at ' || poll_url || ' from now on; nothing to do' END
                WHEN 'slow' THEN 'takes ' || CAST(round(seconds, 1) AS VARCHAR) || ' s to answer; newsfold waits, nothing to do'
                WHEN 'failing' THEN
                    CASE WHEN last_reason = 'login_required' THEN
                              'the server refuses: if it wants a login, give credentials with NEWSFOLD_FEED_HEADERS'
                         WHEN last_reason IN ('not_found', 'http_error') THEN
                              'the address is not there any more: try `newsfold feeds add ' || site || '` to discover the feed''s new one'
                         WHEN last_reason IN ('forbidden_address', 'forbidden_port', 'bad_url') THEN
                              'newsfold does not go to such an address: give another with `newsfold feeds edit --url`'
                         WHEN last_reason = 'rate_limited' THEN 'the server asks for fewer requests: newsfold waits as long as it says'
                         WHEN last_reason = 'dns' THEN 'its name is not found: check the address, or whether the site still exists'
                         WHEN last_reason = 'tls' THEN 'its certificate or TLS is not in order: open it in a browser, or name a certificate with NEWSFOLD_CA_FILE'
                         WHEN last_reason = 'too_many_redirects' THEN 'its redirects lead nowhere: open it in a browser and give the address that works'
                         WHEN last_reason IN ('broken_feed', 'bad_encoding', 'too_large', 'parse_timeout', 'parse_memory') THEN
                              'what it serves can''t be read as a feed: its publisher must mend it, or look for another feed of the site'
                         ELSE 'newsfold asks again, at least once a day' END
           END AS hint
    FROM judged j
)
SELECT id, coalesce(title, url) AS feed, url, state, health,
       nullif(concat_ws('; ', CASE WHEN health = 'failing' THEN
                     'failing since ' || strftime(timezone('{timezone}', since), '%Y-%m-%d %H:%M') || ' (' || failures ||
                     CASE WHEN failures = 1 THEN ' poll: ' ELSE ' polls: ' END || coalesce(last_detail, last_reason, 'no reason known') || ')' END,
                 hint, 'ends at the same address as ' || same_as || ': remove all of them but one'), '') AS advice,
       since,
       CASE WHEN state <> 'active' THEN 'not polled' WHEN due_text IS NULL THEN 'at the next run' ELSE due_text END AS next_poll,
       coalesce(same_as IS NOT NULL OR health IN ('gone', 'html instead of feed')
           OR (health = 'empty' AND entries = 0)
           OR (health = 'failing' AND (failures >= 3 OR last_reason IN (
               'login_required', 'not_found', 'http_error', 'forbidden_address', 'forbidden_port', 'bad_url', 'broken_feed',
               'bad_encoding', 'too_large', 'parse_timeout', 'parse_memory', 'too_many_redirects'))), false) AS needs_person,
       failures, last_reason, last_polled_at, last_success_at, last_new_at, next_poll_at, interval_seconds, entries, stored, same_as
FROM advised;
COMMENT ON VIEW feed_health IS 'One row a feed: how it does, and what a person could do.';
COMMENT ON COLUMN feed_health.id IS 'Feed id';
COMMENT ON COLUMN feed_health.feed IS 'Title';
COMMENT ON COLUMN feed_health.url IS 'Address as it was added';
COMMENT ON COLUMN feed_health.state IS 'active, paused or gone';
COMMENT ON COLUMN feed_health.health IS 'healthy, slow (its last 5 requests took over 5 seconds in the median), moved, failing, stuck (its 304 is untrue), gone, paused, html instead of feed, empty or never polled (polling column)';
COMMENT ON COLUMN feed_health.advice IS 'What is the matter, and what a person could do; times in NEWSFOLD_TIMEZONE (polling column)';
COMMENT ON COLUMN feed_health.since IS 'Since when it fails (its last good answer, else when it was added), is stuck or gone (wall-clock time)';
COMMENT ON COLUMN feed_health.next_poll IS 'When it is due next, in NEWSFOLD_TIMEZONE (wall-clock time)';
COMMENT ON COLUMN feed_health.needs_person IS 'Whether only a person can help: gone, refused, unreadable, empty from the start, a double, or 3 failures in a row (polling column)';
COMMENT ON COLUMN feed_health.failures IS 'Failed polls in a row';
COMMENT ON COLUMN feed_health.last_reason IS 'How the last poll ended';
COMMENT ON COLUMN feed_health.last_polled_at IS 'When it was last asked (wall-clock time)';
COMMENT ON COLUMN feed_health.last_success_at IS 'When it last answered well (wall-clock time)';
COMMENT ON COLUMN feed_health.last_new_at IS 'When it last brought something new (wall-clock time)';
COMMENT ON COLUMN feed_health.next_poll_at IS 'When it is due next (wall-clock time)';
COMMENT ON COLUMN feed_health.interval_seconds IS 'Seconds between two polls';
COMMENT ON COLUMN feed_health.entries IS 'Entries that it has listed';
COMMENT ON COLUMN feed_health.stored IS 'Of these, how many became articles';
COMMENT ON COLUMN feed_health.same_as IS 'Other feeds that end at the same address';

CREATE OR REPLACE VIEW article_rights AS
SELECT a.id AS article_id, a.title, a.outlet, a.url, p.tdm_reserved, p.tdm_policy, p.tdm_source, p.robots_tag, a.source
FROM articles a LEFT JOIN pages p ON p.id = a.page_id;
COMMENT ON VIEW article_rights IS 'What the publisher says of each article''s use: text and data mining, and robots.';
COMMENT ON COLUMN article_rights.article_id IS 'articles.id';
COMMENT ON COLUMN article_rights.title IS 'Title of the article';
COMMENT ON COLUMN article_rights.outlet IS 'Who published it';
COMMENT ON COLUMN article_rights.url IS 'Its address';
COMMENT ON COLUMN article_rights.tdm_reserved IS 'Whether text and data mining is reserved for its page; NULL when nothing is said';
COMMENT ON COLUMN article_rights.tdm_policy IS 'Address of the publisher''s policy for text and data mining, if one is named';
COMMENT ON COLUMN article_rights.tdm_source IS 'Where that was said: meta, header, file or unknown (the file could not be had); NULL: nowhere';
COMMENT ON COLUMN article_rights.robots_tag IS 'The X-Robots-Tag headers of its page, if any. robots.txt needs no column: what it refuses is no article, see entries.reason';
COMMENT ON COLUMN article_rights.source IS 'page, or feed where the feed''s text stands in for a page that could not be read';

CREATE OR REPLACE VIEW about AS
SELECT p.published_at, p.version, p.timezone, r.flow AS last_run, r.started_at AS last_run_at, r.summary AS last_run_summary,
       (SELECT count(*) FROM articles) AS articles, (SELECT count(*) FROM stories) AS stories,
       (SELECT count(*) FROM entities) AS entities, (SELECT count(*) FROM feeds WHERE state <> 'removed') AS feeds,
       (SELECT max(version) FROM schema_migrations) AS schema_version
FROM (SELECT 1) one LEFT JOIN publication p ON true
LEFT JOIN (SELECT * FROM runs WHERE ended_at IS NOT NULL ORDER BY started_at DESC LIMIT 1) r ON true;
COMMENT ON VIEW about IS 'One row: this file, when it was published, by which version, and its last run.';
COMMENT ON COLUMN about.published_at IS 'When the file was published (wall-clock time)';
COMMENT ON COLUMN about.version IS 'newsfold version that published it';
COMMENT ON COLUMN about.timezone IS 'Zone in which days are counted';
COMMENT ON COLUMN about.last_run IS 'Flow of the last run that ended';
COMMENT ON COLUMN about.last_run_at IS 'When that run began (wall-clock time)';
COMMENT ON COLUMN about.last_run_summary IS 'That run in a sentence';
COMMENT ON COLUMN about.articles IS 'Articles in the file';
COMMENT ON COLUMN about.stories IS 'Stories in the file';
COMMENT ON COLUMN about.entities IS 'Entities in the file';
COMMENT ON COLUMN about.feeds IS 'Feeds';
COMMENT ON COLUMN about.schema_version IS 'Number of the last migration';

CREATE OR REPLACE VIEW entity_articles AS
SELECT e.name, e.type, a.title, coalesce(a.outlet, a.domain) AS outlet, coalesce(a.published_at, a.first_seen_at) AS appeared_at,
       CAST(timezone('{timezone}', coalesce(a.published_at, a.first_seen_at)) AS DATE) AS day, count(*) AS mentions,
       bool_or(m.in_title) AS in_title, bool_or(m.in_lead) AS in_lead,
       list(DISTINCT m.role ORDER BY m.role) FILTER (m.role IS NOT NULL) AS roles,
       e.ticker, e.wikidata_id, a.url, s.story_id, c.original_id, e.id AS entity_id, a.id AS article_id
FROM entities e JOIN mentions m ON m.entity_id = e.id JOIN articles a ON a.id = m.article_id
LEFT JOIN story_articles s ON s.article_id = a.id LEFT JOIN copies c ON c.article_id = a.id
GROUP BY ALL;
COMMENT ON VIEW entity_articles IS 'One row an entity and article that names it. Ask with WHERE name = … or day = …';
COMMENT ON COLUMN entity_articles.name IS 'Canonical name';
COMMENT ON COLUMN entity_articles.type IS 'PERSON, ORG, PLACE, GROUP, EVENT, WORK or PRODUCT';
COMMENT ON COLUMN entity_articles.title IS 'Headline of the article';
COMMENT ON COLUMN entity_articles.outlet IS 'Name of the outlet';
COMMENT ON COLUMN entity_articles.appeared_at IS 'Publication time, else when newsfold first saw it (then wall-clock time)';
COMMENT ON COLUMN entity_articles.day IS 'The day of that in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN entity_articles.mentions IS 'How often the text names it';
COMMENT ON COLUMN entity_articles.in_title IS 'Whether the headline names it, too';
COMMENT ON COLUMN entity_articles.in_lead IS 'Whether the opening of the text names it';
COMMENT ON COLUMN entity_articles.roles IS 'Roles and titles beside the name; NULL when there are none';
COMMENT ON COLUMN entity_articles.ticker IS 'Exchange and ticker, where it is a listed company';
COMMENT ON COLUMN entity_articles.wikidata_id IS 'Wikidata id, where known';
COMMENT ON COLUMN entity_articles.url IS 'Canonical address of the article';
COMMENT ON COLUMN entity_articles.story_id IS 'Story that the article belongs to';
COMMENT ON COLUMN entity_articles.original_id IS 'Original that the article is a copy of; NULL when it is none';
COMMENT ON COLUMN entity_articles.entity_id IS 'Entity id';
COMMENT ON COLUMN entity_articles.article_id IS 'Article id';

CREATE OR REPLACE VIEW fact_overview AS
SELECT f.kind, f.surface, f.value, f.unit,
       trim(regexp_replace(substr(t.text, greatest(f."start" - 59, 1), f."end" - f."start" + 120), '\s+', ' ', 'g')) AS context,
       a.title, coalesce(a.outlet, a.domain) AS outlet, coalesce(a.published_at, a.first_seen_at) AS appeared_at,
       CAST(timezone('{timezone}', coalesce(a.published_at, a.first_seen_at)) AS DATE) AS day,
       f.instant_from, f.instant_to, a.url, s.story_id, c.original_id, a.id AS article_id
FROM facts f JOIN articles a ON a.id = f.article_id
JOIN article_texts t ON t.article_id = a.id AND t.version = a.version
LEFT JOIN story_articles s ON s.article_id = a.id LEFT JOIN copies c ON c.article_id = a.id;
COMMENT ON VIEW fact_overview IS 'One row a sum of money, percentage, date, ticker or quote, with the words around it. Ask with WHERE kind = … AND day = …';
COMMENT ON COLUMN fact_overview.kind IS 'money, percent, date, ticker or quote';
COMMENT ON COLUMN fact_overview.surface IS 'The words as they stand in the text';
COMMENT ON COLUMN fact_overview.value IS 'The number, multipliers applied';
COMMENT ON COLUMN fact_overview.unit IS 'Currency (ISO 4217), % or exchange';
COMMENT ON COLUMN fact_overview.context IS 'The words with up to 60 characters before and behind them';
COMMENT ON COLUMN fact_overview.title IS 'Headline of the article';
COMMENT ON COLUMN fact_overview.outlet IS 'Name of the outlet';
COMMENT ON COLUMN fact_overview.appeared_at IS 'Publication time, else when newsfold first saw it (then wall-clock time)';
COMMENT ON COLUMN fact_overview.day IS 'The day of that in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN fact_overview.instant_from IS 'Beginning of the day or span that a date means (UTC)';
COMMENT ON COLUMN fact_overview.instant_to IS 'End of that day or span (UTC), not included';
COMMENT ON COLUMN fact_overview.url IS 'Canonical address of the article';
COMMENT ON COLUMN fact_overview.story_id IS 'Story that the article belongs to';
COMMENT ON COLUMN fact_overview.original_id IS 'Original that the article is a copy of; NULL when it is none';
COMMENT ON COLUMN fact_overview.article_id IS 'Article id';

CREATE OR REPLACE VIEW quotes AS
SELECT e.name AS speaker, f.surface AS quote, a.title, coalesce(a.outlet, a.domain) AS outlet,
       coalesce(a.published_at, a.first_seen_at) AS appeared_at,
       CAST(timezone('{timezone}', coalesce(a.published_at, a.first_seen_at)) AS DATE) AS day,
       m.role, a.url, s.story_id, c.original_id, m.entity_id, a.id AS article_id
FROM facts f JOIN articles a ON a.id = f.article_id
LEFT JOIN mentions m ON m.article_id = f.article_id AND m."start" = f.mention_start
LEFT JOIN entities e ON e.id = m.entity_id
LEFT JOIN story_articles s ON s.article_id = a.id LEFT JOIN copies c ON c.article_id = a.id
WHERE f.kind = 'quote';
COMMENT ON VIEW quotes IS 'One row a quote: who said what, where the text states it outright. Ask with WHERE speaker = …';
COMMENT ON COLUMN quotes.speaker IS 'Canonical name of the speaker; NULL where the text leaves room for doubt';
COMMENT ON COLUMN quotes.quote IS 'The words between the quotation marks';
COMMENT ON COLUMN quotes.title IS 'Headline of the article';
COMMENT ON COLUMN quotes.outlet IS 'Name of the outlet';
COMMENT ON COLUMN quotes.appeared_at IS 'Publication time, else when newsfold first saw it (then wall-clock time)';
COMMENT ON COLUMN quotes.day IS 'The day of that in NEWSFOLD_TIMEZONE';
COMMENT ON COLUMN quotes.role IS 'Role or title beside the speaker''s name; NULL when there is none';
COMMENT ON COLUMN quotes.url IS 'Canonical address of the article';
COMMENT ON COLUMN quotes.story_id IS 'Story that the article belongs to';
COMMENT ON COLUMN quotes.original_id IS 'Original that the article is a copy of; NULL when it is none';
COMMENT ON COLUMN quotes.entity_id IS 'Entity id of the speaker';
COMMENT ON COLUMN quotes.article_id IS 'Article id';

CREATE OR REPLACE MACRO search_patterns(looked_for, unwanted) AS list_sort(list_distinct(list_transform(
    list_filter(
        regexp_extract_all(lower(strip_accents(translate(looked_for, '‘’“”', chr(39) || chr(39) || '""'))), '-?"[^"]*"|[^\s"]+'),
        lambda part: regexp_matches(part, '[\pL\pN]') AND starts_with(part, '-') = unwanted
    ),
    lambda part: replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        regexp_escape(trim(ltrim(part, '-'), '" ')),
        'a', '[aàáâãäåāăą]'), 'c', '[cçćč]'), 'e', '[eèéêëēęě]'), 'i', '[iìíîïīı]'), 'n', '[nñńň]'), 'o', '[oòóôõöøō]'),
        's', '[sśšş]'), 'u', '[uùúûüūů]'), 'y', '[yýÿ]'), 'z', '[zźżž]'), '\' || chr(39), '[' || chr(39) || '’‘]'), '\ ', '\s+')
)));
COMMENT ON MACRO search_patterns IS 'The words of a search as patterns that find them with any accents (plumbing).';
CREATE OR REPLACE MACRO search_place(looked_for, unwanted, which) AS '(?i)' || CASE
    WHEN regexp_matches(search_patterns(looked_for, unwanted)[which], '[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]') THEN ''
    ELSE '(?:^|[^\pL\pN])' END || search_patterns(looked_for, unwanted)[which];
COMMENT ON MACRO search_place IS 'One of these patterns where it begins a word; Chinese, Japanese and Thai: anywhere (plumbing).';

-- Ranked by BM25 (k1 1.2, b 0.75), a word of the headline counting three times. DuckDB compiles a constant pattern once and any
-- other anew for each row, which is dear: so the patterns of six words to find and two to leave out are spelled out as
-- constants, and only further ones are looked for in the rows that are left. A first pass asks for the letters alone.
CREATE OR REPLACE MACRO search(looked_for) AS TABLE
WITH titled AS (
    SELECT id, version, coalesce(title, '') AS title, words FROM articles
), found AS MATERIALIZED (
    SELECT id, hits FROM (
        SELECT a.id, [
            regexp_matches(a.title, '(?i)' || search_patterns(looked_for, false)[1])
                OR regexp_matches(t.text, '(?i)' || search_patterns(looked_for, false)[1]),
            regexp_matches(a.title, '(?i)' || search_patterns(looked_for, false)[2])
                OR regexp_matches(t.text, '(?i)' || search_patterns(looked_for, false)[2]),
            regexp_matches(a.title, '(?i)' || search_patterns(looked_for, false)[3])
                OR regexp_matches(t.text, '(?i)' || search_patterns(looked_for, false)[3]),
            regexp_matches(a.title, '(?i)' || search_patterns(looked_for, false)[4])
                OR regexp_matches(t.text, '(?i)' || search_patterns(looked_for, false)[4]),
            regexp_matches(a.title, '(?i)' || search_patterns(looked_for, false)[5])
                OR regexp_matches(t.text, '(?i)' || search_patterns(looked_for, false)[5]),
            regexp_matches(a.title, '(?i)' || search_patterns(looked_for, false)[6])
                OR regexp_matches(t.text, '(?i)' || search_patterns(looked_for, false)[6])
        ] AS hits
        FROM titled a JOIN article_texts t ON t.article_id = a.id AND t.version = a.version
    ) WHERE list_contains(hits, true)
), rarity AS (
    SELECT list(ln(1 + (total - df + 0.5) / (df + 0.5)) ORDER BY place) AS weights, any_value(mean) AS mean
    FROM (
        SELECT place, count(*) FILTER (hit) AS df
        FROM (SELECT unnest(hits) AS hit, generate_subscripts(hits, 1) AS place FROM found) GROUP BY place
    ), (SELECT count(*) AS total, greatest(avg(words), 1) AS mean FROM articles)
), counted AS (
    SELECT a.id, t.text, a.title, strpos(t.text, regexp_extract(t.text, search_place(looked_for, false, 1))) AS place, greatest(a.words, 1) AS words,
           list_filter([
               3 * len(regexp_extract_all(a.title, search_place(looked_for, false, 1))) + len(regexp_extract_all(t.text, search_place(looked_for, false, 1))),
               3 * len(regexp_extract_all(a.title, search_place(looked_for, false, 2))) + len(regexp_extract_all(t.text, search_place(looked_for, false, 2))),
               3 * len(regexp_extract_all(a.title, search_place(looked_for, false, 3))) + len(regexp_extract_all(t.text, search_place(looked_for, false, 3))),
               3 * len(regexp_extract_all(a.title, search_place(looked_for, false, 4))) + len(regexp_extract_all(t.text, search_place(looked_for, false, 4))),
               3 * len(regexp_extract_all(a.title, search_place(looked_for, false, 5))) + len(regexp_extract_all(t.text, search_place(looked_for, false, 5))),
               3 * len(regexp_extract_all(a.title, search_place(looked_for, false, 6))) + len(regexp_extract_all(t.text, search_place(looked_for, false, 6)))
           ], lambda times: times IS NOT NULL) AS times
    FROM titled a JOIN article_texts t ON t.article_id = a.id AND t.version = a.version
    WHERE a.id IN (SELECT id FROM found WHERE NOT list_contains(hits, false))
      AND NOT coalesce(regexp_matches(concat_ws(chr(10), a.title, t.text), search_place(looked_for, true, 1)), false)
      AND NOT coalesce(regexp_matches(concat_ws(chr(10), a.title, t.text), search_place(looked_for, true, 2)), false)
)
SELECT round(list_sum(list_transform(list_zip(c.times, weights[:len(c.times)]),
           lambda pair: pair[2] * pair[1] * 2.2 / (pair[1] + 1.2 * (0.25 + 0.75 * c.words / mean)))), 3) AS score,
       n.title, n.outlet, n.appeared_at, n.day,
       trim(regexp_replace(substr(c.text, CAST(greatest(c.place - 60, 1) AS BIGINT), 200), '\s+', ' ', 'g')) AS excerpt,
       n.url, n.language, n.story_id, n.original_id, n.id
FROM counted c JOIN news n ON n.id = c.id, rarity
WHERE list_min(c.times) > 0
  AND len(list_filter(search_patterns(looked_for, false)[7:], lambda further:
          NOT regexp_matches(concat_ws(chr(10), c.title, c.text), '(?i)' || further))) = 0
  AND len(list_filter(search_patterns(looked_for, true)[3:], lambda further:
          regexp_matches(concat_ws(chr(10), c.title, c.text), '(?i)' || further))) = 0
ORDER BY score DESC, n.appeared_at DESC, n.id;
COMMENT ON MACRO TABLE search IS 'Articles with all the words asked for, the best first: SELECT * FROM search(''quake "rare earths" -canada''). Words in quotes are one phrase; - leaves out; case and accents do not count.';
