"""What changed between two versions: pairs of texts in tests/data/versions, and the rules one by one."""

import time
from pathlib import Path

import pytest

from tasks.text import text_hash
from tasks.versions import Change, compare_versions, headline_changed

PAIRS = sorted((Path(__file__).parent / "data" / "versions").glob("*.txt"))


def _read(path: Path) -> tuple[Change, str, list[tuple[str, str]]]:
    """(class, start of the notice, [(title, text) of the old and the new version])."""
    head, old, new = path.read_text(encoding="utf-8").split("=====\n")
    change, notice = head.split("\n")[:2]
    return Change(change), notice, [(lines[0], "\n".join(lines[1:])) for lines in (old.split("\n"), new.split("\n"))]


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_a_pair_is_classed(path: Path) -> None:
    change, notice, [old, new] = _read(path)
    found = compare_versions(*old, *new)
    assert found is not None
    assert found.change is change, found
    assert (found.notice or "").startswith(notice) and bool(found.notice) is bool(notice)
    assert found.diff and (found.added + found.removed > 0 or change is Change.HEADLINE)
    if change not in (Change.REWRITE, Change.REMOVED) and "japanese" not in path.stem:  # there words are characters
        count = [sum(any(map(str.isalnum, word)) for word in text.split()) for _, text in (old, new)]
        assert count[1] - count[0] == found.added - found.removed


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_a_version_is_no_change_of_itself(path: Path) -> None:
    _, _, pair = _read(path)
    for title, text in pair:
        assert compare_versions(title, text, title, text) is None
        assert compare_versions(title, text, title.upper(), text.replace(", ", " , ").upper()) is None


def test_the_pairs_show_every_class() -> None:
    assert {_read(path)[0] for path in PAIRS} == set(Change)


def test_the_diff_shows_the_place_and_the_counts() -> None:
    old = "The committee split 4-3, with the minority preferring no change, a summary says."
    found = compare_versions("Rates cut", old, "Rates cut again", old.replace("4-3", "5-2"))
    assert found is not None
    assert (found.added, found.removed) == (1, 1)
    assert found.diff.split("\n") == [
        "headline: [-Rates cut-] {+Rates cut again+}",
        "The committee split [-4-3,-] {+5-2,+} with the minority preferring",
    ]


def test_what_has_the_same_hash_has_no_diff_and_the_other_way_round() -> None:
    for one, other in (("Don’t go: now", "don’t go now"), ("a b c", "a b d"), ("", ""), ("one\ntwo", "one two")):
        assert (compare_versions("t", one, "t", other) is None) is (text_hash(one) == text_hash(other)), (one, other)


def test_a_headline_that_is_missing_is_no_change() -> None:
    assert not headline_changed(None, "New") and not headline_changed("Old", None)
    assert headline_changed("Old", "New") and not headline_changed("Old – news", "OLD news")


def test_two_long_texts_that_share_nothing_are_compared_in_little_time() -> None:
    old, new = (" ".join(f"{word}{n}" for n in range(60_000)) for word in ("alpha", "omega"))
    begin = time.process_time()
    found = compare_versions("t", old, "t", new)
    assert found is not None and found.change is Change.REWRITE and len(found.diff) <= 20_000
    assert time.process_time() - begin < 20


def test_hostile_versions_are_compared_in_time() -> None:
    """Texts made of one word, paragraph or letter: quadratic time would be minutes to hours each."""
    paragraph = "The council met on Tuesday and decided that the bridge would be closed.\n"
    pairs = (
        ("x " + "a" * 80_000, "x " + "a" * 79_999 + "b"),
        (paragraph * 20_000, "First.\n" + paragraph * 20_000 + "Last."),
        ("\n".join(f"line {n}\n" + "a " * 1990 for n in range(40)), "\n".join(f"line {n}\n" + "b a " * 990 for n in range(40))),
    )
    begin = time.process_time()
    for old, new in pairs:
        found = compare_versions("T", old, "T", new)
        assert found is not None and found.change in (Change.UPDATE, Change.REWRITE)
    assert time.process_time() - begin < 30


def test_common_lines_around_a_change_are_no_part_of_it() -> None:
    lines = [f"Paragraph number {n} stays as it was." for n in range(40)]
    edited = [*lines[:20], "A paragraph was put in.", *lines[20:]]
    found = compare_versions("T", "\n".join(lines), "T", "\n".join(edited))
    assert found is not None and (found.added, found.removed) == (5, 0)
    back = compare_versions("T", "\n".join(edited), "T", "\n".join(lines))
    assert back is not None and (back.added, back.removed) == (0, 5)


def test_a_text_that_is_gone_was_removed_whatever_stands_there_now() -> None:
    old = " ".join(f"The council of Norvik agreed to plan number {n} on Monday." for n in range(20))
    for new in ("", "Not available.", "Page under review, please come back"):
        found = compare_versions("Council agrees", old, "Council agrees", new)
        assert found is not None and found.change is Change.REMOVED
    cut = compare_versions("Council agrees", old, "Council agrees", " ".join(old.split()[:40]))
    assert cut is not None and cut.change is Change.REWRITE


def test_another_name_in_every_place_is_no_typo() -> None:
    old = "\n".join(f"Mr {{}} told meeting {n} that the bridge of Norvik can no longer carry heavy lorries." for n in range(4))
    swapped = compare_versions("A bridge", old.replace("{}", "Johnson"), "A bridge", old.replace("{}", "Jackson"))
    spelt = compare_versions("A bridge", old.replace("{}", "Johnson"), "A bridge", old.replace("{}", "Johnsson"))
    assert swapped is not None and swapped.change is Change.UPDATE
    assert spelt is not None and spelt.change is Change.TYPO
