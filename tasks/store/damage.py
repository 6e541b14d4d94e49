"""What DuckDB's errors about a file mean for a person: it is damaged, the disk is full, the folder is closed.

DuckDB has no classes for these: the system's own words in its messages tell them apart (tests/test_surviving.py makes
each of them happen).
"""

from pathlib import Path

import duckdb

from schemas.errors import StoreDamaged, StoreUnwritable, UserError

_FULL = ("No space left on device", "Disk quota exceeded", "File too large")
_CLOSED = ("Read-only file system", "Permission denied", "Operation not permitted")
_BROKEN = (
    "Could not read enough bytes",
    "not a valid DuckDB database file",
    "Corrupt database file",
    "does not match stored checksum",
    "Could not read from file",
    "Failed to deserialize",
    "Serialization Error",
    "Failure while replaying WAL",
    "WAL file",
)


def explained(path: Path, error: duckdb.Error) -> UserError | None:
    """The sentence for a person; None when the error is about something else (then it is a bug, and shown whole)."""
    message = _whole(error)
    if any(words in message for words in _FULL):
        return StoreUnwritable(f"there is no room left on the disk of {path}; make room and run again: what was stored is safe")
    if any(words in message for words in _BROKEN):
        return StoreDamaged(f"{path} is damaged ({first_line(error)}); `newsfold restore` goes back to the last published file")
    if any(words in message for words in _CLOSED):
        return StoreUnwritable(f"newsfold can't write {path}: {first_line(error)}")
    return None


def read_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Reads every value of every table; DuckDB compares each block with its checksum.

    Raises:
        duckdb.Error: a block is missing or damaged.
    """
    for (table,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall():
        connection.execute(f"SELECT count(COLUMNS(*)), max(hash(COLUMNS(*))) FROM {table}").fetchall()


def first_line(error: Exception) -> str:
    """An error's first line, cut."""
    return str(error).splitlines()[0][:200]


def _whole(error: BaseException | None) -> str:
    """The messages of an error and of those that led to it: a ROLLBACK that fails, too, hides the first."""
    messages = []
    while error is not None:
        messages.append(str(error))
        error = error.__cause__ or error.__context__
    return "\n".join(messages)
