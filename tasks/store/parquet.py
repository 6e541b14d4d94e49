"""`newsfold publish --to`: the published file's tables as Parquet, by day, with a catalog of views over them.

articles/day=2026-11-20/data.parquet    hive layout, zstd, one file a table and day
entities/data.parquet                   what belongs to no day
catalog.sql                             tables and views by name over all of these
_newsfold.json                          a digest of each file's content: only what changed is written again
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from schemas.errors import BadInput, StoreUnwritable
from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.master import must_hold
from tasks.store.places import Place, place
from tasks.store.query import open_published

BOOKS = "_newsfold.json"
CATALOG = "catalog.sql"
AT_ONCE = 50  # days written in one pass: each holds a file open and a row group in memory
_SCRATCH = ".newsfold-export-"
# Each article's files are those of its day; a story's, those of the day on which it began.
BY_ARTICLE = ("articles", "article_texts", "article_versions", "copies", "story_articles", "mentions", "facts", "page_checks")
BY_STORY = ("stories",)
WHOLE = ("story_links", "story_aliases", "entities", "entity_counts", "aliases")


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file: what it holds, as a digest that no order of rows changes."""

    table: str
    day: str | None
    digest: str

    @property
    def name(self) -> str:
        """Its place below the target."""
        return f"{self.table}/data.parquet" if self.day is None else f"{self.table}/day={self.day}/data.parquet"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did, in files."""

    written: int
    kept: int
    removed: int
    to: str

    def sentence(self) -> str:
        """For people."""
        return f"{self.to}: files written: {self.written}, unchanged: {self.kept}, removed: {self.removed}"


def export(settings: Settings, target: str) -> Exported:
    """Brings `target` (a folder or s3://bucket/path) to what the published file says. Running it again writes nothing.

    Each file is replaced at once, the catalog after them; a run that is broken off is made good by the next.

    Raises:
        BadInput: `target` is no such place, or holds other things.
        NothingPublished: there is no published file yet.
        StoreUnwritable: it can't be written.
    """
    with must_hold(settings, "export"), open_published(settings) as connection:
        # In one thread a day's rows make one file; the work is bound by zstd and the disk, and others need the machine.
        connection.execute(f"SET memory_limit = '{settings.memory_limit}'; SET threads = 1")
        there = place(target)
        _days(connection, settings.timezone)
        parts = [part for table in (*BY_ARTICLE, *BY_STORY, *WHOLE) for part in _parts(connection, table)]
        before, sizes = _books(there), there.sizes()
        if not before and any(not name.startswith(_SCRATCH) for name in sizes):
            raise BadInput(f"{there.shown} holds other files; give a folder that is empty or was made by `newsfold publish --to`")
        known = before.get("files", {})
        kept = {part.name: known[part.name] for part in parts if known.get(part.name) == [part.digest, sizes.get(part.name)]}
        changed = [part for part in parts if part.name not in kept]
        # From here on the place is ours, even if this run is broken off: what it may have touched is then written again.
        _note(there, kept)
        with _scratch(there) as folder:
            written = {}
            for part, file in _files(connection, changed, folder):
                size = file.stat().st_size
                there.put(file, part.name)
                written[part.name] = [part.digest, size]
            _put_text(there, folder, CATALOG, catalog(connection, parts, there.shown))
        wanted = {part.name for part in parts}
        gone = [name for name in sizes if _is_ours(name) and name not in wanted]
        for name in gone:
            there.remove(name)
        _note(there, kept | written)
    return Exported(len(written), len(kept), len(gone), there.shown)


def _days(connection: duckdb.DuckDBPyConnection, timezone: str) -> None:
    """The day of each article and story, as the views count it."""
    connection.execute("CREATE TEMP TABLE article_days AS SELECT id AS article_id, day FROM news")
    connection.execute(
        "CREATE TEMP TABLE story_days AS SELECT id, CAST(timezone(?, first_at) AS DATE) AS day FROM stories", [timezone]
    )


def _with_day(table: str, columns: str) -> str:
    if table in BY_ARTICLE:
        key = "id" if table == "articles" else "article_id"
        return f"SELECT {columns} FROM main.{table} t JOIN article_days d ON d.article_id = t.{key}"
    if table in BY_STORY:
        return f"SELECT {columns} FROM main.{table} t JOIN story_days d ON d.id = t.id"
    return f"SELECT {columns} FROM main.{table} t"


def _parts(connection: duckdb.DuckDBPyConnection, table: str) -> list[Part]:
    """The files of a table. The digest is of all rows with their columns, and of the DuckDB whose hash it is."""
    columns = _columns(connection, table)
    mark = f"{duckdb.__version__}:{_short(connection, str(columns))}"
    digest = "count(*), sum(hash(t)::HUGEINT), bit_xor(hash(t))"
    if table in WHOLE:
        row = bulk.first(connection, _with_day(table, digest))
        return [Part(table, None, f"{mark}:{row}")]
    rows = connection.execute(_with_day(table, f"d.day, {digest}") + " GROUP BY d.day ORDER BY d.day").fetchall()
    return [Part(table, str(row[0]), f"{mark}:{row[1:]}") for row in rows]


def _short(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """A short digest of a text."""
    row = bulk.first(connection, "SELECT left(md5(?), 12)", [text])
    return str(row[0]) if row else ""


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    sql = (
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? AND schema_name = 'main' ORDER BY column_index"
    )
    return [(row[0], row[1]) for row in connection.execute(sql, [table]).fetchall()]


def _files(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], folder: Path) -> Iterator[tuple[Part, Path]]:
    """Writes these files below `folder`, many days in one pass over their table."""
    for table in dict.fromkeys(part.table for part in parts):
        days = [part for part in parts if part.table == table]
        for start in range(0, len(days), AT_ONCE):
            some = days[start : start + AT_ONCE]
            made = folder / table
            _copy(connection, some, made)
            for part in some:
                yield part, _one_file(connection, made if part.day is None else made / f"day={part.day}")
            shutil.rmtree(made)


def _copy(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], folder: Path) -> None:
    table = parts[0].table
    if parts[0].day is None:
        folder.mkdir()
        one = _quoted(folder / "data_0.parquet")
        sql = f"COPY ({_with_day(table, 't.*')} ORDER BY ALL) TO '{one}' (FORMAT parquet, COMPRESSION zstd)"
    else:
        days = ", ".join(f"DATE '{part.day}'" for part in parts)
        key = "t.id" if table in ("articles", *BY_STORY) else "t.article_id"
        sql = (
            f"COPY ({_with_day(table, 't.*, d.day')} WHERE d.day IN ({days}) ORDER BY d.day, {key}) TO '{_quoted(folder)}' "
            "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day))"
        )
    try:
        connection.execute(sql)
    except duckdb.IOException as error:
        raise StoreUnwritable(f"newsfold can't write the Parquet files: {str(error).splitlines()[0]}") from None


def _one_file(connection: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    """The one file of a folder; DuckDB begins another after half a million rows."""
    files = sorted(folder.glob("*.parquet"))
    if len(files) == 1:
        return files[0]
    one = folder / "one.parquet"
    names = ", ".join(f"'{_quoted(file)}'" for file in files)
    connection.execute(
        f"COPY (FROM read_parquet([{names}], hive_partitioning = false)) TO '{_quoted(one)}' (FORMAT parquet, COMPRESSION zstd)"
    )
    return one


def catalog(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], base: str) -> str:
    """SQL that gives the files their tables' names, and makes those views of the published file that need no others.

    Paths are listed one by one: over HTTP there is no folder that could be searched.
    """
    lines = [
        "-- newsfold's tables and views over Parquet files: `.read catalog.sql` in DuckDB 1.5 or newer.",
        "-- If the files are served from elsewhere, say so before: SET VARIABLE newsfold = 'https://…/';",
        f"SET VARIABLE newsfold = coalesce(getvariable('newsfold'), '{_quoted(base)}');",
    ]
    for table in (*BY_ARTICLE, *BY_STORY, *WHOLE):
        names = [part.name for part in parts if part.table == table]
        columns = _columns(connection, table)
        if names:
            files = ",\n    ".join(f"getvariable('newsfold') || '{name}'" for name in names)
            hive = "true, hive_types = {'day': DATE}" if table not in WHOLE else "false"
            source = f"SELECT * FROM read_parquet([\n    {files}\n], hive_partitioning = {hive})"
        else:
            nothing = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in [*columns, ("day", "DATE")])
            source = f"SELECT {nothing} WHERE false"
        lines.append(f"CREATE OR REPLACE VIEW {table} AS {source};")
    return "\n".join([*lines, *_views(connection)]) + "\n"


def _views(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The views that rest on exported tables and on one another alone, each after those that it needs."""
    rows = connection.execute("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'").fetchall()
    waiting, made = {row[0]: str(row[1]).rstrip().rstrip(";") for row in rows}, []
    with duckdb.connect() as trial:
        for table in (*BY_ARTICLE, *BY_STORY, *WHOLE):
            fields = ", ".join(f'"{name}" {kind}' for name, kind in _columns(connection, table))
            trial.execute(f"CREATE TABLE {table} ({fields})")
        progress = True
        while progress:
            progress = False
            for name, sql in list(waiting.items()):
                try:
                    trial.execute(sql)
                except duckdb.CatalogException:
                    continue  # it needs a view that comes later, or a table that is not exported
                made.append(sql.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1) + ";")
                del waiting[name]
                progress = True
    return made


