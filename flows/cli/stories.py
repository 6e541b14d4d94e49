"""`newsfold story` and `newsfold explain`: who told what when, and why articles are or are not one."""

from typing import Annotated

import typer

from flows.cli import printing
from flows.cli.printing import clock, count, minutes
from schemas.answers import Check, PairAnswer, Printed, StoryAnswer, StoryName
from schemas.settings import load_settings
from tasks.store.query import open_published
from tasks.store.stories import story as find_story

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON")]


def story(
    which: Annotated[str, typer.Argument(metavar="ID|URL", help="Id of a story, or address of an article")],
    as_json: AsJson = False,
) -> None:
    """Show a story: who told it when, copies below their originals. Example: newsfold story https://example.org/article"""
    settings = load_settings()
    with open_published(settings) as connection:
        found = find_story(connection, which)
    if as_json:
        printing.as_json(found)
    else:
        _show_story(found, settings.timezone)


def explain(
    one: Annotated[str, typer.Argument(metavar="URL", help="Address or id of an article")],
    other: Annotated[str, typer.Argument(metavar="URL", help="Address or id of another")],
    as_json: AsJson = False,
) -> None:
    """Say why two articles are copies, or one story, or not. Example: newsfold explain https://a.example/x https://b.example/y"""
    from flows.explain import explain as why_two

    settings = load_settings()
    found = why_two(settings, one, other)
    if as_json:
        printing.as_json(found)
    else:
        _show_pair(found, settings.timezone)


def _show_story(found: StoryAnswer, zone: str) -> None:
    if found.merged_from is not None:
        typer.echo(f"story {found.merged_from} was merged into this one")
    typer.echo(f"story {found.id}: {found.title}")
    parts = [count(len(found.tellings), "telling"), count(found.copies, "copy", "copies"), count(found.outlets, "outlet")]
    typer.echo(f"{', '.join(parts)}; {clock(found.first_at, zone)} to {clock(found.last_at, zone)} {zone}")
    typer.echo(_first_words(found))
    for word, links in (("follows", found.follows), ("followed by", found.followed_by)):
        for link in links:
            typer.echo(f"{word} {_link_words(link, zone)}")
    typer.echo("")
    rows = []
    for telling in found.tellings:
        rows.append(_row(telling.article, telling.minutes_after, zone, ""))
        rows += [
            _row(copy.article, copy.minutes_after, zone, f"  ↳ {copy.level} copy, {copy.score:.0%}: ") for copy in telling.copies
        ]
    printing.table(rows, ("time", "after", "outlet", "headline"))
    if found.entities:
        typer.echo("\nmentions " + ", ".join(f"{one.name} ({one.type}, {one.articles})" for one in found.entities))


def _first_words(found: StoryAnswer) -> str:
    if found.first_outlet is None:
        return "who was first is not known: no telling gives a time of day"
    if found.next_outlet is None or found.minutes_ahead is None:
        return f"told by {found.first_outlet} alone"
    return f"first: {found.first_outlet}, {minutes(found.minutes_ahead)} before {found.next_outlet}"


def _link_words(link: StoryName, zone: str) -> str:
    return f"story {link.id} of {clock(link.at, zone)}: {link.title} ({link.reason})"


def _row(article: Printed, after: int | None, zone: str, lead: str) -> tuple[str, str, str, str]:
    passed = "?" if after is None else f"{after:+,d} min"
    return clock(article.at, zone, known=article.time_known), passed, article.outlet, lead + article.title


def _show_pair(found: PairAnswer, zone: str) -> None:
    for mark, article in (("A", found.one), ("B", found.other)):
        at = clock(article.at, zone, known=article.time_known)
        typer.echo(f"{mark}  {article.outlet}, {at}: {article.title} ({article.verdict}, {count(article.words, 'word')})")
    for said, checks in ((found.copies_said, found.copy_checks), (found.story_said, found.story_checks)):
        typer.echo(f"\n{said}")
        for check in checks:
            typer.echo(f"  {_mark(check)} {check.rule}: {check.said}")


def _mark(check: Check) -> str:
    return {True: "+", False: "-", None: "·"}[check.holds]


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(story)
    app.command()(explain)
