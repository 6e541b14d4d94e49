"""`newsfold watch …`: webhooks that are told of news."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from schemas.errors import BadInput
from schemas.settings import load_settings
from tasks import webhook
from tasks.store import watches
from tasks.store.master import is_there, open_master, transaction

app = typer.Typer(help="Have a webhook told when news match.", no_args_is_help=True)


@app.command()
def add(
    target: Annotated[str, typer.Argument(help="Name of an entity, or with --sql a condition over the view news")],
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Webhook: gets a POST with JSON, once a story")],
    entity: Annotated[bool, typer.Option("--entity", help="The target is an entity's name or alias (the default)")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="The target is a condition over the view news")] = False,
) -> None:
    """Tell a webhook of coming stories that match. Example: newsfold watch add "Lynas" --entity --to https://example.org/hook"""
    if entity and sql:
        raise BadInput("give either --entity or --sql")
    settings = load_settings()
    if wrong := webhook.problem(to, webhook.allowed_hosts(settings.watch_hosts)):
        raise BadInput(f"{to} {wrong}")
    kind, now = watches.SQL if sql else watches.ENTITY, datetime.now(UTC)
    if settings.published.exists():
        watches.matches(settings, watches.Watch(0, kind, target, to, now), now)  # says what is wrong with a condition
    with open_master(settings) as connection, transaction(connection):
        watch = watches.add(connection, kind, target, to, now)
    typer.echo(f"watch {watch.id}: {kind} {target!r} -> {to}; told of articles that come from now on")


@app.command("list")
def list_() -> None:
    """Show all watches and what is still to be delivered. Example: newsfold watch list"""
    settings = load_settings()
    if not is_there(settings):
        typer.echo("there are no watches")
        return
    with open_master(settings) as connection:
        known, waiting = watches.listed(connection), watches.waiting(connection)
    for watch in known:
        left, problem = waiting.get(watch.id, (0, None))
        typer.echo(f"{watch.id}  {watch.kind} {watch.target!r} -> {watch.url}")
        if left:
            typer.echo(f"    {left} still to be delivered" + (f": {problem}" if problem else ""))
    if not known:
        typer.echo("there are no watches")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="Id or target of a watch")]) -> None:
    """Remove a watch. Example: newsfold watch remove "Lynas" """
    with open_master(load_settings()) as connection, transaction(connection):
        count = watches.remove(connection, name)
    typer.echo(f"{count} {'watch' if count == 1 else 'watches'} removed")
