"""`newsfold entity`: who or what somebody or something in the news is."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from flows.cli import printing
from flows.cli.printing import clock, count
from schemas.answers import EntityAnswer, Named
from schemas.errors import BadInput
from schemas.settings import load_settings
from tasks.store import entity_pages
from tasks.store.query import open_published

# so many are listed when a name may mean several
LISTED = 20


def entity(
    name: Annotated[str, typer.Argument(help="Name or spelling; also an entity id, a Wikidata id or EXCHANGE:TICKER")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON")] = False,
) -> None:
    """Show who or what is called so: spellings, recent stories, company. Example: newsfold entity "Lynas" """
    settings = load_settings()
    with open_published(settings) as connection:
        choice = entity_pages.named(connection, name)
        found = entity_pages.entity(connection, choice.chosen, choice.others) if choice.chosen else None
    if found is None:
        _list(choice.others, as_json)
        raise BadInput(f"{name!r} may mean {len(choice.others)} entities: give the id of one")
    if as_json:
        printing.as_json(found)
    else:
        _show(found, settings.timezone)


def _list(several: tuple[Named, ...], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"candidates": [asdict(one) for one in several]}, ensure_ascii=False, indent=1))
        return
    rows = [(str(one.id), one.name, one.type, one.description or "", str(one.mentions)) for one in several[:LISTED]]
    printing.table(rows, ("id", "name", "type", "what it is", "mentions"), fold=3)


def _show(found: EntityAnswer, zone: str) -> None:
    if found.merged is not None:
        typer.echo(f"{found.merged} was merged into {found.name} by hand (`newsfold entities edits`)")
    ids = [f"id {found.id}", found.wikidata_id and f"Wikidata {found.wikidata_id}", found.iso_code and f"ISO {found.iso_code}"]
    ids.append(found.ticker)
    typer.echo(
        f"{found.name} ({found.type}{', ' + found.description if found.description else ''}); {', '.join(filter(None, ids))}"
    )
    if found.first_at is not None and found.last_at is not None:
        spread = f"{count(found.mentions, 'mention')} in {count(found.articles, 'article')} of {count(found.outlets, 'outlet')}"
        typer.echo(f"{spread}, {clock(found.first_at, zone)} to {clock(found.last_at, zone)} {zone}")
    for word, spellings in (("spelled", found.aliases), ("shown as", found.roles)):
        if spellings:
            typer.echo(f"{word} {', '.join(f'{one.text} ({one.count})' for one in spellings)}")
    if found.named_with:
        typer.echo("named with " + ", ".join(f"{one.name} ({one.type}, {one.articles})" for one in found.named_with))
    if found.stories:
        typer.echo("\nrecent stories")
        rows = [
            (clock(one.at, zone), str(one.id), count(one.articles, "article"), count(one.outlets, "outlet"), one.title)
            for one in found.stories
        ]
        printing.table(rows, ("last", "story", "telling", "by", "title"))
    for other in found.others[:LISTED]:
        what = f"{other.type}{', ' + other.description if other.description else ''}"
        typer.echo(f"also spelled so: {other.name} ({what}, {count(other.mentions, 'mention')}), id {other.id}")


def register(app: typer.Typer) -> None:
    """Adds the command of this file."""
    app.command()(entity)
