"""What became of an address, in a sentence."""

from typing import Any

import duckdb

from schemas.errors import BadInput
from schemas.reasons import EntryState, Reason
from schemas.settings import Settings
from tasks import urls
from tasks.store import bulk
from tasks.store.entries import address_of
from tasks.store.master import is_there, open_master

_WORDS = {
    Reason.NEW_ARTICLE: "its page became an article",
    Reason.NEW_VERSION: "its page had changed and became a new version of the article",
    Reason.SAME_TEXT: "its page was read again and says the same as before",
    Reason.SAME_ADDRESS: "another entry with the same address was worked off already",
    Reason.SAME_ARTICLE: "its page leads to an article that was stored already",
    Reason.FROM_FEED: "the article was made from the feed's own text",
    Reason.BAD_URL: "the address can't be used",
    Reason.FORBIDDEN_ADDRESS: "the address leads into a private or reserved network",
    Reason.FORBIDDEN_PORT: "the address names a port that is not allowed",
    Reason.ROBOTS: "the site's robots.txt does not allow it",
    Reason.TDM_RESERVED: "the publisher reserves text and data mining",
    Reason.FORGOTTEN: "it was removed by `newsfold forget` and stays blocked",
    Reason.TOO_OLD: "it is older than asked for",
    Reason.OUT_OF_RANGE: "it is not of the dates that the backfill asks for",
    Reason.NO_LINK: "the feed gives no link for it",
    Reason.NOT_HTML: "what the address serves is no HTML page",
    Reason.CONSENT_WALL: "the page shows only a consent dialog",
    Reason.BOT_WALL: "the page shows only a check for robots",
    Reason.LISTING_PAGE: "the page is a list of articles, not one",
    Reason.GALLERY_OR_VIDEO: "the page is a gallery or a video without an article's text",
    Reason.SOFT_404: "the page says that there is nothing here",
    Reason.NO_TEXT: "the page holds no article text",
    Reason.NO_ROOM: "there was no room left for it beside the other answers of its batch",
    Reason.NOT_FOUND: "the server says that it does not exist (404)",
    Reason.HTTP_GONE: "the server says that it is gone for good (410)",
    Reason.LOGIN_REQUIRED: "the server asks for a login or payment",
    Reason.DISCOVERED: "it waits for its first attempt",
    Reason.EDITED_ENTRY: "its feed changed it, and it waits to be read again",
    Reason.RETRY: "a person asked for another attempt, and it waits",
}

# What a look at a stored article's page came to, where that is said otherwise than of an entry.
_LOOKED = {
    Reason.NOT_MODIFIED: "the server says that it is unchanged",
    Reason.SAME_TEXT: "it says the same as before",
    Reason.SAME_ARTICLE: "its address now leads elsewhere",
    Reason.NEW_VERSION: "it had changed and became a new version",
}

_FIND = """
SELECT e.id, e.url, e.state, e.reason, e.detail, e.attempts, e.next_attempt_at, e.discovered_at, e.settled_at,
       coalesce(f.title, f.url) AS feed, a.id AS article_id, a.title, a.verdict, a.version, a.words,
       a.source, k.checked_at, k.result, k.next_check_at, k.gone_at,
       c.original_id, c.level, o.url AS original_url, s.story_id, t.title AS story
FROM entries e JOIN feeds f ON f.id = e.feed_id
LEFT JOIN entry_articles ea ON ea.entry_id = e.id LEFT JOIN articles a ON a.id = ea.article_id
LEFT JOIN page_checks k ON k.article_id = a.id
LEFT JOIN copies c ON c.article_id = a.id LEFT JOIN articles o ON o.id = c.original_id
LEFT JOIN story_articles s ON s.article_id = a.id LEFT JOIN stories t ON t.id = s.story_id
WHERE e.address = ? OR e.url = ? OR a.id = ?
   OR e.address IN (SELECT address FROM entries x JOIN pages p ON p.url = x.url WHERE p.final_url = ?)
ORDER BY e.discovered_at, e.id
"""


