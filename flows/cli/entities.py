"""`newsfold entities …`: put right what newsfold took for one entity, or for two."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from schemas.errors import BadInput
from schemas.settings import load_settings
from tasks.entity_edits import Matches
from tasks.store import entity_edits
from tasks.store.master import is_there, open_master, transaction

app = typer.Typer(help="Merge, split and rename entities; every edit can be undone.", no_args_is_help=True)

EntityName = Annotated[str, typer.Argument(help="Name, spelling or id of an entity")]


@app.command()
def merge(name: EntityName, into: Annotated[str, typer.Argument(help="The entity that it is")]) -> None:
    """Make two entities one; new articles follow. Example: newsfold entities merge "Bob Mwale" "Robert Mwale" """
    _edit(lambda connection, now: entity_edits.merge(connection, name, into, now))


@app.command()
def split(
    name: EntityName,
    alias: Annotated[str | None, typer.Option(help="The mentions with this spelling go")] = None,
    article: Annotated[str | None, typer.Option(help="The mentions in this article go (address or id)")] = None,
    story: Annotated[str | None, typer.Option(help="The mentions in this story go (id)")] = None,
    new_name: Annotated[str | None, typer.Option("--as", help="What the other entity is called")] = None,
) -> None:
    """Make two of one entity. Example: newsfold entities split "Ann Lee" --story 123 --as "Ann Lee (rower)" """
    given = [
        (matches, value)
        for matches, value in ((Matches.ALIAS, alias), (Matches.ARTICLE, article), (Matches.STORY, story))
        if value is not None
    ]
    if len(given) != 1:
        raise BadInput("say which mentions go with one of --alias, --article and --story")
    matches, value = given[0]
    _edit(lambda connection, now: entity_edits.split(connection, name, matches, value, new_name, now))


@app.command()
def rename(name: EntityName, new_name: Annotated[str, typer.Argument(help="The name from now on")]) -> None:
    """Give an entity another name. Example: newsfold entities rename "Q. Corp" "Quill Corporation" """
    _edit(lambda connection, now: entity_edits.rename(connection, name, new_name, now))


@app.command()
def undo(number: Annotated[int, typer.Argument(help="Number of the edit (`newsfold entities edits`)")]) -> None:
    """Take an edit back. Example: newsfold entities undo 3"""
    _edit(lambda connection, now: entity_edits.undo(connection, number, now))


@app.command()
def edits() -> None:
    """List the edits. Example: newsfold entities edits"""
    settings = load_settings()
    rows = []
    if is_there(settings):
        with open_master(settings) as connection:
            rows = entity_edits.listed(connection)
    for row in rows:
        what = {
            "merge": f"{row['name']} → {row['other']}",
            "split": f"{row['name']} → {row['other'] or row['other_id']} ({row['matches']} {row['value']})",
            "rename": f"{row['entity_id']} → {row['value']}",
        }[row["kind"]]
        typer.echo(f"{row['id']:4} {row['kind']:6} {what}{'' if row['active'] else '  (undone)'}")
    typer.echo(f"{len(rows)} edit{'' if len(rows) == 1 else 's'}")


def _edit(act: entity_edits.Act) -> None:
    settings = load_settings()
    if not is_there(settings):
        raise BadInput("there are no entities yet; `newsfold run` finds some")
    with open_master(settings) as connection, transaction(connection):
        said = act(connection, datetime.now(UTC))
    typer.echo(said)
    typer.echo("the published file shows it after the next run or `newsfold publish`")
