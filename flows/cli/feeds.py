"""`newsfold feeds …`: the list of feeds."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import BadInput
from schemas.reasons import FeedState
from schemas.records import FeedLine
from schemas.settings import load_settings
from tasks import opml, urls
from tasks.feed_health import COLUMNS, as_lines
from tasks.store import feeds as stored
from tasks.store import query
from tasks.store.feed_health import health as stored_health
from tasks.store.master import is_there, open_master

app = typer.Typer(help="Add, list and change feeds.", no_args_is_help=True)

NO_FEEDS = "there are no feeds yet; `newsfold feeds add URL` or `newsfold feeds import FILE.opml` adds some"


class Form(StrEnum):
    """How `newsfold feeds health` answers."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FeedName = Annotated[str, typer.Argument(help="Address, id or title of a feed")]


@app.command("import")
def import_opml(file: Annotated[Path, typer.Argument(help="An OPML file; its folders become tags")]) -> None:
    """Add all feeds of an OPML file. Example: newsfold feeds import my.opml"""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadInput(f"newsfold can't read {file}: {error.strerror or error}") from None
    read = opml.read_list(content)
    for unused in read.unused:
        typer.echo(f"not used: {unused}", err=True)
    with open_master(load_settings()) as connection:
        added = stored.add(connection, read.lines, datetime.now(UTC))
    left_out = f", {len(read.unused)} not used" if read.unused else ""
    typer.echo(f"{added.new} feeds added, {added.known} known already, {added.revived} taken up again{left_out}")


@app.command("export")
def export_opml(file: Annotated[Path | None, typer.Argument(help="Where to write; default: the screen")] = None) -> None:
    """Write all feeds as OPML. Example: newsfold feeds export my.opml"""
    settings = load_settings()
    if not is_there(settings):
        raise BadInput(NO_FEEDS)
    with open_master(settings) as connection:
        rows = stored.listed(connection)
    content = opml.write_opml([FeedLine(row["url"], row["title"], row["site_url"], tuple(row["tags"])) for row in rows])
    if file is None:
        typer.echo(content.decode("utf-8"))
        return
    try:
        file.write_bytes(content)
    except OSError as error:
        raise BadInput(f"newsfold can't write {file}: {error.strerror or error}") from None


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Address of a feed, or of a site whose feed is looked for")],
    tag: Annotated[list[str] | None, typer.Option(help="A tag; may be given several times")] = None,
    unchecked: Annotated[bool, typer.Option(help="Add the address as it is, without asking the server")] = False,
) -> None:
    """Add a feed, or the feed of a site. Example: newsfold feeds add https://example.org/"""
    from flows.discovery import discover

    url = url if "://" in url else f"https://{url}"
    if not urls.is_http_url(url):
        raise BadInput(f"{url!r} is no http(s) address")
    settings = load_settings()
    found = (FeedLine(url),) if unchecked else discover(url, settings)
    if len(found) > 1:
        typer.echo(f"{url} offers {len(found)} feeds; add one of them by its address:")
        for line in found:
            typer.echo(f"  {line.url}" + (f"  ({line.title})" if line.title else ""))
        raise typer.Exit(2)
    line = FeedLine(found[0].url, found[0].title, found[0].site_url, tuple(tag or ()))
    with open_master(settings) as connection:
        added = stored.add(connection, [line], datetime.now(UTC))
    typer.echo(f"{'added' if added.new else 'known already'}: {line.url}" + (f" ({line.title})" if line.title else ""))


@app.command("list")
def list_feeds() -> None:
    """List the feeds. Example: newsfold feeds list"""
    settings = load_settings()
    if not is_there(settings):
        typer.echo(NO_FEEDS)
        return
    with open_master(settings) as connection:
        rows = stored.listed(connection)
    for row in rows:
        tags = f"  [{', '.join(row['tags'])}]" if row["tags"] else ""
        trouble = f"  {row['failures']} failures: {row['last_reason']}" if row["failures"] else ""
        typer.echo(f"{row['state']:7} {row['url']}  {row['title'] or ''}{tags}{trouble}")
    typer.echo(f"{len(rows)} feed{'' if len(rows) == 1 else 's'}")


@app.command()
def health(
    form: Annotated[Form, typer.Option("--format", "-f", help="How to answer")] = Form.TABLE,
    failing: Annotated[bool, typer.Option("--failing", help="Only feeds that need a person")] = False,
) -> None:
    """Say how each feed does and what you could do. Example: newsfold feeds health --failing"""
    settings = load_settings()
    rows: list[tuple[object, ...]] = []
    if is_there(settings):
        with open_master(settings) as connection:
            rows = stored_health(connection, failing=failing)
    answer = query.Answer(COLUMNS, tuple(rows))
    if form is Form.JSON:
        typer.echo(query.as_json(answer))
    elif form is Form.CSV:
        typer.echo(query.as_csv(answer).rstrip("\n"))
    elif not rows:
        typer.echo("no feed needs a person" if failing and is_there(settings) else NO_FEEDS)
    else:
        typer.echo("\n".join(as_lines(rows)))


@app.command()
def edit(
    name: FeedName,
    title: Annotated[str | None, typer.Option(help="New title")] = None,
    url: Annotated[str | None, typer.Option(help="New address")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="The tags from now on; may be given several times")] = None,
) -> None:
    """Change a feed's title, address or tags. Example: newsfold feeds edit "My Feed" --tag business"""
    if url is not None and not urls.is_http_url(url):
        raise BadInput(f"{url!r} is no http(s) address")
    if title is None and url is None and tag is None:
        raise BadInput("nothing to change: give --title, --url or --tag")
    with open_master(load_settings()) as connection:
        stored.edit(connection, stored.find(connection, name), title=title, url=url, tags=tag)
    typer.echo("changed")


@app.command()
def pause(name: FeedName) -> None:
    """Stop polling a feed for now. Example: newsfold feeds pause https://example.org/feed"""
    _set(name, FeedState.PAUSED, "paused")


@app.command()
def resume(name: FeedName) -> None:
    """Poll a paused feed again. Example: newsfold feeds resume https://example.org/feed"""
    _set(name, FeedState.ACTIVE, "active again")


@app.command()
def remove(name: FeedName) -> None:
    """Remove a feed; its articles stay. Example: newsfold feeds remove https://example.org/feed"""
    _set(name, FeedState.REMOVED, "removed; its articles stay")


def _set(name: str, state: FeedState, said: str) -> None:
    with open_master(load_settings()) as connection:
        stored.set_state(connection, stored.find(connection, name), state)
    typer.echo(said)
