"""`newsfold search` and `newsfold search-index`: articles by their words."""

from typing import Annotated

import typer

from flows.cli import printing
from flows.cli.printing import clock, count
from schemas.answers import SearchAnswer
from schemas.settings import load_settings
from tasks.store import search as store_search
from tasks.store.search import Engine


def search(
    words: Annotated[list[str], typer.Argument(help='All must be there; "two words" are a phrase, -word leaves out')],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Show so many at most")] = 10,
    engine: Annotated[Engine, typer.Option(help="scan reads all texts, fts asks the index; auto decides")] = Engine.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON")] = False,
) -> None:
    """Find articles by their words, the best first. Example: newsfold search earthquake Peru"""
    settings = load_settings()
    answer = store_search.search(settings, " ".join(words), limit, engine)
    if as_json:
        printing.as_json(answer)
    else:
        _show(answer, settings.timezone)


def search_index(
    install: Annotated[bool, typer.Option("--install", help="Let DuckDB download its fts extension first")] = False,
) -> None:
    """Make an index that answers faster, with DuckDB's fts extension. Example: newsfold search-index"""
    made = store_search.make_index(load_settings(), install)
    typer.echo(f"the search index holds {count(made, 'article')}; it counts until the next publish")


def _show(answer: SearchAnswer, zone: str) -> None:
    if answer.note:
        typer.echo(f"({answer.note})", err=True)
    for one in answer.found:
        copy = " (copy)" if one.original_id is not None else ""
        typer.echo(
            f"{one.title or '(no title)'}{copy}\n  {one.outlet or ''}, {clock(one.at, zone)}, score {one.score:.1f}, {one.url}"
        )
        typer.echo(f"  … {one.excerpt} …\n")
    typer.echo(f"{count(len(answer.found), 'article')}")


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(search)
    app.command("search-index")(search_index)
