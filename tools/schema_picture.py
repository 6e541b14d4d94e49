"""Draws the tables and their references as SVG: layers from left to right, what is referred to on the left.

A small layered drawing (longest path for the layers, means of the neighbours for the order within one, as Sugiyama,
Tagawa and Toda 1981): no library draws SVG without a program such as Graphviz beside it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.build_schema_doc import Relation

_WIDTH, _LINE, _HEAD, _PAD = 190, 16, 24, 6
_ACROSS, _DOWN, _EDGE = 90, 18, 24
_STYLE = """<style>
svg { background: #fff; font: 12px ui-monospace, monospace } .box { fill: #f6f7f9; stroke: #8a94a3 } .head { fill: #2f5d8a }
.name { fill: #fff; font-weight: 600 } .col { fill: #1d2733 } .key { font-weight: 600 } .line { fill: none; stroke: #6a7a8c }
.tip { fill: #6a7a8c }
@media (prefers-color-scheme: dark) { svg { background: #12161c } .box { fill: #1b222b; stroke: #56616f }
.col { fill: #dce3ea } .line { stroke: #8fa0b3 } .tip { fill: #8fa0b3 } }
</style>"""


def picture(tables: Sequence[Relation]) -> str:
    """The SVG of all tables that refer to another or are referred to, plumbing left out."""
    shown = {table.name: table for table in tables if not table.is_plumbing}
    edges = [
        (table.name, column.name, column.refers_to[0])
        for table in shown.values()
        for column in table.columns
        if column.refers_to and column.refers_to[0] in shown and column.refers_to[0] != table.name
    ]
    linked = {name for one, _, other in edges for name in (one, other)}
    lines = {name: _lines(table) for name, table in shown.items() if name in linked}
    layers = _layers(sorted(linked), {(one, other) for one, _, other in edges})
    ways = _ways(layers, edges)
    lines |= {name: [] for way in ways for name in way[1:-1]}
    layers = _ordered(layers, [pair for way in ways for pair in pairwise(way)])
    places, size = _places(layers, lines)
    body = [_box(name, *places[name], lines[name]) for layer in layers for name in layer if name in linked]
    arrows = [_arrow(column, way, places, lines) for (_, column, _), way in zip(edges, ways, strict=True)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" role="img" '
        f'aria-label="Tables and their references">\n{_STYLE}\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>\n' + "\n".join(arrows + body) + "\n</svg>\n"
    )


def _lines(table: Relation) -> list[tuple[str, bool]]:
    """The columns that are drawn: keys and references, and how many there are besides."""
    drawn = [(column.name, column.is_key) for column in table.columns if column.is_key or column.refers_to]
    rest = len(table.columns) - len(drawn)
    return [*drawn, (f"+ {rest} more", False)] if rest else drawn


def _layers(names: Sequence[str], edges: set[tuple[str, str]]) -> list[list[str]]:
    """Longest path: a table stands right of all it refers to. Mutual references count in one direction only."""
    depth: dict[str, int] = {}

    def deep(name: str, above: tuple[str, ...]) -> int:
        if name not in depth:
            targets = [other for one, other in sorted(edges) if one == name and other not in (*above, name)]
            depth[name] = 1 + max((deep(other, (*above, name)) for other in targets), default=-1)
        return depth[name]

    for name in names:
        deep(name, ())
    return [[name for name in names if depth[name] == level] for level in range(max(depth.values()) + 1)]


def _ways(layers: list[list[str]], edges: Sequence[tuple[str, str, str]]) -> list[list[str]]:
    """Through which places each arrow goes: a gap of its own in every layer that it crosses (added to the layers)."""
    depth = {name: level for level, layer in enumerate(layers) for name in layer}
    ways = []
    for one, _, other in edges:
        between = [f"{one}>{other}@{level}" for level in range(depth[one] - 1, depth[other], -1)]
        for name in between:
            level = int(name.rpartition("@")[2])
            if name not in layers[level]:
                layers[level].append(name)
        ways.append([one, *between, other])
    return ways


def _ordered(layers: list[list[str]], edges: Sequence[tuple[str, str]]) -> list[list[str]]:
    near: dict[str, list[str]] = {}
    for one, other in edges:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    for _ in range(8):
        for layer in layers:
            place = {name: (row + 0.5) / len(each) for each in layers for row, name in enumerate(each)}
            layer.sort(key=lambda name: (sum(place[other] for other in near[name]) / len(near[name]), name))
    return layers


def _places(
    layers: list[list[str]], lines: dict[str, list[tuple[str, bool]]]
) -> tuple[dict[str, tuple[int, int]], tuple[int, int]]:
    tall = {name: _height(rows) for name, rows in lines.items()}
    heights = [sum(tall[name] + _DOWN for name in layer) - _DOWN for layer in layers]
    places: dict[str, tuple[int, int]] = {}
    for number, layer in enumerate(layers):
        y = _EDGE + (max(heights) - heights[number]) // 2
        for name in layer:
            places[name] = (_EDGE + number * (_WIDTH + _ACROSS), y)
            y += tall[name] + _DOWN
    return places, (2 * _EDGE + len(layers) * (_WIDTH + _ACROSS) - _ACROSS, 2 * _EDGE + max(heights))


def _height(rows: Sequence[tuple[str, bool]]) -> int:
    return _HEAD + len(rows) * _LINE + _PAD if rows else 0


def _box(name: str, x: int, y: int, rows: Sequence[tuple[str, bool]]) -> str:
    text = "".join(
        f'<text class="{"col key" if key else "col"}" x="{x + 8}" y="{y + _HEAD + 13 + row * _LINE}">{column}</text>'
        for row, (column, key) in enumerate(rows)
    )
    return (
        f'<g><rect class="box" x="{x}" y="{y}" width="{_WIDTH}" height="{_height(rows)}" rx="4"/>'
        f'<rect class="head" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEAD - 4}" rx="4"/>'
        f'<text class="name" x="{x + 8}" y="{y + 14}">{name}</text>{text}</g>'
    )


def _arrow(column: str, way: Sequence[str], places: dict[str, tuple[int, int]], lines: dict[str, list[tuple[str, bool]]]) -> str:
    one, other = way[0], way[-1]
    row = [name for name, _ in lines[one]].index(column)
    x, y = places[one][0], places[one][1] + _HEAD + 9 + row * _LINE
    ahead = places[other][0] < x
    path = f"M{x} {y}"
    for name in way[1:]:
        end_x, end_y = places[name][0] + (_WIDTH if ahead else 0), places[name][1] + (10 if lines[name] else 0)
        bend = (x - end_x) // 2 if ahead else 60
        path += f"C{x - bend} {y} {end_x + bend if ahead else end_x - bend} {end_y} {end_x} {end_y}"
        x, y = end_x, end_y
        if not lines[name]:
            x -= _WIDTH
            path += f"H{x}"
    return f'<path class="line" marker-end="url(#tip)" d="{path}"/>'
