"""Where older articles are found: one adapter a file behind one interface. No I/O here: an adapter says what to read
next and reads what came; the flow fetches, with the same etiquette as everything else.
"""

from collections.abc import Mapping
from typing import Protocol

from schemas.backfill import Document, Listing, Source, Step, Target, Window
from tasks.sources import feed_archive, internet_archive, sitemap, url_list, warc, wordpress

# What an outlet offers itself, the most telling first. "auto" asks no third party: that is for a person to say.
AUTO_ORDER = (Source.FEED_ARCHIVE, Source.WORDPRESS, Source.SITEMAP)


class Adapter(Protocol):
    """A source of older articles. All of it is pure."""

    # roles of steps whose document is a feed: the flow reads it as one
    FEED_ROLES: frozenset[str]

    def starts(self, target: Target, window: Window, base: str) -> tuple[Step, ...]:
        """What to read first; nothing where the source can't serve the target. `base`: the Internet Archive's address."""
        ...

    def read(self, document: Document, target: Target, window: Window) -> Listing:
        """What a document lists, and what to read next."""
        ...

    def otherwise(self, step: Step, target: Target) -> tuple[Step, ...]:
        """What to try when a root step's document is not there, or offers nothing."""
        ...


ADAPTERS: Mapping[Source, Adapter] = {
    Source.FEED_ARCHIVE: feed_archive,
    Source.WORDPRESS: wordpress,
    Source.SITEMAP: sitemap,
    Source.INTERNET_ARCHIVE: internet_archive,
    Source.WARC: warc,
    Source.URL_LIST: url_list,
}


def first_steps(target: Target, source: Source, window: Window, base: str) -> tuple[Step, ...]:
    """Where the search of a target begins."""
    order = AUTO_ORDER if source is Source.AUTO else (source,)
    return _first_of(order, target, window, base)


def instead_of(step: Step, target: Target, source: Source, window: Window, base: str) -> tuple[Step, ...]:
    """What to try in place of a root step that offers nothing: another way into its source, else the next source."""
    if not step.root:
        return ()
    other = ADAPTERS[step.source].otherwise(step, target)
    if other or source is not Source.AUTO or step.source not in AUTO_ORDER:
        return other
    return _first_of(AUTO_ORDER[AUTO_ORDER.index(step.source) + 1 :], target, window, base)


def _first_of(order: tuple[Source, ...], target: Target, window: Window, base: str) -> tuple[Step, ...]:
    return next((steps for one in order if (steps := ADAPTERS[one].starts(target, window, base))), ())
