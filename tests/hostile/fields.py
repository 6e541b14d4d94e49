"""What hostile fields hold, and what of it must be found in the store afterwards: plain data, nothing else."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

SQL = "Robert'); DROP TABLE entries; --"
UNION = "' UNION SELECT * FROM feeds; \"--"
SCRIPT = "<script>alert(1)</script>"
RTL = "\u202egpj.exe\u202c \u2066x\u2069"
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FieldCase:
    """An item's members as a JSON Feed has them; `holds` looks at the stored entry (a row by column name)."""

    name: str
    members: dict[str, Any]
    holds: Callable[[dict[str, Any]], bool] = field(repr=False)

    def as_json(self, guid: str) -> bytes:
        """The feed as JSON Feed."""
        item = {"id": guid, "url": f"https://news.example/{guid}"} | self.members
        return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": SQL, "items": [item]}).encode()

    def as_atom(self, guid: str) -> bytes:
        """The feed as Atom; characters that XML can't hold stand there all the same."""
        given = {"id": guid, "url": f"https://news.example/{guid}"} | self.members
        tags = "".join(f"<category term={_quoted(tag)}/>" for tag in given.get("tags", ()))
        people = "".join(f"<author><name>{escape(person['name'])}</name></author>" for person in given.get("authors", ()))
        inner = (
            f"<id>{escape(given['id'])}</id><title>{escape(given.get('title', ''))}</title><link href={_quoted(given['url'])}/>"
            f"<summary>{escape(given.get('summary', ''))}</summary><updated>{escape(given.get('date_published', ''))}</updated>"
            f"<content type='html'>{escape(given.get('content_html', ''))}</content>{tags}{people}"
        )
        feed = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>{escape(SQL)}</title><entry>{inner}</entry></feed>"
        return feed.encode("utf-8", "surrogatepass")


def _quoted(text: str) -> str:
    return '"' + escape(text, {'"': "&quot;"}) + '"'


