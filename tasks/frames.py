"""Templates filled in anew: the words around figures that stay, and the figures that change. Pure: no I/O.

Market notes, weather, results: an outlet writes them day after day in the same words. What repeats is the frame of each
figure ("to close at …", "… a barrel"); in two notes of a template the frames agree and the figures do not. A report that
is brought up to date keeps most of its figures (when, how strong, how deep) and changes a few (the dead, the damage).
"""

import re
import zlib
from functools import lru_cache

import numpy as np

from tasks.text import WORD

# Figures further down say nothing new about the template.
READ_CHARACTERS = 4000
# Of each text the frames with the smallest hashes are kept: two texts keep the same ones.
KEPT = 24
# Two texts are of one template when so many frames agree, this share of the fewer …
LEAST_SHARED = 6
SHARED_SHARE = 0.4
# … and filled in anew when so many of those, and this share of them, have other figures.
LEAST_CHANGED = 5
CHANGED_SHARE = 0.5
_TOKEN = re.compile(rf"(?P<figure>\d+(?:[.,:/]\d+)*)|{WORD.pattern}")


def frames_of(text: str) -> bytes:
    """The figures of a text by their frames: hash of the two words before or after one, and of the figure (u32 in all)."""
    matches = list(_TOKEN.finditer(text[:READ_CHARACTERS]))
    words = ["#" if match.group("figure") else match.group().casefold() for match in matches]
    found: dict[int, int] = {}
    for place, match in enumerate(matches):
        if words[place] != "#":
            continue
        figure = _hash16(match.group().replace(",", ""))
        if place >= 2:
            found.setdefault(_hash16(" ".join((*words[place - 2 : place], "#"))), figure)
        if place + 2 < len(words):
            found.setdefault(_hash16(" ".join(("#", *words[place + 1 : place + 3]))), figure)
    kept = [(frame << 16) + found[frame] for frame in sorted(found)[:KEPT]]
    return np.array(kept, dtype="<u4").tobytes()


@lru_cache(maxsize=65536)
def filled_in_anew(one: bytes, other: bytes) -> bool:
    """Whether two texts (by `frames_of`) are one template with other figures."""
    mine, theirs = _comparable(one, other)
    shared = mine.keys() & theirs.keys()
    if len(shared) < max(LEAST_SHARED, SHARED_SHARE * min(len(mine), len(theirs))):
        return False
    changed = sum(mine[frame] != theirs[frame] for frame in shared)
    return changed >= max(LEAST_CHANGED, CHANGED_SHARE * len(shared))


def _comparable(*both: bytes) -> tuple[dict[int, int], dict[int, int]]:
    """Figures by frame, as far as both texts have all of them: of what one left out nothing is known."""
    first, second = (dict(divmod(one, 1 << 16) for one in np.frombuffer(frames, dtype="<u4").tolist()) for frames in both)
    limit = min((max(found) for found in (first, second) if len(found) == KEPT), default=1 << 16)
    mine, theirs = ({frame: its for frame, its in found.items() if frame <= limit} for found in (first, second))
    return mine, theirs


def _hash16(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) & 0xFFFF
