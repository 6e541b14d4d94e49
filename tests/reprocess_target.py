"""What the kill test of `reprocess` kills: `python -m tests.reprocess_target` reads everything again with another extractor."""

from dataclasses import replace

from flows import progress, steps
from flows.reprocess import Order, run
from schemas.records import ExtractFailed, Extraction
from schemas.settings import load_settings
from tasks.text import words
from tests import pipeline


def other(job: steps.Source) -> Extraction | ExtractFailed:
    """Today's extractor, with a line more at the end of each text."""
    made = steps.extract_source(job)
    if isinstance(made, ExtractFailed):
        return made
    text = made.text + "\nThe Velmouth Courier has an app for your telephone"
    return replace(made, text=text, markdown=text, words=len(words(text)))


def main() -> None:
    """Reads, prints a line a batch, writes."""
    with progress.listening(lambda stage, done, _total: print(stage, done, flush=True)):
        report = run(load_settings(), pipeline.INLINE, Order(write=True), other)
    print(report.sentence(), flush=True)


if __name__ == "__main__":
    main()
