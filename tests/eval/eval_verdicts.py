"""Verdicts against hand-made labels: pages of the corpora, the sample web and invented ones. `python -m tests.eval.eval_verdicts`

`--set tuning` shows only the half that rules may be made by, with what is wrong in it; `--set check` the other half;
`--set fresh` the pages that were labelled after the rules were made. `run()` returns precision and recall of each verdict
over all pages, and over each set; `table()` the confusion table.
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
from tests.eval.verdict_labels import FRESH, LABELS

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "pages"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SETS = frozenset({"tuning", "check", "fresh"})
SAMPLE_WEB = {"article": Verdict.FULL, "paywall": Verdict.PAYWALL, "live_blog": Verdict.LIVE_BLOG}


class Labelled(NamedTuple):
    """A page with its label."""

    name: str
    url: str
    html: str
    label: Verdict
    set: str


class Judged(NamedTuple):
    """A page with its label and what it was taken for."""

    name: str
    label: Verdict
    found: Verdict
    evidence: str
    set: str


def labelled() -> Iterator[Labelled]:
    """All labelled pages; those of the corpora only where they are."""
    for name, (path, html, verdict) in PAGES.items():
        title = f"invented: {name}"
        yield Labelled(title, f"https://velmouth.example{path}", html, verdict, _half(title))
    yield from _sample_web()
    if CORPUS.is_dir():
        rows = (json.loads(line) for line in (CORPUS / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
        for row in rows:
            name = row["id"]
            if name in LABELS or name in FRESH:
                html = gzip.decompress((CORPUS / row["path"]).read_bytes()).decode("utf-8", "replace")
                label, of = (FRESH[name], "fresh") if name in FRESH else (LABELS[name], _half(name))
                yield Labelled(name, row["url"], html, label, of)


def _sample_web() -> Iterator[Labelled]:
    from demo.web import site, truth

    pages = site(1)
    for url, label in sorted(truth(1).items()):
        verdict, parts = SAMPLE_WEB.get(label.kind), urlsplit(url)
        answer = pages.get((parts.netloc, parts.path))
        if verdict is not None and answer is not None:
            html, _ = decode(answer.body, answer.headers.get("Content-Type"))
            title = f"sample web: {url}"
            yield Labelled(title, url, html, verdict, _half(title))


def _half(name: str) -> str:
    """The half that a page is in: rules were made by looking at those of `tuning`."""
    return "check" if hashlib.sha1(name.encode(), usedforsecurity=False).digest()[0] % 2 else "tuning"


def judge_all(wanted: frozenset[str] = SETS) -> list[Judged]:
    """Each page's verdict, of the sets wanted."""
    from tasks.extract import extract

    found = []
    for page in labelled():
        if page.set in wanted:
            made = extract(page.html, page.url, now=NOW)
            found.append(Judged(page.name, page.label, made.verdict, made.evidence, page.set))
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
    """Precision and recall of each verdict over all pages, and over each set; prints the confusion table."""
    judged = judge_all()
    print(table(judged))
    parts = {name: figures([one for one in judged if one.set == name]) for name in sorted(SETS)}
    return {**figures(judged), **parts}


def main() -> None:
    """Prints the table and, but for the check half, what is wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--set", choices=("all", *sorted(SETS)), default="all")
    wanted = options.parse_args().set
    judged = judge_all(SETS if wanted == "all" else frozenset({wanted}))
    print(f"{len(judged)} pages ({wanted})\n{table(judged)}")
    for one in judged:
        if wanted in ("tuning", "fresh") and one.label is not one.found:
            print(f"{one.name}: {one.label} taken for {one.found} ({one.evidence[:110]})")


if __name__ == "__main__":
    main()
