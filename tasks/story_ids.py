"""Which id each regrouped story has, so that ids people keep go on working. Pure: no I/O.

An old id goes where most of its tellings went; of equally many, where the one is that opened the story. Where several ids
meet, the one that newsfold gave first stays and the others become other names of it. What is left without an id gets a new
one. No id is ever given twice.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tasks.term_weights import Profile
from tasks.urls import stable_id

# The how manieth story of newsfold an id was, None where it was given to none.
Birth = Callable[[int], int | None]


@dataclass(frozen=True, slots=True)
class Unit:
    """A telling, or a story that is not taken apart (`article_id` 0), with the story that it was in (None: it is new)."""

    profile: Profile
    story: int | None
    article_id: int

    @property
    def place(self) -> tuple[bool, int, int, int]:
        """Its place among others, whenever it came."""
        day = self.profile.first_day
        return (day is None, day or 0, self.article_id, self.story or 0)


@dataclass(frozen=True, slots=True)
class Names:
    """The id of each group; of these, the new ones; and what each old id that is no story any more became."""

    ids: tuple[int, ...]
    opens: tuple[int, ...]
    became: dict[int, int]


def story_id_of(article_id: int) -> int:
    """The id of the story that an article opens."""
    return stable_id("story", str(article_id))


def age(story: int, birth: Birth) -> tuple[int, int]:
    """Orders ids by when newsfold gave them."""
    number = birth(story)
    return (1 << 62 if number is None else number, story)


def name_groups(groups: Sequence[Sequence[Unit]], birth: Birth) -> Names:
    """The ids of groups of units, each group and all of them in the order of `Unit.place`."""
    went: dict[int, Counter[int]] = {}
    for place, group in enumerate(groups):
        for unit in group:
            if unit.story is not None:
                went.setdefault(unit.story, Counter())[place] += unit.profile.count
    claims: dict[int, list[int]] = {}
    for story, places in went.items():
        home = min(places, key=lambda place: (-places[place], not _has_opener(groups[place], story), place))
        claims.setdefault(home, []).append(story)
    ids, opens, became = [], [], {}
    for place, group in enumerate(groups):
        claimants = sorted(claims.get(place, ()), key=lambda story: age(story, birth))
        if not claimants:
            opens.append(_new_id(group, birth))
            ids.append(opens[-1])
            continue
        ids.append(claimants[0])
        became.update(dict.fromkeys(claimants[1:], claimants[0]))
    return Names(tuple(ids), tuple(opens), became)


def _has_opener(group: Sequence[Unit], story: int) -> bool:
    """Whether the telling that opened a story is in a group."""
    return any(unit.story == story and story_id_of(unit.article_id) == story for unit in group)


def _new_id(group: Sequence[Unit], birth: Birth) -> int:
    """That of the first telling whose id is free."""
    for unit in group:
        if birth(free := story_id_of(unit.article_id)) is None:
            return free
    number = 1
    while birth(free := stable_id("story", f"{group[0].article_id} {number}")) is not None:
        number += 1
    return free
