"""The picture of who is named with whom. Places come from networkx (the same seed, the same picture); labels that would lie on
one another are left to the pointer. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from schemas.report import EntityTime, Pair

WIDTH, NARROW, HEIGHT = 1000, 320, 480  # pixels for which labels are placed: a desk's screen and a phone's
STRONGEST = 4  # pairs of a name that are drawn
_SEED, _LETTER, _LINE = 7, 7.0, 16
_LEFT, _TOP, _RIGHT, _BOTTOM = 9.0, 7.0, 91.0, 90.0  # percent that nodes may fill


@dataclass(frozen=True, slots=True)
class Node:
    """An entity: place in percent, radius in pixels; `label` says from which width on its name is shown."""

    entity: EntityTime
    x: float
    y: float
    radius: float
    label: str  # always, wide or never
    anchor: str  # start, middle or end of the name stands at
    label_dx: float
    label_dy: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A pair of entities; `width` in pixels."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes (largest first) and the edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def network(entities: Sequence[EntityTime], pairs: Sequence[Pair]) -> Network:
    """The entities that have a pair, and their pairs."""
    joined = {one for pair in pairs for one in (pair.one, pair.other)}
    shown = [entity for entity in entities if entity.id in joined]
    if not shown:
        return Network((), ())
    places = _places([entity.id for entity in shown], pairs)
    most = max(len(entity.moments) for entity in shown)
    radii = {entity.id: round(5 + 9 * sqrt(len(entity.moments) / most), 1) for entity in shown}
    wide = _labelled(shown, places, radii, WIDTH, {})
    narrow = _labelled(shown, places, radii, NARROW, wide)
    nodes: list[Node] = []
    for entity in shown:
        radius = radii[entity.id]
        label = "always" if entity.id in narrow else "wide" if entity.id in wide else "never"
        anchor, dx, dy = _side(radius, wide.get(entity.id, 0))
        nodes.append(Node(entity, *places[entity.id], radius, label, anchor, dx, dy))
    strongest = max(pair.articles for pair in pairs)
    edges = tuple(
        Edge(*places[pair.one], *places[pair.other], round(0.6 + 3.4 * pair.articles / strongest, 2))
        for pair in sorted(_drawn(pairs), key=lambda pair: (pair.articles, pair.one, pair.other))
    )
    return Network(tuple(nodes), edges)


def _drawn(pairs: Sequence[Pair]) -> set[Pair]:
    """The pairs that are drawn: the strongest few of each name, whatever joins all with all."""
    drawn: set[Pair] = set()
    degree: dict[int, int] = {}
    for pair in sorted(pairs, key=lambda pair: (-pair.articles, pair.one, pair.other)):
        if min(degree.get(pair.one, 0), degree.get(pair.other, 0)) < STRONGEST:
            drawn.add(pair)
            for one in (pair.one, pair.other):
                degree[one] = degree.get(one, 0) + 1
    return drawn


def _places(ids: Sequence[int], pairs: Sequence[Pair]) -> dict[int, tuple[float, float]]:
    """id -> place in percent. Components are tied weakly, else they drift apart; most of a place is its rank, since people of
    one story stand together in a clump otherwise."""
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(ids)
    graph.add_weighted_edges_from((pair.one, pair.other, sqrt(pair.articles)) for pair in pairs)
    hubs = [min(part, key=ids.index) for part in networkx.connected_components(graph)]
    graph.add_weighted_edges_from((hubs[0], hub, 0.3) for hub in hubs[1:])
    found = networkx.spring_layout(graph, k=2.5 / sqrt(len(ids)), iterations=200, seed=_SEED, method="force")
    flat = _lengthwise(np.array([found[one] for one in ids]))
    xs, ys = (_spread([float(value) for value in flat[:, axis]]) for axis in (0, 1))
    return {
        one: (round(_LEFT + (_RIGHT - _LEFT) * x, 2), round(_TOP + (_BOTTOM - _TOP) * y, 2))
        for one, x, y in zip(ids, xs, ys, strict=True)
    }


def _lengthwise(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places turned so that their longest extent lies across: the picture is wider than high."""
    centred = places - places.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    turned: NDArray[np.float64] = centred @ axes.T
    # An axis has no sign of its own: the first node with a clear place decides, so that the picture is always the same one.
    return turned * np.where(turned[0] < 0, -1.0, 1.0)


def _spread(values: Sequence[float]) -> list[float]:
    """Values moved to 0…1, a third by value and two thirds by rank."""
    low, high, last = min(values), max(values), max(len(values) - 1, 1)
    ranks = {place: rank for rank, place in enumerate(sorted(range(len(values)), key=lambda n: (values[n], n)))}
    shares = [(value - low) / (high - low) if high > low else 0.5 for value in values]
    return [share / 3 + 2 * ranks[n] / last / 3 for n, share in enumerate(shares)]


def _side(radius: float, side: int) -> tuple[str, float, float]:
    """(anchor, dx, dy in pixels) of a name below, above, to the right or to the left of its node."""
    return (
        ("middle", 0.0, round(radius + 13, 1)), ("middle", 0.0, round(-radius - 5, 1)),
        ("start", round(radius + 4, 1), 4.0), ("end", round(-radius - 4, 1), 4.0),
    )[side]  # fmt: skip


def _labelled(
    entities: Sequence[EntityTime],
    places: dict[int, tuple[float, float]],
    radii: dict[int, float],
    width: int,
    given: dict[int, int],
) -> dict[int, int]:
    """id -> side, for names that have room in a picture of this width; the most named come first. With `given` sides, only
    those are tried."""
    centres = {one: (x * width / 100, y * HEIGHT / 100) for one, (x, y) in places.items()}
    taken = [(x - radii[one], y - radii[one], x + radii[one], y + radii[one]) for one, (x, y) in centres.items()]
    found: dict[int, int] = {}
    for entity in entities:
        sides = (given[entity.id],) if entity.id in given else () if given else range(4)
        for side in sides:
            box = _box(entity, centres[entity.id], radii[entity.id], side)
            fits = box[0] >= 0 and box[2] <= width and box[1] >= 0 and box[3] <= HEIGHT
            if fits and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found[entity.id] = side
                break
    return found


def _box(entity: EntityTime, centre: tuple[float, float], radius: float, side: int) -> tuple[float, float, float, float]:
    anchor, dx, dy = _side(radius, side)
    length = len(entity.name) * _LETTER
    left = centre[0] + dx - {"start": 0.0, "middle": length / 2, "end": length}[anchor]
    return left, centre[1] + dy - _LINE + 4, left + length, centre[1] + dy + 4


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