FIELDS = (
    FieldCase("SQL in the title", {"title": SQL}, lambda row: row["title"] == SQL),
    FieldCase("a union in the title", {"title": UNION}, lambda row: row["title"] == UNION),
    FieldCase("SQL in the guid", {"id": SQL}, lambda row: row["guid"] == SQL),
    FieldCase("SQL in the summary", {"summary": SQL}, lambda row: row["summary"] == SQL),
    FieldCase(
        "SQL in an author",
        {"authors": [{"name": "O'); DELETE FROM feeds"}]},
        lambda row: row["authors"] == ["O'); DELETE FROM feeds"],
    ),
    FieldCase("SQL in a tag", {"tags": [SQL, UNION]}, lambda row: row["tags"] == [SQL, UNION]),
    FieldCase(
        "SQL in the date", {"date_published": SQL}, lambda row: row["published_at"] is None and row["published_as_given"] == SQL
    ),
    FieldCase(
        "SQL in the link", {"url": "https://news.example/'%3BDROP"}, lambda row: row["url"] == "https://news.example/'%3BDROP"
    ),
    FieldCase("a script in the title", {"title": f"a{SCRIPT}b"}, lambda row: row["title"] in ("a b", f"a{SCRIPT}b")),
    FieldCase("a script in the summary", {"summary": f"a{SCRIPT}b"}, lambda row: row["summary"] in ("a b", f"a{SCRIPT}b")),
    FieldCase("a script in an author", {"authors": [{"name": "A" + SCRIPT}]}, lambda row: len(row["authors"]) == 1),
    FieldCase("a script in a tag", {"tags": [SCRIPT]}, lambda row: row["tags"] == [SCRIPT]),
    FieldCase("a script in the content", {"content_html": f"<p>x</p>{SCRIPT}"}, lambda row: "<p>x</p>" in row["content"]),
    FieldCase("a right-to-left override in the title", {"title": RTL}, lambda row: row["title"] == "gpj.exe x"),
    FieldCase(
        "a right-to-left override in an author", {"authors": [{"name": RTL}]}, lambda row: "\u202e" not in row["authors"][0]
    ),
    FieldCase("a right-to-left override in a tag", {"tags": [RTL]}, lambda row: row["tags"] == ["gpj.exe x"]),
    FieldCase("letters that can't be seen", {"title": "a\u200bb\u2060c\ufeffd"}, lambda row: row["title"] == "abcd"),
    FieldCase("control characters in the title", {"title": "a\x07b\x1b[31mc\x9bd"}, lambda row: row["title"].isprintable()),
    FieldCase("line breaks in the title", {"title": "a\r\n\r\nb\u2028c"}, lambda row: row["title"] == "a b c"),
    FieldCase("a title of three megabytes", {"title": "x" * 3 * MB}, lambda row: len(row["title"]) == 1000),
    FieldCase("a title of a megabyte of marks", {"title": "e" + "\u0301" * MB}, lambda row: len(row["title"]) <= 1000),
    FieldCase("a title of a megabyte of <", {"title": "<" * MB}, lambda row: len(row["title"]) <= 1000),
    FieldCase("a title of a megabyte of &", {"title": "&amp" * (MB // 4)}, lambda row: len(row["title"]) <= 1000),
    FieldCase("a guid of a megabyte", {"id": "g" * MB}, lambda row: row["guid"].startswith("hash:")),
    FieldCase("a summary of a megabyte", {"summary": "s" * MB}, lambda row: len(row["summary"]) <= 4000),
    FieldCase(
        "content of three megabytes", {"content_html": "<p>é</p>" * (3 * MB // 8)}, lambda row: len(row["content"]) <= 2 * MB
    ),
    FieldCase("content with NULs", {"content_html": "<p>a\0b</p>"}, lambda row: "\0" not in (row["content"] or "")),
    FieldCase(
        "ten thousand authors", {"authors": [{"name": f"A{n} B"} for n in range(10_000)]}, lambda row: len(row["authors"]) <= 50
    ),
    FieldCase("ten thousand tags", {"tags": [f"t{n}" for n in range(10_000)]}, lambda row: len(row["tags"]) <= 50),
    FieldCase(
        "an author of a megabyte of commas", {"authors": [{"name": "a, " * (MB // 3)}]}, lambda row: len(row["authors"]) <= 50
    ),
    FieldCase("a date of a megabyte of digits", {"date_published": "9" * MB}, lambda row: row["published_at"] is None),
    FieldCase("a date before all", {"date_published": "0001-01-01T00:00:00Z"}, lambda row: row["published_at"] is None),
    FieldCase("a date after all", {"date_published": "9999-12-31T23:59:59Z"}, lambda row: row["published_at"] is None),
    FieldCase(
        "a date of an impossible zone",
        {"date_published": "2026-11-23T07:00:00+99:99"},
        lambda row: "2026" in row["published_as_given"],
    ),
)


# ---------------------------------------------------------------- OPML


def outline(inner: str, doctype: str = "") -> bytes:
    """An OPML file."""
    return f'<?xml version="1.0"?>{doctype}<opml version="2.0"><body>{inner}</body></opml>'.encode()


GOOD = '<outline text="x" xmlUrl="https://a.example/feed"/>'


@dataclass(frozen=True, slots=True)
class OpmlCase:
    """`says`: a part of the sentence with which the file is refused; None when it is read, and then holds `feeds`."""

    name: str
    make: Callable[[], bytes] = field(repr=False)
    says: str | None
    feeds: int = 0


OPML = (
    OpmlCase("nothing", lambda: b"", "not XML"),
    OpmlCase(
        "an entity bomb", lambda: outline(GOOD, "<!DOCTYPE o [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]>"), "entities of its own"
    ),
    OpmlCase(
        "an external entity",
        lambda: outline(GOOD, "<!DOCTYPE o [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"),
        "entities of its own",
    ),
    OpmlCase(
        "an entity in UTF-16",
        lambda: outline(GOOD, "<!DOCTYPE o [<!ENTITY a 'x'>]>").decode().replace("?>", " ?>", 1).encode("utf-16"),
        "entities of its own",
    ),
    OpmlCase("25 MB", lambda: outline(" " * 25 * MB), "larger than"),
    OpmlCase("100,000 deep", lambda: outline("<outline>" * 100_000 + GOOD), "no feeds"),
    OpmlCase(
        "30,000 feeds",
        lambda: outline("".join(f'<outline xmlUrl="https://a.example/{n}"/>' for n in range(30_000))),
        None,
        30_000,
    ),
    OpmlCase("one feed 30,000 times", lambda: outline(GOOD * 30_000), None, 1),
    OpmlCase("a megabyte title", lambda: outline(f'<outline text="{"x" * MB}" xmlUrl="https://a.example/"/>'), None, 1),
    OpmlCase(
        "links that are none",
        lambda: outline("".join(f'<outline xmlUrl="{link}"/>' for link in ("javascript:1", "file:///x", "data:,x", "", "feed:"))),
        "no feeds",
    ),
    OpmlCase(
        "SQL and HTML",
        lambda: outline(f'<outline text={_quoted(SQL)} category={_quoted(SCRIPT)} xmlUrl="https://a.example/"/>'),
        None,
        1,
    ),
    OpmlCase("truncated", lambda: outline(GOOD)[:-10], None, 1),
    OpmlCase("NULs", lambda: outline("\0" + GOOD), None, 1),
    OpmlCase("an HTML page", lambda: b"<!DOCTYPE html><html><body><p>x</body></html>", "no OPML"),
    OpmlCase("JSON", lambda: b'{"opml": []}', "not XML"),
)