def _books(there: Place) -> dict[str, dict[str, list[object]]]:
    raw = there.read(BOOKS)
    if raw is None:
        return {}
    try:
        books: dict[str, dict[str, list[object]]] = json.loads(raw)
        return {"files": dict(books["files"])}
    except (ValueError, KeyError, TypeError):
        return {"files": {}}  # everything is written again


def _note(there: Place, files: Mapping[str, list[object]]) -> None:
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(files[name])}" for name in sorted(files))
    with _scratch(there) as folder:
        _put_text(there, folder, BOOKS, f'{{"about": "written by `newsfold publish --to`", "files": {{\n{lines}\n}}}}\n')


def _put_text(there: Place, folder: Path, name: str, text: str) -> None:
    if there.read(name) != text.encode():
        (folder / name).write_text(text, encoding="utf-8")
        there.put(folder / name, name)


def _is_ours(name: str) -> bool:
    parts = name.split("/")
    return parts[0] in (*BY_ARTICLE, *BY_STORY, *WHOLE) and parts[-1] == "data.parquet"


@contextmanager
def _scratch(there: Place) -> Iterator[Path]:
    """A folder for files under way, on the target's own disk where it is one; what a killed run left behind goes."""
    home = there.scratch()
    try:
        if home is not None:
            for left in home.glob(f"{_SCRATCH}*"):
                shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=home) as folder:
            yield Path(folder)
    except OSError as error:
        raise StoreUnwritable(f"newsfold can't write in {home or tempfile.gettempdir()}: {error.strerror or error}") from None


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
