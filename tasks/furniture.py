"""Furniture by repetition: a paragraph that stands on many pages of one site is no part of any article. Pure.

Algorithm: each page leaves fingerprints of its text's longer lines. A page is compared with the pages of the same
registrable domain that come before it in the queue's order, the latest of the last days: a line that stands in a good
share of them is furniture. What repeats on a few pages only (the background of a running story) is not, and a page
that would lose half of its text loses nothing. The order makes the answer independent of how the queue is cut into
batches, and what was decided for an entry is kept, so that an edit or another extraction meets the same decision.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tasks.extract_lines import fold
from tasks.text import text_hash

WINDOW = timedelta(days=7)
MOST_PAGES = 60  # of one domain that a page is compared with
LEAST_PAGES = 4  # different texts on which a line must stand …
LEAST_SHARE = 0.3  # … and the share of all those compared
MOST_OF_FEW, MANY = 0.75, 9  # of few pages it must be most: a small outlet may write on one story all week
MOST_CUT = 0.5  # of a page's characters
_SHORTEST = 30  # letters and digits; recurring subheads are shorter
_MOST_LINES = 96  # of a page: the first and the last ones
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PageLines:
    """A page's place in the queue's order, a hash of its whole text, and the fingerprints of its longer lines."""

    entry_id: int
    domain: str
    published_at: datetime | None
    text_hash: str
    lines: tuple[int, ...]

    @property
    def place(self) -> tuple[datetime, int]:
        """Its place in the queue: by time of publication, those without one last."""
        return self.published_at or _NEVER, self.entry_id


def fingerprint(line: str) -> int | None:
    """63 bits of a line's letters and digits; None when it is too short to be told apart."""
    key = fold(line)
    if len(key) < _SHORTEST:
        return None
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


def lines_of(entry_id: int, domain: str, published_at: datetime | None, text: str) -> PageLines:
    """What a page leaves for the pages after it."""
    found = list(dict.fromkeys(print_ for line in text.split("\n") if (print_ := fingerprint(line)) is not None))
    half = _MOST_LINES // 2
    kept = found if len(found) <= _MOST_LINES else [*found[:half], *found[-half:]]
    return PageLines(entry_id, domain, published_at, text_hash(text), tuple(kept))


def furniture_of(page: PageLines, text: str, others: Iterable[PageLines]) -> frozenset[int]:
    """The lines of `page` that are furniture, judged by those of `others` that come before it."""
    before = sorted((other for other in others if other.place < page.place), key=lambda other: other.place)[-MOST_PAGES:]
    # one article under several addresses is one text
    texts = {other.text_hash: other for other in before if _is_near(other, page) and other.text_hash != page.text_hash}
    counts = Counter(line for other in texts.values() for line in other.lines)
    least = max(LEAST_PAGES, LEAST_SHARE * len(texts), min(MOST_OF_FEW * len(texts), MANY))
    found = frozenset(line for line in page.lines if counts[line] >= least)
    return found if found and _share_of(text, found) <= MOST_CUT else frozenset()


def _is_near(other: PageLines, page: PageLines) -> bool:
    if other.published_at is None or page.published_at is None:
        return True
    return page.published_at - other.published_at <= WINDOW


def _share_of(text: str, furniture: frozenset[int]) -> float:
    lines = text.split("\n")
    return sum(len(line) for line in lines if fingerprint(line) in furniture) / max(sum(map(len, lines)), 1)


def decide(pages: Sequence[tuple[PageLines, str]], known: Iterable[PageLines]) -> dict[int, frozenset[int]]:
    """entry -> its furniture, for the pages of a batch (with their texts); `known` are stored pages of the same domains."""
    by_domain: dict[str, list[PageLines]] = {}
    for page in (*known, *(page for page, _ in pages)):
        by_domain.setdefault(page.domain, []).append(page)
    return {page.entry_id: furniture_of(page, text, by_domain[page.domain]) for page, text in pages}
