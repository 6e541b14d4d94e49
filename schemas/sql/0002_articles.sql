-- Pages as fetched, and the articles made of them.

CREATE TABLE pages (
    id BIGINT PRIMARY KEY,
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
    archive_offset BIGINT
);
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

CREATE TABLE articles (
    id BIGINT PRIMARY KEY,
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
    run_id BIGINT NOT NULL
);
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

CREATE TABLE article_texts (
    article_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    text VARCHAR NOT NULL,
    markdown VARCHAR NOT NULL
);
COMMENT ON TABLE article_texts IS 'The text of each version of each article. Append-only.';
COMMENT ON COLUMN article_texts.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN article_texts.version IS 'Version that it is the text of';
COMMENT ON COLUMN article_texts.text IS 'Plain text, a line a paragraph; mentions and facts count characters in it';
COMMENT ON COLUMN article_texts.markdown IS 'The same with light structure (headings, lists, quotes)';

CREATE TABLE article_versions (
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
    PRIMARY KEY (article_id, version)
);
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

CREATE TABLE entry_articles (
    entry_id BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (entry_id, article_id)
);
COMMENT ON TABLE entry_articles IS 'Which entries led to which article: several addresses or feeds may lead to one.';
COMMENT ON COLUMN entry_articles.entry_id IS 'Entry (entries.id)';
COMMENT ON COLUMN entry_articles.article_id IS 'Article (articles.id)';
COMMENT ON COLUMN entry_articles.reason IS 'new_article, same_address, same_article, same_text or from_feed';