def why(settings: Settings, url: str) -> str:
    """What became of an address: one sentence an entry that leads to it.

    Raises:
        BadInput: it is no http(s) address.
    """
    if not urls.is_http_url(url):
        raise BadInput(f"{url!r} is no http(s) address")
    if not is_there(settings):
        return f"No feed has listed {url}: there is no store yet; `newsfold feeds add` and `newsfold run` make one."
    with open_master(settings) as connection:
        rows = bulk.dicts(connection, _FIND, [address_of(url), url, urls.article_id(url), url])
        if rows:
            return "\n".join(dict.fromkeys(sentence(row) for row in rows))
        return _unknown(connection, url)


def in_words(reason: Reason, detail: str | None) -> str:
    """A reason as people say it; where there are no words for it, its particulars."""
    return _WORDS.get(reason, detail or str(reason).replace("_", " "))


def sentence(row: dict[str, Any]) -> str:
    """What became of one entry (a row of `_FIND`)."""
    reason = Reason(row["reason"])
    words = in_words(reason, row["detail"])
    detail = f" ({row['detail']})" if row["detail"] and reason in _WORDS and row["detail"] != words else ""
    head = f"{row['url']} was listed by {row['feed']} and "
    match EntryState(row["state"]):
        case EntryState.PENDING if row["attempts"]:
            later = f"{row['next_attempt_at']:%Y-%m-%d %H:%M} UTC"
            return head + f"is pending after {row['attempts']} failed attempts: {words}{detail}; next try {later}."
        case EntryState.PENDING:
            return head + f"is pending: {words}{detail}."
        case EntryState.QUARANTINED:
            return head + f"is quarantined: {words}{detail}; `newsfold retry` tries again."
        case EntryState.STORED | EntryState.UNCHANGED:
            return head + f"is {row['state']}: {words}{detail}." + _article_words(row) + _check_words(row)
        case state:
            return head + f"ended as {str(state).replace('_', ' ')}: {words}{detail}."


def _article_words(row: dict[str, Any]) -> str:
    if row["article_id"] is None:
        return ""
    said = f" It is article {row['article_id']} ({row['verdict']}, {row['words']} words, version {row['version']})"
    if row["source"] == "feed" and row["reason"] != Reason.FROM_FEED:
        said += ", made from the feed's own text"
    if row["original_id"] is not None:
        said += f", {'an' if row['level'][0] in 'aeiou' else 'a'} {row['level']} copy of {row['original_url']}"
    if row["story_id"] is not None:
        said += f", in story {row['story_id']} “{row['story']}”"
    return said + "."


def _check_words(row: dict[str, Any]) -> str:
    """What looking again at the article's page came to, and when that is done next."""
    said = []
    if row["gone_at"] is not None:
        said.append(f"its page is gone since {row['gone_at']:%Y-%m-%d %H:%M} UTC, the article stays")
    elif row["checked_at"] is not None:
        result = Reason(row["result"])
        words = _LOOKED.get(result, _WORDS.get(result, str(result).replace("_", " ")))
        said.append(f"its page was looked at again at {row['checked_at']:%Y-%m-%d %H:%M} UTC: {words}")
    if row["next_check_at"] is not None:
        said.append(f"the next look for edits is due at {row['next_check_at']:%Y-%m-%d %H:%M} UTC")
    text = "; ".join(said)
    return f" {text[0].upper()}{text[1:]}." if text else ""


def _unknown(connection: duckdb.DuckDBPyConnection, url: str) -> str:
    targets = [urls.article_key(url), urls.registrable_domain(url)]
    row = bulk.first(connection, "SELECT blocked_at FROM blocked WHERE target IN (?, ?)", targets)
    if row:
        return f"{url} was removed by `newsfold forget` on {row[0]:%Y-%m-%d} and stays blocked."
    feed = bulk.first(connection, "SELECT state, last_reason, failures FROM feeds WHERE url = ? OR poll_url = ?", [url, url])
    if feed:
        return f"{url} is a feed ({feed[0]}); its last poll ended with {feed[1] or 'nothing yet'}."
    return f"{url} was never listed by a feed that newsfold polled."
