"""`newsfold reprocess`: stored articles read again without the network; a report first, written only when asked."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from schemas.errors import BadInput
from schemas.settings import load_settings

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class Steps(StrEnum):
    """What can be done again."""

    EXTRACT = "extract"
    ENTITIES = "entities"


def reprocess(
    step: Annotated[
        Steps, typer.Option(help="extract: archived pages with this version's extractor; entities: in the stored texts")
    ] = Steps.EXTRACT,
    write: Annotated[bool, typer.Option("--write", help="Write what changes; without it there is only a report")] = False,
    since: Annotated[datetime | None, typer.Option(formats=_TIMES, help="Only what appeared then or later (UTC)")] = None,
    until: Annotated[datetime | None, typer.Option(formats=_TIMES, help="Only what appeared before then (UTC)")] = None,
    feed: Annotated[str | None, typer.Option(help="Only articles found through this feed: address or title")] = None,
    outlet: Annotated[str | None, typer.Option(help="Only articles of this outlet: name or domain")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Most articles to read; 0 means all")] = 0,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show Prefect's log lines")] = False,
) -> None:
    """Read stored articles again without the network and say what that changes. Example: newsfold reprocess --since 2026-09-01"""
    from flows.cli.bars import bars
    from flows.environment import prefect_for
    from tasks.store.master import is_there

    settings = load_settings()
    if not is_there(settings):
        raise BadInput("there are no articles yet; `newsfold feeds add` and `newsfold run` come first")
    with bars(), prefect_for(settings, verbose=verbose):
        from flows.reprocess import reprocess as flow

        report = flow(
            step=step.value, dry_run=not write, since=_utc(since), until=_utc(until), feed=feed, outlet=outlet, limit=limit
        )
    typer.echo(report.text())
    if report.changed and not write:
        typer.echo("\nnothing was written; the same command with --write does it")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None else None


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(reprocess)
