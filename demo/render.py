"""Pages of the outlets: article pages, AMP pages, front and section pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from demo import feeds as feed_formats
from demo import furniture, jsonld, markup
from demo.content import Outlet, SampleArticle, section_slug
from demo.markup import Block, inline
from demo.theme import theme

_ABOUT = "Our newsroom has its seat in {place}. Write to the editors: newsroom@{host}."
_PRIVACY = "We store what we need to run this site and nothing else. Cookies expire in a week."


class Pages:
    """Writes one outlet's pages. `pool` is what neighbours and links are chosen from."""

    def __init__(self, outlet: Outlet, pool: Sequence[SampleArticle], feeds: Mapping[str, str]) -> None:
        self.outlet = outlet
        self._pool = tuple(article for article in pool if article.outlet == outlet.slug)
        self._theme = theme(outlet.template)
        self._by_title = {article.title: article for article in self._pool}
        self._site = {
            "lang": outlet.language,
            "encoding": outlet.encoding,
            "accent": outlet.accent,
            "p": outlet.prefix,
            "outlet": escape(outlet.name),
            "tagline": escape(outlet.tagline),
            "place": escape(outlet.place),
            "home": outlet.home,
            "year": "2026",
        }
        self._site |= {
            "nav": self._each("nav_item", [{"link": u, "name": escape(n)} for n, u in self._nav()]),
            "feeds": self._each(
                "feed_link",
                [
                    {
                        "link": u,
                        "name": escape(n),
                        "type": feed_formats.CONTENT_TYPES[outlet.feed_format],
                    }
                    for u, n in feeds.items()
                ],
            ),
        }

    def sections(self) -> tuple[str, ...]:
        """The outlet's sections, the busiest first."""
        count: dict[str, int] = {}
        for article in self._pool:
            count[article.section] = count.get(article.section, 0) + 1
        return tuple(sorted(count, key=lambda name: (-count[name], name)))

    def section_url(self, section: str) -> str:
        """Address of a section's page."""
        return f"{self.outlet.home}{section_slug(section)}/"

    def article(self, article: SampleArticle, amp: str = "") -> bytes:
        """The page of an article."""
        link = self._fill("amp_link", {"link": amp}) if amp else ""
        return self._encode(self._fill("page", self._article(article) | {"amp": link}))

    def amp(self, article: SampleArticle) -> bytes:
        """The AMP page of an article, whose canonical address is the article's."""
        values = self._article(article)
        values["body"] = markup.simple_html(self._shown(article))
        return self._encode(self._fill("amp", values))

    def listing(self, title: str, url: str, articles: Sequence[SampleArticle]) -> bytes:
        """A front or section page: titles that link to articles."""
        items = self._each("listing_item", [self._card(article) for article in articles])
        return self._encode(self._fill("listing", self._head(title, url) | {"items": items}))

    def about(self) -> bytes:
        """The page about the outlet."""
        text = _ABOUT.format(place=self.outlet.place, host=self.outlet.host)
        return self.plain("About", f"{self.outlet.home}about", text)

    def privacy(self) -> bytes:
        """The page about cookies."""
        return self.plain("Privacy", f"{self.outlet.home}privacy", _PRIVACY)

    def not_found(self) -> bytes:
        """What stands where nothing is."""
        text = "The page you asked for does not exist or is no longer here."
        return self.plain("Page not found", self.outlet.home, text)

    def consent(self) -> bytes:
        """A cookie dialog in place of a page."""
        return self._encode(self._fill("consent", {}))

    def plain(self, title: str, url: str, text: str) -> bytes:
        """A page with a headline and one paragraph."""
        values = self._head(title, url) | {"items": self._fill("p", {"text": inline(text)})}
        return self._encode(self._fill("plain_page", values))

    def _nav(self) -> list[tuple[str, str]]:
        return [(name, self.section_url(name)) for name in self.sections()[:7]]

    def _fill(self, name: str, values: Mapping[str, str]) -> str:
        return self._theme.fill(name, {**self._site, **values})

    def _each(self, name: str, rows: Sequence[Mapping[str, str]]) -> str:
        return "\n".join(self._fill(name, row) for row in rows)

    def _encode(self, html: str) -> bytes:
        return (html + "\n").encode(self.outlet.encoding, "xmlcharrefreplace")

    def _head(self, title: str, url: str) -> dict[str, str]:
        suffix = self.outlet.title_suffix
        return {
            "title": escape(title),
            "doc_title": escape(title + (suffix or f" | {self.outlet.name}")),
            "og_title": escape(title + suffix),
            "url": escape(url),
        }

    def _card(self, article: SampleArticle) -> dict[str, str]:
        return {
            "title": escape(article.title),
            "description": escape(article.description),
            "link": escape(article.url),
            "image": self._image(article),
            "section": escape(article.section),
            **_dates("date", furniture.dates(article.published)),
        }

    def _image(self, article: SampleArticle) -> str:
        return f"{self.outlet.home}images/{article.page.split('/')[1]}.svg"

    def _cards(self, fragment: str, article: SampleArticle, count: int, salt: str) -> str:
        chosen = furniture.neighbours(article, self._pool, count, salt)
        return self._each(fragment, [self._card(other) for other in chosen])

    def _article(self, article: SampleArticle) -> dict[str, str]:
        """All that the fragment `page` may ask for."""
        values = self._head(article.title, article.url) | self._card(article)
        values["section_url"] = self.section_url(article.section)
        values["caption"] = escape(article.image_caption)
        values["keywords"] = escape(", ".join(article.tags))
        values["minutes"] = str(len(article.body.split()) // 220 + 1)
        values |= self._by(article) | self._data(article)
        values["modified"] = ""
        if article.modified:
            moment = _dates("modified", furniture.dates(article.modified))
            values["modified"] = self._fill("modified", moment)
        values["figure"] = self._fill("figure", values) if article.image_caption else ""
        values["agency"] = ""
        if article.agency:
            values["agency"] = self._fill("agency", {"agency": escape(article.agency)})
        values["tags"] = self._each("tag", [{"name": escape(tag), "link": values["section_url"]} for tag in article.tags])
        return values | self._around(article) | {"body": self._body(article)}

    def _by(self, article: SampleArticle) -> dict[str, str]:
        """The byline, with a fragment for each name."""
        language = self.outlet.language
        names = furniture.names(article, self.outlet)
        tagged = [self._fill("author", {"name": escape(name)}) for name in names]
        values = {
            "authors": furniture.joined(tagged, language),
            "authors_plain": escape(furniture.joined(names, language)),
            "role": escape(furniture.role(article, self.outlet)),
        }
        return values | {"byline": self._fill("byline", values)}

    def _data(self, article: SampleArticle) -> dict[str, str]:
        """Structured data; a theme takes what it uses."""
        image = self._image(article)
        return {
            "jsonld": jsonld.flat(article, self.outlet, image),
            "jsonld_graph": jsonld.graph(article, self.outlet, image),
        }

    def _around(self, article: SampleArticle) -> dict[str, str]:
        """Neighbours and readers."""
        talk = [
            {"name": escape(c.name), "when": escape(c.when), "text": escape(c.text)}
            for c in furniture.comments(article, self.outlet)
        ]
        return {
            "related": self._cards("related_item", article, 4, "related"),
            "most_read": self._cards("rank_item", article, 5, "ranks"),
            "comments": self._each("comment", talk),
            "comment_count": str(len(talk)),
        }

    def _shown(self, article: SampleArticle) -> tuple[Block, ...]:
        """The blocks that everybody may read."""
        blocks = markup.parse(article.body)
        return blocks[: article.teaser_paragraphs] if article.kind == "paywall" else blocks

    def _body(self, article: SampleArticle) -> str:
        blocks = self._shown(article)
        if article.kind == "live_blog":
            return self._live(blocks)
        html = [self._block(block) for block in blocks]
        for place, piece in self._insertions(article, blocks):
            html.insert(place, piece)
        if article.kind == "paywall":
            html += [self._fill("paywall", {}), self._access(article)]
        return "\n".join(html)

    def _access(self, article: SampleArticle) -> str:
        has_own = self._theme.names("page") & {"jsonld", "jsonld_graph"}
        return "" if has_own else jsonld.access(article)

    def _insertions(self, article: SampleArticle, blocks: Sequence[Block]) -> list[tuple[int, str]]:
        """What is put between the blocks, from the last place to the first."""
        first = min(2, len(blocks))
        pieces = [
            (min(first + 3 * index, len(blocks)), self._also(title, article)) for index, title in enumerate(article.also_read)
        ]
        if len(blocks) > 5:
            inset = self._cards("rank_item", article, 3, "inset")
            pieces.append(
                (
                    len(blocks) // 2 + 1,
                    self._fill(
                        "break",
                        {"inset": inset, "minutes": str(len(article.body.split()) // 220 + 1)},
                    ),
                )
            )
        return sorted(pieces, key=lambda piece: -piece[0])

    def _also(self, title: str, article: SampleArticle) -> str:
        other = self._by_title.get(title)
        link = other.url if other else self.section_url(article.section)
        return self._fill("also", {"title": escape(title), "link": escape(link)})

    def _block(self, block: Block) -> str:
        if block.kind == "ul":
            items = self._each("li", [{"text": inline(line)} for line in block.lines])
            return self._fill("ul", {"items": items})
        return self._fill(block.kind, {"text": inline(block.lines[0])})

    def _live(self, blocks: Sequence[Block]) -> str:
        """A live blog: each heading opens an update."""
        groups: list[tuple[str, list[str]]] = [("", [])]
        for block in blocks:
            if block.kind == "h2":
                groups.append((inline(block.lines[0]), []))
            else:
                groups[-1][1].append(self._block(block))
        lead = "\n".join(groups[0][1])
        updates = [
            {"anchor": f"update-{index}", "text": text, "items": "\n".join(items)}
            for index, (text, items) in enumerate(groups[1:], 1)
        ]
        return lead + "\n" + self._each("live", updates)


def _dates(prefix: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}_{style}": escape(text) for style, text in texts.items()}
