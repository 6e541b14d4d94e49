"""The five texts in ../shared/seeds, each put into a page with its kind of outlet's furniture, must come out clean.

The texts are read at run time and never copied here. Each line of a text is in the page in one of four manners: a
WordPress-like theme, an old page of nested divs, a Bootstrap site, and the harshest form: every line a <p> of the one
container. What is asserted is what any text of this kind must give.
"""

import html
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.reasons import Verdict
from schemas.records import Extraction
from tasks.extract import extract
from tasks.text import words

SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"
NOW = datetime(2025, 7, 1, tzinfo=UTC)
JUNK = (
    *("Thumbnail", "All Categories", "Recommendations", "Please follow and like us:", "Leave a Comment", "Scroll to Top"),
    *("error", "LinkedIn", "Email", "X", "Enjoy this blog? Please spread the word :)"),
    "Your email address will not be published. Required fields are marked *",
)
OUTLETS = {"000": "Sharecafe", "001": "The Wall Street Journal", "003": "ICARO Media Group"}

pytestmark = [pytest.mark.corpora, pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds is not here")]


def _names() -> list[str]:
    return sorted(path.name for path in SEEDS.glob("*.txt")) if SEEDS.is_dir() else []


def _lines(name: str) -> list[str]:
    return [
        line
        for given in (SEEDS / name).read_text(encoding="utf-8").splitlines()
        if (line := " ".join(given.replace("\xa0", " ").split()))
    ]


def _title(lines: list[str]) -> str:
    """The headline is the first line that is more than an outlet's name."""
    return next(line for line in lines[:4] if len(line.split()) >= 5)


def _is_pointer(line: str) -> bool:
    return bool(re.match(r"(?i)also read\s*:", line))


def _body(lines: list[str]) -> list[str]:
    """The real paragraphs: sentences of some length, as a person would mark them."""
    ends = (".", "!", "?")
    texts = [line for line in lines if line not in JUNK and not _is_pointer(line)]
    return [line for line in texts if len(line.split()) >= 18 and line.rstrip("”\"'*").endswith(ends)]


def _paragraphs(lines: list[str]) -> str:
    return "\n".join(f"<p>{html.escape(line)}</p>" for line in lines)


def _head(title: str, outlet: str) -> str:
    return f"<head><meta charset='utf-8'><title>{html.escape(title)} - {html.escape(outlet)}</title></head>"


def harsh(lines: list[str], title: str, outlet: str) -> str:
    """Every line a <p> of the one container, the headline as <h1>."""
    at = lines.index(title)
    rows = [f"<h1>{html.escape(line)}</h1>" if index == at else f"<p>{html.escape(line)}</p>" for index, line in enumerate(lines)]
    return f"<html>{_head(title, outlet)}<body><div class='content'>{''.join(rows)}</div></body></html>"


def _cut(lines: list[str]) -> int:
    """Where the last real paragraph ends."""
    real = set(_body(lines))
    return max(index for index, line in enumerate(lines) if line in real) + 1


def _figure_or_paragraph(line: str) -> str:
    if line == "Thumbnail":
        return f'<figure class="wp-block-image"><img alt="{line}"><figcaption>{line}</figcaption></figure>'
    return f"<p>{html.escape(line)}</p>"


def wordpress(lines: list[str], title: str, outlet: str) -> str:
    """A theme with header, sidebar, share buttons, comment form and footer around the lines in their places."""
    at = lines.index(title)
    after = lines[at + 1 :]
    cut = _cut(after)
    name = html.escape(outlet)
    return f"""<!doctype html><html lang="en">{_head(title, outlet)}
    <body class="post-template-default single single-post has-sidebar">
    <header class="site-header"><a href="/">{html.escape(" ".join(lines[:at])) or name}</a>
    <nav class="main-navigation"><ul><li><a href="/world">World</a></li>
    <li><a href="/markets">Markets</a></li></ul></nav></header>
    <div class="site-content"><main id="main"><article class="post type-post category-world tag-trade">
    <header class="entry-header"><h1 class="entry-title">{html.escape(title)}</h1><div class="entry-meta">
    <span class="posted-on"><time datetime="2025-06-06T08:00:00+00:00">June 6, 2025</time></span>
    <span class="byline">by <a href="/author/jane-roe">Jane Roe</a></span></div></header>
    <div class="entry-content">{"".join(_figure_or_paragraph(line) for line in after[:cut])}
    <div class="sfsi_widget">{_paragraphs(after[cut:])}</div></div></article>
    <div id="comments" class="comments-area"><h3 id="reply-title">Leave a Comment</h3><form id="commentform">
    <p class="comment-notes">Your email address will not be published.</p><label>Name</label><input>
    <button>Post Comment</button></form></div></main>
    <aside id="secondary" class="widget-area"><h2>Recent Posts</h2><ul>
    <li><a href="/a">Markets rally as talks resume between the two sides</a></li>
    <li><a href="/b">Oil slips on demand worries in early trading today</a></li></ul></aside></div>
    <footer class="site-footer"><p>© 2025 {name}. All rights reserved.</p>
    <a href="#top">Scroll to Top</a></footer></body></html>"""


def old_divs(lines: list[str], title: str, outlet: str) -> str:
    """Nested divs and <br> without any paragraph element, the menu as a table."""
    at = lines.index(title)
    text = "<br><br>".join(html.escape(line) for line in lines[at + 1 :])
    return f"""<HTML>{_head(title, outlet)}<BODY><table width="100%"><tr><td>
    <a href="/">Home</a> | <a href="/news">News</a> | <a href="/contact">Contact</a></td></tr></table>
    <div id="wrap"><div id="left"><div class="box"><b>All Categories</b><br>
    <a href="/c1">Business</a><br><a href="/c2">Politics</a></div></div>
    <div id="middle"><div class="txt">{html.escape(" ".join(lines[:at]))}</div><h1>{html.escape(title)}</h1>
    <div class="txt">{text}</div></div></div><div id="foot">Copyright 2025 {html.escape(outlet)}</div></BODY></HTML>"""


def bootstrap(lines: list[str], title: str, outlet: str) -> str:
    """Rows and columns, cards of related stories below, social links as a list, JSON-LD and OpenGraph in the head."""
    after = lines[lines.index(title) + 1 :]
    cut = _cut(after)
    tail = "".join(
        f"<h3>{html.escape(line)}</h3>" if len(line.split()) <= 3 else f"<p>{html.escape(line)}</p>" for line in after[cut:]
    )
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": title,
        "datePublished": "2025-06-06T10:00:00Z",
        "publisher": {"@type": "Organization", "name": outlet},
    }
    name = html.escape(outlet)
    return f"""<!doctype html><html lang="en"><head><title>{html.escape(title)} | {name}</title>
    <meta property="og:title" content="{html.escape(title)}"><meta property="og:site_name" content="{name}">
    <script type="application/ld+json">{json.dumps(data)}</script></head>
    <body><nav class="navbar navbar-expand-lg"><a class="navbar-brand" href="/">{name}</a>
    <ul class="navbar-nav"><li class="nav-item"><a href="/x">Economy</a></li></ul></nav>
    <div class="container"><div class="row"><div class="col-md-8"><h1 class="display-5">{html.escape(title)}</h1>
    {_paragraphs(after[:cut])}<ul class="list-inline social-links"><li><a href="#">Facebook</a></li>
    <li><a href="#">Twitter</a></li></ul>{tail}</div><div class="col-md-4"><div class="card"><div class="card-body">
    <a href="/y">Central bank holds rates as inflation cools further</a></div></div></div></div></div></body></html>"""


