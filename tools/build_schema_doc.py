"""Builds docs/schema.md, docs/images/schema.svg and (with --pin) tests/data/views.json from an empty migrated database.

All words come from the database's own COMMENTs. A reference is a column whose comment names another table's column in
parentheses, as in "Article (articles.id)".
"""

import json
import re
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from schemas.settings import Settings
from tasks.store.master import master_path, open_master
from tools.schema_picture import picture

ROOT = Path(__file__).resolve().parents[1]
DOC = ROOT / "docs" / "schema.md"
PICTURE = ROOT / "docs" / "images" / "schema.svg"
PINNED = ROOT / "tests" / "data" / "views.json"
_REFERENCE = re.compile(r"\((\w+)\.(\w+)[);]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or view; `refers_to` is (table, column) or None."""

    name: str
    type: str
    comment: str
    is_key: bool
    refers_to: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a view or a macro (then `parameters` says what it takes)."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    parameters: tuple[str, ...] = ()

    @property
    def is_plumbing(self) -> bool:
        """Whether it is of no use to people."""
        return "(plumbing)" in self.comment


@dataclass(frozen=True, slots=True)
class Schema:
    """All that the file offers."""

    tables: tuple[Relation, ...]
    views: tuple[Relation, ...]
    macros: tuple[Relation, ...]


def read_schema() -> Schema:
    """What a new file holds: tables by name, views in the order of views.sql."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        with open_master(settings):
            pass
        with duckdb.connect(master_path(settings), read_only=True) as connection:
            return Schema(*(_relations(connection, kind) for kind in ("table", "view")), _macros(connection))


def _relations(connection: duckdb.DuckDBPyConnection, kind: str) -> tuple[Relation, ...]:
    keys = {
        (table, column)
        for table, columns in connection.execute(
            "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        for column in columns
    }
    columns: dict[str, list[Column]] = {}
    for table, name, form, comment in connection.execute(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal "
        "ORDER BY table_name, column_index"
    ).fetchall():
        columns.setdefault(table, []).append(_column(name, form, comment or "", (table, name) in keys))
    rows = connection.execute(
        f"SELECT {kind}_name, comment FROM duckdb_{kind}s() WHERE NOT internal ORDER BY {kind}_name"
    ).fetchall()
    made = [Relation(name, comment or "", tuple(columns[name])) for name, comment in rows]
    written = (ROOT / "schemas" / "sql" / "views.sql").read_text(encoding="utf-8")
    return tuple(sorted(made, key=lambda one: written.find(f" VIEW {one.name} AS")))


def _column(name: str, form: str, comment: str, is_key: bool) -> Column:
    found = _REFERENCE.search(comment)
    return Column(name, form, comment, is_key, (found[1], found[2]) if found else None)


def _macros(connection: duckdb.DuckDBPyConnection) -> tuple[Relation, ...]:
    rows = connection.execute(
        "SELECT function_name, parameters, comment, function_type FROM duckdb_functions() WHERE NOT internal ORDER BY ALL"
    ).fetchall()
    made = []
    for name, parameters, comment, kind in rows:
        macro = Relation(name, comment or "", (), tuple(parameters))
        if not macro.is_plumbing:
            call = f"{name}({', '.join(['NULL::VARCHAR'] * len(parameters))})"
            query = f"SELECT * FROM {call}" if kind == "table_macro" else f"SELECT {call} AS answer"
            described = connection.execute(f"DESCRIBE {query}").fetchall()
            macro = replace(macro, columns=tuple(Column(row[0], row[1], "", False, None) for row in described))
        made.append(macro)
    return tuple(made)


def as_document(schema: Schema) -> str:
    """docs/schema.md."""
    people = [table for table in schema.tables if not table.is_plumbing]
    plumbing = [table for table in schema.tables if table.is_plumbing]
    parts = [
        _HEAD,
        *[f"- [`{view.name}`](#{view.name}): {_first(view.comment)}" for view in schema.views],
        "",
        _TABLES_LIST,
        *[f"- [`{table.name}`](#{table.name}): {_first(table.comment)}" for table in people],
        "",
        "![The tables and how they hang together](images/schema.svg)",
        "",
        "## The views",
        *[_section(view) for view in schema.views],
        "\n## Macros",
        *[_macro(macro) for macro in schema.macros if not macro.is_plumbing],
        "\n## The tables",
        *[_section(table) for table in people],
        "\n## Plumbing",
        "\nTables that newsfold needs and people do not. They may change in any version.",
        *[_section(table) for table in plumbing],
    ]
    return "\n".join(parts) + "\n"


def _section(relation: Relation) -> str:
    lines = [f"\n### {relation.name}", "", _cell(relation.comment), "", "| column | type | what it is |", "| --- | --- | --- |"]
    for column in relation.columns:
        mark = " **key**" if column.is_key else ""
        lines.append(f"| `{column.name}`{mark} | {column.type} | {_cell(column.comment)} |")
    return "\n".join(lines)


def _macro(macro: Relation) -> str:
    columns = ", ".join(f"`{column.name}` {column.type}" for column in macro.columns)
    return f"\n### {macro.name}({', '.join(macro.parameters)})\n\n{_cell(macro.comment)}\n\nAnswers {columns}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _first(comment: str) -> str:
    return _cell(comment.split(". ", maxsplit=1)[0].rstrip("."))


def as_contract(schema: Schema) -> str:
    """tests/data/views.json: names, columns and types of all views and macros."""
    made = {view.name: {column.name: column.type for column in view.columns} for view in schema.views}
    made |= {
        f"{macro.name}({', '.join(macro.parameters)})": {column.name: column.type for column in macro.columns}
        for macro in schema.macros
        if not macro.is_plumbing
    }
    return json.dumps(dict(sorted(made.items())), indent=1) + "\n"


_HEAD = """# The file's tables and views

<!-- Made by `make schema-doc` from the COMMENTs in the file itself; do not edit. -->

Every table, view and column carries these words as its COMMENT: `SELECT view_name, comment FROM duckdb_views()` and
`SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'news'` show them in any client. Times are
`TIMESTAMP WITH TIME ZONE`, stored in UTC; days are counted in `NEWSFOLD_TIMEZONE`. Questions with their SQL and answers are
in [cookbook.md](cookbook.md).

Start with the **views**. They are a stable interface: names, columns and types are pinned by a test, and a change has
its line in the changelog.
"""
_TABLES_LIST = """Below them are the **tables**. In the picture, an arrow goes from a column to the table that it refers to;
tables of plumbing are left out.
"""


def main() -> None:
    """Writes the files."""
    schema = read_schema()
    DOC.write_text(as_document(schema), encoding="utf-8")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(schema.tables), encoding="utf-8")
    if "--pin" in sys.argv[1:]:
        PINNED.write_text(as_contract(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
