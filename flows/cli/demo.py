"""`newsfold demo`: the main job on the sample web, without any outside network."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from schemas.errors import BadInput
from schemas.records import FeedLine
from schemas.settings import Settings, load_settings
from schemas.summaries import RunCounts

EDITIONS = (1, 2)
LIVE_PUBLISH_SECONDS = 5


def demo() -> None:
    """Poll, ingest and publish a small invented news web on this machine. Example: newsfold demo"""
    from demo.server import SampleWeb
    from flows.cli.bars import bars
    from flows.environment import prefect_for
    from tasks.store.publish import publish_owed

    began = time.monotonic()
    settings = load_settings()
    edition = played(settings)
    with SampleWeb(edition) as web, _mapped(web.host_map, settings), bars(), prefect_for(settings):
        counts = RunCounts()
        for number in range(edition, EDITIONS[-1] + 1):
            web.edition = number
            counts += play()
            remember(settings, min(number + 1, EDITIONS[-1]))
    publish_owed(settings, datetime.now(UTC), at_once=True)  # both editions, however soon one came after the other
    show(settings, counts, time.monotonic() - began)


def play() -> RunCounts:
    """Polls the sample web as it is now and works off what it lists."""
    from demo.web import FEEDS
    from flows.ingest import ingest
    from flows.poll import poll
    from tasks.store import feeds
    from tasks.store.master import open_master

    with open_master(load_settings()) as connection:
        known = {row["url"] for row in feeds.listed(connection)}
        _refuse_own_feeds(load_settings(), known - set(FEEDS))
        lines = [FeedLine(url, tags=("sample web",)) for url in FEEDS if url not in known]
        feeds.add(connection, lines, datetime.now(UTC))
    polled = poll(everything=True, only=list(FEEDS))
    return polled.polled.counts + ingest().counts


@contextmanager
def live(settings: Settings, pace: float) -> Iterator[None]:
    """The sample web with `pace` new articles a minute, its feeds in the store, and the settings that lead there."""
    from demo.content import OUTLETS
    from demo.live import LiveWeb
    from demo.web import FEEDS
    from tasks.store import feeds
    from tasks.store.master import open_master

    with ExitStack() as stack:
        # Where its hosts lead somewhere already, somebody else serves it.
        if f"{OUTLETS['harborlight'].host}=" not in settings.host_map:
            web = stack.enter_context(LiveWeb(60 / pace))
            stack.enter_context(_mapped(web.host_map, settings))
        soon = str(LIVE_PUBLISH_SECONDS)
        stack.enter_context(_set({"NEWSFOLD_PUBLISH_SECONDS": soon, "NEWSFOLD_PUBLISH_GAP_SECONDS": soon}))
        with open_master(settings) as connection:
            known = {row["url"] for row in feeds.listed(connection)}
            _refuse_own_feeds(settings, known - set(FEEDS))
            lines = [FeedLine(url, tags=("sample web",)) for url in FEEDS if url not in known]
            feeds.add(connection, lines, datetime.now(UTC))
        yield


def _refuse_own_feeds(settings: Settings, own: set[str]) -> None:
    if own:
        raise BadInput(f"{settings.home} holds feeds of your own; play the demo elsewhere: NEWSFOLD_HOME=folder newsfold demo")


def played(settings: Settings) -> int:
    """The edition to play: the first one until it is drained, then the second one for good."""
    try:
        return EDITIONS[-1] if _edition_file(settings).read_text().strip() == str(EDITIONS[-1]) else EDITIONS[0]
    except OSError:
        return EDITIONS[0]


def remember(settings: Settings, edition: int) -> None:
    """Keeps the edition's number in the data folder, whole or not at all."""
    target = _edition_file(settings)
    fresh = target.with_suffix(".new")
    fresh.write_text(f"{edition}\n")
    fresh.replace(target)


def _edition_file(settings: Settings) -> Path:
    return settings.home / "master" / "demo-edition"


@contextmanager
def _mapped(host_map: str, settings: Settings) -> Iterator[None]:
    """The sample web's hosts lead to loopback while the demo runs; it needs no pauses between its own pages."""
    wanted = {"NEWSFOLD_HOST_MAP": ", ".join(filter(None, [settings.host_map, host_map])), "NEWSFOLD_GAP_SECONDS": "0"}
    with _set(wanted):
        yield


@contextmanager
def _set(wanted: dict[str, str]) -> Iterator[None]:
    """Settings in the environment for as long as it lasts."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def show(settings: Settings, counts: RunCounts, seconds: float) -> None:
    """What there is now, in well under a screen."""
    from tasks.store.query import ask

    def rows(sql: str) -> tuple[tuple[Any, ...], ...]:
        return ask(settings, sql).rows

    total = rows(
        "SELECT (SELECT count(*) FROM feeds WHERE state <> 'removed'), (SELECT count(*) FROM entries), "
        "(SELECT count(*) FROM articles), (SELECT count(*) FROM copies), (SELECT count(*) FROM stories), "
        "(SELECT count(*) FROM entities)"
    )[0]
    typer.echo(
        "{} feeds · {} entries · {} articles · {} copies folded · {} stories · {} entities".format(*total)
        + f"   ({seconds:.0f} s)"
    )
    typer.echo(f"this time: {counts.articles} new, {counts.versions} edited\n\nLargest stories")
    for title, tellings, copies, names in rows(
        "SELECT title, tellings, articles - tellings, outlet_names FROM story_overview "
        "ORDER BY tellings DESC, articles DESC, id LIMIT 3"
    ):
        folded = f" + {copies} copies" if copies else ""
        typer.echo(f"  {title}\n    {tellings} tellings{folded}: {', '.join(names)}")
    typer.echo("\nBusiest entities")
    for kind in ("PERSON", "ORG", "PLACE"):
        found = rows(
            f"SELECT name, articles FROM entity_overview WHERE type = '{kind}' "
            "ORDER BY articles DESC, mentions DESC, name LIMIT 5"
        )
        typer.echo(f"  {kind.lower():7} " + ", ".join(f"{name} ({articles})" for name, articles in found))
    # `make demo` runs a command that is not on the PATH: what is shown can be pasted as it is.
    command = "newsfold" if shutil.which("newsfold") else shown_path(Path(sys.argv[0]))
    typer.echo(f"\nThe file: {shown_path(settings.published)}   Try:")
    for sql in (
        "SELECT day, outlet, title FROM news ORDER BY appeared_at DESC LIMIT 10",
        "SELECT title, tellings, first_outlet FROM story_overview WHERE tellings > 1",
        "SELECT url, reason, detail FROM why WHERE state NOT IN ('stored', 'unchanged')",
    ):
        typer.echo(f'  {command} sql "{sql}"')


def shown_path(path: Path) -> str:
    """A path as short as it can be from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(demo)
