"""docs/schema.md is what the comments say, and the views are what people were promised."""

from xml.etree import ElementTree

import pytest

from tools.build_schema_doc import DOC, PICTURE, PINNED, ROOT, Schema, as_contract, as_document, read_schema
from tools.schema_picture import picture

CONTRACT = f"""The views are a stable interface, and they are not what {PINNED.relative_to(ROOT)} pins.
If that is meant: write a line into CHANGELOG.md (what changed, what to write instead), give a migration where stored data
change, keep an old name as a view of the new one where you can, and pin the new state with
`.venv/bin/python -m tools.build_schema_doc --pin`. New views and columns need the changelog line, too."""


@pytest.fixture(scope="module")
def schema() -> Schema:
    return read_schema()


def test_the_document_is_fresh(schema: Schema) -> None:
    assert DOC.read_text(encoding="utf-8") == as_document(schema), "make schema-doc"


def test_the_picture_is_fresh_and_well_formed(schema: Schema) -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(schema.tables), "make schema-doc"
    root = ElementTree.fromstring(PICTURE.read_text(encoding="utf-8"))
    names = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"feeds", "entries", "articles", "stories", "entities", "mentions", "copies"} <= names


def test_the_views_are_as_pinned(schema: Schema) -> None:
    assert PINNED.read_text(encoding="utf-8") == as_contract(schema), CONTRACT


def test_everything_explains_itself(schema: Schema) -> None:
    relations = [*schema.tables, *schema.views, *schema.macros]
    assert [one.name for one in relations if len(one.comment) < 10] == []
    silent = [
        f"{one.name}.{column.name}" for one in (*schema.tables, *schema.views) for column in one.columns if not column.comment
    ]
    assert silent == []


def test_references_lead_to_columns_that_are_there(schema: Schema) -> None:
    columns = {(table.name, column.name) for table in schema.tables for column in table.columns}
    wrong = [
        f"{table.name}.{column.name} -> {column.refers_to}"
        for table in schema.tables
        for column in table.columns
        if column.refers_to and column.refers_to not in columns
    ]
    assert wrong == []
    assert sum(column.refers_to is not None for table in schema.tables for column in table.columns) > 20


def test_what_people_ask_of_has_no_plumbing_in_it(schema: Schema) -> None:
    assert [view.name for view in schema.views if view.is_plumbing] == []
