"""The prompt of `newsfold sql`: SQL until a semicolon, answers, completion with the Tab key.

Line editing, history and completion are the standard library's readline: no package for it (docs/choices.md).
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from schemas.errors import BadQuery
from schemas.settings import Settings
from tasks.sql_text import completions, is_complete
from tasks.store.query import Answer, Session

HELP = """SQL ends with a semicolon; the Tab key completes names. Besides:
  .tables         tables and views, with what they are
  .columns NAME   columns of one of them, with what they are
  .format NAME    how to answer: {formats}
  .help  .quit"""
HISTORY = Path("~/.local/state/newsfold/history")
DOTS = (".tables", ".columns", ".format", ".help", ".quit")
Shown = Callable[[Answer], str]


def repl(settings: Settings, forms: dict[str, Shown]) -> None:
    """Asks until `.quit` or the end of the input. `forms`: formats by name, the first one is the default.

    Raises:
        NothingPublished: there is no published file.
    """
    session = Session(settings)
    form = next(iter(forms))
    with _editing(session):
        typer.echo(f"{settings.published}, read-only. .help says what there is, .quit leaves.")
        while (statement := _read()) is not None:
            try:
                form = _answer(session, statement, form, forms)
            except BadQuery as error:
                typer.echo(str(error), err=True)
            except KeyboardInterrupt:
                typer.echo("interrupted", err=True)
            if statement == ".quit":
                break
    session.close()


def _answer(session: Session, statement: str, form: str, forms: dict[str, Shown]) -> str:
    """Does what was typed; returns the format from now on."""
    match statement.split():
        case [".quit"]:
            pass
        case [".tables"]:
            sql = "SELECT view_name AS name, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1"
            typer.echo(forms[form](session.ask(sql)).rstrip())
            sql = "SELECT table_name AS name, comment FROM duckdb_tables() WHERE NOT internal ORDER BY 1"
            typer.echo(forms[form](session.ask(sql)).rstrip())
        case [".columns", name]:
            sql = (
                "SELECT column_name AS name, data_type AS type, comment FROM duckdb_columns() "
                "WHERE table_name = ? ORDER BY column_index"
            )
            answer = session.ask(sql, [name.rstrip(";")])
            if not answer.rows:
                raise BadQuery(f"there is no table or view {name}; .tables lists them")
            typer.echo(forms[form](answer).rstrip())
        case [".format", name] if name in forms:
            return name
        case [first, *_] if first.startswith("."):
            typer.echo(HELP.format(formats=" ".join(forms)))
        case _:
            typer.echo(forms[form](session.ask(statement)).rstrip("\n"))
    return form


def _read() -> str | None:
    """The next statement or dot command; None at the end of the input. Ctrl-C drops what was typed so far."""
    lines: list[str] = []
    while True:
        try:
            line = input("newsfold> " if not lines else "     ...> ")
        except EOFError:
            typer.echo("")
            return None
        except KeyboardInterrupt:
            typer.echo("")
            lines = []
            continue
        if not lines and (not line.strip() or line.lstrip().startswith(".")):
            if line.strip():
                return line.strip()
            continue
        lines.append(line)
        if is_complete("\n".join(lines)):
            return "\n".join(lines)


@contextmanager
def _editing(session: Session) -> Iterator[None]:
    """Line editing with completion and history, where Python has readline."""
    try:
        import readline
    except ImportError:  # Python was built without it: the prompt works all the same
        yield
        return
    names, history = session.names(), HISTORY.expanduser()
    found: list[str] = []

    def complete(_word: str, state: int) -> str | None:
        if state == 0:
            text = readline.get_line_buffer()[: readline.get_endidx()]
            found[:] = [dot for dot in DOTS if dot.startswith(text)] if text.startswith(".") else completions(names, text)
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n,;()=<>+-*/|'\"")
    readline.parse_and_bind("bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete")
    _quietly(readline.read_history_file, history)
    try:
        yield
    finally:
        readline.set_completer(None)
        readline.set_history_length(1000)
        _quietly(history.parent.mkdir, 0o700, True, True)
        _quietly(readline.write_history_file, history)


def _quietly(action: Callable[..., Any], *values: Any) -> None:
    """History is a convenience: where it can't be read or kept, the prompt goes on without it."""
    try:
        action(*values)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            print(f"(no history: {error.strerror or error})", file=sys.stderr)
