"""`newsfold report` and `newsfold feed`: what a period brought, for people; folded stories, for their feed readers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import BadInput
from schemas.settings import load_settings
from tasks.store.query import open_published

Out = Annotated[Path | None, typer.Option("--out", "-o", help="File to write to; without it, standard output")]
MOST_ENTRIES = 1000


def report(
    out: Out = None,
    md: Annotated[bool, typer.Option("--md", help="Markdown, for a mail, instead of a page")] = False,
    since: Annotated[str | None, typer.Option(help="First day, or the time from which on")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, or the time before which")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="So many days, to the last one that has news")] = 7,
) -> None:
    """Show a period's stories, names, outlets and feeds on one page. Example: newsfold report --out report.html"""
    from tasks.report import page
    from tasks.report.period import chosen
    from tasks.store.report import last_days, read_report

    settings = load_settings()
    if out is None and not md:
        raise BadInput("a page is written to a file: give --out report.html, or --md for text")
    with open_published(settings) as connection:
        period = chosen(since, until, days, last_days(connection, days, settings.timezone, datetime.now(UTC)))
        found = read_report(connection, period)
    _write(out, (page.markdown(found) if md else page.html(found)).encode())


def feed(
    story: Annotated[str | None, typer.Option(metavar="ID|URL", help="The tellings of one story")] = None,
    entity: Annotated[str | None, typer.Option(metavar="NAME|ID", help="The stories that mention somebody or something")] = None,
    query: Annotated[str | None, typer.Option(metavar="SQL", help="The stories of a query's column story_id")] = None,
    out: Out = None,
    title: Annotated[str | None, typer.Option(help="The feed's title")] = None,
    address: Annotated[str | None, typer.Option(metavar="URL", help="Where readers will find the file")] = None,
    most: Annotated[int, typer.Option(min=1, max=MOST_ENTRIES, help="At most so many stories")] = 100,
) -> None:
    """Write an Atom feed of stories, their copies folded. Example: newsfold feed --entity Lisbon --out lisbon.xml"""
    from dataclasses import replace

    from tasks import urls
    from tasks.report.atom import atom
    from tasks.store import folded_feed

    if sum(word is not None for word in (story, entity, query)) != 1:
        raise BadInput("say what the feed is of: one of --story, --entity and --query")
    if address is not None and not urls.is_http_url(address):
        raise BadInput(f"{address!r} is no http(s) address")
    with open_published(load_settings()) as connection:
        if story is not None:
            found = folded_feed.of_story(connection, story)
        elif entity is not None:
            found = folded_feed.of_entity(connection, entity, most)
        else:
            found = folded_feed.of_query(connection, query or "", most)
    _write(out, atom(replace(found, title=title) if title else found, address))


def _write(out: Path | None, made: bytes) -> None:
    """Writes the whole file or nothing; one that says the same already is left as it is, so that readers are answered 304."""
    if out is None:
        typer.echo(made.decode().rstrip("\n"))
        return
    try:
        if out.is_file() and out.read_bytes() == made:
            return
        fresh = out.with_name(f".{out.name}.new")
        fresh.write_bytes(made)
        fresh.replace(out)
    except OSError as error:
        raise BadInput(f"newsfold can't write {out}: {error.strerror or error}") from None


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(report)
    app.command()(feed)
