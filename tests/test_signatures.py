"""Sketches, figures and terms: what folding remembers of an article."""

import random
from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import FoldDoc
from tasks.signatures import (
    FRACTION_LIMIT,
    FULL_LIMIT,
    MAX_HASHES,
    MIN_HASHES,
    bands_of,
    day_of,
    hashes_of,
    shingle_hashes,
    signature_of,
    sketch_of,
    title_words_of,
)
from tasks.term_features import common_words, features_of, stem, term_id, words_of_terms


def _doc(text: str, title: str = "Harbour wall gives way in storm", **more: object) -> FoldDoc:
    return FoldDoc(1, title, text, datetime(2026, 3, 1, 8, tzinfo=UTC), "coast.example", **more)  # type: ignore[arg-type]


def _words(count: int, seed: int = 1) -> str:
    rng = random.Random(seed)
    return " ".join(f"w{rng.randrange(100_000)}" for _ in range(count))


def test_a_signature_does_not_change_with_case_quotes_blanks_or_unicode_form() -> None:
    one = signature_of(_doc("The mayor’s plan — “bold” — fails.\nCafé owners object to it loudly today."))
    other = signature_of(_doc('the MAYOR\'s plan - "bold" - fails. Cafe\u0301 owners  object to it\u00a0loudly today'))
    assert (one.text_hash, one.sketch, one.words) == (other.text_hash, other.sketch, other.words)


def test_a_signature_is_the_same_on_every_machine() -> None:
    signature = signature_of(_doc(_words(300)))
    assert signature.text_hash == "47859cb8bba3d6703483420c70ce91fb"
    assert (len(signature.sketch), signature.sketch_limit, hashes_of(signature)[0]) == (192, 723_217_570, 4_151_112)


def test_sketch_sizes() -> None:
    for words in (0, 1, 4, 5, 30, 100, 400, 1_000, 20_000):
        signature = signature_of(_doc(_words(words), title=""))
        hashes = hashes_of(signature)
        shingles = max(min(words, 1), words - 4)
        assert len(signature.sketch) + len(signature.numbers) + len(signature.title_words) <= 500
        assert min(shingles, MIN_HASHES) <= len(hashes) <= min(shingles, MAX_HASHES)
        assert all(hashes[:-1] < hashes[1:])
        assert signature.sketch_limit == FULL_LIMIT or hashes[-1] < signature.sketch_limit


def test_a_sketch_holds_every_hash_below_its_limit() -> None:
    for words in (20, 200, 700, 5_000):
        hashes = shingle_hashes(_words(words).split())
        limit, kept = sketch_of(hashes)
        assert kept.tolist() == hashes[hashes < limit].tolist() if limit < FULL_LIMIT else kept.tolist() == hashes.tolist()


def test_bands_are_the_fraction_and_some_more_of_a_short_text() -> None:
    long, short = signature_of(_doc(_words(700))), signature_of(_doc(_words(40)))
    assert all(band < FRACTION_LIMIT for band in bands_of(long))
    assert len(bands_of(short)) >= 16


def test_scripts_without_blanks_have_longer_shingles() -> None:
    text = "東京都は十一日、港の防波堤が嵐で壊れたと発表した。けが人はいないという。" * 3
    signature = signature_of(_doc(text, title="防波堤が壊れる"))
    assert 45 < signature.words < 55  # of a hundred characters
    assert len(hashes_of(signature)) > 20


def test_figures_are_kept_whatever_their_thousands_separator() -> None:
    one, other = signature_of(_doc("It cost 3,035,000 dollars in 1987, or six.")), signature_of(_doc("6 3035000 1987 Six"))
    mine, theirs = (set(np.frombuffer(signature.numbers, dtype="<u2").tolist()) for signature in (one, other))
    assert len(mine) == 3
    assert mine < theirs


def test_days_are_counted_in_utc() -> None:
    assert day_of(datetime(1970, 1, 2, tzinfo=UTC)) == 1
    assert day_of(datetime(1969, 12, 31, 23, tzinfo=UTC)) == -1
    assert day_of(None) is None


@settings(deadline=None)  # the first one reads the world's places
@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_has_a_signature_and_features(text: str, title: str) -> None:
    signature, features = signature_of(_doc(text, title)), features_of(title, text)
    assert len(features.lead.terms) == 4 * len(features.lead.points)
    assert len(title_words_of(signature)) <= 40
    assert len(features.heavy) <= 32


def test_features_weigh_the_title_and_stop_at_the_lead() -> None:
    features = features_of("Storm breaks wall", "The wall fell. " + "filler " * 150 + "afterthought")
    points = dict(zip(features.lead.term_list(), features.lead.points, strict=True))
    assert points[term_id("wall")] == 4
    assert term_id("afterthought") not in points
    assert term_id("afterthought") in features.body.term_list()


def test_heavy_terms_leave_common_words_out() -> None:
    features = features_of("Storm breaks the wall at Nethermouth", "The wall at Nethermouth was the last to be built. " * 3)
    assert features.heavy[0] == term_id("nethermouth")
    assert common_words("en")[term_id("the")] > 0.9
    assert common_words("fr") == {}


def test_terms_are_stemmed_and_spelled_back() -> None:
    assert [stem(word) for word in ("talks", "countries", "press", "virus", "minister's", "gas")] == [
        "talk",
        "country",
        "press",
        "virus",
        "minister",
        "gas",
    ]
    assert words_of_terms("Talks in Geneva", "", [term_id("geneva"), term_id("talk"), term_id("absent")]) == ["Geneva", "Talks"]
    assert words_of_terms("東京の港", "", [term_id("東京")]) == ["東京"]
