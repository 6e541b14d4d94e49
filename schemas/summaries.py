"""What runs and batches came to: counts and sentences for people, callers and Prefect."""

from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True)
class RunCounts:
    """What a run has done; one field a column of `runs`."""

    feeds: int = 0
    entries: int = 0
    articles: int = 0
    versions: int = 0
    copies: int = 0
    stories: int = 0
    failures: int = 0

    def __add__(self, other: "RunCounts") -> "RunCounts":
        return RunCounts(**{item.name: getattr(self, item.name) + getattr(other, item.name) for item in fields(self)})

    def columns(self) -> dict[str, int]:
        """Column name -> count."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Polled:
    """What polling a batch of feeds came to."""

    counts: RunCounts = RunCounts()
    new: int = 0
    edited: int = 0

    def __add__(self, other: "Polled") -> "Polled":
        return Polled(self.counts + other.counts, self.new + other.new, self.edited + other.edited)


@dataclass(frozen=True, slots=True)
class PollSummary:
    """What a poll did. `busy` when another one was at work, so that nothing was left to do."""

    run_id: int
    polled: Polled
    busy: bool = False

    def sentence(self) -> str:
        """The poll in a sentence."""
        if self.busy:
            return "another poll is at work; nothing to do"
        polled = self.polled
        return (
            f"{_count(polled.counts.feeds, 'feed')} polled: {polled.new} new {_plural(polled.new, 'entry', 'entries')}, "
            f"{polled.edited} changed, {_count(polled.counts.failures, 'feed')} failed"
        )


@dataclass(frozen=True, slots=True)
class IngestSummary:
    """What an ingest did. `busy` when another one was at work, so that nothing was left to do."""

    run_id: int
    counts: RunCounts
    waiting: int = 0
    busy: bool = False

    @property
    def changed(self) -> bool:
        """Whether there is anything to publish."""
        return self.counts.entries > 0 or self.counts.versions > 0

    def sentence(self) -> str:
        """The ingest in a sentence."""
        if self.busy:
            return "another ingest is at work; nothing to do"
        counts = self.counts
        words = (
            f"{_count(counts.entries, 'entry', 'entries')} worked off: {counts.articles} new "
            f"{_plural(counts.articles, 'article')} ({_count(counts.copies, 'copy', 'copies')}), "
            f"{_count(counts.versions, 'new version')}, {_count(counts.stories, 'new story', 'new stories')}, "
            f"{counts.failures} failed"
        )
        return words + (f"; {self.waiting} wait for another attempt" if self.waiting else "")


def _plural(count: int, one: str, many: str | None = None) -> str:
    return one if count == 1 else many or one + "s"


def _count(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {_plural(count, one, many)}"
