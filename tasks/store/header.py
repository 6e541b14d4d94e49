"""Whether a database file lost its end, from its header and its list of free blocks.

A checkpoint writes its header before it cuts free blocks off the file's end, so a whole file may be shorter than its header
says. Which blocks are free stands in the file as well. Both are read as DuckDB 1.5 and 2.0 write them: three headers of
4,096 bytes (checksum, checkpoint's number, place of the catalogue, place of the free list, number of blocks, their size),
then the blocks; a list lies in parts, each 1/64 of a block behind the block's checksum, and begins with the place of the next.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

HEADER = 4096
_PARTS = 64
_NOWHERE = 2**64 - 1
_CHECKSUM = 8


def lost_its_end(path: Path) -> bool:
    """Whether blocks that are in use lie behind the file's end; True as well where the header is none that we can read.

    Nobody may have the file open in this process: closing it would drop the locks on it.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb") as file:
        head = file.read(3 * HEADER)
        if len(head) < 3 * HEADER:
            return True
        latest = max(struct.unpack_from("<5Q", head, place + _CHECKSUM) for place in (HEADER, 2 * HEADER))
        _, _, free, blocks, size = latest
        if not 2**10 <= size <= 2**24:
            return True
        there = (path.stat().st_size - 3 * HEADER) // size
        if there >= blocks:
            return False
        listed = set(_numbers(file, free, size))
    return not listed.issuperset(range(there, blocks))


def _numbers(file: BinaryIO, place: int, size: int) -> Iterator[int]:
    """The free blocks' numbers; as many as can be read."""
    words = _words(file, place, size)
    count = next(words, 0)
    for _, number in zip(range(count), words, strict=False):
        yield number


def _words(file: BinaryIO, place: int, size: int) -> Iterator[int]:
    """The 64-bit numbers of a list that begins at `place`, part after part."""
    length = ((size - _CHECKSUM) // _PARTS) & ~7
    seen: set[int] = set()
    while place != _NOWHERE and place not in seen:
        seen.add(place)
        block, part = place & (2**56 - 1), place >> 56
        if part >= _PARTS or block >= 2**40 // size:  # no file of ours has so many
            return
        file.seek(3 * HEADER + block * size + _CHECKSUM + part * length)
        data = file.read(length)
        if len(data) < length:
            return
        place, *numbers = struct.unpack(f"<{length // 8}Q", data)
        yield from numbers
