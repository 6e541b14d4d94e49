"""`newsfold backfill`: older articles of feeds, of a site or from files; the same as the deployment in Prefect's UI."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.backfill import Source
from schemas.errors import BadInput
from schemas.settings import load_settings


def backfill(
    feeds: Annotated[
        list[str] | None, typer.Argument(metavar="[FEED]…", help="Names or addresses of feeds; none means all")
    ] = None,
    site: Annotated[str, typer.Option(help="A site, with or without a feed, such as https://www.example.org")] = "",
    since: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Only articles published on this day or later")] = "",
    until: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Only articles published on this day or earlier")] = "",
    source: Annotated[str, typer.Option(help="Where to look: " + ", ".join(Source))] = Source.AUTO.value,
    limit: Annotated[int, typer.Option(help="The most articles to fetch; 0 means all")] = 1000,
    file: Annotated[str, typer.Option(help="A list of addresses (text, CSV, JSON Lines), a WARC or WACZ file, or a folder")] = "",
    fetch: Annotated[bool, typer.Option("--fetch/--dry-run", help="Fetch them, or only say what would be fetched")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show Prefect's log lines")] = False,
) -> None:
    """Fetch older articles; without --fetch, say what there is to fetch. Example: newsfold backfill --since 2026-06-01 --fetch"""
    from flows.cli.bars import bars
    from flows.environment import prefect_for
    from tasks.backfill_request import Asked, read_request
    from tasks.store.backfills import known_feeds
    from tasks.store.master import is_there, open_master

    settings = load_settings()
    path = str(Path(file).expanduser().absolute()) if file else ""
    first, last = _day("--since", since), _day("--until", until)
    asked = Asked(tuple(feeds or ()), site, path, first, last, source, limit)
    known = []
    if is_there(settings):
        with open_master(settings) as connection:
            known = known_feeds(connection)
    # What is wrong with it is said at once, before Prefect is started for it.
    request = read_request(asked, known, settings.home, settings.timezone, datetime.now(UTC))
    if not fetch:
        with bars("reading archives"):
            from flows.backfill import look

            summary = look(settings, request)
        typer.echo(summary.sentence())
        for one in summary.sources:
            trouble = f" ({one.trouble})" if one.trouble else ""
            typer.echo(f"  {one.target}: {one.source}, {one.found} found, {one.new} new{trouble}")
        if summary.progress.queued:
            typer.echo("with --fetch it fetches them")
        return
    with bars(), prefect_for(settings, verbose=verbose):
        from flows.backfill import backfill as run

        asked_for: Any = source  # `read_request` has looked at it
        done = run(
            feeds=list(asked.feeds), site=site, since=first, until=last, source=asked_for,
            limit=limit, file=path, dry_run=False,
        )  # fmt: skip
    typer.echo(done.sentence())


def _day(option: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"{option} is {text!r}; give a day as in 2026-06-01") from None


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(backfill)
