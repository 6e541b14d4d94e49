"""The sample web with new articles while it runs: invented events, each told four times, one after another.

The agency's report comes first, then a reprint of it, then two tellings in other words. What the n-th article says depends
on n alone; when it appears depends on the clock and the pace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import urlsplit

from demo import feeds, markup
from demo.content import OUTLETS, SampleArticle, load_articles
from demo.feeds import Channel, Item
from demo.render import Pages
from demo.response import Response, document
from demo.server import Request, SampleWeb

TELLERS = ("atlaswire", "harborlight", "meridian", "alder")
LISTED = 60  # new articles that a feed lists; older ones scroll out

_PLACES = (
    "Port Ambrose", "Wexcombe", "Tarn Hollow", "Saint Orrin", "Lower Brackwater", "Dunmarrow", "Keldermouth", "Aster Bay",
    "Northfell", "Quarry Hill", "Varnby", "Old Sallow", "Merrin Cross", "Hathersfield", "Cold Ferry", "Ostrava Point",
)  # fmt: skip
_FIRST = ("Maren", "Tobias", "Ilse", "Rufus", "Adaeze", "Colm", "Yusra", "Henrik", "Paloma", "Dmitri", "Soraya", "Wendell")
_LAST = (
    "Halloran",
    "Okafor",
    "Lindgren",
    "Castellane",
    "Brightwater",
    "Demirel",
    "Pascoe",
    "Vantongeren",
    "Achterberg",
    "Mwangi",
)
_FIRMS = ("Calder Freight", "Osprey Rail", "Brightmoor Energy", "Talbot & Rowe", "Meridian Glass", "Pellworm Shipping")
_TOPICS = (
    ("a swing bridge", "bridge", "the crossing", "drivers"),
    ("a tidal power plant", "plant", "the turbines", "fishers"),
    ("a night ferry", "ferry", "the route", "commuters"),
    ("a cold store", "warehouse", "the site", "growers"),
    ("a tram line", "line", "the track", "shopkeepers"),
    ("a flood barrier", "barrier", "the gates", "residents"),
    ("a seed archive", "archive", "the vaults", "botanists"),
    ("a regional hospital", "hospital", "the wards", "nurses"),
)
_FIRST_WORDS = (
    "{place} approved {thing} on {day} after a vote that took most of the night, ending {years} years of argument over {parts}.",
    "The council put the cost at ${cost} million, of which {firm} will pay {share} percent, according to the contract.",
    "{chair}, who leads the council, said that {people} had waited long enough and that work would begin within {weeks} weeks.",
    "{critic}, a member of the opposition, called the figures incomplete and asked for an independent audit of {parts}.",
    "An earlier plan failed in {past} when its contractor withdrew, leaving foundations that engineers now want to use again.",
    "{firm} has built {built} similar projects and expects to employ {jobs} people in {place} while the {noun} goes up.",
    "The national government must still confirm its grant, a step that officials described as likely but not certain.",
    "Opponents have {weeks} weeks to lodge objections, and a hearing is planned in the old customs house.",
)
_OTHER_WORDS = (
    "It took {years} years and one very long evening, but {place} will get its {noun} after all.",
    "Members voted by a narrow margin on {day} to let {firm} go ahead with a scheme now priced at ${cost} million.",
    "Much of the debate turned on money: {share} percent comes from the company, the rest from public funds nobody has seen.",
    '"We have talked about this since I was at school," {chair} told reporters outside, adding that {people} deserved an answer.',
    "Not everyone was cheering. {critic} left the chamber before the count and promised to take {parts} to court.",
    "Some {jobs} jobs hang on the decision, most of them for only as long as the building lasts.",
    "Engineers who remember the abandoned attempt of {past} say that the ground is better than its reputation.",
    "For now there are fences, a sign, and a deadline for objections that runs out in {weeks} weeks.",
)
_THIRD_WORDS = (
    "{firm} won one of the larger contracts of its year when councillors in {place} backed {thing} on {day}.",
    "Shares in the project are split: the company carries {share} percent of ${cost} million, and taxpayers carry the remainder.",
    "Analysts had expected another delay, given that the matter has been before committees for {years} years.",
    "{chair} said the terms protect the town if prices rise, while {critic} argued that they protect only the builder.",
    "With {built} such contracts behind it, the group is thought able to finish on time if {parts} arrive as ordered.",
    "The {jobs} workers to be hired will come largely from nearby towns, a condition that {people} had pressed for.",
    "A failed tender in {past} still casts a shadow, because its guarantees were never paid out.",
    "The window for appeals closes in {weeks} weeks; after that, financing has to be signed before the end of the quarter.",
)
_TITLES = (
    "{place} approves {thing} worth ${cost} million",
    "{place} council votes for {thing} after {years} years",
    "After {years} years, {place} gets its {noun}",
    "{firm} wins ${cost} million {noun} contract in {place}",
)


@dataclass(frozen=True, slots=True)
class Clock:
    """When articles appear: the n-th at `start` + n × `gap_seconds`, as far as `until` articles."""

    start: datetime
    gap_seconds: float

    def count(self, now: datetime) -> int:
        """How many have appeared."""
        return max(int((now - self.start).total_seconds() / self.gap_seconds), 0)

    def at(self, number: int) -> datetime:
        """When a certain one appears."""
        return (self.start + timedelta(seconds=(number + 1) * self.gap_seconds)).replace(microsecond=0)


def article(number: int, at: datetime) -> SampleArticle:
    """The n-th new article. Pure."""
    event, telling = divmod(number, len(TELLERS))
    words = _facts(event, at)
    body, title = (
        (_FIRST_WORDS, _TITLES[0]),
        (_FIRST_WORDS, _TITLES[1]),
        (_OTHER_WORDS, _TITLES[2]),
        (_THIRD_WORDS, _TITLES[3]),
    )[telling]
    agency = "Atlas Wire" if telling == 1 else ""
    outlet = TELLERS[telling]
    author = _name(Random(f"author {outlet} {event}"))
    return SampleArticle(
        outlet=outlet,
        slug=f"live-{number}",
        title=title.format(**words),
        published=at,
        section="Business" if outlet == "alder" else "News",
        description=body[0].format(**words),
        body="\n\n".join(line.format(**words) for line in body),
        authors=() if agency else (author,),
        tags=(words["noun"],),
        agency=agency,
    )


def _facts(event: int, at: datetime) -> dict[str, str]:
    dice = Random(f"event {event}")
    thing, noun, parts, people = dice.choice(_TOPICS)
    return {
        "thing": thing, "noun": noun, "parts": parts, "people": people,
        "place": dice.choice(_PLACES), "firm": dice.choice(_FIRMS), "chair": _name(dice), "critic": _name(dice),
        "cost": str(dice.randint(12, 980)), "share": str(dice.randint(11, 69)), "years": str(dice.randint(3, 29)),
        "weeks": str(dice.randint(3, 17)), "jobs": str(dice.randint(40, 900)), "built": str(dice.randint(2, 31)),
        "past": str(dice.randint(1990, 2021)), "day": f"{at:%A}",
    }  # fmt: skip


def _name(dice: Random) -> str:
    return f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"


class LiveWeb(SampleWeb):
    """The sample web, edition 2, with one new article every `gap_seconds`. `freeze` ends that: all stays as it is."""

    def __init__(
        self, gap_seconds: float, *, listed: int = LISTED, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(2)
        self._now, self._listed, self._frozen = now, listed, -1
        # whole seconds: feeds give no finer times
        self.clock = Clock(now().replace(microsecond=0), gap_seconds)
        pool = load_articles()
        self._pages = {slug: Pages(OUTLETS[slug], pool, {}) for slug in TELLERS}
        self._feeds = {_key(OUTLETS[slug].feed_url): slug for slug in TELLERS}
        self._old = {slug: [one for one in pool if one.outlet == slug and not one.corrects][:10] for slug in TELLERS}
        self._hosts_of = {OUTLETS[slug].host: slug for slug in TELLERS}

    @property
    def appeared(self) -> int:
        """How many new articles there are by now."""
        return self._frozen if self._frozen >= 0 else self.clock.count(self._now())

    def freeze(self) -> int:
        """No more articles appear; returns how many there are."""
        self._frozen = self.appeared
        return self._frozen

    def _page(self, request: Request) -> Response | None:
        key = (request.host, request.path)
        if slug := self._feeds.get(key):
            return self._feed(slug)
        if request.host in self._hosts_of and "live-" in request.path:
            return self._article(key, self._hosts_of[request.host])
        return super()._page(request)

    def _feed(self, slug: str) -> Response:
        outlet, count = OUTLETS[slug], self.appeared
        own = range(TELLERS.index(slug), count, len(TELLERS))[-self._listed :]
        listed = [*reversed([article(number, self.clock.at(number)) for number in own]), *self._old[slug]]
        channel = Channel(outlet, outlet.feed_url, outlet.name, tuple(_item(one, full=outlet.full_content) for one in listed))
        return document(feeds.write(channel), feeds.content_type(outlet), channel.changed)

    def _article(self, key: tuple[str, str], slug: str) -> Response | None:
        digits = key[1].partition("live-")[2]
        number = int("".join(letter for letter in digits if letter.isdigit()) or -1)
        if not 0 <= number < self.appeared:
            return None
        made = article(number, self.clock.at(number))
        if _key(made.url) != key:
            return None
        page = self._pages[slug].article(made)
        return document(page, f"text/html; charset={OUTLETS[slug].encoding}", made.published)


def _item(one: SampleArticle, *, full: bool) -> Item:
    content = markup.simple_html(markup.parse(one.body)) if full else ""
    return Item(one.url, one.url, one.title, one.description, one.published, content, one.authors, one.tags, one.modified)


def _key(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc, parts.path
