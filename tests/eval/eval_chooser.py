"""Would a learnt chooser between readings read better than the rules? Cross-validated by publisher.

`python -m tests.eval.eval_chooser [--limit N]` prints bag F1 on the news sources of the rules, of the best single reading,
of a ridge regression that predicts each reading's F1 from cheap signals (ten folds, no publisher in two of them), and of
an oracle that always takes the best reading. Nothing that is learnt here is used; `docs/extraction.md` has the figures.
"""

import argparse
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from lxml.html import tostring
from resiliparse.extract.html2text import extract_plain_text

from schemas.records import FeedHints
from tasks.extract_blocks import blocks_of
from tasks.extract_body import structural
from tasks.extract_jsonld import read as read_jsonld
from tasks.extract_lines import ends_sentence, is_prose
from tasks.extract_meta import read_metadata
from tasks.extract_reading import _agreement, _trafilatura_lines, plain, read_body
from tasks.extract_tree import parse
from tasks.text import words
from tasks.urls import registrable_domain
from tests.eval.eval_extraction import DATA, NEWS, scorer

FOLDS = 10
RULES, STRUCTURE, PRECISION, RECALL, OPINION = range(5)


def readings(tree: Any, url: str, now: datetime) -> list[str]:
    """The texts to choose from: the rules' own, the structural reading, trafilatura's two fast ones, resiliparse's."""
    data, blocks = read_jsonld(tree), blocks_of(tree, url)
    meta = read_metadata(tree, data, blocks, url, now, FeedHints(), None)
    chosen = read_body(tree, blocks, data, meta, url, FeedHints()).text
    own = "\n".join(plain(block.text) for block in structural(blocks, meta.title).blocks)
    precise, much = ("\n".join(_trafilatura_lines(tree, url, recall=recall)) for recall in (False, True))
    opinion = extract_plain_text(str(tostring(tree, encoding="unicode")), main_content=True, alt_texts=False)
    return [chosen, own, precise, much, opinion]


def signals(texts: list[str]) -> np.ndarray:
    """A row of signals a reading: which it is, its length beside the others', how it agrees with each, its sentences."""
    bags = [Counter(words(text)) for text in texts]
    longest = max(bag.total() for bag in bags) or 1
    rows = []
    for index, (text, bag) in enumerate(zip(texts, bags, strict=True)):
        lines = [line for line in text.split("\n") if line.strip()]
        agreed = [_agreement(bag, other) for other in bags]
        prose = sum(len(line) for line in lines if is_prose(line)) / max(sum(map(len, lines)), 1)
        ended = sum(map(ends_sentence, lines)) / max(len(lines), 1)
        which = [float(index == at) for at in range(len(texts))]
        shared = [np.mean(agreed), min(agreed), bag.total() / longest, np.log1p(bag.total()), prose, ended]
        rows.append([*which, *agreed, *shared, *(share * share for share in agreed)])
    return np.array(rows, dtype=float)


def pages(limit: int | None) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(publisher, signals, F1 of each reading) of the news pages."""
    score, now = scorer(), datetime.now(UTC)
    for row in score.load(str(DATA), set(NEWS), limit):
        tree = parse(score.decode(gzip.decompress(Path(row["_file"]).read_bytes()))) if row["kind"] == "full" else None
        if tree is not None:
            texts = readings(tree, row["url"], now)
            found = np.array([score.score_one(row, text)["bag_f1"] for text in texts])
            yield registrable_domain(row["url"]), signals(texts), found


def chosen(train: list[tuple[np.ndarray, np.ndarray]], test: list[np.ndarray], penalty: float = 1.0) -> list[int]:
    """Which reading a ridge regression takes on each test page."""
    x = np.vstack([signal for signal, _ in train])
    y = np.concatenate([found for _, found in train])
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z = np.hstack([(x - mean) / spread, np.ones((len(x), 1))])
    weights = np.linalg.solve(z.T @ z + penalty * np.eye(z.shape[1]), z.T @ y)
    return [int(np.argmax(np.hstack([(signal - mean) / spread, np.ones((len(signal), 1))]) @ weights)) for signal in test]


def run(limit: int | None = None) -> dict[str, float]:
    """Bag F1 by way of choosing."""
    rows = list(pages(limit))
    fold = {name: index % FOLDS for index, name in enumerate(sorted({name for name, _, _ in rows}))}
    learnt: list[float] = []
    for number in range(FOLDS):
        train = [(signal, found) for name, signal, found in rows if fold[name] != number]
        test = [(signal, found) for name, signal, found in rows if fold[name] == number]
        picks = chosen(train, [signal for signal, _ in test])
        learnt += [float(found[pick]) for pick, (_, found) in zip(picks, test, strict=True)]
    every = np.array([found for _, _, found in rows])
    names = ("rules", "structure", "trafilatura precision", "trafilatura recall", "resiliparse")
    single = {name: float(every[:, index].mean()) for index, name in enumerate(names)}
    return single | {"learnt": float(np.mean(learnt)), "oracle": float(every.max(1).mean()), "pages": float(len(rows))}


def main() -> None:
    """Prints the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--limit", type=int)
    for name, figure in run(options.parse_args().limit).items():
        print(f"{name:24} {figure:.4f}")


if __name__ == "__main__":
    main()
