"""`newsfold up`: everything that runs by itself, in one process tree."""

from collections.abc import Callable
from typing import Annotated

import typer

from schemas.settings import load_settings


def up(
    demo: Annotated[bool, typer.Option("--demo", help="On the sample web, with new articles while it runs")] = False,
    port: Annotated[int, typer.Option(help="Port of Prefect's user interface; 0 = any free one")] = 4200,
    pace: Annotated[float, typer.Option(help="With --demo: new articles a minute", min=0.1, max=600)] = 4.0,
) -> None:
    """Start Prefect's server (or use PREFECT_API_URL), all schedules and a worker; Ctrl-C stops them. Example: newsfold up"""
    from flows.up import up as start

    def say(line: str) -> None:
        typer.echo(line)
        # at once, also into a pipe or a log
        typer.get_text_stream("stdout").flush()

    if demo:
        from flows.cli.demo import live

        with live(load_settings(), pace):
            start(load_settings(), port=port, demo=True, say=say)
        return
    settings = load_settings()
    start(settings, port=port, say=say, first=lambda: _has_feeds(say))


def _has_feeds(say: Callable[[str], None]) -> bool:
    """Whether there is anything to poll; else says what to do."""
    from tasks.store.feeds import listed
    from tasks.store.master import open_master

    with open_master(load_settings()) as connection:
        there = bool(listed(connection))
    if not there:
        say("there are no feeds yet; `newsfold feeds add URL` or `newsfold feeds import FILE.opml` adds some")
    return there


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(up)
