"""/.well-known/tdmrep.json: what an origin reserves from text and data mining (TDMRep, W3C community group report 2024).

Pure: parse and decide, no I/O. A page's meta goes before the header of its answer, and that before the file ("Processing
priority"); see `tasks.page`. 4xx means that there is no
file; when it can't be had, what it reserves is unknown: that is recorded and blocks nothing.
"""

import json
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from schemas.reasons import TRANSIENT
from schemas.records import FetchFailed, FetchOutcome
from tasks import seen_files
from tasks.seen_files import SeenFile, seen_file
from tasks.urls import is_http_url, masked

PATH = "/.well-known/tdmrep.json"
_LIVES_UNREACHABLE = timedelta(hours=1)
_MOST_RULES = 1000
_LONGEST_PATTERN = 1000


class Reservation(NamedTuple):
    """What is said of a page: whether it is reserved, the policy's address, and where that was said."""

    reserved: bool | None
    policy: str | None
    source: str | None  # "header" | "meta" | "file" | "unknown"; None: nobody says anything


UNSAID = Reservation(None, None, None)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"


def cached(outcome: FetchOutcome) -> SeenFile:
    """What to remember of the answer to a request for the file."""
    failed = isinstance(outcome, FetchFailed) and (outcome.reason in TRANSIENT or outcome.status is None)
    return seen_file(outcome, problem=failed)


def is_fresh(seen: SeenFile, now: datetime) -> bool:
    """Whether a file still counts: a day, and an hour where it could not be had."""
    return seen_files.is_fresh(seen, now, _LIVES_UNREACHABLE)


def reservation(seen: SeenFile | None, url: str) -> Reservation:
    """What the file says of an address: its first rule that fits."""
    if seen is None:
        return UNSAID
    if seen.problem:
        return Reservation(None, None, "unknown")
    parts = urlsplit(url)
    path = unquote(parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    for location, reserved, policy in rules_in(seen.text or ""):
        if _fits(location, path):
            target = urljoin(url, policy) if policy else None
            return Reservation(reserved, masked(target) if target and is_http_url(target) else None, "file")
    return UNSAID


@lru_cache(maxsize=256)
def rules_in(text: str) -> tuple[tuple[str, bool, str | None], ...]:
    """The (location, reserved, policy) of a file, in its order; what is no such rule is passed over."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    rules: list[tuple[str, bool, str | None]] = []
    for item in given[:_MOST_RULES] if isinstance(given, list) else ():
        location = item.get("location") if isinstance(item, dict) else None
        if not isinstance(location, str) or not location or len(location) > _LONGEST_PATTERN:
            continue
        said, policy = str(item.get("tdm-reservation")).strip(), item.get("tdm-policy")
        if said in ("0", "1"):
            rules.append((location, said == "1", policy if isinstance(policy, str) and policy else None))
    return tuple(rules)


def _fits(location: str, path: str) -> bool:
    """Whether a pattern covers a path: as in robots.txt, `*` is any characters and a last `$` the end.

    The pieces between the stars are looked for one after the other: no pattern makes that slow.
    """
    ends = location.endswith("$")
    pieces = re.sub(r"\*+", "*", unquote(location.removesuffix("$"))).split("*")
    if not pieces[0].startswith("/"):
        pieces[0] = f"/{pieces[0]}" if pieces[0] or len(pieces) == 1 else ""
    if len(pieces) == 1:
        return path == pieces[0] if ends else path.startswith(pieces[0])
    if not path.startswith(pieces[0]):
        return False
    place = len(pieces[0])
    for piece in pieces[1:-1]:
        found = path.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    last = pieces[-1]
    return path.endswith(last) and len(path) - len(last) >= place if ends else path.find(last, place) >= 0
