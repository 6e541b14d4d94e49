"""`newsfold submit`: addresses of articles that no feed lists."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from schemas.errors import BadInput, TransientError
from schemas.events import MOST_URLS, RESOURCE_ID, URL_SUBMITTED, UrlSubmitted
from schemas.settings import load_settings


def submit(urls: Annotated[list[str], typer.Argument(metavar="URL…", help="http(s) addresses of articles")]) -> None:
    """Queue addresses, and wake newsfold if it is up. Example: newsfold submit https://example.org/2026/11/24/a-story"""
    from flows.environment import address_of_up
    from flows.prefect_api import emit
    from tasks.store import runs, submissions
    from tasks.store.master import open_master, transaction
    from tasks.urls import is_http_url

    for url in urls:
        if not is_http_url(url):
            raise BadInput(f"{url!r} is no http(s) address")
    settings, now = load_settings(), datetime.now(UTC)
    with open_master(settings) as connection, transaction(connection):
        run_id = runs.start(connection, "submit", None, now)
        count = submissions.submit(connection, urls, run_id, now)
        runs.finish(connection, run_id, submissions.counts(count), f"{count} addresses submitted", now)
    known = len(set(urls)) - count
    typer.echo(f"{count} {'address' if count == 1 else 'addresses'} queued" + (f", {known} known already" if known else ""))
    # The rows are written: the event only wakes somebody.
    api = os.environ.get("PREFECT_API_URL") or address_of_up(settings)
    if not api:
        typer.echo("newsfold is not up: `newsfold run` works them off")
        return
    parts = [urls[at : at + MOST_URLS] for at in range(0, len(urls), MOST_URLS)]
    try:
        emit(api, URL_SUBMITTED, RESOURCE_ID, [UrlSubmitted(urls=part).model_dump() for part in parts], now)
    except TransientError as error:
        typer.echo(f"newsfold: {error}; the next sweep works them off", err=True)


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(submit)
