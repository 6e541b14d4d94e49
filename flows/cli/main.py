"""`newsfold …`: the command line. No logic here: each command reads its words, calls a flow or the store, and prints.

Exit codes: 0 done, 1 a bug or a crash, 2 something a person can put right (one sentence on stderr, no traceback).
"""

import atexit
import os
import sys
from functools import cache
from typing import Annotated

import click
import typer

from flows.cli import ask, demo, feeds, work
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
        code = _complete()(words, standalone_mode=False)
    except click.exceptions.Abort:
        typer.echo("newsfold: nothing was done", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except UserError as error:
        typer.echo(f"newsfold: {error}", err=True)
        return 2
    except NewsfoldError as error:
        typer.echo(f"newsfold: {error}", err=True)
        return 1
    except KeyboardInterrupt:
        typer.echo("newsfold: stopped; what was written is whole, the next run carries on", err=True)
        return 130
    return code if isinstance(code, int) else 0


@cache
def _complete() -> typer.Typer:
    """The app with the commands of every file."""
    app.add_typer(feeds.app, name="feeds")
    for module in (work, ask, demo):
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
