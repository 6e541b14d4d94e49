"""The closed lists of words that newsfold uses for states, reasons and verdicts.

Every entry ends in one terminal `EntryState` with one `Reason`; `why` turns the pair into a sentence.
"""

from enum import StrEnum


class FeedState(StrEnum):
    """Whether a feed is polled."""

    ACTIVE = "active"
    PAUSED = "paused"
    GONE = "gone"
    REMOVED = "removed"


class EntryState(StrEnum):
    """Where an entry stands. All but `PENDING` are terminal."""

    PENDING = "pending"
    STORED = "stored"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    NOT_AN_ARTICLE = "not_an_article"
    GONE = "gone"
    QUARANTINED = "quarantined"


class Verdict(StrEnum):
    """What a page turned out to be."""

    FULL = "full"
    TEASER = "teaser"
    PAYWALL = "paywall"
    CONSENT = "consent"
    BOT_WALL = "bot_wall"
    LISTING = "listing"
    LIVE_BLOG = "live_blog"
    GALLERY_OR_VIDEO = "gallery_or_video"
    NOT_FOUND_PAGE = "not_found_page"
    EMPTY = "empty"


# Only these fold and link; a teaser or a paywalled page is kept as an article, but never is an original.
FOLDING_VERDICTS = frozenset({Verdict.FULL, Verdict.LIVE_BLOG})
ARTICLE_VERDICTS = FOLDING_VERDICTS | {Verdict.TEASER, Verdict.PAYWALL}


class Reason(StrEnum):
    """Why a fetch, a feed or an entry ended as it did. One list for all, so that SQL can group by it."""

    # an entry became (part of) an article
    NEW_ARTICLE = "new_article"
    NEW_VERSION = "new_version"
    SAME_TEXT = "same_text"
    SAME_ADDRESS = "same_address"
    SAME_ARTICLE = "same_article"
    FROM_FEED = "from_feed"
    # refused: by us, by the publisher's wish, or by the person who runs newsfold
    BAD_URL = "bad_url"
    FORBIDDEN_ADDRESS = "forbidden_address"
    FORBIDDEN_PORT = "forbidden_port"
    ROBOTS = "robots"
    TDM_RESERVED = "tdm_reserved"
    FORGOTTEN = "forgotten"
    TOO_OLD = "too_old"
    OUT_OF_RANGE = "out_of_range"
    # not an article
    NO_LINK = "no_link"
    NOT_HTML = "not_html"
    CONSENT_WALL = "consent_wall"
    BOT_WALL = "bot_wall"
    LISTING_PAGE = "listing_page"
    GALLERY_OR_VIDEO = "gallery_or_video"
    SOFT_404 = "soft_404"
    NO_TEXT = "no_text"
    # gone
    NOT_FOUND = "not_found"
    HTTP_GONE = "http_gone"
    # may succeed later (pending again), else quarantined with the last one of these
    HTTP_ERROR = "http_error"
    LOGIN_REQUIRED = "login_required"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    NO_ROOM = "no_room"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_ENCODING = "bad_encoding"
    EXTRACT_FAILED = "extract_failed"
    ENTITIES_FAILED = "entities_failed"
    # feeds
    NEW_BODY = "new_body"
    NOT_MODIFIED = "not_modified"
    SAME_BODY = "same_body"
    STUCK_304 = "stuck_304"
    MOVED = "moved"
    FEED_GONE = "feed_gone"
    HTML_INSTEAD_OF_FEED = "html_instead_of_feed"
    EMPTY_FEED = "empty_feed"
    BROKEN_FEED = "broken_feed"
    PARSE_TIMEOUT = "parse_timeout"
    PARSE_MEMORY = "parse_memory"
    # asked for by a person
    RETRY = "retry"
    EDITED_ENTRY = "edited_entry"
    DISCOVERED = "discovered"


# A failure of one of these kinds may not come back; everything else is final at once.
TRANSIENT = frozenset(
    {
        Reason.RATE_LIMITED,
        Reason.SERVER_ERROR,
        Reason.TIMEOUT,
        Reason.DNS,
        Reason.CONNECTION,
        Reason.TLS,
        Reason.PROTOCOL,
        Reason.NO_ROOM,
    }
)


class CopyLevel(StrEnum):
    """How an article is a copy of its original."""

    EXACT = "exact"
    NEAR = "near"
    EXCERPT = "excerpt"


class EntityType(StrEnum):
    """What kind of thing an entity is."""

    PERSON = "PERSON"
    ORG = "ORG"
    PLACE = "PLACE"
    GROUP = "GROUP"
    EVENT = "EVENT"
    WORK = "WORK"
    PRODUCT = "PRODUCT"


class FactKind(StrEnum):
    """What kind of figure or phrase a fact is."""

    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    TICKER = "ticker"
    QUOTE = "quote"
