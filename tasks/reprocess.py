"""What a later reading of stored articles changes, and the report on it. Pure: no I/O, no Prefect."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.reasons import ARTICLE_VERDICTS, Verdict
from tasks.urls import stable_id
from tasks.versions import VersionDiff, compare_versions

SAMPLES = 10
# The columns of `articles` that a reading sets, and the word for a change of each in the report.
_KINDS = {
    "verdict": "verdict",
    "authors": "authors",
    "agency": "authors",
    "published_at": "publication time",
    "published_precision": "publication time",
    "language": "language",
}
METADATA = (
    "outlet", "outlet_home", "title", "description", "authors", "agency", "published_at", "published_precision",
    "published_as_given", "feed_published_at", "modified_at", "modified_precision", "modified_as_given", "language",
    "language_declared", "section", "tags", "image_url", "is_free", "rights", "words", "verdict", "provenance",
)  # fmt: skip
# A change of these may change what the article is a copy of, or which story it is part of.
PLACING = frozenset({"title", "published_at", "language", "verdict"})


@dataclass(frozen=True, slots=True)
class Difference:
    """How another reading differs from what is stored. `kinds` are words for the report; none: nothing changed.

    `is_version`: text or headline have other words. `columns`: which metadata differ.
    """

    kinds: tuple[str, ...] = ()
    diff: VersionDiff | None = None
    columns: tuple[str, ...] = ()
    shown: str = ""

    @property
    def is_version(self) -> bool:
        """Whether it makes a new version."""
        return self.diff is not None


def compare(stored: Mapping[str, Any], text: str, row: Mapping[str, Any], new_text: str) -> Difference:
    """A stored article (columns of `articles`, its text) beside the columns and text that another reading gives.

    What the page no longer says of its publication time stays as it was stored.
    """
    if Verdict(row["verdict"]) not in ARTICLE_VERDICTS:
        return Difference((f"no article any more ({row['verdict']})",), shown=f"{stored['verdict']} → {row['verdict']}")
    diff = compare_versions(stored["title"], text, row["title"], new_text)
    columns = tuple(name for name in METADATA if _value(stored[name]) != _value(row[name]))
    kinds = []
    if diff is not None and diff.added + diff.removed:
        kinds.append(f"text ({diff.change})")
    if diff is not None and "title" in columns:
        kinds.append("headline")
    kinds += dict.fromkeys(_KINDS.get(name, "other metadata") for name in columns if name not in ("title", "words"))
    if "title" in columns and diff is None:
        kinds.append("other metadata")
    shown = [diff.diff] if diff is not None else []
    shown += [f"{name}: {_short(stored[name])} → {_short(row[name])}" for name in columns if name not in ("title", "words")]
    return Difference(tuple(dict.fromkeys(kinds)), diff, columns, "\n".join(shown))


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else text[:119] + "…"


@dataclass(slots=True)
class Report:
    """What reprocessing found, added up as it goes. `left_out`: why articles were not read again -> how many."""

    step: str
    written: bool
    examined: int = 0
    changed: int = 0
    versions: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[int, str, str]] = field(default_factory=list)  # (rank, address, what changed), the lowest ranks

    def add(self, article_id: int, url: str, kinds: Sequence[str], shown: str, *, version: bool = False) -> None:
        """Counts a changed article. The samples are ten drawn by a hash of the id: the same ones in every run."""
        self.changed += 1
        self.versions += version
        self.kinds.update(kinds)
        sample = (stable_id("sample", str(article_id)), url, f"{', '.join(kinds)}\n{shown}".strip())
        self.samples = sorted([*self.samples, sample])[:SAMPLES]

    def sentence(self) -> str:
        """The report in a sentence."""
        done = "changed" if self.written else "would change"
        words = f"reprocess ({self.step}): {self.examined} articles read again, {self.changed} {done}"
        left = sum(self.left_out.values())
        return words + (f", {left} left out" if left else "")

    def text(self, most_lines: int = 12) -> str:
        """The whole report for people; of each sample at most so many lines."""
        lines = [self.sentence()]
        lines += [f"  {count:6} {kind}" for kind, count in self.kinds.most_common()]
        lines += [f"  {count:6} left out: {why}" for why, count in self.left_out.most_common()]
        if self.samples:
            lines += ["", f"{len(self.samples)} of the {self.changed} that change:"]
        for _, url, shown in self.samples:
            rows = shown.split("\n")
            lines += ["", url, *(f"    {_short(row)}" for row in rows[:most_lines])]
            lines += [f"    … {len(rows) - most_lines} more"] if len(rows) > most_lines else []
        return "\n".join(lines)
