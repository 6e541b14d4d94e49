"""Builds tasks/data/common_words.tsv: how many of 1,000 English news articles have each common word in title or lead.

`python -m tools.build_common_words` reads the labelled texts in ../shared/corpora (only counts of single words leave
it, no texts). For each word it takes the smaller share of two bodies of news of different years and outlets, so that
what was only in the news of one year does not count as common.
"""

import json
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tasks.term_features import stem
from tasks.text import words

ROOT = Path(__file__).resolve().parents[1]
CORPORA = ROOT.parent / "shared" / "corpora"
TARGET = ROOT / "tasks" / "data" / "common_words.tsv"
LEAD_WORDS = 150
LEAST_PER_MILLE = 8


def wire() -> Iterator[str]:
    """Title and text of the syndicated articles, edited copies left out."""
    folder = CORPORA / "copies_stories" / "l1_synd"
    kinds = json.loads((folder / "gold.json").read_text())["op"]
    with lzma.open(folder / "docs.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            doc = json.loads(line)
            if kinds.get(doc["id"]) in ("orig", "single"):
                yield f"{doc['title']} {doc['text']}"


def pages() -> Iterator[str]:
    """Title and reference text of the English news pages."""
    for line in (CORPORA / "pages" / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("text") and (row.get("lang") or "en").startswith("en"):
            yield f"{row.get('title') or ''} {row['text']}"


def shares(texts: Iterable[str]) -> dict[str, int]:
    """Word -> in how many of 1,000 texts it stands among the first words."""
    seen: Counter[str] = Counter()
    count = 0
    for text in texts:
        count += 1
        seen.update({stem(word) for word in words(text.casefold())[:LEAD_WORDS]})
    return {word: round(1000 * number / max(1, count)) for word, number in seen.items()}


def main() -> None:
    """Writes the table."""
    one, other = shares(wire()), shares(pages())
    both = {word: min(one[word], other[word]) for word in one.keys() & other.keys()}
    rows = sorted(((share, word) for word, share in both.items() if share >= LEAST_PER_MILLE), key=lambda row: (-row[0], row[1]))
    head = [line for line in TARGET.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    TARGET.write_text("\n".join([*head, *(f"{word}\t{share}" for share, word in rows)]) + "\n", encoding="utf-8")
    print(f"{len(rows)} words")


if __name__ == "__main__":
    main()
