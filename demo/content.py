"""The outlets of the sample web and the articles they print, read from the package's files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

FeedFormat = Literal["rss", "atom", "rdf", "json"]
Kind = Literal["article", "live_blog", "paywall"]


class ContentError(ValueError):
    """An article file that does not follow the format; the message names the file."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """One invented news site."""

    slug: str
    name: str
    host: str
    tagline: str
    feed_format: FeedFormat
    feed_path: str
    template: str
    accent: str
    prefix: str
    article_path: str
    place: str
    language: str = "en"
    encoding: str = "utf-8"
    full_content: bool = False
    title_suffix: str = ""

    @property
    def home(self) -> str:
        """Address of the front page."""
        return f"http://{self.host}/"

    @property
    def feed_url(self) -> str:
        """Address of the main feed."""
        return f"http://{self.host}{self.feed_path}"


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """One article file: its front matter, and the body in light markdown."""

    outlet: str
    slug: str
    title: str
    published: datetime
    section: str
    description: str
    body: str
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image_caption: str = ""
    edition: int = 1
    modified: datetime | None = None
    story: str = ""
    follows: str = ""
    copy_of: str = ""
    corrects: str = ""
    agency: str = ""
    also_read: tuple[str, ...] = ()
    kind: Kind = "article"
    teaser_paragraphs: int = 2

    @property
    def page(self) -> str:
        """`outlet/slug` of the page it is printed on; a correction has the page it corrects."""
        return self.corrects or f"{self.outlet}/{self.slug}"

    @property
    def url(self) -> str:
        """Canonical address of the page."""
        outlet = OUTLETS[self.outlet]
        path = outlet.article_path.format(day=self.published, section=section_slug(self.section), slug=self.page.split("/")[1])
        return f"http://{outlet.host}{path}"


_OUTLETS = (
    Outlet(
        slug="harborlight",
        name="The Harbor Light",
        host="www.harborlight.example",
        tagline="News from the bay since 1891",
        feed_format="rss",
        feed_path="/feed.xml",
        template="broadsheet",
        accent="#0b4f6c",
        prefix="hl",
        article_path="/{day:%Y/%m/%d}/{slug}/",
        place="Baltimore",
        title_suffix=" | The Harbor Light",
    ),
    Outlet(
        slug="meridian",
        name="Meridian Post",
        host="meridianpost.example",
        tagline="The world at noon",
        feed_format="atom",
        feed_path="/atom.xml",
        template="metro",
        accent="#a4161a",
        prefix="mp",
        article_path="/{section}/{slug}",
        place="London",
        title_suffix=" - Meridian Post",
    ),
    Outlet(
        slug="alder",
        name="Alder Business Review",
        host="alderreview.example",
        tagline="Markets, companies, policy",
        feed_format="rss",
        feed_path="/rss",
        template="ledger",
        accent="#14532d",
        prefix="abr",
        article_path="/articles/{slug}",
        place="Sydney",
        title_suffix=" | Alder Business Review",
    ),
    Outlet(
        slug="nordkanal",
        name="Nordkanal",
        host="news.nordkanal.example",
        tagline="Public broadcasting for the north",
        feed_format="rdf",
        feed_path="/index.rdf",
        template="wire",
        accent="#1d3557",
        prefix="nk",
        article_path="/en/{slug}.html",
        place="Tromsø",
        title_suffix=" | Nordkanal",
    ),
    Outlet(
        slug="quill",
        name="Quill & Ledger",
        host="quillledger.example",
        tagline="Markets, deals and the money behind them",
        feed_format="json",
        feed_path="/feed.json",
        template="ledger",
        accent="#5b3a8c",
        prefix="ql",
        article_path="/{day:%Y}/{slug}",
        place="New York",
        title_suffix=" – Quill & Ledger",
    ),
    Outlet(
        slug="sundial",
        name="The Sundial",
        host="thesundial.example",
        tagline="Kenya, from first light",
        feed_format="rss",
        feed_path="/feed/",
        template="magazine",
        accent="#b45309",
        prefix="sd",
        article_path="/{day:%Y/%m}/{slug}/",
        place="Nairobi",
        full_content=True,
        title_suffix=" - The Sundial",
    ),
    Outlet(
        slug="copperline",
        name="Copperline",
        host="copperline.example",
        tagline="Technology and science, taken apart",
        feed_format="atom",
        feed_path="/feeds/all.atom",
        template="broadsheet",
        accent="#9a3412",
        prefix="cl",
        article_path="/{section}/{day:%Y-%m-%d}-{slug}.html",
        place="Portland",
        full_content=True,
    ),
    Outlet(
        slug="fernhill",
        name="Fernhill Gazette",
        host="fernhillgazette.example",
        tagline="Your valley, your paper",
        feed_format="rss",
        feed_path="/rss.xml",
        template="soup",
        accent="#3f6212",
        prefix="fg",
        article_path="/news/{slug}.html",
        place="Fernhill",
        encoding="windows-1252",
    ),
    Outlet(
        slug="atlaswire",
        name="Atlas Wire",
        host="atlaswire.example",
        tagline="The news agency",
        feed_format="rss",
        feed_path="/rss/all.xml",
        template="wire",
        accent="#374151",
        prefix="aw",
        article_path="/story/{slug}",
        place="Geneva",
        title_suffix=" | Atlas Wire",
    ),
    Outlet(
        slug="lumiere",
        name="La Lumière du Jour",
        host="lalumieredujour.example",
        tagline="Le quotidien du matin",
        feed_format="rss",
        feed_path="/rss/une.xml",
        template="lumiere",
        accent="#7c2d5e",
        prefix="llj",
        article_path="/{section}/article/{day:%Y/%m/%d}/{slug}.html",
        place="Paris",
        language="fr",
        title_suffix=" | La Lumière du Jour",
    ),
)

OUTLETS: Mapping[str, Outlet] = {outlet.slug: outlet for outlet in _OUTLETS}

_STRINGS = ["title", "section", "description", "image_caption", "story", "follows", "copy_of", "corrects", "agency", "kind"]
_LISTS = ("authors", "tags", "also_read")
_TIMES = ("published", "modified")
_NUMBERS = ("edition", "teaser_paragraphs")
_REQUIRED = ("title", "published", "section", "description")
_KINDS = ("article", "live_blog", "paywall")


def section_slug(section: str) -> str:
    """A section's name as it stands in addresses."""
    plain = section.lower().translate(str.maketrans("éèêàâîôûç", "eeeaaiouc"))
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def parse_article(text: str, outlet: str, slug: str) -> SampleArticle:
    """Read one article file."""
    where = f"{outlet}/{slug}"
    head, mark, body = text.removeprefix("+++\n").partition("\n+++\n")
    if not text.startswith("+++\n") or not mark:
        raise ContentError(f"{where}: no front matter between two +++ lines")
    try:
        fields = tomllib.loads(head)
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{where}: {error}") from error
    if outlet not in OUTLETS:
        raise ContentError(f"{where}: unknown outlet")
    if not body.strip():
        raise ContentError(f"{where}: no body")
    return SampleArticle(outlet=outlet, slug=slug, body=body.strip(), **_checked(fields, where))


