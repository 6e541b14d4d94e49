"""What newsfold costs in a grown store: `python -m tests.bench.growth FOLDER ARTICLES`; the figures of docs/scale.md.

FOLDER holds a store of `tests.bench.grown` (or `grown_far`). One after the other: the file's size against the zstd size
of its texts, runs of twenty articles (each in a process of its own), publishing, ten questions, a search, `newsfold check`,
compaction.
"""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import duckdb
import pyarrow as pa

from schemas.settings import Settings
from tasks.store.check import check
from tasks.store.compact import compact
from tasks.store.master import master_path, open_master
from tasks.store.publish import publish

RUNS = 5
AT_ONCE = 2_048  # texts compressed in one piece, as DuckDB does
SAMPLE = 40  # such pieces
DAY = "(SELECT max(day) FROM news)"
# The ten main questions of docs/cookbook.md, about the last day or week of the store.
QUESTIONS = {
    "stories of the day": f"FROM stories_of_the_day WHERE day = {DAY} ORDER BY place LIMIT 20",
    "the biggest stories of the week": (
        f"SELECT title, tellings, outlets, first_outlet, entities FROM story_overview WHERE day > {DAY} - 7 "
        "ORDER BY outlets DESC, tellings DESC, first_at LIMIT 10"
    ),
    "who told a story, and when": "FROM timeline WHERE story_id = (SELECT max(story_id) FROM story_articles) ORDER BY place",
    "who was first, on a day": f"FROM first_to_report WHERE day = {DAY} ORDER BY first_at",
    "who reprinted whom": "FROM who_reprinted_whom ORDER BY copies DESC LIMIT 20",
    "what was changed": "FROM changed_since ORDER BY changed_at DESC LIMIT 20",
    "how much of each outlet is its own": (
        "SELECT outlet, count(*), count(original_id) FROM news GROUP BY outlet ORDER BY 3 DESC LIMIT 20"
    ),
    "who is in the news": (
        "SELECT name, articles, outlets FROM entity_overview WHERE type = 'PERSON' ORDER BY outlets DESC, articles DESC LIMIT 8"
    ),
    "how a name rises and falls": (
        "FROM entity_timeline WHERE entity_id = (SELECT id FROM entity_overview ORDER BY articles DESC LIMIT 1 OFFSET 50) "
        "ORDER BY day"
    ),
    "why an article is missing": "FROM why WHERE url = (SELECT max(url) FROM articles)",
}


def size(settings: Settings) -> dict[str, float]:
    """Bytes an article: of the compacted file, of the texts with zstd, and the bound of 1.2 times that and 2 KB."""
    with open_master(settings) as connection:
        articles = connection.execute("SELECT count(*) FROM articles").fetchall()[0][0]
        step = max(1, articles // (SAMPLE * AT_ONCE))
        packed = texts = 0
        for piece in range(min(SAMPLE, articles // AT_ONCE + 1)):
            first = piece * step * AT_ONCE
            sql = "SELECT text FROM article_texts WHERE rowid >= ? AND rowid < ?"
            found = [row[0] for row in connection.execute(sql, [first, first + AT_ONCE]).fetchall()]
            packed += len(pa.Codec("zstd", 3).compress("".join(found).encode()))
            texts += len(found)
    file = master_path(settings).stat().st_size / articles
    text = packed / texts
    return {"articles": articles, "bytes an article": file, "text with zstd": text, "bound": 1.2 * text + 2048}


def runs(settings: Settings, total: int, first: int = 0) -> dict[str, float]:
    """Medians of some runs; the first one also finds a cold cache and is left out."""
    figures: dict[str, list[float]] = {}
    for turn in range(first, first + RUNS + 1):
        command = [sys.executable, "-m", "tests.bench.grown_run", str(settings.home), str(total), str(turn)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        for name, value in json.loads(done.stdout).items():
            if turn > first:
                figures.setdefault(name, []).append(value)
    return {name: median(values) for name, values in figures.items()}


def questions(settings: Settings) -> dict[str, float]:
    """Seconds a question takes on the published file, in two threads: the median of three."""
    figures = {}
    with duckdb.connect(settings.published, read_only=True, config={"threads": "2"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        word = connection.execute("SELECT split_part(title, ' ', 3) FROM articles LIMIT 1").fetchall()[0][0]
        for name, sql in (*QUESTIONS.items(), ("search", f"FROM search('{word}') LIMIT 20")):
            seconds = []
            for _ in range(3):
                begin = time.perf_counter()
                connection.execute(sql).fetchall()
                seconds.append(time.perf_counter() - begin)
            figures[name] = median(seconds)
    return figures


def main() -> None:
    """Prints each part as it is done."""
    settings, total = Settings(home=Path(sys.argv[1])), int(sys.argv[2])
    _show("size", size(settings))
    _show("a run of twenty articles", runs(settings, total))
    begin = time.perf_counter()
    publish(settings, datetime.now(UTC))
    _show("publishing", {"seconds": time.perf_counter() - begin, "MB": settings.published.stat().st_size / 1e6})
    _show("questions, seconds", questions(settings))
    found = check(settings)
    _show("check", {"seconds": found.seconds, "broken": float(len(found.broken))})
    begin = time.perf_counter()
    before, after = compact(settings)
    _show("compaction", {"seconds": time.perf_counter() - begin, "MB before": before / 1e6, "MB after": after / 1e6})
    _show("size, compacted", size(settings))


def _show(title: str, figures: dict[str, float]) -> None:
    print(title, flush=True)
    for name, value in figures.items():
        print(f"  {name:40} {value:12.3f}", flush=True)


if __name__ == "__main__":
    main()
