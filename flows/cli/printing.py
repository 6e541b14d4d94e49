"""How answers are shown: JSON with every field, or lines and tables for people, times in the setting's zone."""

import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer


def as_json(answer: Any) -> None:
    """Prints a record of `schemas.answers` as JSON; times in ISO 8601."""
    typer.echo(json.dumps(asdict(answer), default=_plain, ensure_ascii=False, indent=1))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def clock(at: datetime, zone: str, *, known: bool = True) -> str:
    """A time in a zone, with ~ before it where it is only about then."""
    return ("" if known else "~") + f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def minutes(count: int) -> str:
    """So many minutes in words: "35 minutes", "3 h 20 min", "2 days 4 h"."""
    sign, count = ("-", -count) if count < 0 else ("", count)
    if count < 60:
        return f"{sign}{count} minute{'' if count == 1 else 's'}"
    hours, rest = divmod(count, 60)
    if hours < 48:
        return f"{sign}{hours} h {rest} min"
    return f"{sign}{hours // 24} days {hours % 24} h"


def table(rows: Sequence[Sequence[str]], names: Sequence[str], *, fold: int = -1) -> None:
    """Prints a table as wide as the terminal; the column `fold` takes what the others leave."""
    from rich.console import Console
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(names):
        made.add_column(name, overflow="fold", no_wrap=place != fold % len(names))
    for row in rows:
        made.add_row(*row)
    out = io.StringIO()
    width = max(shutil.get_terminal_size((140, 24)).columns, 60)
    Console(file=out, width=width, no_color=True, markup=False, highlight=False, emoji=False).print(made)
    typer.echo("\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines()))


def count(number: int, one: str, many: str | None = None) -> str:
    """So many of something."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
