"""A run of twenty articles into a grown store, from the feeds' entries to the last row: everything but network and models.

`python -m tests.bench.grown_run FOLDER TOTAL TURN` does one in this process and prints what it cost as JSON. What the
extraction and entity steps would hand on is made up (`tests.bench.grown_texts`); signatures, folding, linking, settling and
all reading and writing of the store are newsfold's own. A third of the articles tell stories of the last days, one is a copy.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flows import renewal, settle
from schemas.reasons import Reason, Verdict
from schemas.records import Attempt, Entry, Extraction, FoldDoc, Page, ParsedEntry, Validators
from schemas.settings import Settings
from schemas.summaries import RunCounts
from tasks.furniture import lines_of
from tasks.settle import Worked
from tasks.signatures import signature_of
from tasks.store import articles as stored
from tasks.store import entries, feeds, furniture, page_checks, runs
from tasks.store.master import open_master, transaction
from tasks.term_features import features_of
from tasks.urls import registrable_domain, stable_id
from tests.bench.grown_texts import A_DAY, LAST, TELLINGS, Made, article, articles, digest

RUN = 20


def batch(total: int, turn: int) -> list[Made]:
    """The articles of the run `turn`, all newer than what is stored."""
    first = total + turn * RUN
    made = articles(first, first + RUN, total)
    for place in range(0, RUN - 3, 3):
        back = A_DAY // 2 + 97 * place + 31 * turn
        made[place] = article(first + place, total, (total - 1 - back % min(total, 2 * A_DAY)) // TELLINGS)
    return made


def one_run(settings: Settings, total: int, turn: int) -> RunCounts:
    """Polls, fetches nothing, and stores the articles of a run."""
    made = {one.url: one for one in batch(total, turn)}
    now = LAST + timedelta(days=(turn + 1) * RUN / A_DAY)
    with open_master(settings) as connection:
        run_id = runs.start(connection, "poll", None, now)
        feeds.due(connection, now)
    with open_master(settings) as connection, transaction(connection):
        listed = [(stable_id("feed", str(one.outlet)), _listed(one)) for one in made.values()]
        entries.discover(connection, listed, run_id, now)
        runs.record_attempts(connection, [_attempt(one, "feed") for one in made.values()], run_id)
        runs.finish(connection, run_id, RunCounts(entries=len(made)), "polled", now)
    with open_master(settings) as connection:
        run_id = runs.start(connection, "ingest", None, now)
        entries.count_pending(connection, now, 100)
        page_checks.count_due(connection, now)
    with open_master(settings) as connection:
        queue = entries.pending(connection, 100, now)
    with open_master(settings) as connection:
        entries.followers(connection, queue, now)
        stored.blocked(connection)
    queue = [entry for entry in queue if entry.url in made]
    worked = [_worked(entry, made[entry.url]) for entry in queue]
    _furniture(settings, worked, now)
    counts = settle.settle_entries(settings, worked, run_id, now)
    with open_master(settings) as connection:
        entries.pending(connection, 100, now)
        page_checks.due(connection, 100, now)
    renewal.place_changed(settings)
    with open_master(settings) as connection:
        runs.finish(connection, run_id, counts, "stored", now)
        entries.count_waiting(connection)
    with open_master(settings) as connection:
        stored.touched(connection, run_id, 1000)
    return counts


def _listed(made: Made) -> ParsedEntry:
    return ParsedEntry(
        made.url, made.url, made.title, made.text[:120], None, ("A Writer",), made.at, made.at.isoformat(), made.at, ("news",)
    )


def _attempt(made: Made, kind: str) -> Attempt:
    return Attempt(made.number, kind, made.url, made.url, made.at, 0.3, 200, 40_000, Reason.NEW_BODY)


def _worked(entry: Entry, made: Made) -> Worked:
    domain = registrable_domain(made.url)
    page = Page(
        stable_id("page", made.url), entry.id, made.url, made.url, 200, "", "text/html", "utf-8", digest("page", made.number),
        40_000, made.at, Validators(f'W/"{made.number}"', None),
    )  # fmt: skip
    extraction = Extraction(
        made.url, made.title, made.text, made.text.replace("\n", "\n\n"), ("A Writer",), None, f"The Outlet {made.outlet}",
        made.at, "time", made.at.isoformat(), None, "en", "en", "Section 1", ("news",), None, made.text[:120], None,
        len(made.words), Verdict.FULL, 1.0, f"{len(made.words)} words", (("text", "structure"),),
    )  # fmt: skip
    doc = FoldDoc(0, made.title, made.text, made.at, domain, "en")
    return Worked(
        entry, page=page, archive_file=f"newsfold-{made.at:%Y%m%d}-00000.warc.gz", archive_offset=made.number,
        extraction=extraction, signature=signature_of(doc), features=features_of(made.title, made.text, "en"),
        found=made.found, attempts=(_attempt(made, "page"),),
    )  # fmt: skip


def _furniture(settings: Settings, worked: list[Worked], now: Any) -> None:
    """What `flows.furniture` asks and keeps."""
    pages = [
        lines_of(one.entry.id, registrable_domain(one.page.final_url), one.entry.published_at, one.article.text)
        for one in worked
        if one.page and one.article
    ]
    with open_master(settings) as connection:
        furniture.decided(connection, [page.entry_id for page in pages])
        furniture.known(connection, pages)
    with open_master(settings) as connection, transaction(connection):
        furniture.keep(connection, pages, {}, now)


def measured(work: Callable[[], object]) -> dict[str, float]:
    """What `work` costs this process: seconds, seconds of processor, megabytes written, megabytes of memory at most."""
    written, cpu, begin = _written(), time.process_time(), time.perf_counter()
    work()
    return {
        "seconds": time.perf_counter() - begin,
        "CPU seconds": time.process_time() - cpu,
        "MB written": (_written() - written) / 1e6,
        "MB of memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _written() -> int:
    lines = Path(f"/proc/{os.getpid()}/io").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])


def main() -> None:
    """One run, measured."""
    settings, total, turn = Settings(home=Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
    batch(total, turn)  # the making of names and words is not the run's
    counts = RunCounts()

    def work() -> None:
        nonlocal counts
        counts = one_run(settings, total, turn)

    figures = measured(work)
    assert counts.articles == RUN, counts
    print(json.dumps(figures | {"copies": counts.copies, "stories": counts.stories}))


if __name__ == "__main__":
    main()
