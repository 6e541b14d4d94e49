"""What a person asks of a backfill, checked: names into feeds, dates into moments. One clear sentence where it can't be done."""

import difflib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from schemas.backfill import Request, Source, Target, Window
from schemas.errors import BadInput
from tasks import urls

_ARCHIVES = (".warc", ".warc.gz", ".wacz")
_MOST_LIST_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """A backfill as the form or the command line gives it."""

    feeds: tuple[str, ...] = ()
    site: str = ""
    file: str = ""
    since: date | None = None
    until: date | None = None
    source: str = Source.AUTO
    limit: int = 1000


def read_request(asked: Asked, known: Sequence[Mapping[str, Any]], home: Path, timezone: str, now: datetime) -> Request:
    """The request, with the feeds found among `known` (id, url, title, site_url, state). Looks at the file that it names.

    Raises:
        BadInput: something in it can't be used; the sentence says what, and what would do.
    """
    source = _source(asked)
    path = _file(asked, home)
    window = _window(asked, timezone, now)
    if asked.limit < 0:
        raise BadInput(f"limit is {asked.limit}; give the most articles to fetch, or 0 for all of them")
    if path is not None:
        if any(name.strip() for name in asked.feeds):
            raise BadInput("give either feeds or a file, not both; a site beside a file takes only that site's pages from it")
        source = _kind_of(path) if source is Source.AUTO else source
        targets: tuple[Target, ...] = (_file_target(path, asked.site, known),)
    elif source in (Source.WARC, Source.URL_LIST):
        raise BadInput(f"the source “{source}” needs a file; give its path on the machine where newsfold runs")
    else:
        targets = _targets(asked, known)
    if source is Source.FEED_ARCHIVE and not any(target.feed_url for target in targets):
        raise BadInput(f"no feed of {targets[0].name} is known, so it has no feed archive; choose the source “auto” or “sitemap”")
    stamp = _stamp(path) if path else ""
    return Request(targets, source, window, asked.since, asked.until, asked.limit, stamp)


def _source(asked: Asked) -> Source:
    try:
        return Source(asked.source.strip().lower() or Source.AUTO)
    except ValueError:
        names = ", ".join(f"“{name}”" for name in Source)
        raise BadInput(f"there is no source “{asked.source}”; the sources are {names}") from None


def _window(asked: Asked, timezone: str, now: datetime) -> Window:
    zone = ZoneInfo(timezone)
    since, until = asked.since, asked.until
    if since and until and since > until:
        raise BadInput(f"since ({since}) is later than until ({until}); give the earlier day first")
    if since and since > now.astimezone(zone).date():
        raise BadInput(f"since ({since}) is in the future; a backfill looks for what was published before today")

    def begin(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    try:
        return Window(begin(since) if since else None, begin(until + timedelta(days=1)) if until else None)
    except OverflowError:
        raise BadInput(f"{since or until} is too far from today; give days between 1990 and today") from None


# ---------------------------------------------------------------- feeds and sites


def _targets(asked: Asked, known: Sequence[Mapping[str, Any]]) -> tuple[Target, ...]:
    """The feeds and the site that are named; without any, all feeds that are polled."""
    names = [name.strip() for name in asked.feeds if name.strip()]
    found = [_feed_target(row) for name in names for row in _named(name, known)]
    if asked.site.strip():
        found.append(_site_target(asked.site, known))
    if not found:
        found = [_feed_target(row) for row in known if row["state"] == "active"]
    if not found:
        raise BadInput("there are no feeds yet; name a site, or add feeds with `newsfold feeds add ADDRESS`")
    return tuple({target.key: target for target in found}.values())


def _named(name: str, known: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The feeds that a name, an address, a host or an id means."""
    wanted, host = name.casefold(), urls.host_of(name if "//" in name else f"http://{name}").removeprefix("www.")
    tests: tuple[Callable[[Mapping[str, Any]], bool], ...] = (
        lambda row: (
            urls.normalize(name) in (urls.normalize(row["url"]), urls.normalize(row["poll_url"])) or name == str(row["id"])
        ),
        lambda row: (row["title"] or "").casefold() == wanted,
        lambda row: host in (_host(row["url"]), _host(row["site_url"] or "")),
    )
    for test in tests:
        if found := [row for row in known if test(row)]:
            return found
    labels = {label.casefold(): label for row in known for label in (row["title"], row["url"], _host(row["url"])) if label}
    near = [labels[match] for match in difflib.get_close_matches(wanted, labels, n=3, cutoff=0.5)]
    hint = f"; the nearest are {', '.join(f'“{label}”' for label in near)}" if near else "; `newsfold feeds list` shows the feeds"
    raise BadInput(f"there is no feed “{name}”{hint}")


def _host(url: str) -> str:
    return urls.host_of(url).removeprefix("www.")


def _feed_target(row: Mapping[str, Any]) -> Target:
    return Target(row["id"], row["title"] or _host(row["url"]), row["poll_url"], row["site_url"] or _root(row["url"]))


def _site_target(site: str, known: Sequence[Mapping[str, Any]]) -> Target:
    """A site: through its feed when there is one, so that its articles stay together."""
    url = _site_url(site)
    for row in known:
        if _host(url) in (_host(row["site_url"] or ""), _host(row["url"])):
            if "://" not in site:  # as its feed has it
                url = f"{urlsplit(row['url']).scheme}://{url.partition('://')[2]}"
            return Target(row["id"], row["title"] or _host(url), row["poll_url"], url)
    return Target(urls.stable_id("feed", urls.normalize(url)), _host(url), None, url)


def _site_url(site: str) -> str:
    site = site.strip()
    url = urls.absolute(site if "://" in site else f"https://{site}", None)
    if url is None or "." not in urls.host_of(url):
        raise BadInput(f"“{site}” is no site; give its address, such as https://www.example.org")
    return url if url.partition("://")[2].partition("/")[2] else url.rstrip("/") + "/"


def _root(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/"


# ---------------------------------------------------------------- files


def _file(asked: Asked, home: Path) -> Path | None:
    """The file's path; a relative one starts in newsfold's folder, where flows have no other."""
    given = asked.file.strip()
    if not given:
        return None
    path = (home / Path(given).expanduser()).resolve()
    if not path.exists():
        raise BadInput(f"there is no file {path} on the machine where newsfold runs")
    if path.is_file() and path.stat().st_size > _MOST_LIST_BYTES and _kind_of(path) is Source.URL_LIST:
        raise BadInput(f"the list {path} is larger than {_MOST_LIST_BYTES // 1024 // 1024} MB; split it")
    return path


def _kind_of(path: Path) -> Source:
    return Source.WARC if path.is_dir() or path.name.lower().endswith(_ARCHIVES) else Source.URL_LIST


def _file_target(path: Path, site: str, known: Sequence[Mapping[str, Any]]) -> Target:
    if site.strip():
        of = _site_target(site, known)
        return Target(of.key, f"{path.name} ({_host(of.site_url or '')})", of.feed_url, of.site_url, str(path))
    return Target(urls.stable_id("feed", str(path)), path.name, None, None, str(path))


def _stamp(path: Path) -> str:
    """What tells one content of a file from another: its size and time; of a list, the bytes themselves."""
    if path.is_dir():
        return ";".join(f"{child.name}:{child.stat().st_size}" for child in sorted(path.iterdir()) if child.is_file())
    if _kind_of(path) is Source.WARC:
        return f"{path}:{path.stat().st_size}"
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
