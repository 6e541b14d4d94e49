-- Keys are kept by the writer, not by an index: DuckDB holds an index of every key that ever was in memory, and writes all of it
-- anew (tasks/store/keys.py; `newsfold check` looks for doubles). What can be derived is not stored twice: the bands of
-- sketches, Markdown that is the text, links that nobody edited, frames of signatures. Nothing is kept for looks that will not be.

CREATE TABLE keyless (
    id BIGINT NOT NULL,
    feed_id BIGINT NOT NULL,
    guid VARCHAR,
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
    settled_run BIGINT,
    backfill_id BIGINT,
    fetch_url VARCHAR
);
INSERT INTO keyless SELECT * REPLACE (nullif(guid, url) AS guid) FROM entries;
DROP TABLE entries;
ALTER TABLE keyless RENAME TO entries;
COMMENT ON TABLE entries IS 'Items that feeds listed. Each ends in exactly one terminal state with a reason.';
COMMENT ON COLUMN entries.id IS '63-bit hash of feed and guid';
COMMENT ON COLUMN entries.feed_id IS 'Feed that listed it (feeds.id)';
COMMENT ON COLUMN entries.guid IS 'The feed''s own id of the item; NULL where that is its link (url)';
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
COMMENT ON COLUMN entries.backfill_id IS 'Backfill that found it (backfills.id); NULL: a feed listed it. Those of backfills come after all others.';
COMMENT ON COLUMN entries.fetch_url IS 'Capture that is read in place of the address (an archive''s, or warc:place in a file); NULL: the address itself';

CREATE TABLE keyless (
    id BIGINT NOT NULL,
    url VARCHAR NOT NULL,
    final_url VARCHAR NOT NULL,
    status SMALLINT NOT NULL,
    content_type VARCHAR,
    charset VARCHAR,
    body_sha1 VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    etag VARCHAR,
    last_modified VARCHAR,
    tdm_reserved BOOLEAN,
    robots_tag VARCHAR,
    verdict VARCHAR,
    verdict_score DOUBLE,
    evidence VARCHAR,
    fetched_at TIMESTAMPTZ NOT NULL,
    archive_file VARCHAR,
    archive_offset BIGINT,
    tdm_policy VARCHAR,
    tdm_source VARCHAR
);
INSERT INTO keyless SELECT * FROM pages;
DROP TABLE pages;
ALTER TABLE keyless RENAME TO pages;
COMMENT ON TABLE pages IS 'Each distinct payload that an address answered with, one row; the raw bytes are in the archive.';
COMMENT ON COLUMN pages.id IS '63-bit hash of final address and payload';
COMMENT ON COLUMN pages.url IS 'Address asked for';
COMMENT ON COLUMN pages.final_url IS 'Address that answered, after redirects';
COMMENT ON COLUMN pages.status IS 'HTTP status';
COMMENT ON COLUMN pages.content_type IS 'Content type that the server declared';
COMMENT ON COLUMN pages.charset IS 'Encoding with which it was read';
COMMENT ON COLUMN pages.body_sha1 IS 'SHA-1 of the payload, hexadecimal';
COMMENT ON COLUMN pages.bytes IS 'Size of the payload in bytes';
COMMENT ON COLUMN pages.etag IS 'ETag of the answer';
COMMENT ON COLUMN pages.last_modified IS 'Last-Modified of the answer';
COMMENT ON COLUMN pages.tdm_reserved IS 'Whether the publisher reserves text and data mining; NULL when nothing is said';
COMMENT ON COLUMN pages.robots_tag IS 'X-Robots-Tag header, if any';
COMMENT ON COLUMN pages.verdict IS 'What the page is: full, teaser, paywall, consent, bot_wall, listing, live_blog, gallery_or_video, not_found_page, empty';
COMMENT ON COLUMN pages.verdict_score IS 'How sure the verdict is, 0 to 1';
COMMENT ON COLUMN pages.evidence IS 'What the verdict rests on';
COMMENT ON COLUMN pages.fetched_at IS 'When it was first fetched (wall-clock time)';
COMMENT ON COLUMN pages.archive_file IS 'WARC file in archive/ (named by day of fetching: wall-clock time)';
COMMENT ON COLUMN pages.archive_offset IS 'Offset of the record in that file, in bytes (depends on wall-clock time)';
COMMENT ON COLUMN pages.tdm_policy IS 'Address of the publisher''s policy for text and data mining, if one is named';
COMMENT ON COLUMN pages.tdm_source IS 'Where tdm_reserved was said: header, meta, file (/.well-known/tdmrep.json) or unknown (the file could not be had); NULL: nowhere';

