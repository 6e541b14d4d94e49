"""`newsfold feeds …`: the list of feeds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import BadInput
from schemas.reasons import FeedState
from schemas.records import FeedLine
from schemas.settings import load_settings
from tasks import opml, urls
from tasks.store import feeds as stored
from tasks.store.master import open_master

app = typer.Typer(help="Add, list and change feeds.", no_args_is_help=True)

FeedName = Annotated[str, typer.Argument(help="Address, id or title of a feed")]


@app.command("import")
def import_opml(file: Annotated[Path, typer.Argument(help="An OPML file; its folders become tags")]) -> None:
    """Add all feeds of an OPML file. Example: newsfold feeds import my.opml"""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadInput(f"newsfold can't read {file}: {error.strerror or error}") from None
    lines = opml.read_opml(content)
    with open_master(load_settings()) as connection:
        added = stored.add(connection, lines, datetime.now(UTC))
    typer.echo(f"{added.new} feeds added, {added.known} known already, {added.revived} taken up again")


@app.command("export")
def export_opml(file: Annotated[Path | None, typer.Argument(help="Where to write; default: the screen")] = None) -> None:
    """Write all feeds as OPML. Example: newsfold feeds export my.opml"""
    with open_master(load_settings()) as connection:
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
    with open_master(load_settings()) as connection:
        rows = stored.listed(connection)
    for row in rows:
        tags = f"  [{', '.join(row['tags'])}]" if row["tags"] else ""
        trouble = f"  {row['failures']} failures: {row['last_reason']}" if row["failures"] else ""
        typer.echo(f"{row['state']:7} {row['url']}  {row['title'] or ''}{tags}{trouble}")
    typer.echo(f"{len(rows)} feed{'' if len(rows) == 1 else 's'}")


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
