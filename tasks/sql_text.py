"""SQL as it is typed: is a statement complete, and how could the word at its end go on? Pure, for the prompt."""

import re
from collections.abc import Mapping, Sequence

KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP", "BY", "ORDER", "LIMIT", "HAVING", "JOIN", "LEFT", "USING", "DISTINCT", "COUNT", "AS",
    "AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "WITH", "UNION",
    "ALL", "EXCEPT", "INTERSECT", "DESC", "ASC", "NULLS", "LAST", "QUALIFY", "OVER", "PARTITION", "DESCRIBE", "SUMMARIZE",
    "EXPLAIN", "FILTER", "INTERVAL", "EXISTS", "VALUES",
)  # fmt: skip
_STRETCH = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$\$.*?\$\$|--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)
_OPEN = re.compile(r"['\"]|\$\$|/\*")
_WORD = re.compile(r"(?:(\w+)\.)?(\w*)$")
_SOURCE = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?", re.IGNORECASE)
_WANTS_TABLE = re.compile(r"\b(?:FROM|JOIN|DESCRIBE|SUMMARIZE)\s+\w*$", re.IGNORECASE)


def is_complete(text: str) -> bool:
    """Whether `text` ends with a semicolon that stands in no string, quoted name or comment."""
    rest = _STRETCH.sub(" ", text)
    return not _OPEN.search(rest) and rest.rstrip().endswith(";")


def completions(names: Mapping[str, Sequence[str]], text: str) -> list[str]:
    """How the word at the end of `text` may go on, whole words, best first; `names`: tables and views with their columns.

    After FROM and JOIN tables, after `table.` or `alias.` its columns, elsewhere the columns of the tables that are
    named, then keywords and tables.
    """
    match = _WORD.search(text)
    if match is None:  # the pattern matches the empty word: for the type checker
        return []
    before: str | None = match[1]
    word: str = match[2]
    sources: dict[str, str] = {alias or table: table for table, alias in _SOURCE.findall(text) if table in names}
    if before is not None:
        table: str = sources.get(before, before)
        return [f"{before}.{name}" for name in names.get(table, ()) if name.startswith(word)]
    if _WANTS_TABLE.search(text):
        return [name for name in names if name.startswith(word)]
    columns = [name for table in sources.values() for name in names[table]]
    if not sources:
        columns = [name for table in names.values() for name in table]
    found = [name for name in dict.fromkeys([*columns, *names]) if word and name.startswith(word)]
    upper = [name for name in KEYWORDS if word and name.startswith(word.upper())]
    return found + [name if word.isupper() else name.lower() for name in upper]