CREATE TABLE keyless (
    id BIGINT NOT NULL,
    url VARCHAR NOT NULL,
    page_url VARCHAR NOT NULL,
    feed_id BIGINT NOT NULL,
    page_id BIGINT,
    version INTEGER NOT NULL,
    outlet VARCHAR,
    domain VARCHAR NOT NULL,
    title VARCHAR,
    description VARCHAR,
    authors VARCHAR[] NOT NULL,
    agency VARCHAR,
    published_at TIMESTAMPTZ,
    published_precision VARCHAR,
    published_as_given VARCHAR,
    modified_at TIMESTAMPTZ,
    language VARCHAR,
    language_declared VARCHAR,
    section VARCHAR,
    tags VARCHAR[] NOT NULL,
    image_url VARCHAR,
    is_free BOOLEAN,
    words INTEGER NOT NULL,
    verdict VARCHAR NOT NULL,
    text_hash VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    entities_skipped VARCHAR,
    provenance VARCHAR,
    extractor_version VARCHAR NOT NULL,
    first_seen_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    run_id BIGINT NOT NULL,
    outlet_home VARCHAR,
    rights VARCHAR,
    modified_precision VARCHAR,
    modified_as_given VARCHAR,
    feed_published_at TIMESTAMPTZ
);
INSERT INTO keyless SELECT * FROM articles;
DROP TABLE articles;
ALTER TABLE keyless RENAME TO articles;
COMMENT ON TABLE articles IS 'Articles, one row a canonical address; its text is in article_texts. Media Cloud calls this a story.';
COMMENT ON COLUMN articles.id IS '63-bit hash of the canonical address (without scheme and www.)';
COMMENT ON COLUMN articles.url IS 'Canonical address';
COMMENT ON COLUMN articles.page_url IS 'Address as the feed gave it';
COMMENT ON COLUMN articles.feed_id IS 'Feed through which it was first found (feeds.id)';
COMMENT ON COLUMN articles.page_id IS 'Page of the current version (pages.id); NULL when made from the feed';
COMMENT ON COLUMN articles.version IS 'Number of the current version; the first is 1';
COMMENT ON COLUMN articles.outlet IS 'Name of the outlet';
COMMENT ON COLUMN articles.domain IS 'Registrable domain of the canonical address';
COMMENT ON COLUMN articles.title IS 'Headline without the outlet''s name';
COMMENT ON COLUMN articles.description IS 'Standfirst or meta description';
COMMENT ON COLUMN articles.authors IS 'Names of the authors, without roles';
COMMENT ON COLUMN articles.agency IS 'News agency that the article is credited to';
COMMENT ON COLUMN articles.published_at IS 'When it was published (UTC)';
COMMENT ON COLUMN articles.published_precision IS 'day or time: how exact that is';
COMMENT ON COLUMN articles.published_as_given IS 'That date as the page or feed wrote it';
COMMENT ON COLUMN articles.modified_at IS 'When it was last modified, as the page says (UTC)';
COMMENT ON COLUMN articles.language IS 'Language detected from the text (ISO 639-1)';
COMMENT ON COLUMN articles.language_declared IS 'Language that the page or feed declares';
COMMENT ON COLUMN articles.section IS 'Section of the outlet';
COMMENT ON COLUMN articles.tags IS 'Keywords of the page';
COMMENT ON COLUMN articles.image_url IS 'Address of the lead image';
COMMENT ON COLUMN articles.is_free IS 'isAccessibleForFree as the page declares it';
COMMENT ON COLUMN articles.words IS 'Number of words of the text';
COMMENT ON COLUMN articles.verdict IS 'full, live_blog, teaser or paywall';
COMMENT ON COLUMN articles.text_hash IS 'Hash of the words of the current text';
COMMENT ON COLUMN articles.source IS 'page, or feed when the text comes from the feed';
COMMENT ON COLUMN articles.entities_skipped IS 'Why no entities were looked for; NULL when they were';
COMMENT ON COLUMN articles.provenance IS 'JSON: where each piece of metadata came from';
COMMENT ON COLUMN articles.extractor_version IS 'newsfold version that made the text';
COMMENT ON COLUMN articles.first_seen_at IS 'When newsfold stored it (wall-clock time)';
COMMENT ON COLUMN articles.changed_at IS 'When its current version was stored (wall-clock time)';
COMMENT ON COLUMN articles.run_id IS 'Run that stored the current version (run id)';
COMMENT ON COLUMN articles.outlet_home IS 'Home page of the outlet';
COMMENT ON COLUMN articles.rights IS 'Licence or statement of rights that the page carries';
COMMENT ON COLUMN articles.modified_precision IS 'day or time: how exact modified_at is';
COMMENT ON COLUMN articles.modified_as_given IS 'The date of modification as the page wrote it';
COMMENT ON COLUMN articles.feed_published_at IS 'When the feed says that it was published, where that is more than a day from published_at; else NULL';

