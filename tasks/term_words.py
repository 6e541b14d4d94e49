"""How a word becomes a term. Pure: no I/O."""

import zlib

# The lead of a text, and what is read of it at all, in words.
LEAD_WORDS = 120
TEXT_WORDS = 1000


def term_id(term: str) -> int:
    """The 32-bit hash a term is stored by."""
    return zlib.crc32(term.encode("utf-8", "surrogatepass"))


def stem(word: str) -> str:
    """A word without possessive and plural: the S-stemmer (Harman 1991), harmless in other languages."""
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
