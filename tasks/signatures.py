"""What folding remembers of an article: a sketch of its wording, its figures, and the terms it is about.

Pure functions over values: no Prefect, no database. `signature_of` may run in a worker process; a `Signature` is a
row of plain columns (ints, strings, bytes), so that what was decided yesterday is decided the same way tomorrow.

The sketch is a FracMinHash (Irber et al. 2022; Broder 1997 for containment) of word shingles: all shingle hashes below
a limit. Two sketches are comparable below the smaller of their limits, whatever the lengths of the texts, and so say
how much of the one text is contained in the other: reprints are cut and have boilerplate added, so that Jaccard
(MinHash) misses them.
"""

import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from schemas.records import FoldDoc
from tasks.frames import frames_of
from tasks.text import normal_form, without_blanks
from tasks.text import words as split_words

U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
# Inclusive days since 1970-01-01; (None, None) is all days. Articles without a day are within any of them.
Days = tuple[int | None, int | None]

SHINGLE = 5
# A Chinese or Japanese character is about half a word, a letter of Thai, Lao, Burmese or Khmer a fifth of one.
SHINGLE_CHARACTERS = 9
SHINGLE_LETTERS = 22
# One shingle hash in eight is kept …
FRACTION_LIMIT = 2**32 // 8
FULL_LIMIT = 2**32
# … but a short text keeps more (so that short texts can be compared), a long one less (so that 500 bytes do).
MIN_HASHES = 48
MAX_HASHES = 100
# Short texts are also found by hashes above the fraction.
MIN_BANDS = 16
MAX_NUMBERS = 48
MAX_TITLE_WORDS = 40

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_NUMBER_WORD = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Signature:
    """One article as folding knows it: one row of the table `signatures`.

    `day` is days since 1970-01-01 of `at`, None where the article has no time. `sketch` holds the distinct shingle
    hashes below `sketch_limit`, ascending (little-endian u32); `numbers` and `title_words` hashes of the text's figures
    and of the title's words (u16, ascending, at most 48 and 40), `frames` the figures by the words around them
    (`tasks.frames`). `text_hash` is that of the words, whatever their case.
    """

    article_id: int
    day: int | None
    at: datetime | None
    source: str | None
    language: str
    may_be_original: bool
    words: int
    title_words: bytes
    text_hash: str
    sketch_limit: int
    sketch: bytes
    numbers: bytes
    frames: bytes = b""