CREATE TABLE keyless (
    article_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    page_id BIGINT,
    title VARCHAR,
    text_hash VARCHAR NOT NULL,
    words INTEGER NOT NULL,
    modified_at TIMESTAMPTZ,
    extractor_version VARCHAR NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    run_id BIGINT NOT NULL,
    cause VARCHAR,
    change VARCHAR,
    words_added INTEGER,
    words_removed INTEGER,
    notice VARCHAR,
    diff VARCHAR
);
INSERT INTO keyless SELECT * FROM article_versions;
DROP TABLE article_versions;
ALTER TABLE keyless RENAME TO article_versions;
COMMENT ON TABLE article_versions IS 'Every content that an article has had. An edit is a version, never a second article.';
COMMENT ON COLUMN article_versions.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN article_versions.version IS 'Number of the version; the first is 1';
COMMENT ON COLUMN article_versions.page_id IS 'Page that it was made of (pages.id)';
COMMENT ON COLUMN article_versions.title IS 'Headline of this version';
COMMENT ON COLUMN article_versions.text_hash IS 'Hash of the words of this version';
COMMENT ON COLUMN article_versions.words IS 'Number of words of this version';
COMMENT ON COLUMN article_versions.modified_at IS 'When the page says it was modified';
COMMENT ON COLUMN article_versions.extractor_version IS 'newsfold version that made the text';
COMMENT ON COLUMN article_versions.seen_at IS 'When newsfold stored this version (wall-clock time)';
COMMENT ON COLUMN article_versions.run_id IS 'Run that stored it (run id)';
COMMENT ON COLUMN article_versions.cause IS 'Who made it: publisher (the page changed), page (it took the place of the feed''s text), extractor (newsfold read the same page anew); NULL for the first version';
COMMENT ON COLUMN article_versions.change IS 'How it differs from the version before: typo, correction, update, rewrite, headline or removed; NULL for the first version';
COMMENT ON COLUMN article_versions.words_added IS 'Words that the version before did not have';
COMMENT ON COLUMN article_versions.words_removed IS 'Words of the version before that are gone';
COMMENT ON COLUMN article_versions.notice IS 'The notice that came with it ("Correction: …", "This article was amended …"), NULL when there is none';
COMMENT ON COLUMN article_versions.diff IS 'The changed places, a line each, as [-removed-] {+added+} among a few words around';

CREATE TABLE keyless (
    entry_id BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    reason VARCHAR NOT NULL
);
INSERT INTO keyless SELECT * FROM entry_articles;
DROP TABLE entry_articles;
ALTER TABLE keyless RENAME TO entry_articles;
COMMENT ON TABLE entry_articles IS 'Which entries led to which article: several addresses or feeds may lead to one.';
COMMENT ON COLUMN entry_articles.entry_id IS 'Entry (entries.id)';
COMMENT ON COLUMN entry_articles.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN entry_articles.reason IS 'new_article, same_address, same_article, same_text or from_feed';

