"""Full-text search of the published file, in two ways that answer alike.

- `scan`: the macro `search` in the file itself (schemas/sql/views.sql): reads all texts, ranks by BM25, is always there, in
  every client. Words are found by their beginning; quotes and - work.
- `fts`: DuckDB's own BM25 index (extension fts), where it can be had: an index file in the master folder, made on request
  (`newsfold search-index`), English word stems. An index can't be kept up with new articles (the extension has no way), so
  it counts only for the very file that it was made of.

Nothing is downloaded unless a person asks for it: LOAD never does, and INSTALL is run only with `install`.
"""

import importlib.util
import re
from enum import StrEnum
from pathlib import Path

import duckdb

from schemas.answers import Found, SearchAnswer
from schemas.errors import BadInput, SearchIndexMissing, StoreUnwritable
from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.master import master_folder, must_hold
from tasks.store.query import open_published

INDEX_NAME = "search-index.duckdb"
_SHOWN = "score, title, outlet, appeared_at, excerpt, url, story_id, original_id, id"
# What the index can't answer as the macro does: phrases, words to leave out, and scripts without spaces.
_PLAIN = re.compile(r"^(?:[^\W\d_]|\d|[\s'’.,])+$")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


class Engine(StrEnum):
    """Which way is taken."""

    AUTO = "auto"
    SCAN = "scan"
    FTS = "fts"


def search(settings: Settings, words: str, limit: int, engine: Engine = Engine.AUTO) -> SearchAnswer:
    """The articles that have all the words, the best first.

    `auto` takes the index where there is one of this very file and it can answer; else it reads the texts.

    Raises:
        NothingPublished: there is no published file yet.
        BadInput: there is no word to look for, or fts can't answer what is asked.
        SearchIndexMissing: fts was asked for, and the index or the extension is not there.
    """
    if not re.search(r"[^\W_]", words):
        raise BadInput("there is no word to look for")
    with open_published(settings) as connection:
        stamp = _stamp(connection, "publication")
        if engine is Engine.SCAN or (engine is Engine.AUTO and not (_answers(words) and index_path(settings).is_file())):
            return SearchAnswer("scan", None, _scan(connection, words, limit))
        if not _answers(words):
            raise BadInput("the index knows words only: for phrases, - and scripts without spaces leave --engine fts away")
        why_not = _attach(connection, index_path(settings), stamp)
        if why_not is None:
            return SearchAnswer("fts", None, _ask_index(connection, words, limit))
        if engine is Engine.FTS:
            raise SearchIndexMissing(why_not)
        return SearchAnswer("scan", why_not, _scan(connection, words, limit))


def make_index(settings: Settings, install: bool = False) -> int:
    """Makes the index of the published file anew and returns how many articles it holds.

    Args:
        settings: where the file is.
        install: whether DuckDB may download the extension.

    Raises:
        NothingPublished: there is no published file yet.
        SearchIndexMissing: the extension can't be had.
        StoreUnwritable: the index can't be written.
    """
    open_published(settings).close()  # says in a sentence what is wrong with the file
    target = index_path(settings)
    made = target.with_name(f".{target.name}.new")
    with must_hold(settings, "search-index"):
        made.unlink(missing_ok=True)
        try:
            with duckdb.connect(made, config={"memory_limit": settings.memory_limit}) as connection:
                if (why_not := load_fts(connection, install)) is not None:
                    raise SearchIndexMissing(why_not)
                connection.execute("SET TimeZone = 'UTC'")
                count = _fill(connection, settings.published)
            made.replace(target)
        except (duckdb.IOException, OSError) as error:
            raise StoreUnwritable(f"newsfold can't write {target}: {str(error).splitlines()[0]}") from None
        finally:
            made.unlink(missing_ok=True)
            made.with_name(made.name + ".wal").unlink(missing_ok=True)
    return count


def index_path(settings: Settings) -> Path:
    """The file of the index."""
    return master_folder(settings) / INDEX_NAME


def load_fts(connection: duckdb.DuckDBPyConnection, install: bool = False) -> str | None:
    """Loads the extension; None when it is there, else a sentence. Downloads only with `install`."""
    try:
        connection.execute("SET autoinstall_known_extensions = false")
        if install:
            connection.execute("INSTALL fts")
        connection.execute("LOAD fts")
    except duckdb.Error as error:
        packaged = _packaged(duckdb.__version__)
        if packaged is None:
            what = str(error).splitlines()[0]
            return f"DuckDB's fts extension is not here ({what}); `newsfold search-index --install` lets DuckDB download it"
        try:
            connection.execute(f"LOAD '{packaged}'")
        except duckdb.Error as second:
            return f"DuckDB can't load {packaged}: {str(second).splitlines()[0]}"
    return None


