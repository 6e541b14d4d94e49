"""Questions to the published file: SQL in, a table out in the form that was asked for."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from schemas.errors import BadQuery, NothingPublished, StoreUnwritable
from schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Answer:
    """Column names and rows of a query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def open_published(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the published file.

    Raises:
        NothingPublished: there is none yet.
        StoreUnwritable: the file can't be read as a database.
    """
    if not settings.published.is_file():
        raise NothingPublished(f"there is no {settings.published} yet; `newsfold run` makes it")
    try:
        connection = duckdb.connect(settings.published, read_only=True)
    except duckdb.Error as error:
        raise StoreUnwritable(f"newsfold can't read {settings.published}: {str(error).splitlines()[0]}") from None
    connection.execute("SET TimeZone = 'UTC'")
    return connection


class Session:
    """Questions one after the other, each to the newest published file; `SET …` holds until another file is published."""

    def __init__(self, settings: Settings) -> None:
        """Raises NothingPublished, StoreUnwritable."""
        self._settings = settings
        self._file = _inode(settings.published)
        self._connection = open_published(settings)

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> Answer:
        """Runs one query.

        Raises:
            BadQuery: DuckDB refuses it.
            NothingPublished: the published file has gone.
        """
        if (now := _inode(self._settings.published)) != self._file:
            # Closed first: DuckDB would hand out the file that this process still has open by that name.
            self._connection.close()
            self._connection, self._file = open_published(self._settings), now
        return _ask(self._connection, sql, parameters)

    def names(self) -> dict[str, tuple[str, ...]]:
        """Tables and views with their columns, for completion."""
        sql = (
            "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
            "WHERE NOT internal GROUP BY table_name ORDER BY table_name"
        )
        return {row[0]: tuple(row[1]) for row in self.ask(sql).rows}

    def close(self) -> None:
        """Lets the file go."""
        self._connection.close()


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def ask(settings: Settings, sql: str, parameters: Sequence[Any] = ()) -> Answer:
    """Runs one query on the published file.

    Raises:
        BadQuery: DuckDB refuses it.
        NothingPublished: there is no published file yet.
    """
    with open_published(settings) as connection:
        return _ask(connection, sql, parameters)


def _ask(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any]) -> Answer:
    try:
        result = connection.execute(sql, list(parameters))
        if result is None:  # DuckDB's types do not say so: an empty query or only a comment
            raise BadQuery("there is no query")
        return Answer(_distinct([column[0] for column in result.description or ()]), tuple(result.fetchall()))
    except duckdb.Error as error:
        raise BadQuery(f"DuckDB can't run this: {_first_sentence(error)}") from None


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Column names, each once: `id, id` becomes `id, id_1`, or JSON would lose one of them."""
    found: list[str] = []
    for name in names:
        other, number = name, 0
        while other in found:
            number += 1
            other = f"{name}_{number}"
        found.append(other)
    return tuple(found)


def to_parquet(settings: Settings, sql: str, target: Path) -> None:
    """Writes a query's answer to a Parquet file.

    Raises:
        BadQuery: DuckDB refuses it or can't write there.
    """
    name = str(target).replace("'", "''")
    with open_published(settings) as connection:
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1:
                raise BadQuery("a Parquet file takes the answer of one query")
            # A view, because COPY (…) takes neither the comment nor the semicolon at the query's end.
            connection.execute(f"CREATE TEMP VIEW answer_ AS {statements[0].query}")
            connection.execute(f"COPY answer_ TO '{name}' (FORMAT parquet, COMPRESSION zstd)")
        except duckdb.Error as error:
            raise BadQuery(f"DuckDB can't run this: {_first_sentence(error)}") from None


def as_csv(answer: Answer) -> str:
    """RFC 4180 with a header line; times in ISO 8601, lists as JSON."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(answer.columns)
    writer.writerows([["" if value is None else _plain(value) for value in row] for row in answer.rows])
    return out.getvalue()


def as_json(answer: Answer) -> str:
    """A JSON list of objects."""
    return json.dumps(
        [dict(zip(answer.columns, map(_finite, row), strict=True)) for row in answer.rows],
        default=_plain,
        ensure_ascii=False,
        indent=1,
    )


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they become null."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case list() | tuple():
            return [_finite(item) for item in value]
        case dict():
            return {str(key): _finite(item) for key, item in value.items()}
        case _:
            return value


def as_markdown(answer: Answer) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(name.replace("|", "\\|") for name in answer.columns) + " |", "|" + " --- |" * len(answer.columns)]
    lines += ["| " + " | ".join(_cell(value).replace("|", "\\|") for value in row) + " |" for row in answer.rows]
    return "\n".join(lines)


def as_table(answer: Answer, width: int) -> str:
    """A table for people, cut to the terminal's width."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in answer.columns:
        table.add_column(name, overflow="fold", justify="left")
    for row in answer.rows:
        table.add_row(*(_cell(value) for value in row))
    out = io.StringIO()
    Console(file=out, width=width, no_color=True, markup=False, highlight=False, emoji=False).print(table)
    return out.getvalue().rstrip() + f"\n({len(answer.rows)} row{'' if len(answer.rows) == 1 else 's'})"


def _cell(value: Any) -> str:
    return "" if value is None else " ".join(str(_plain(value)).split())


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case list() | dict():
            return json.dumps(value, default=_plain, ensure_ascii=False)
        case int() | float() | str() | bool():
            return value
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _first_sentence(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    hint = next((line for line in lines[1:] if line.lower().startswith(("did you mean", "candidate"))), "")
    return " ".join(filter(None, [lines[0] if lines else type(error).__name__, hint]))