CREATE TABLE keyless (
    article_id BIGINT NOT NULL,
    original_id BIGINT NOT NULL,
    level VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    reason VARCHAR NOT NULL
);
INSERT INTO keyless SELECT * FROM copies;
DROP TABLE copies;
ALTER TABLE keyless RENAME TO copies;
COMMENT ON TABLE copies IS 'Articles that are copies, one row each; the original is always a root, never itself a copy.';
COMMENT ON COLUMN copies.article_id IS 'The copy (articles.id)';
COMMENT ON COLUMN copies.original_id IS 'Its original: the earliest published full one (articles.id)';
COMMENT ON COLUMN copies.level IS 'exact, near or excerpt';
COMMENT ON COLUMN copies.score IS 'Share of wording in common, 0 to 1';
COMMENT ON COLUMN copies.reason IS 'Why, with the figures';

CREATE TABLE keyless (
    id BIGINT NOT NULL,
    title VARCHAR,
    first_at TIMESTAMPTZ,
    last_at TIMESTAMPTZ,
    articles INTEGER NOT NULL,
    tellings INTEGER NOT NULL,
    outlets INTEGER NOT NULL,
    languages VARCHAR[] NOT NULL
);
INSERT INTO keyless SELECT * FROM stories;
DROP TABLE stories;
ALTER TABLE keyless RENAME TO stories;
COMMENT ON TABLE stories IS 'Stories: the different tellings of one event.';
COMMENT ON COLUMN stories.id IS '63-bit hash of the article that opened it; it stays when earlier articles are backfilled';
COMMENT ON COLUMN stories.title IS 'Its most central headline: that of the telling which has most in common with the others';
COMMENT ON COLUMN stories.first_at IS 'Time of its first article';
COMMENT ON COLUMN stories.last_at IS 'Time of its last article';
COMMENT ON COLUMN stories.articles IS 'Number of articles, copies included';
COMMENT ON COLUMN stories.tellings IS 'Number of articles that are not copies';
COMMENT ON COLUMN stories.outlets IS 'Number of outlets';
COMMENT ON COLUMN stories.languages IS 'Languages of its articles';

CREATE TABLE keyless (
    article_id BIGINT NOT NULL,
    story_id BIGINT NOT NULL,
    score DOUBLE NOT NULL,
    reason VARCHAR NOT NULL
);
INSERT INTO keyless SELECT * FROM story_articles;
DROP TABLE story_articles;
ALTER TABLE keyless RENAME TO story_articles;
COMMENT ON TABLE story_articles IS 'Which article belongs to which story, and why.';
COMMENT ON COLUMN story_articles.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN story_articles.story_id IS 'Story (stories.id)';
COMMENT ON COLUMN story_articles.score IS 'How well it fitted when it joined, 0 to 1; 1 for the one that opened it';
COMMENT ON COLUMN story_articles.reason IS 'Why, with the shared names and words and what contradicts; or in which story it was before and which article changed that';

CREATE TABLE keyless (
    story_id BIGINT NOT NULL,
    follows_id BIGINT NOT NULL,
    score DOUBLE NOT NULL,
    reason VARCHAR NOT NULL
);
INSERT INTO keyless SELECT * FROM story_links;
DROP TABLE story_links;
ALTER TABLE keyless RENAME TO story_links;
COMMENT ON TABLE story_links IS 'Stories that follow up earlier ones.';
COMMENT ON COLUMN story_links.story_id IS 'The later story (stories.id)';
COMMENT ON COLUMN story_links.follows_id IS 'The earlier story that it follows up (stories.id)';
COMMENT ON COLUMN story_links.score IS 'How near they are, 0 to 1';
COMMENT ON COLUMN story_links.reason IS 'Why, with the shared terms';

CREATE TABLE keyless (
    old_id BIGINT NOT NULL,
    story_id BIGINT NOT NULL
);
INSERT INTO keyless SELECT * FROM story_aliases;
DROP TABLE story_aliases;
ALTER TABLE keyless RENAME TO story_aliases;
COMMENT ON TABLE story_aliases IS 'Ids of stories that became part of others, each with the one it is now: ids that people stored keep working.';
COMMENT ON COLUMN story_aliases.old_id IS 'Id that no longer has a row in stories';
COMMENT ON COLUMN story_aliases.story_id IS 'Story that it became part of (stories.id)';

