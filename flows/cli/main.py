"""`newsfold …`: the command line. No logic here: each command reads its words, calls a flow or the store, and prints.

Exit codes: 0 done, 1 a bug or a crash (`status`, `doctor`: something needs a person),
2 something a person can put right (one sentence on stderr, no traceback).
"""

import atexit
import os
import sys
from functools import cache
from typing import Annotated

import typer

from flows.cli import (
    ask,
    backfill,
    config,
    demo,
    doctor,
    entities,
    entity,
    feeds,
    report,
    reprocess,
    search,
    status,
    stories,
    submit,
    surviving,
    up,
    watch,
    work,
)
from schemas import VERSION
from schemas.errors import NewsfoldError, UserError

app = typer.Typer(
    name="newsfold",
    help="Turns a list of news feeds into a DuckDB file that people query with SQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"newsfold {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Turns a list of news feeds into a DuckDB file that people query with SQL."""


def main(words: list[str] | None = None) -> int:
    """Runs a command (default: the words of this process) and returns the exit code."""
    try:
        _complete()(words)
    except SystemExit as end:  # typer says what is wrong with the words of a command, and leaves
        return end.code if isinstance(end.code, int) else 0
    except UserError as error:
        typer.echo(f"newsfold: {error}", err=True)
        return 2
    except NewsfoldError as error:
        typer.echo(f"newsfold: {error}", err=True)
        return 1
    return 0


@cache
def _complete() -> typer.Typer:
    """The app with the commands of every file."""
    app.add_typer(feeds.app, name="feeds")
    app.add_typer(config.app, name="config")
    app.add_typer(entities.app, name="entities")
    app.add_typer(watch.app, name="watch")
    for module in (work, up, submit, backfill, reprocess, ask, search, stories, entity, report, status, doctor, surviving, demo):
        module.register(app)
    return app


def run() -> None:
    """The entry point of the `newsfold` command."""
    code = main()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking the interpreter down after Prefect's threads makes DuckDB's binding print a page of leak warnings.
    os._exit(code)


if __name__ == "__main__":
    run()
