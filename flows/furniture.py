"""Cuts from a batch's pages what stands on many pages of their sites: judges them in the queue's order, extracts anew."""

from collections.abc import Sequence
from datetime import datetime

from schemas.reasons import ARTICLE_VERDICTS
from schemas.records import Extraction
from schemas.settings import Settings
from tasks.feed_text import is_from_feed
from tasks.furniture import PageLines, decide, lines_of
from tasks.settle import Worked
from tasks.store import furniture
from tasks.store.master import open_master, transaction
from tasks.urls import registrable_domain


def judge_batch(settings: Settings, batch: Sequence[Worked], now: datetime) -> dict[int, frozenset[int]]:
    """entry -> the lines to be cut from its page, for those where there are any.

    An entry is judged once: when its page is fetched again, or was extracted by a run that was killed, what was decided
    then still holds.
    """
    pages = [left for item in batch if (left := _lines(item)) is not None]
    if not pages:
        return {}
    with open_master(settings) as connection:
        before = furniture.decided(connection, [page.entry_id for page, _ in pages])
        checks = {item.entry.id for item in batch if item.check is not None}
        fresh = [(page, text) for page, text in pages if page.entry_id not in before and page.entry_id not in checks]
        found = decide(fresh, furniture.known(connection, [page for page, _ in fresh])) if fresh else {}
        if fresh:
            with transaction(connection):
                furniture.keep(connection, [page for page, _ in fresh], found, now)
    return {entry_id: lines for entry_id, lines in {**before, **found}.items() if lines}


def _lines(item: Worked) -> tuple[PageLines, str] | None:
    made = item.extraction
    if item.page is None or item.reserved or not isinstance(made, Extraction):
        return None
    if made.verdict not in ARTICLE_VERDICTS or is_from_feed(made):
        return None
    domain = registrable_domain(item.page.final_url)
    return lines_of(item.entry.id, domain, item.entry.published_at, made.text), made.text
