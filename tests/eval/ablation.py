"""What each rule of the entity step is worth: the figures with one rule switched off at a time.

`python -m tests.eval.ablation` prints a row a rule (some minutes). The numbers in docs/entities.md come from here.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from tests.eval import namesakes
from tests.eval.eval_entities import counts_exact, gum, ours, score, seeds


def _nothing(*_: Any) -> Iterator[Any]:
    return iter(())


def _all_prose(text: str) -> list[tuple[int, int, bool]]:
    from tasks.entity_lines import prose_lines

    return [(start, end, True) for start, end, _ in prose_lines(text)]


def _only_seen(text: str, groups: Any, lines: Any, seen: set[tuple[int, int]]) -> Any:
    from tasks.entity_mentions import find_mentions

    return [span for span in find_mentions(text, groups, lines, seen) if (span.start, span.end) in seen]


RULES: dict[str, list[tuple[str, Any]]] = {
    "headlines and navigation create nothing": [("tasks.entities.prose_lines", _all_prose)],
    "sure names in headlines and captions": [("tasks.entities.with_headlines", lambda _text, lines, *_: lines)],
    "split spans (US-China, China's Ministry)": [
        ("tasks.entity_spans.pieces", lambda _text, start, end, _kind: iter([(start, end)]))
    ],
    "titles become roles": [("tasks.entity_spans.strip_title", lambda item: item)],
    "a walk of life is no part of a name": [
        ("tasks.entity_spans._called", lambda *_: False),
        ("tasks.entities.called", _nothing),
    ],
    "persons behind a title": [("tasks.entities.titled", _nothing)],
    "given name and surname": [("tasks.entities.full_names", _nothing)],
    "countries, peoples and bodies by name": [("tasks.entities.known_names", _nothing)],
    "short forms in brackets": [("tasks.entities.bracketed", _nothing)],
    "states as agencies shorten them": [("tasks.entities.short_states", _nothing)],
    "storms, ships, spacecraft": [("tasks.entities.by_form", _nothing)],
    "edges the model cut (L. Ron …, Council for …)": [("tasks.resolve.widened", lambda _text, items: list(items))],
    "places by the words beside them": [
        ("tasks.resolve.place_votes", lambda *_: 0),
        ("tasks.resolve.called_places", lambda _text: frozenset()),
    ],
    "companies by their last word": [("tasks.entities.firms", _nothing)],
    "companies and vessels by the words beside them": [("tasks.resolve.trade_of", lambda *_: None)],
    "houses with 'and Co'": [("tasks.entities.and_co", _nothing)],
    "letters that act as a body": [("tasks.entities.acronyms", _nothing)],
    "letters behind 'somebody of'": [("tasks.entities.affiliated", _nothing)],
    "a person and the body spoken for": [("tasks.entity_pieces._person_in", lambda _part: None)],
    "goals and speakers behind a name": [("tasks.entity_spans._named_without", lambda _front: False)],
    "a surname and what follows behind an article": [("tasks.entity_sift._unjoined", iter)],
    "who is called something has a name": [("tasks.entity_context._NOUN_BEFORE", re.compile("(?!)"))],
    "who stands beside her own surname": [("tasks.resolve._beside_surname", lambda *_: False)],
    "headlines run into a sentence": [("tasks.entity_sift._link_lists", lambda _text: [])],
    "a university's campus": [("tasks.entity_edges._campus", lambda *_: None)],
    "page furniture, religious orders, people of a city": [("tasks.resolve.sifted", lambda _text, items: list(items))],
    "unknown places by the state behind them": [("tasks.resolve.place_regions", lambda _text, _groups: None)],
    "datelines": [("tasks.entities.datelines", _nothing)],
    "cut names are put together": [("tasks.resolve.refine", lambda _text, items: list(items))],
    "common words at sentence starts": [("tasks.resolve.plausible", lambda _text, buckets: buckets)],
    "types that words prove": [("tasks.resolve._by_words", lambda _surface, kind: kind)],
    "surnames and full names are one": [("tasks.resolve.join_persons", lambda groups: groups)],
    "acronyms, legal forms, first words": [("tasks.resolve.join_organizations", lambda groups: groups)],
    "a ministry is one a country": [("tasks.resolve.place_bodies", lambda _text, _groups: None)],
    "every alias counted in the whole text": [("tasks.entities.find_mentions", _only_seen)],
    "people of one name told apart": [("tasks.entity_links.contradiction", lambda *_: 0)],
}


def measure() -> dict[str, float]:
    """GUM, seeds, traps and namesakes as the step stands."""
    docs, gold = gum()
    figures = {"gum_f1": score(gold, ours(docs), typed=False)[0]["f1"]}
    seed_docs, seed_gold, optional = seeds()
    found = ours(seed_docs)
    figures["seeds_f1"] = score(seed_gold, found, optional)[0]["f1"]
    figures["seeds_counts"] = counts_exact(seed_gold, found)
    figures["traps"] = traps_right()
    figures["namesakes"] = namesakes.run()["right"]
    return figures


def traps_right() -> float:
    """Share of the traps that come out as they should."""
    from tasks.entities import find_entities
    from tests.test_entities import traps

    right = 0
    for _, text, surface, expected in traps():
        found = find_entities("", text, "en", datetime(2025, 6, 6, 8, 0, tzinfo=UTC))
        start = text.index(surface)
        here = [mention for mention in found.mentions if mention.start == start]
        named = [f"{found.entities[mention.entity].type.value}|{found.entities[mention.entity].name}" for mention in here]
        on_it = [mention for mention in here if mention.end <= start + len(surface)]
        right += not on_it if expected == "none" else named == [expected]
    return right / len(traps())


def main() -> None:
    """Prints the table."""
    names = list(whole := measure())
    print("| rule switched off | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    print("| none | " + " | ".join(f"{whole[name]:.3f}" for name in names) + " |", flush=True)
    for rule, patches in RULES.items():
        with ExitStack() as stack:
            for target, instead in patches:
                stack.enter_context(patch(target, instead))
            figures = measure()
        print(f"| {rule} | " + " | ".join(f"{figures[name]:.3f}" for name in names) + " |", flush=True)


if __name__ == "__main__":
    main()
