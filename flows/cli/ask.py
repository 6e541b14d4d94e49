"""`newsfold sql`, `newsfold shell` and `newsfold why`: questions to the published file."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
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
    text: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help="One SQL query; - reads it from standard input; without one: a prompt")
    ] = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="How to answer")] = Format.TABLE,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write to; parquet needs one")] = None,
) -> None:
    """Ask the published file. Example: newsfold sql "SELECT title, outlet FROM news LIMIT 5" """
    settings = load_settings()
    if text is None and sys.stdin.isatty():
        if out is not None or form is Format.PARQUET:
            raise BadInput("a file takes one answer: give a query along with --out")
        _prompt(form)
        return
    text = sys.stdin.read() if text in (None, "-") else text
    if form is Format.PARQUET:
        if out is None:
            raise BadInput("parquet is written to a file: give --out FILE")
        query.to_parquet(settings, text, out)
        return
    made = _forms()[form](query.ask(settings, text))
    if out is None:
        typer.echo(made.rstrip("\n"))
        return
    try:
        out.write_text(made, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"newsfold can't write {out}: {error.strerror or error}") from None


def _forms() -> dict[Format, Callable[[query.Answer], str]]:
    width = shutil.get_terminal_size((160, 24)).columns
    return {
        Format.TABLE: lambda answer: query.as_table(answer, width),
        Format.CSV: query.as_csv,
        Format.JSON: query.as_json,
        Format.MARKDOWN: query.as_markdown,
    }


def _prompt(form: Format) -> None:
    from flows.cli.repl import repl

    forms = _forms()
    first = {form.value: forms[form]}
    repl(load_settings(), first | {name.value: made for name, made in forms.items()})


def shell() -> None:
    """Open the published file in DuckDB's own command line, read-only. Example: newsfold shell"""
    settings = load_settings()
    query.open_published(settings).close()  # says in a sentence what is wrong, if anything is
    program = shutil.which("duckdb") or shutil.which("duckdb", path=str(Path(sys.executable).parent))
    if program is None:
        raise BadInput(
            "DuckDB's command line is not installed: `pip install duckdb-cli` brings it (1.5 or newer), or see "
            "docs/publishing.md; `newsfold sql` without a query is a prompt that is always there"
        )
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for DuckDB's prompt
    try:
        done = subprocess.run([program, "-readonly", "-cmd", "SET TimeZone = 'UTC'", str(settings.published)], check=False)
    finally:
        signal.signal(signal.SIGINT, before)
    raise typer.Exit(1 if done.returncode else 0)


def why(url: Annotated[str, typer.Argument(help="Address of an article, as a feed or the site gives it")]) -> None:
    """Say what became of an address. Example: newsfold why https://example.org/story"""
    typer.echo(explain(load_settings(), url))


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(sql)
    app.command()(shell)
    app.command()(why)
