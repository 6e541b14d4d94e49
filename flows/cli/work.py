"""`newsfold run`, `retry`, `forget`, `publish` and `maintain`: what changes the store."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from schemas.errors import BadInput
from schemas.settings import load_settings


def run(
    everything: Annotated[bool, typer.Option("--all", help="Poll all feeds, due or not (requests stay conditional)")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show Prefect's log lines")] = False,
) -> None:
    """Poll the feeds that are due, work off what they list, publish. Example: newsfold run"""
    from flows.cli.bars import bars
    from flows.environment import prefect_for
    from tasks.store.feeds import listed
    from tasks.store.master import open_master
    from tasks.store.publish import publish_owed

    settings = load_settings()
    with open_master(settings) as connection:
        if not listed(connection):
            raise BadInput("there are no feeds yet; `newsfold feeds add URL` or `newsfold feeds import FILE.opml` adds some")
    with bars(), prefect_for(settings, verbose=verbose):
        from flows.ingest import ingest
        from flows.poll import poll

        polled, ingested = poll(everything=everything), ingest()
    publish_owed(settings, datetime.now(UTC), at_once=True)  # whoever types the command wants to see what came
    typer.echo(polled.sentence())
    typer.echo(ingested.sentence())
    if settings.published.exists():
        typer.echo(f"published: {settings.published}")


def retry(
    url: Annotated[str | None, typer.Argument(help="Address of an entry")] = None,
    reason: Annotated[str | None, typer.Option(help="All entries that ended with this reason, such as timeout")] = None,
) -> None:
    """Queue entries again; the next run works them off. Example: newsfold retry --reason timeout"""
    from tasks.store.master import is_there, open_master, transaction
    from tasks.store.retry import check_asked, retry_entries

    if (url is None) == (reason is None):
        raise BadInput("give either an address or --reason")
    check_asked(url, reason)
    settings = load_settings()
    if not is_there(settings):
        raise BadInput(f"no feed has listed {url or 'anything'} yet; `newsfold feeds add` and `newsfold run` come first")
    with open_master(settings) as connection, transaction(connection):
        count = retry_entries(connection, url, reason, datetime.now(UTC))
    typer.echo(f"{count} {'entry' if count == 1 else 'entries'} queued again; `newsfold run` works them off")


def forget(
    target: Annotated[str, typer.Argument(metavar="URL|DOMAIN", help="An address, or a domain with all its addresses")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False,
) -> None:
    """Remove everything of an address or domain, for good. Example: newsfold forget example.org"""
    from tasks.store.forget import forget as forget_all

    if not yes and not typer.confirm(
        f"Remove all that is known of {target} from master, published file and archive, and block it?"
    ):
        raise typer.Abort
    typer.echo(forget_all(load_settings(), target, datetime.now(UTC)))


def publish(
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="DIR|s3://…", help="Also write it there: Parquet by day, and catalog.sql"),
    ] = None,
) -> None:
    """Make the published file anew now. Example: newsfold publish --to /srv/news"""
    from tasks.store.parquet import export
    from tasks.store.publish import publish as make

    settings = load_settings()
    typer.echo(f"published: {make(settings, datetime.now(UTC))}")
    if to is not None:
        typer.echo(export(settings, to).sentence())


def maintain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done")] = False,
) -> None:
    """Remove what is older than the settings say, compact, check the books. Example: newsfold maintain --dry-run"""
    from flows.environment import address_of_up
    from flows.maintenance import steps
    from tasks.store.master import is_there

    settings = load_settings()
    if not is_there(settings):
        raise BadInput(f"there is no newsfold store in {settings.home} yet; `newsfold feeds add URL` makes it")
    api = os.environ.get("PREFECT_API_URL") or address_of_up(settings)
    for line in steps(settings, api, datetime.now(UTC), dry_run=dry_run):
        typer.echo(line)


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (run, retry, forget, publish, maintain):
        app.command()(command)
