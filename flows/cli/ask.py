"""`newsfold sql` and `newsfold why`: questions to the published file."""

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import BadInput
from schemas.settings import load_settings
from tasks.store import query
from tasks.store.why import why as explain


class Format(StrEnum):
    """How `newsfold sql` answers."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"
    PARQUET = "parquet"


def sql(
    text: Annotated[str, typer.Argument(metavar="QUERY", help="One SQL query; - reads it from standard input")],
    form: Annotated[Format, typer.Option("--format", "-f", help="How to answer")] = Format.TABLE,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write to; parquet needs one")] = None,
) -> None:
    """Ask the published file. Example: newsfold sql "SELECT title, outlet FROM news LIMIT 5" """
    settings = load_settings()
    text = sys.stdin.read() if text == "-" else text
    if form is Format.PARQUET:
        if out is None:
            raise BadInput("parquet is written to a file: give --out FILE")
        query.to_parquet(settings, text, out)
        return
    answer = query.ask(settings, text)
    width = shutil.get_terminal_size((160, 24)).columns
    forms = {Format.CSV: query.as_csv, Format.JSON: query.as_json, Format.MARKDOWN: query.as_markdown}
    made = forms[form](answer) if form in forms else query.as_table(answer, width)
    if out is None:
        typer.echo(made.rstrip("\n"))
        return
    try:
        out.write_text(made, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"newsfold can't write {out}: {error.strerror or error}") from None


def why(url: Annotated[str, typer.Argument(help="Address of an article, as a feed or the site gives it")]) -> None:
    """Say what became of an address. Example: newsfold why https://example.org/story"""
    typer.echo(explain(load_settings(), url))


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(sql)
    app.command()(why)
