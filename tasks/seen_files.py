"""Files that an origin keeps for robots (robots.txt, tdmrep.json): what was seen of one, and for how long that counts. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.reasons import Reason
from schemas.records import Fetched, FetchFailed, FetchOutcome

_LIVES = timedelta(days=1)


class SeenFile(NamedTuple):
    """A file as last seen. `text` None: there is none, or it could not be had and `problem` says why."""

    fetched_at: datetime
    text: str | None
    status: int | None
    problem: Reason | None = None


# origin ("https://news.example") -> what was seen; the caller may keep it between runs
SeenFiles = dict[str, SeenFile]


def seen_file(outcome: FetchOutcome, *, problem: bool) -> SeenFile:
    """What to remember of the answer to a request for such a file. `problem`: a failure does not mean that there is none."""
    if isinstance(outcome, Fetched):
        return SeenFile(outcome.fetched_at, outcome.body.decode("utf-8", "replace").lstrip("\ufeff"), outcome.status)
    if isinstance(outcome, FetchFailed):
        return SeenFile(outcome.fetched_at, None, outcome.status, outcome.reason if problem else None)
    return SeenFile(outcome.fetched_at, None, 304)


def is_fresh(seen: SeenFile, now: datetime, unreachable: timedelta) -> bool:
    """Whether it still counts: a day, and for `unreachable` where the file could not be had."""
    return now - seen.fetched_at < (unreachable if seen.problem else _LIVES)
