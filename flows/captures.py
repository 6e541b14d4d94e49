"""Entries whose page is read from a capture: an archive's copy on the web, or a record in a web archive file on the disk.

To all later steps the page is the original's: its address, its headers, as if the publisher had answered.
"""

from dataclasses import replace
from datetime import datetime

from schemas.reasons import Reason
from schemas.records import Entry, Fetched, FetchFailed, FetchOutcome, Validators
from tasks import archive_read
from tasks.sources.internet_archive import original_of
from tasks.sources.warc import SCHEME
from tasks.urls import registrable_domain

_ORIGINAL_HEADER = "x-archive-orig-"


def is_on_disk(entry: Entry) -> bool:
    """Whether the entry's page lies in a file of this machine."""
    return entry.fetch_url is not None and entry.fetch_url.startswith(SCHEME)


def from_disk(entry: Entry, now: datetime) -> FetchOutcome:
    """The page of an entry from its web archive file."""
    place = (entry.fetch_url or "").removeprefix(SCHEME)
    found = archive_read.capture(place)
    if found is None:
        return FetchFailed(entry.id, entry.url, entry.url, Reason.NOT_FOUND, f"there is no page at {place} (any more)", now)
    return Fetched(entry.id, entry.url, found.url, found.status, found.headers, found.body, now, Validators())


def as_original(entry: Entry, outcome: FetchOutcome) -> FetchOutcome:
    """An archive's answer as the original's. Where the archive led to another capture, the address is that one's."""
    if entry.fetch_url is None:
        return outcome
    if not isinstance(outcome, Fetched):
        return replace(outcome, url=entry.url, final_url=entry.url)
    # Only the archive's own word counts: any address may have "/web/2026/https://…" in it.
    stayed = registrable_domain(outcome.final_url) == registrable_domain(entry.fetch_url)
    original = original_of(outcome.final_url) if stayed else None
    if original is None:
        detail = f"the archive led away from its capture, to {outcome.final_url}"
        return FetchFailed(
            entry.id, entry.url, entry.url, Reason.NOT_FOUND, detail, outcome.fetched_at, attempts=outcome.attempts
        )
    headers = _original_headers(outcome.headers)
    return replace(outcome, url=entry.url, final_url=original, headers=headers, validators=Validators(), moved_to=None)


def _original_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The publisher's headers go before those of the archive's own server."""
    given = [(name.removeprefix(_ORIGINAL_HEADER), value) for name, value in headers if name.startswith(_ORIGINAL_HEADER)]
    names = {name for name, _ in given}
    # The archive decompressed and decoded nothing for us: how the body came over is its own header's affair.
    kept = [(name, value) for name, value in headers if name not in names and not name.startswith(_ORIGINAL_HEADER)]
    return tuple(given + kept)
