"""`newsfold check` and `newsfold restore`: whether the store is whole, and the way back when it is not."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.checking import missing_records
from schemas.errors import BadInput
from schemas.settings import load_settings
from tasks.store.check import check as check_store
from tasks.store.master import is_there
from tasks.store.restore import restore as restore_store


def check(
    archive: Annotated[bool, typer.Option("--archive", help="Also look for each page's record in the archive")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON")] = False,
) -> None:
    """Check that the store's books agree. Exit code 0: all is well; 1: something is wrong; 2: it can't be read.
    Example: newsfold check --archive
    """
    settings = load_settings()
    if not is_there(settings) and not settings.published.exists():
        raise BadInput(f"there is no newsfold store in {settings.home} yet; `newsfold feeds add URL` makes it")
    found = check_store(settings)
    if archive and (missing := missing_records(settings)) is not None:
        found = replace(found, broken=(*found.broken, missing))
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=1))
    else:
        for broken in found.broken:
            typer.echo(broken.sentence())
        state = f"{len(found.broken)} do not hold" if found.broken else "all hold"
        typer.echo(f"{found.invariants} invariants over {found.articles} articles in {found.seconds:.1f} s: {state}")
    if found.broken:
        raise typer.Exit(1)


def restore(
    source: Annotated[Path | None, typer.Option("--from", help="Published file or snapshot to go back to")] = None,
    force: Annotated[bool, typer.Option("--force", help="Even though the master can be read")] = False,
) -> None:
    """Make a damaged master anew from the last published file; says what is lost. Example: newsfold restore"""
    for sentence in restore_store(load_settings(), source, datetime.now(UTC), force=force).sentences():
        typer.echo(sentence)


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    for command in (check, restore):
        app.command()(command)
