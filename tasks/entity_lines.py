"""Which lines of a text are prose, and which of the others are headlines and captions rather than navigation. Pure."""

import re

Lines = list[tuple[int, int, bool]]
# Between the parts of navigation and bylines.
_PARTED = re.compile(r"[|/>»•·]")
# A headline of fewer words is as likely a button or a section's name.
_HEADLINE_WORDS = 5


def prose_lines(text: str) -> Lines:
    """(start, end, is prose) of the non-empty lines. Headlines, navigation, captions and bylines are not prose.

    A line is prose when it ends like a sentence or is long. Where hardly anything would be prose (a transcript, a text
    without punctuation), all of it is.
    """
    lines: Lines = []
    for match in re.finditer(r"[^\n]+", text):
        line = match.group().strip()
        if line:
            lines.append((match.start(), match.end(), _is_prose(line)))
    prose = sum(end - start for start, end, good in lines if good)
    if prose < 0.3 * sum(end - start for start, end, _ in lines):
        return [(start, end, True) for start, end, _ in lines]
    return lines


def _is_prose(line: str) -> bool:
    words = line.split()
    if re.match(r"(?i)(?:also read|read more|read also|related|see also|watch)\s*:", line):
        return False
    if len(words) >= 30:
        return True
    ends = re.search(r"[.!?…][\"'”’)\]*]*$", line) is not None
    if ends:
        return len(words) >= 4 and not re.match(r"(?i)(?:please|subscribe|sign up|follow us|click)\b", line)
    capital = sum(word[:1].isupper() for word in words)
    return len(words) >= 16 and capital <= len(words) / 2


def with_headlines(text: str, lines: Lines, capitals: float = 1.0) -> Lines:
    """The same lines with headlines and captions counted as prose: for names that need no model to be sure of.

    `capitals` is the share of words that may begin with a capital: where nearly all do, a capital says nothing.
    """
    return [(start, end, good or _is_headline(text[start:end], capitals)) for start, end, good in lines]


def _is_headline(line: str, capitals: float) -> bool:
    words = line.split()
    if len(words) < _HEADLINE_WORDS or line.isupper() or _PARTED.search(line):
        return False
    return sum(word[:1].isupper() for word in words) <= capitals * len(words)