MANNERS: dict[str, Callable[[list[str], str, str], str]] = {
    "harsh": harsh,
    "wordpress": wordpress,
    "old_divs": old_divs,
    "bootstrap": bootstrap,
}


def _extract(name: str, manner: str) -> tuple[list[str], str, Extraction]:
    lines = _lines(name)
    title = _title(lines)
    page = MANNERS[manner](lines, title, OUTLETS.get(name[:3], "Example Daily"))
    return lines, title, extract(page, f"https://outlet-{name[:3]}.example/2025/06/story", now=NOW)


@pytest.mark.parametrize("manner", sorted(MANNERS))
@pytest.mark.parametrize("name", _names())
def test_a_seed_comes_out_clean(name: str, manner: str) -> None:
    _, title, found = _extract(name, manner)
    assert found.title == title
    assert found.verdict is Verdict.FULL, found.evidence
    out = found.text.split("\n")
    assert not set(out) & set(JUNK)
    assert not any(_is_pointer(line) or "**" in line for line in out)
    assert title not in out
    assert not {"Leave a Comment", "Scroll to Top", "All Categories"} & set(found.markdown.replace("#", "").split("\n"))


@pytest.mark.parametrize("manner", sorted(MANNERS))
@pytest.mark.parametrize("name", _names())
def test_a_seed_keeps_its_paragraphs(name: str, manner: str) -> None:
    lines, _, found = _extract(name, manner)
    real = Counter(word for line in _body(lines) for word in words(line))
    kept = real & Counter(words(found.text))
    assert kept.total() >= 0.95 * real.total()
    out = set(found.text.split("\n"))
    assert sum(line in out for line in _body(lines)) >= 0.95 * len(_body(lines))


@pytest.mark.parametrize("name", _names())
def test_dates_and_outlets_are_found_where_the_text_has_them(name: str) -> None:
    lines, _, found = _extract(name, "harsh")
    days = [line for line in lines[:6] if re.fullmatch(r"\d{4}-\d{2}-\d{2}", line)]
    if days:
        assert found.published_at is not None
        assert found.published_at.date().isoformat() == days[0]
        assert found.published_precision == "day"
    if name[:3] in OUTLETS:
        assert found.outlet == OUTLETS[name[:3]]