CREATE TABLE keyless (
    id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    wikidata_id VARCHAR,
    iso_code VARCHAR,
    ticker VARCHAR,
    description VARCHAR,
    complete BOOLEAN NOT NULL,
    first_seen TIMESTAMPTZ,
    found_name VARCHAR,
    merged_into BIGINT
);
INSERT INTO keyless SELECT * FROM entities;
DROP TABLE entities;
ALTER TABLE keyless RENAME TO entities;
COMMENT ON TABLE entities IS 'People, organizations, places and other things, one row each, the same over all articles.';
COMMENT ON COLUMN entities.id IS '63-bit hash of the Wikidata id, else of type and name';
COMMENT ON COLUMN entities.name IS 'Canonical name';
COMMENT ON COLUMN entities.type IS 'PERSON, ORG, PLACE, GROUP, EVENT, WORK or PRODUCT';
COMMENT ON COLUMN entities.wikidata_id IS 'Wikidata id where the knowledge file links it';
COMMENT ON COLUMN entities.iso_code IS 'ISO 3166 code of a country or territory';
COMMENT ON COLUMN entities.ticker IS 'Exchange and ticker of a listed company';
COMMENT ON COLUMN entities.description IS 'What it is, in a few words';
COMMENT ON COLUMN entities.complete IS 'False while only a part of the name was seen, such as a bare surname';
COMMENT ON COLUMN entities.first_seen IS 'Publication time of the article that was the first to mention it';
COMMENT ON COLUMN entities.found_name IS 'Name that articles gave it, where a person has renamed it';
COMMENT ON COLUMN entities.merged_into IS 'Entity that a person merged it into (entities.id): its mentions are counted there';

CREATE TABLE keyless (
    surface VARCHAR NOT NULL,
    surface_key VARCHAR NOT NULL,
    entity_id BIGINT NOT NULL,
    count INTEGER NOT NULL,
    source VARCHAR NOT NULL
);
INSERT INTO keyless SELECT * FROM aliases;
DROP TABLE aliases;
ALTER TABLE keyless RENAME TO aliases;
COMMENT ON TABLE aliases IS 'The spellings under which an entity is mentioned.';
COMMENT ON COLUMN aliases.surface IS 'Spelling as it stands in texts';
COMMENT ON COLUMN aliases.surface_key IS 'The spelling folded: case, accents and legal suffix do not count';
COMMENT ON COLUMN aliases.entity_id IS 'Entity (entities.id)';
COMMENT ON COLUMN aliases.count IS 'How many mentions have this spelling, over all articles';
COMMENT ON COLUMN aliases.source IS 'text when counted in articles';

CREATE TABLE keyless (
    article_id BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    stored_at TIMESTAMPTZ NOT NULL,
    done INTEGER NOT NULL,
    next_check_at TIMESTAMPTZ,
    checked_at TIMESTAMPTZ,
    result VARCHAR,
    checked_url VARCHAR,
    etag VARCHAR,
    last_modified VARCHAR,
    gone_at TIMESTAMPTZ
);
INSERT INTO keyless SELECT * REPLACE (
    CASE WHEN next_check_at IS NOT NULL THEN checked_url END AS checked_url,
    CASE WHEN next_check_at IS NOT NULL THEN etag END AS etag,
    CASE WHEN next_check_at IS NOT NULL THEN last_modified END AS last_modified
) FROM page_checks;
DROP TABLE page_checks;
ALTER TABLE keyless RENAME TO page_checks;
COMMENT ON TABLE page_checks IS 'When each stored article''s page is looked at again for edits, and what the last look came to.';
COMMENT ON COLUMN page_checks.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN page_checks.entry_id IS 'Entry whose address is asked for (entries.id)';
COMMENT ON COLUMN page_checks.stored_at IS 'When the article was first stored (wall-clock time)';
COMMENT ON COLUMN page_checks.done IS 'How many of the delays of NEWSFOLD_RECHECK_HOURS are behind it (depends on wall-clock time)';
COMMENT ON COLUMN page_checks.next_check_at IS 'When it is due next; NULL: never again (wall-clock time)';
COMMENT ON COLUMN page_checks.checked_at IS 'When it was last looked at (wall-clock time)';
COMMENT ON COLUMN page_checks.result IS 'What that came to, from the list of reasons (depends on wall-clock time)';
COMMENT ON COLUMN page_checks.checked_url IS 'Address that the two validators belong to (depends on wall-clock time); NULL, as they are, once no look is due';
COMMENT ON COLUMN page_checks.etag IS 'ETag of its last answer, byte for byte (depends on wall-clock time)';
COMMENT ON COLUMN page_checks.last_modified IS 'Last-Modified of its last answer, byte for byte (depends on wall-clock time)';
COMMENT ON COLUMN page_checks.gone_at IS 'When a look first found the page gone (404, 410), NULL while it is there; the article stays (wall-clock time)';

