"""The bench of a million sketches measures what it says it does: its look-up finds what it should. Here with a few thousand."""

from schemas.records import FoldDoc
from schemas.settings import Settings
from tasks.signatures import signature_of, text_key
from tasks.store import folding
from tasks.store.master import open_master
from tests.bench import sketches


def test_a_run_finds_exact_copies_of_any_time_and_alike_ones_of_the_last_week(settings: Settings) -> None:
    size = 12 * sketches.A_DAY
    run = sketches.fill(settings, size)
    with open_master(settings) as connection:
        found = folding.alike(connection, run)
        index = folding.preload(connection, run, [])
        by_id = folding.signatures(connection, sorted(found))
    exact = [lookup for lookup in run if index.exact(lookup.text_hash)]
    assert len(exact) == sketches.RUN // 20
    assert any((by_id[one].day or 0) < sketches.LAST_DAY - 7 for lookup in exact for one in index.exact(lookup.text_hash))
    # a third shares half of its wording with one article, none with several: chance hits are of a hash or two
    shared = [
        max((sum(one in ids for ids in postings.values()) for one in found), default=0) for postings in _postings(index, run)
    ]
    assert sum(count > 10 for count in shared) == len(range(0, sketches.RUN, 3))
    assert set(by_id) == found


def _postings(index: folding.MemoryIndex, run: list[folding.CopyLookups]) -> list[dict[int, list[int]]]:
    return [index.postings(lookup.bands, lookup.days) for lookup in run]


def test_text_keys_are_compared_whole(settings: Settings) -> None:
    (lookup,) = sketches.fill(settings, 10)[:1]
    other = lookup.text_hash[:15] + ("0" if lookup.text_hash[15] != "0" else "1") * 17
    assert text_key(other) == text_key(lookup.text_hash)
    with open_master(settings) as connection:
        twin = sketches.CopyLookups(other, (), lookup.days)
        assert folding.alike(connection, [twin]) == folding.alike(
            connection, [sketches.CopyLookups(lookup.text_hash, (), lookup.days)]
        )
        assert folding.preload(connection, [twin], []).exact(other) == ()


def test_a_sketch_takes_at_most_500_bytes_however_long_the_text() -> None:
    sizes = []
    for words in (20, 500, 20_000):
        text = " ".join(f"word{number * 7919 % 100_003} {number}" for number in range(words // 2))
        made = signature_of(FoldDoc(1, "A title", text, None, None))
        sizes.append(len(made.sketch) + len(made.numbers))
    assert sizes == sorted(sizes) and sizes[0] > 0 and sizes[-1] <= 500
