"""What stands around an article: dates in words, roles, neighbours, readers' comments."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from demo.content import Outlet, SampleArticle

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MOIS = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]

_ROLES = {
    "business": "Business Correspondent",
    "economy": "Economics Correspondent",
    "markets": "Markets Reporter",
    "currencies": "Markets Reporter",
    "deals": "Deals Reporter",
    "companies": "Business Correspondent",
    "energy": "Energy Correspondent",
    "mining": "Metals Correspondent",
    "politics": "Political Editor",
    "world": "Foreign Correspondent",
    "europe": "Europe Correspondent",
    "americas": "Americas Correspondent",
    "science": "Science Editor",
    "health": "Health Correspondent",
    "technology": "Technology Reporter",
    "sport": "Sports Writer",
    "sports": "Sports Writer",
    "culture": "Arts Correspondent",
    "arts": "Arts Correspondent",
    "opinion": "Columnist",
    "obituaries": "Obituaries Editor",
    "reviews": "Reviews Editor",
    "features": "Features Writer",
    "council": "Local Democracy Reporter",
    "news": "Senior Reporter",
    "national": "Court Correspondent",
}

_READERS = (
    "HarbourGull",
    "M. Okonjo",
    "sceptic_in_seat_14",
    "Old Miller",
    "Petra V.",
    "norwest",
    "Ravi from the third floor",
    "Aunt Bea",
    "tidewatcher88",
    "J. P. Lindqvist",
    "Copper Kettle",
    "Two Left Boots",
    "Farida K.",
    "late_again",
    "the other Tom",
)

_OPENINGS = (
    "I have read three reports about {topic} today and yours is the first that gives figures.",
    "With respect, the headline promises more than the text delivers.",
    "My brother-in-law has dealt with {topic} for eleven years and he says everybody knew.",
    "Same story every few years: promises, a committee, a report, silence.",
    "Could the editors add a map? Not all of us know these places by heart.",
    "A fair piece, though {topic} was much worse in the nineties.",
    "So who is going to pay for it in the end? We are. It is always us.",
    "Thank you for not putting this one behind a subscription.",
    "I wrote to my representative about {topic} in March and got a form letter back.",
    "Can somebody explain the second paragraph to me like I am five?",
    "First!",
    "Whoever was quoted here on {topic} was wrong the last time too. Just saying.",
)

_CLOSINGS = (
    "Please keep following it, the rest of us have jobs to go to.",
    "Where is the other side of the argument? I counted one sentence.",
    "Nobody asked them, of course.",
    "I will believe it when I see it with my own eyes.",
    "Otherwise good work.",
    "Somehow we got through that as well.",
    "Wake up, people!",
    "It matters to those of us who have to live with it.",
    "Perhaps now somebody will read it.",
    "I have gone over it four times and still do not understand who owes what to whom.",
    "Greetings from a faithful reader who has moved away.",
)

_DEBUTS = (
    "Enfin un article sur ce sujet ({topic}) qui donne les chiffres.",
    "On nous promet la même chose tous les cinq ans.",
    "Et qui va payer, une fois de plus ? Toujours les mêmes, évidemment.",
    "Il manque dans ce papier la parole des habitants.",
    "Ma fille travaille dans ce secteur et confirme chaque ligne.",
)

_FINS = (
    "Merci à la rédaction, continuez à suivre ce dossier de près.",
    "J'attends de voir les actes avant de me réjouir.",
    "Rien à ajouter.",
    "Une carte serait bienvenue, tout le monde ne connaît pas la région.",
)


@dataclass(frozen=True, slots=True)
class Comment:
    """What a reader wrote under an article."""

    name: str
    when: str
    text: str


def dates(moment: datetime) -> dict[str, str]:
    """One moment the ways the outlets print it."""
    month, hour = _MONTHS[moment.month - 1], moment.hour % 12 or 12
    half = "a.m." if moment.hour < 12 else "p.m."
    return {
        "iso": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "us": f"{month} {moment.day}, {moment.year} at {hour}:{moment:%M} {half} GMT",
        "uk": f"{_DAYS[moment.weekday()]} {moment.day} {month} {moment.year}, {moment:%H:%M}",
        "short": f"{moment.day} {month[:3]} {moment.year} {moment:%H:%M}",
        "fr": f"{moment.day} {_MOIS[moment.month - 1]} {moment.year} à {moment:%Hh%M}",
    }


def joined(names: Sequence[str], language: str) -> str:
    """Names in a sentence: `A`, `A and B`, `A, B and C`."""
    last = " et " if language == "fr" else " and "
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + last + names[-1]


def names(article: SampleArticle, outlet: Outlet) -> tuple[str, ...]:
    """Who stands in the byline: the authors, else the agency, else the desk."""
    if article.authors:
        return article.authors
    if article.agency:
        return (article.agency,)
    return ("la rédaction" if outlet.language == "fr" else f"{outlet.name} staff",)


def role(article: SampleArticle, outlet: Outlet) -> str:
    """The role printed behind the names; nobody has one who writes for an agency."""
    if not article.authors or article.agency or outlet.slug == "atlaswire":
        return ""
    if outlet.language == "fr":
        return f", service {article.section}"
    return f", {_ROLES.get(article.section.lower(), f'{article.section} Reporter')}"


def neighbours(article: SampleArticle, pool: Sequence[SampleArticle], count: int, salt: str) -> tuple[SampleArticle, ...]:
    """Other articles of the outlet, a different choice for each page, the same in each run.

    Only articles of the first edition: a page does not change because others were added.
    """
    others = [other for other in pool if other.outlet == article.outlet and other.edition == 1 and other.page != article.page]
    others.sort(key=lambda other: (number(salt + article.page + other.page), other.page))
    return tuple(others[:count])


def comments(article: SampleArticle, outlet: Outlet) -> tuple[Comment, ...]:
    """Two to five comments by invented readers; none where only subscribers read on."""
    if article.kind == "paywall":
        return ()
    french = outlet.language == "fr"
    openings, closings = (_DEBUTS, _FINS) if french else (_OPENINGS, _CLOSINGS)
    topic = article.tags[0] if article.tags else article.section
    seed = number(article.page)
    return tuple(
        Comment(
            name=_READERS[(seed + 4 * index) % len(_READERS)],
            when=dates(article.published + timedelta(minutes=37 * index + 12))["fr" if french else "short"],
            text=" ".join(
                (
                    openings[(seed // 7 + index) % len(openings)].format(topic=topic),
                    closings[(seed // 89 + 3 * index) % len(closings)],
                )
            ),
        )
        for index in range(2 + seed % 4)
    )


def number(text: str) -> int:
    """A number from a text that is the same in every process."""
    return zlib.crc32(text.encode())


def picture(article: SampleArticle) -> str:
    """The article's picture: an SVG of sky, sea and a sun whose colours come from its name."""
    seed = number(article.page)
    hue, height, sun = seed % 360, 210 + seed // 360 % 90, 90 + seed // 40000 % 540
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 405">'
        f'<rect width="720" height="405" fill="hsl({hue},45%,82%)"/>'
        f'<circle cx="{sun}" cy="130" r="52" fill="hsl({(hue + 40) % 360},70%,70%)"/>'
        f'<path d="M0 {height}Q180 {height - 60} 360 {height}T720 {height - 20}V405H0Z" '
        f'fill="hsl({hue},35%,45%)"/></svg>\n'
    )
