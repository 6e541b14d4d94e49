"""The light markdown of article bodies: parsed into blocks, written as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

BlockKind = Literal["p", "h2", "ul", "quote"]

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ITALIC = re.compile(r"(?<!\w)[*_](?!\s)([^*_]+?)(?<!\s)[*_](?!\w)")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list or quotation; `lines` holds a list's items or the one text."""

    kind: BlockKind
    lines: tuple[str, ...]


def parse(body: str) -> tuple[Block, ...]:
    """The blocks of a body; blocks are separated by empty lines."""
    return tuple(block for part in re.split(r"\n\s*\n", body.strip()) for block in _blocks(part.split("\n")))


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    """The blocks of lines that stand together: a change of their kind begins another one."""
    kind: BlockKind = "p"
    held: list[str] = []
    for line in (line.strip() for line in lines):
        line_kind, text = _line(line)
        if held and (line_kind != kind or line_kind == "h2"):
            yield _close(kind, held)
            held = []
        kind = line_kind
        held.append(text)
    if held:
        yield _close(kind, held)


def _line(line: str) -> tuple[BlockKind, str]:
    if line.startswith("#"):
        return "h2", line.lstrip("#").strip()
    if line.startswith(("- ", "* ")):
        return "ul", line[2:].strip()
    if line.startswith(">"):
        return "quote", line[1:].strip()
    return "p", line


def _close(kind: BlockKind, lines: Sequence[str]) -> Block:
    return Block(kind, tuple(lines) if kind == "ul" else (" ".join(lines),))


def inline(text: str) -> str:
    """One line's text as HTML: escaped, with emphasis."""
    html = escape(text, quote=False)
    return _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", html))


def simple_html(blocks: Sequence[Block]) -> str:
    """Blocks as plain HTML, the way feeds carry them."""
    return "\n".join(_simple(block) for block in blocks)


def _simple(block: Block) -> str:
    if block.kind == "ul":
        return "<ul>" + "".join(f"<li>{inline(item)}</li>" for item in block.lines) + "</ul>"
    text = inline(block.lines[0])
    if block.kind == "quote":
        return f"<blockquote><p>{text}</p></blockquote>"
    return f"<{block.kind}>{text}</{block.kind}>"