def _packaged(version: str) -> Path | None:
    """The extension as the Python package duckdb-extension-fts ships it for this version of DuckDB."""
    spec = importlib.util.find_spec("duckdb_extension_fts")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "extensions" / f"v{version}" / "fts.duckdb_extension"
        if path.is_file() and "'" not in str(path):
            return path
    return None


def _answers(words: str) -> bool:
    return bool(_PLAIN.match(words)) and not _UNSPACED.search(words)


def _stamp(connection: duckdb.DuckDBPyConnection, table: str) -> object:
    row = bulk.first(connection, f"SELECT published_at FROM {table}")
    return row[0] if row else None


def _fill(connection: duckdb.DuckDBPyConnection, published: Path) -> int:
    name = str(published).replace("'", "''")
    connection.execute(f"ATTACH '{name}' AS published_file (READ_ONLY)")
    connection.execute(
        """CREATE TABLE documents AS SELECT a.id, a.title || '. ' || a.title || '. ' || a.title AS title, t.text
        FROM published_file.articles a JOIN published_file.article_texts t ON t.article_id = a.id AND t.version = a.version"""
    )
    connection.execute("CREATE TABLE made_of AS SELECT published_at FROM published_file.publication")
    connection.execute("DETACH published_file")
    # The headline stands in the index three times over: it counts as it does in the macro.
    connection.execute("PRAGMA create_fts_index('documents', 'id', 'title', 'text', stemmer = 'porter', stopwords = 'none')")
    row = bulk.first(connection, "SELECT count(*) FROM documents")
    # The index has its own words; a second copy of the texts would be for nothing.
    connection.execute("ALTER TABLE documents DROP COLUMN text")
    connection.execute("ALTER TABLE documents DROP COLUMN title")
    return int(row[0]) if row else 0


def _attach(connection: duckdb.DuckDBPyConnection, path: Path, stamp: object) -> str | None:
    """Brings the index in; None when it can be asked, else a sentence."""
    if not path.is_file():
        return "there is no search index; `newsfold search-index` makes it"
    if (why_not := load_fts(connection)) is not None:
        return why_not
    name = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{name}' AS search_index (READ_ONLY)")
    if _stamp(connection, "search_index.made_of") != stamp:
        return "the search index is of an older file; `newsfold search-index` makes it anew"
    return None


def _scan(connection: duckdb.DuckDBPyConnection, words: str, limit: int) -> tuple[Found, ...]:
    rows = connection.execute(f"SELECT {_SHOWN} FROM search(?) LIMIT ?", [words, limit]).fetchall()
    return tuple(Found(*row) for row in rows)


def _ask_index(connection: duckdb.DuckDBPyConnection, words: str, limit: int) -> tuple[Found, ...]:
    # The extension's macro finds its tables only in the database that is in use.
    home = bulk.first(connection, "SELECT current_database()")
    connection.execute("USE search_index")
    best = connection.execute(
        """SELECT id, round(score, 3) FROM (
            SELECT id, fts_main_documents.match_bm25(id, ?, conjunctive := 1) AS score FROM documents
        ) WHERE score IS NOT NULL ORDER BY score DESC, id LIMIT ?""",
        [words, limit],
    ).fetchall()
    connection.execute(f'USE "{home[0] if home else "memory"}"')
    rows = connection.execute(
        f"""SELECT {_SHOWN} FROM (
            SELECT r.score, n.title, n.outlet, n.appeared_at, n.url, n.story_id, n.original_id, n.id,
                   trim(regexp_replace(substr(t.text, CAST(greatest(
                       strpos(t.text, regexp_extract(t.text, '(?i)' || search_patterns(?, false)[1])) - 60, 1) AS BIGINT), 200),
                       '\\s+', ' ', 'g')) AS excerpt
            FROM (SELECT unnest(?::BIGINT[]) AS id, unnest(?::DOUBLE[]) AS score) r JOIN news n ON n.id = r.id
            JOIN article_texts t ON t.article_id = n.id AND t.version = n.version
        ) ORDER BY score DESC, appeared_at DESC, id""",
        [words, [row[0] for row in best], [row[1] for row in best]],
    ).fetchall()
    return tuple(Found(*row) for row in rows)
