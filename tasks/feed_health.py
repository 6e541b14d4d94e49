"""How feeds do, for people to read. The words come from the view `feed_health`; this only lays them out. Pure."""

from collections.abc import Iterator, Sequence

# Columns of the view, in the order in which they are shown.
COLUMNS = ("feed", "url", "health", "since", "next_poll", "advice", "needs_person", "failures", "last_reason", "same_as")


def as_lines(rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Two or three lines a feed (rows of `COLUMNS`), then how many of each health there are."""
    counts: dict[str, int] = {}
    for row in rows:
        line = dict(zip(COLUMNS, row, strict=True))
        health = str(line["health"])
        counts[health] = counts.get(health, 0) + 1
        title = "" if line["feed"] == line["url"] else f"  ({line['feed']})"
        yield f"{health}: {line['url']}{title}"
        yield f"    next poll: {line['next_poll']}"
        if line["advice"]:
            yield f"    {line['advice']}"
    total = f"{len(rows)} feed{'' if len(rows) == 1 else 's'}"
    yield f"{total}: " + ", ".join(f"{count} {health}" for health, count in sorted(counts.items()))
