"""Who reserves text and data mining: asks the origins of a batch's pages once a day, and judges each page."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from flows.policy import PACING, fetch_policy
from schemas.reasons import Reason
from schemas.records import Attempt, FetchFailed, FetchRequest
from schemas.settings import Settings
from tasks import feed_text, fetch, tdm
from tasks.settle import Worked
from tasks.store import seen_files
from tasks.store.master import open_master, transaction


def judge_batch(settings: Settings, batch: dict[int, Worked], now: datetime) -> dict[int, Worked]:
    """The batch with what is reserved marked as such. Gets the files of origins that were not asked within a day."""
    origins = sorted({tdm.origin_of(url) for url in map(_asked_for, batch.values()) if url})
    if not origins:
        return {key: _judged(item, {}, settings.store_reserved) for key, item in batch.items()}
    with open_master(settings) as connection:
        cache = seen_files.known(connection, "tdm", now)
    missing = [origin for origin in origins if origin not in cache or not tdm.is_fresh(cache[origin], now)]
    fresh, attempts = _get(settings, missing)
    if fresh:
        with open_master(settings) as connection, transaction(connection):
            seen_files.keep(connection, "tdm", fresh)
    cache |= fresh
    judged = {key: _judged(item, cache, settings.store_reserved) for key, item in batch.items()}
    first = next(iter(judged))
    judged[first] = replace(judged[first], attempts=judged[first].attempts + tuple(attempts))
    return judged


def _get(settings: Settings, origins: list[str]) -> tuple[fetch.SeenFiles, Iterable[Attempt]]:
    if not origins:
        return {}, ()
    requests = [FetchRequest(0, f"{origin}{tdm.PATH}", "tdm") for origin in origins]
    outcomes = fetch.run(fetch.fetch_all(requests, fetch_policy(settings), pacing=PACING))
    seen = {origin: tdm.cached(outcome) for origin, outcome in zip(origins, outcomes, strict=True)}
    return seen, [attempt for outcome in outcomes for attempt in outcome.attempts]


def _asked_for(item: Worked) -> str | None:
    """The address of an item for which its origin's file counts, if any."""
    if item.page is not None:
        return item.page.final_url if item.page.tdm_source is None else None
    return item.entry.url if item.check is None and feed_text.is_wanted(item.entry, item.failure, None) else None


def _judged(item: Worked, cache: fetch.SeenFiles, store_reserved: bool) -> Worked:
    url = _asked_for(item)
    said = tdm.reservation(cache.get(tdm.origin_of(url)), url) if url else tdm.UNSAID
    page = item.page
    if item.failure is not None and item.failure.tdm_reserved is not None:
        said = tdm.Reservation(item.failure.tdm_reserved, None, "header")
    if page is None:
        return replace(item, reserved=bool(said.reserved) and not store_reserved)
    if url:
        page = replace(page, tdm_reserved=said.reserved, tdm_policy=said.policy, tdm_source=said.source)
    if not page.tdm_reserved or store_reserved:
        return replace(item, page=page)
    detail = f"said by its {page.tdm_source}; NEWSFOLD_STORE_RESERVED=true would store it"
    failure = FetchFailed(item.entry.id, page.url, page.final_url, Reason.TDM_RESERVED, detail, page.fetched_at)
    return replace(item, page=page, failure=failure, reserved=True)