def signature_of(doc: FoldDoc) -> Signature:
    """The signature of an article. Pure and the same on every machine; about a millisecond for 800 words."""
    tokens = folded_words(doc.text)
    title_tokens = folded_words(doc.title)
    # A text of a few words says nothing without its title: "Pay April 2, record March 16".
    wording = tokens if len(tokens) >= 2 * SHINGLE else title_tokens + tokens
    hashes = shingle_hashes(wording)
    limit, kept = sketch_of(hashes)
    return Signature(
        article_id=doc.id,
        day=day_of(doc.at),
        at=doc.at,
        source=doc.source,
        language=doc.language or "",
        may_be_original=doc.may_be_original,
        words=word_count(tokens),
        title_words=_codes(set(title_tokens[:MAX_TITLE_WORDS])),
        text_hash=hashlib.blake2b(" ".join(wording).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest(),
        sketch_limit=limit,
        sketch=kept.astype("<u4").tobytes(),
        frames=frames_of(doc.text),
        numbers=number_hashes(f"{doc.title}\n{doc.text}" if wording is not tokens else doc.text),
    )


def day_of(at: datetime | None) -> int | None:
    """Days since 1970-01-01 (UTC) of a time, negative before it."""
    return None if at is None else (at - _EPOCH).days


def folded_words(text: str) -> list[str]:
    """The words of a text without case, Unicode form, kind of apostrophe or invisible characters."""
    folded = _INVISIBLE.sub("", normal_form("NFKC", text)).casefold().replace("’", "'")
    return split_words(folded)


def shingle_hashes(tokens: list[str]) -> U32:
    """The distinct 32-bit hashes, ascending, of the runs of five words (in scripts without blanks, of as many characters).

    Fewer words than that make one shingle; no words, none.
    """
    if not tokens:
        return np.empty(0, dtype=np.uint32)
    codes = np.array([zlib.crc32(token.encode("utf-8", "surrogatepass")) for token in tokens], dtype=np.uint64)
    size = min(_shingle_size(tokens), len(tokens))
    count = len(tokens) - size + 1
    mixed = np.zeros(count, dtype=np.uint64)
    for offset in range(size):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + codes[offset : offset + count] + np.uint64(1)
    return np.unique((finalize(mixed) >> np.uint64(32)).astype(np.uint32))


def _shingle_size(tokens: Sequence[str]) -> int:
    letters, characters = without_blanks(tokens)
    if 2 * (letters + characters) <= len(tokens):
        return SHINGLE
    return SHINGLE_LETTERS if letters > characters else SHINGLE_CHARACTERS


def word_count(tokens: Sequence[str]) -> int:
    """How many words a text has, about, where words are not parted by blanks."""
    letters, characters = without_blanks(tokens)
    return len(tokens) - letters - characters + characters // 2 + letters // 5


def finalize(values: U64) -> U64:
    """The finalizer of SplitMix64 (Steele et al. 2014): spreads every input bit over all 64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def sketch_of(hashes: U32) -> tuple[int, U32]:
    """(limit, the hashes below it): one in eight, but at least 48 and at most 100 where there are as many."""
    count = int(np.searchsorted(hashes, FRACTION_LIMIT))
    wanted = min(max(count, MIN_HASHES), MAX_HASHES)
    if wanted >= len(hashes):
        return FULL_LIMIT, hashes
    if wanted == count:
        return FRACTION_LIMIT, hashes[:count]
    return int(hashes[wanted]), hashes[:wanted]


def text_key(text_hash: str) -> int:
    """The first 60 bits of a text hash as a number."""
    return int(text_hash[:15], 16)


def hashes_of(signature: Signature) -> U32:
    """The sketch of a signature as an array (ascending)."""
    return np.frombuffer(signature.sketch, dtype="<u4")


def title_words_of(signature: Signature) -> frozenset[int]:
    """Hashes of the distinct words of the title."""
    return frozenset(np.frombuffer(signature.title_words, dtype="<u2").tolist())


def figures_of(one: Signature, other: Signature) -> tuple[U16, U16]:
    """The hashes of both texts' figures, as far as both signatures have all of them (48 are kept)."""
    mine, theirs = np.frombuffer(one.numbers, dtype="<u2"), np.frombuffer(other.numbers, dtype="<u2")
    for kept in (mine, theirs):
        if len(kept) == MAX_NUMBERS:
            mine, theirs = mine[mine <= kept[-1]], theirs[theirs <= kept[-1]]
    return mine, theirs


def bands_of(signature: Signature) -> list[int]:
    """The hashes by which an article is found: those in the fraction, and at least 16 where there are as many."""
    hashes = hashes_of(signature)
    count = max(int(np.searchsorted(hashes, FRACTION_LIMIT)), min(MIN_BANDS, len(hashes)))
    return [int(value) for value in hashes[:count]]


def number_hashes(text: str) -> bytes:
    """Hashes of the distinct figures of a text (u16, ascending, the 48 smallest): "3,035,000" is 3035000."""
    figures = {match.replace(",", "") for match in _NUMBER.findall(text)}
    figures.update(word for match in _NUMBER_WORD.findall(text) if (word := match.casefold()))
    return _codes(figures, MAX_NUMBERS)


def _codes(words: set[str], limit: int | None = None) -> bytes:
    """16-bit hashes of words, ascending: the `limit` smallest."""
    codes = sorted({zlib.crc32(word.encode("utf-8", "surrogatepass")) & 0xFFFF for word in words})
    return np.array(codes[:limit], dtype="<u2").tobytes()
