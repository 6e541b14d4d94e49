"""WordPress: the REST API's posts (dates, filters, page count), else the feed's own pages (`?paged=2`).

REST: https://developer.wordpress.org/rest-api/reference/posts/ ; past the last page it answers 400, a feed's page 404.
"""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from schemas.backfill import Document, Found, Listing, Source, Step, Target, Window
from schemas.records import ParsedEntry
from tasks.feed_dates import feed_date
from tasks.sources.feed_archive import all_before, found_in
from tasks.text import from_html
from tasks.urls import absolute, registrable_domain

FEED_ROLES = frozenset({"paged"})
PER_PAGE = 100
_FIELDS = "id,date_gmt,modified_gmt,guid,link,title,excerpt,content,status,type"


def starts(target: Target, window: Window, base: str) -> tuple[Step, ...]:
    """The first page of posts. The oldest first: a post that comes in meanwhile moves none to another page."""
    del base
    site = target.site_url or target.feed_url
    return (_posts(Step(target.key, Source.WORDPRESS, "posts", site, root=True), site, window, 1),) if site else ()


def read(document: Document, target: Target, window: Window) -> Listing:
    """The posts of a page, and the next one."""
    return _read_paged(document, window) if document.step.role == "paged" else _read_posts(document, target, window)


def otherwise(step: Step, target: Target) -> tuple[Step, ...]:
    """Sites that close their REST API may still page their feed."""
    if step.role != "posts" or not target.feed_url:
        return ()
    return (Step(step.target, step.source, "paged", _with_page(target.feed_url, 1), root=True),)


def _posts(step: Step, site: str, window: Window, page: int) -> Step:
    query: dict[str, Any] = {"per_page": PER_PAGE, "page": page, "orderby": "date", "order": "asc", "_fields": _FIELDS}
    for name, moment in (("after", window.since), ("before", window.until)):
        if moment is not None:
            query[name] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    folder = urlunsplit(urlsplit(site)._replace(query="", fragment=""))
    folder = folder if _is_folder(folder) else urljoin(folder, "/")
    return Step(step.target, step.source, "posts", f"{folder}wp-json/wp/v2/posts?{urlencode(query)}", page, "", step.root)


def _is_folder(url: str) -> bool:
    """Whether a site's address is that of a folder: a WordPress may live in one."""
    return urlsplit(url).path.endswith("/") and not urlsplit(url).path.rstrip("/").endswith(("feed", "rss", "atom"))


def _read_posts(document: Document, target: Target, window: Window) -> Listing:
    step = document.step
    try:
        posts = json.loads(document.body)
    except (ValueError, RecursionError):
        posts = None
    if not isinstance(posts, list) or not all(isinstance(post, dict) and "link" in post for post in posts):
        return Listing(offered=False, note="the site has no open WordPress REST API")
    items = tuple(found for post in posts if (found := _found(post, document, target, window)))
    pages = document.header("x-wp-totalpages") or ""
    last = step.number >= int(pages) if pages.isdecimal() and len(pages) < 9 else len(posts) < PER_PAGE
    more = () if last or not posts else (_next(step),)
    return Listing(items, more)


def _next(step: Step) -> Step:
    url = step.url.replace(f"&page={step.number}&", f"&page={step.number + 1}&")
    return Step(step.target, step.source, step.role, url, step.number + 1)


def _found(post: dict[str, Any], document: Document, target: Target, window: Window) -> Found | None:
    url = absolute(str(post.get("link") or ""), document.url)
    home = registrable_domain(target.site_url or target.feed_url or document.url)
    if url is None or registrable_domain(url) != home or post.get("status", "publish") != "publish":
        return None
    given = str(post.get("date_gmt") or "")
    published = feed_date(given + "Z", document.read_at) if given else None
    if not window.may_hold(published):
        return None
    modified = str(post.get("modified_gmt") or "")
    entry = ParsedEntry(
        guid=_rendered(post, "guid") or url,
        url=url,
        title=from_html(_rendered(post, "title"), 1000),
        summary=from_html(_rendered(post, "excerpt")),
        content=_rendered(post, "content") or None,
        authors=(),
        published_at=published,
        published_as_given=given or None,
        updated_at=feed_date(modified + "Z", document.read_at) if modified else None,
    )
    return Found(entry)


def _rendered(post: dict[str, Any], name: str) -> str:
    value = post.get(name)
    text = value.get("rendered") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""


def _with_page(feed_url: str, page: int) -> str:
    parts = urlsplit(feed_url)
    kept = [piece for piece in parts.query.split("&") if piece and not piece.startswith("paged=")]
    return urlunsplit(parts._replace(query="&".join([*kept, f"paged={page}"])))


def _read_paged(document: Document, window: Window) -> Listing:
    """A page of the feed. A server that knows no pages answers each with the same feed."""
    step, feed = document.step, document.feed
    if feed is None or not feed.entries:
        return Listing(offered=not step.root)
    digest = hashlib.sha1("\n".join(sorted(entry.guid for entry in feed.entries)).encode(), usedforsecurity=False).hexdigest()
    if digest == step.note:
        return Listing(offered=not step.root, note="the feed has no pages")
    following = Step(
        step.target, step.source, "paged", _with_page(step.url, step.number + 1), step.number + 1, digest, root=step.number == 1
    )
    return Listing(found_in(feed.entries, window), () if all_before(feed.entries, window) else (following,))
