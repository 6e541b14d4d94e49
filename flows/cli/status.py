"""`newsfold status`: how newsfold is doing, for people, cron and monitors."""

import json
import os
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.environment import address_of_up, prefect_trouble
from schemas.settings import Settings, load_settings
from tasks.store.master import master_path
from tasks.store.status import StoreStatus, read_status

LEAST_FREE_BYTES = 500_000_000
PREFECT_SECONDS = 1.0
_LOCAL_PREFECT = "http://127.0.0.1:4200/api"


def status(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON")] = False) -> None:
    """Say how newsfold does. Exit code 0: fine; 1: something needs a person (a feed that only a person can mend,
    quarantined entries, under 500 MB of free disk, a Prefect server that PREFECT_API_URL names and that does not answer);
    2: there is no store that can be read. Example: newsfold status --json
    """
    settings = load_settings()
    now = datetime.now(UTC)
    stored = read_status(settings, now)
    free = shutil.disk_usage(settings.home).free
    sizes = {
        "master": _size(master_path(settings)),
        "published": _size(settings.published),
        "archive": _size(settings.archive_folder),
    }
    wanted = os.environ.get("PREFECT_API_URL")
    up = prefect_trouble(wanted or address_of_up(settings) or _LOCAL_PREFECT, PREFECT_SECONDS) is None
    problems = troubles(stored, free, prefect_missing=bool(wanted) and not up)
    if as_json:
        answer = {**asdict(stored), "sizes": sizes, "free_bytes": free, "prefect_up": up, "problems": problems}
        typer.echo(json.dumps(answer, default=_plain, ensure_ascii=False, indent=1))
    else:
        _print(stored, sizes, free, up, problems, settings)
    if problems:
        raise typer.Exit(1)


def troubles(stored: StoreStatus, free_bytes: int, *, prefect_missing: bool) -> list[str]:
    """What needs a person, a sentence each; empty when all is fine. Pure."""
    found = []
    if stored.feeds_need_person:
        found.append(f"{stored.feeds_need_person} feeds need a person: `newsfold feeds health --failing` says what to do")
    if stored.quarantined:
        found.append(f"{stored.quarantined} entries are quarantined: `newsfold retry` queues them again")
    if free_bytes < LEAST_FREE_BYTES:
        found.append(f"only {free_bytes / 1e6:.0f} MB of disk are free: make room")
    if prefect_missing:
        found.append("no Prefect server answers at PREFECT_API_URL: start it")
    return found


def _print(stored: StoreStatus, sizes: dict[str, int], free: int, up: bool, problems: list[str], settings: Settings) -> None:
    typer.echo(
        f"feeds: {stored.feeds}, {stored.feeds_due} due, {stored.feeds_failing} failing"
        + (f" (as of the published file; {settings.home} is being written)" if stored.source == "published" else "")
    )
    typer.echo(f"entries: {stored.pending} pending, {stored.quarantined} quarantined")
    for run in stored.last_runs:
        end = f"ended {run.ended_at:%Y-%m-%d %H:%M:%S}" if run.ended_at else "not ended (runs, or was killed)"
        typer.echo(f"last {run.flow}: began {run.started_at:%Y-%m-%d %H:%M:%S} UTC, {end}: {run.summary or 'no summary'}")
    for line in stored.backfills:
        typer.echo(f"backfill of {line.sentence()}")
    published = stored.last_publish_at
    typer.echo(f"last publish: {f'{published:%Y-%m-%d %H:%M:%S} UTC' if published else 'never'}")
    typer.echo("sizes: " + ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sizes.items()))
    typer.echo(f"free disk: {free / 1e9:.1f} GB")
    typer.echo(f"Prefect: {'up' if up else 'not up'}")
    for problem in problems:
        typer.echo(f"needs you: {problem}")


def _size(path: Path) -> int:
    """Bytes of a file or of all files in a folder; 0 when it is not there, or a file went away meanwhile."""
    total = 0
    for file in [path] if path.is_file() else path.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(status)
