"""Verdicts against hand-made labels: pages of the corpora, the sample web and invented ones. `python -m tests.eval.eval_verdicts`

`--half tuning` shows only the half that rules may be made by, with what is wrong in it; `--half check` the other one.
`run()` returns precision and recall of each verdict over all pages; `table()` the confusion table.
"""

import argparse
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from schemas.reasons import Verdict
from tasks.page import decode
from tests.eval.invented_pages import PAGES
from tests.eval.verdict_labels import LABELS

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "pages"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SAMPLE_WEB = {"article": Verdict.FULL, "paywall": Verdict.PAYWALL, "live_blog": Verdict.LIVE_BLOG}


class Labelled(NamedTuple):
    """A page with its label."""

    name: str
    url: str
    html: str
    label: Verdict


class Judged(NamedTuple):
    """A page with its label and what it was taken for."""

    name: str
    label: Verdict
    found: Verdict
    evidence: str


def labelled() -> Iterator[Labelled]:
    """All labelled pages; those of the corpora only where they are."""
    for name, (path, html, verdict) in PAGES.items():
        yield Labelled(f"invented: {name}", f"https://velmouth.example{path}", html, verdict)
    yield from _sample_web()
    if CORPUS.is_dir():
        rows = (json.loads(line) for line in (CORPUS / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
        for row in rows:
            if row["id"] in LABELS:
                html = gzip.decompress((CORPUS / row["path"]).read_bytes()).decode("utf-8", "replace")
                yield Labelled(row["id"], row["url"], html, LABELS[row["id"]])


def _sample_web() -> Iterator[Labelled]:
    from demo.web import site, truth

    pages = site(1)
    for url, label in sorted(truth(1).items()):
        verdict, parts = SAMPLE_WEB.get(label.kind), urlsplit(url)
        answer = pages.get((parts.netloc, parts.path))
        if verdict is not None and answer is not None:
            html, _ = decode(answer.body, answer.headers.get("Content-Type"))
            yield Labelled(f"sample web: {url}", url, html, verdict)


def in_check(name: str) -> bool:
    """Whether a page is in the half that no rule may be made by."""
    return hashlib.sha1(name.encode(), usedforsecurity=False).digest()[0] % 2 == 1


def judge_all(half: str = "all") -> list[Judged]:
    """Each page's verdict; `half` is tuning, check or all."""
    from tasks.extract import extract

    found = []
    for page in labelled():
        if half == "all" or in_check(page.name) == (half == "check"):
            made = extract(page.html, page.url, now=NOW)
            found.append(Judged(page.name, page.label, made.verdict, made.evidence))
    return found


def figures(judged: list[Judged]) -> dict[str, Any]:
    """{"pages", "precision": {verdict: …}, "recall": {verdict: …}}."""
    right = Counter(one.label for one in judged if one.label is one.found)
    given, there = Counter(one.found for one in judged), Counter(one.label for one in judged)
    return {
        "pages": len(judged),
        "precision": {name.value: right[name] / given[name] for name in Verdict if given[name]},
        "recall": {name.value: right[name] / there[name] for name in Verdict if there[name]},
    }


def table(judged: list[Judged]) -> str:
    """The confusion table: a row a label, a column a verdict; below, precision and recall."""
    cells = Counter((one.label, one.found) for one in judged)
    width = max(len(name) for name in Verdict) + 1
    lines = [" " * width + "".join(f"{name.value[:8]:>9}" for name in Verdict) + "   recall"]
    found = figures(judged)
    for label in Verdict:
        row = "".join(f"{cells[label, name] or '.':>9}" for name in Verdict)
        lines.append(f"{label.value:{width}}{row}   {found['recall'].get(label.value, 0):.3f}")
    precision = "".join(f"{found['precision'].get(name.value, 0):9.3f}" for name in Verdict)
    return "\n".join([*lines, f"{'precision':{width}}{precision}"])


def run() -> dict[str, Any]:
    """Precision and recall of each verdict; prints the confusion table."""
    judged = judge_all()
    print(table(judged))
    return figures(judged)


def main() -> None:
    """Prints the table and, for the tuning half, what is wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--half", choices=("all", "tuning", "check"), default="all")
    half = options.parse_args().half
    judged = judge_all(half)
    print(f"{len(judged)} pages ({half})\n{table(judged)}")
    for one in judged:
        if half == "tuning" and one.label is not one.found:
            print(f"{one.name}: {one.label} taken for {one.found} ({one.evidence[:110]})")


if __name__ == "__main__":
    main()
