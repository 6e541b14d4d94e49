"""`newsfold doctor`: looks over the installation and the store, and says what to do."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from schemas.errors import BadSetting
from schemas.settings import load_settings
from tasks.doctor import Check, examine


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON")] = False) -> None:
    """Check versions, locks, disk, clock, model and settings. Exit code 1: a check failed. Example: newsfold doctor --json"""
    try:
        checks = [Check("settings", "ok", "all valid"), *examine(load_settings(), datetime.now(UTC))]
    except BadSetting as error:
        checks = [Check("settings", "fail", str(error), "put it right in the environment or .env, then look again")]
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=1))
    else:
        for check in checks:
            typer.echo(f"{check.level:4}  {check.name}: {check.found}" + (f" → {check.advice}" if check.advice else ""))
    if any(check.level == "fail" for check in checks):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(doctor)