CREATE TABLE keyless (
    entry_id BIGINT NOT NULL,
    domain VARCHAR NOT NULL,
    published_at TIMESTAMPTZ,
    text_hash VARCHAR NOT NULL,
    lines BIGINT[] NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL
);
INSERT INTO keyless SELECT * FROM page_lines;
DROP TABLE page_lines;
ALTER TABLE keyless RENAME TO page_lines;
COMMENT ON TABLE page_lines IS 'Fingerprints of the longer lines of each article page of the last weeks: what repeats on many pages of a site is furniture.';
COMMENT ON COLUMN page_lines.entry_id IS 'Entry that led to the page (entries.id)';
COMMENT ON COLUMN page_lines.domain IS 'Registrable domain of the page';
COMMENT ON COLUMN page_lines.published_at IS 'When the feed says that it was published: its place in the queue';
COMMENT ON COLUMN page_lines.text_hash IS 'Hash of the words of the text before anything was cut for repetition';
COMMENT ON COLUMN page_lines.lines IS '63-bit fingerprints of its longer lines';
COMMENT ON COLUMN page_lines.seen_at IS 'When it was extracted; rows go after a month (wall-clock time)';

CREATE TABLE keyless (
    entry_id BIGINT NOT NULL,
    lines BIGINT[] NOT NULL
);
INSERT INTO keyless SELECT * FROM page_furniture;
DROP TABLE page_furniture;
ALTER TABLE keyless RENAME TO page_furniture;
COMMENT ON TABLE page_furniture IS 'Lines that were cut from an article because they stand on many pages of its site. Decided once an entry, and kept.';
COMMENT ON COLUMN page_furniture.entry_id IS 'Entry that led to the page (entries.id)';
COMMENT ON COLUMN page_furniture.lines IS '63-bit fingerprints of the lines that were cut';

CREATE TABLE keyless (
    article_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    text VARCHAR NOT NULL,
    markdown VARCHAR
);
INSERT INTO keyless SELECT article_id, version, text, nullif(markdown, replace(text, chr(10), chr(10) || chr(10))) FROM article_texts;
DROP TABLE article_texts;
ALTER TABLE keyless RENAME TO article_texts;
COMMENT ON TABLE article_texts IS 'The text of each version of each article. Append-only.';
COMMENT ON COLUMN article_texts.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN article_texts.version IS 'Version that it is the text of';
COMMENT ON COLUMN article_texts.text IS 'Plain text, a line a paragraph; mentions and facts count characters in it';
COMMENT ON COLUMN article_texts.markdown IS 'The text with light structure (headings, lists, quotes); NULL where it is the text with an empty line between paragraphs';

CREATE TABLE keyless (
    article_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    "start" INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    surface VARCHAR NOT NULL,
    sentence INTEGER NOT NULL,
    role VARCHAR,
    in_title BOOLEAN NOT NULL,
    in_lead BOOLEAN NOT NULL,
    found_id BIGINT
);
INSERT INTO keyless SELECT article_id, entity_id, "start", "end", surface, sentence, role, in_title, in_lead, nullif(found_id, entity_id) FROM mentions;
DROP TABLE mentions;
ALTER TABLE keyless RENAME TO mentions;
COMMENT ON TABLE mentions IS 'Each place in an article''s current text that names an entity.';
COMMENT ON COLUMN mentions.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN mentions.entity_id IS 'Entity (entities.id)';
COMMENT ON COLUMN mentions."start" IS 'First character in the plain text, counted from 0';
COMMENT ON COLUMN mentions."end" IS 'Character behind the last: substr(text, start + 1, end - start) = surface';
COMMENT ON COLUMN mentions.surface IS 'The words that stand there';
COMMENT ON COLUMN mentions.sentence IS 'Number of the sentence, counted from 0';
COMMENT ON COLUMN mentions.role IS 'Role or title beside the name, such as President';
COMMENT ON COLUMN mentions.in_title IS 'Whether the headline names the entity, too';
COMMENT ON COLUMN mentions.in_lead IS 'Whether it stands in the opening of the text';
COMMENT ON COLUMN mentions.found_id IS 'Entity that newsfold linked it to, where the edits of a person made another of it (entity_id); else NULL';