def _checked(fields: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The front matter in the types of `SampleArticle`; anything else is an error."""
    missing = [name for name in _REQUIRED if not fields.get(name)]
    if missing:
        raise ContentError(f"{where}: missing {', '.join(missing)}")
    checked = {name: _value(name, value, where) for name, value in fields.items() if value != ""}
    if checked.get("edition", 1) not in (1, 2):
        raise ContentError(f"{where}: edition is 1 or 2")
    if checked.get("kind", "article") not in _KINDS:
        raise ContentError(f"{where}: kind is one of {', '.join(_KINDS)}")
    return checked


def _value(name: str, value: object, where: str) -> object:
    """One front-matter value in its right type."""
    if name in _STRINGS and isinstance(value, str):
        return value.strip()
    if name in _LISTS and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return value
    if name in _TIMES and isinstance(value, str | datetime | date):
        return _utc(value, f"{where}: {name}")
    raise ContentError(f"{where}: {name} is unknown or of the wrong type")


def _utc(value: str | datetime | date, where: str) -> datetime:
    """A time in UTC; a time without a zone is one in UTC already."""
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else value.isoformat())
    except ValueError as error:
        raise ContentError(f"{where} is not a time") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _article_files() -> Iterator[tuple[str, Traversable]]:
    root = files("demo").joinpath("articles")
    if not root.is_dir():
        return
    for folder in sorted(root.iterdir(), key=lambda entry: entry.name):
        if folder.is_dir() and not folder.name.startswith((".", "_")):
            for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
                if file.name.endswith(".md"):
                    yield folder.name, file


def _check_references(articles: tuple[SampleArticle, ...]) -> None:
    known = {f"{article.outlet}/{article.slug}": article for article in articles}
    stories = {article.story for article in articles}
    for article in articles:
        where = f"{article.outlet}/{article.slug}"
        for name in ("copy_of", "corrects"):
            target = getattr(article, name)
            if target and target not in known:
                raise ContentError(f"{where}: no {name} {target}")
        if article.follows and article.follows not in known.keys() | stories:
            raise ContentError(f"{where}: no follows {article.follows}")
        if article.corrects and known[article.corrects].url != article.url:
            raise ContentError(
                f"{article.outlet}/{article.slug}: a correction keeps the address, so its "
                f"published day and section are those of {article.corrects}"
            )


@lru_cache(maxsize=1)
def load_articles() -> tuple[SampleArticle, ...]:
    """All articles of both editions, in the order of outlet and file name."""
    articles = tuple(
        parse_article(
            file.read_text(encoding="utf-8").replace("\r\n", "\n"),
            folder,
            file.name.removesuffix(".md"),
        )
        for folder, file in _article_files()
    )
    _check_references(articles)
    return articles
