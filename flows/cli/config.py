"""`newsfold config …`: what is set, where it came from, and the file to start from."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from dotenv import dotenv_values

from schemas.settings import load_settings
from tasks import config

app = typer.Typer(help="Show the settings and where each came from.", no_args_is_help=True)


@app.command()
def show(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON")] = False) -> None:
    """Show every setting, its value (secrets masked) and its source. Example: newsfold config show --json"""
    file = Path(".env")
    rows = config.shown(load_settings(file), os.environ, dotenv_values(file) if file.is_file() else {})
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
        return
    for row in rows:
        typer.echo(f"{row.name}={row.value}  ({row.source})")


@app.command()
def example() -> None:
    """Print a commented .env with every default. Example: newsfold config example > .env"""
    typer.echo(config.example(), nl=False)