CREATE TABLE keyless (
    article_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    found_id BIGINT,
    clues VARCHAR[] NOT NULL
);
INSERT INTO keyless SELECT article_id, entity_id, nullif(found_id, entity_id), clues FROM person_clues;
DROP TABLE person_clues;
ALTER TABLE keyless RENAME TO person_clues;
COMMENT ON TABLE person_clues IS 'What an article says of a person that tells people of one name apart (plumbing).';
COMMENT ON COLUMN person_clues.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN person_clues.entity_id IS 'Person (entities.id)';
COMMENT ON COLUMN person_clues.found_id IS 'Person that newsfold linked it to, where the edits of a person made another of it (entity_id); else NULL';
COMMENT ON COLUMN person_clues.clues IS 'Walk of life (field:sport), nation (nation:KE), year of birth (born:1984), countries (scene:KE), company (with:…), year (year:2025)';

DROP TABLE sketch_bands;
CREATE TABLE remade (
    article_id BIGINT NOT NULL,
    day INTEGER,
    lead_size INTEGER NOT NULL,
    lead_terms BLOB NOT NULL,
    lead_weights BLOB NOT NULL,
    body_terms BLOB NOT NULL,
    body_weights BLOB NOT NULL,
    names BLOB DEFAULT ''::BLOB,
    facts BLOB DEFAULT ''::BLOB,
    found BLOB NOT NULL
);
-- no bit is set: all terms by which it was found stand behind the bits
INSERT INTO remade SELECT v.article_id, v.day, v.lead_size, v.lead_terms, v.lead_weights, v.body_terms, v.body_weights, v.names, v.facts,
    unhex(repeat('00', CAST((octet_length(v.lead_terms) // 4 + 7) // 8 AS BIGINT)) || coalesce(t.terms, ''))
FROM story_vectors v LEFT JOIN (
    SELECT article_id, string_agg(
        printf('%02x%02x%02x%02x', term & 255, (term >> 8) & 255, (term >> 16) & 255, (term >> 24) & 255), '' ORDER BY term
    ) AS terms FROM story_terms GROUP BY article_id
) t ON t.article_id = v.article_id ORDER BY v.rowid;
DROP TABLE story_vectors;
DROP TABLE story_terms;
ALTER TABLE remade RENAME TO story_vectors;
COMMENT ON TABLE story_vectors IS 'Weighted terms of each article that counts in its story (plumbing). Append-only.';
COMMENT ON COLUMN story_vectors.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN story_vectors.day IS 'Days from 1970-01-01 to its time';
COMMENT ON COLUMN story_vectors.lead_size IS 'How many terms title and lead had';
COMMENT ON COLUMN story_vectors.lead_terms IS 'Hashes of the terms of title and lead (u32, little-endian, ascending)';
COMMENT ON COLUMN story_vectors.lead_weights IS 'Their weights (u16), the vector having length 32768';
COMMENT ON COLUMN story_vectors.body_terms IS 'Hashes of the terms of title and text (u32, little-endian, ascending)';
COMMENT ON COLUMN story_vectors.body_weights IS 'Their weights (u16), the vector having length 32768';
COMMENT ON COLUMN story_vectors.names IS 'Which of lead_terms are names: a bit each, the first one highest';
COMMENT ON COLUMN story_vectors.facts IS 'Earthquake, match or results in title and lead, with magnitude, quarter and countries (u32, little-endian: what and value)';
COMMENT ON COLUMN story_vectors.found IS 'By which of lead_terms its story is found: a bit each, the first one highest; behind the bits, other terms by which it is (u32, little-endian)';
