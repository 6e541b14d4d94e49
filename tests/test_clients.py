"""Foreign clients read what newsfold publishes. `make clients` installs them; without it these tests are skipped."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import StoreUnwritable
from schemas.settings import Settings
from tasks.store.master import open_master
from tasks.store.parquet import export
from tasks.store.publish import publish
from tasks.store.query import ask
from tests.range_server import serving
from tests.test_looking import small_store

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv-clients" / "bin"
CLIENTS = ROOT / "tests" / "clients"
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(not (BIN / "duckdb").exists(), reason="the clients are not installed: make clients"),
]

# A count, text, a list, a whole number and a time: what a client could get wrong.
SQL = (
    "SELECT count(*)::INTEGER AS articles, max(title) AS title, "
    "strftime(timezone('UTC', min(published_at)), '%Y-%m-%d %H:%M') AS first_at, "
    "(SELECT list_aggregate(outlet_names, 'string_agg', '+') FROM story_overview ORDER BY id LIMIT 1) AS outlets FROM news"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small published store."""
    settings = small_store(Settings(home=tmp_path_factory.mktemp("clients"), publish_gap_seconds=0))
    publish(settings, datetime.now(UTC))
    return settings


@pytest.fixture(scope="module")
def expected(store: Settings) -> dict[str, Any]:
    """What newsfold's own DuckDB answers."""
    answer = ask(store, SQL)
    return dict(zip(answer.columns, answer.rows[0], strict=True))


def _run(*words: object, **options: Any) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=200, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_of_duckdb_1_5(store: Settings, expected: dict[str, Any]) -> None:
    assert _run(BIN / "duckdb", "--version").startswith("v1.5.")
    assert json.loads(_run(BIN / "duckdb", "-readonly", store.published, "-json", "-c", SQL)) == [expected]
    # every view opens, and says what it is
    views = json.loads(
        _run(BIN / "duckdb", "-readonly", store.published, "-json", "-c",
             "SELECT view_name AS name, comment FROM duckdb_views() WHERE NOT internal")
    )  # fmt: skip
    assert len(views) >= 12 and all(view["comment"] for view in views)
    _run(BIN / "duckdb", "-readonly", store.published, "-c", ";".join(f"SELECT count(*) FROM {view['name']}" for view in views))


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.skipif(not (CLIENTS / "node_modules").exists(), reason="the node client is not installed: make clients")
def test_the_node_client(store: Settings, expected: dict[str, Any]) -> None:
    assert json.loads(_run(NODE, CLIENTS / "read.mjs", store.published, SQL)) == [expected]


def test_python_pandas_polars_and_ibis(store: Settings, expected: dict[str, Any]) -> None:
    seen = json.loads(_run(BIN / "python", CLIENTS / "read.py", store.published, SQL, "news"))
    columns = list(ask(store, "FROM news LIMIT 0").columns)
    rows = ask(store, "SELECT count(*), max(published_at), count(*) FILTER (words > 0) FROM news").rows[0]
    assert seen["duckdb"].startswith("1.5.")
    assert seen["python"] == seen["polars read_database"] == [list(expected.values())]
    assert seen["pandas"] == [rows[0], columns, str(rows[1])]
    assert seen["polars"][:2] == [rows[0], columns] and seen["polars"][2].startswith("Datetime")
    assert (seen["ibis"], seen["ibis columns"]) == (rows[2], columns)


def test_clients_that_read_do_not_hold_publishing_up(store: Settings) -> None:
    words = [str(BIN / "duckdb"), "-readonly", str(store.published)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None and client.stdout is not None
        client.stdin.write(".mode list\nSELECT 'rows', count(*) FROM news;\n")
        client.stdin.flush()
        before = _line(client, "rows|")
        publish(store, datetime.now(UTC))
        client.stdin.write("SELECT 'again', count(*) FROM news;\n")
        client.stdin.flush()
        assert _line(client, "again|").split("|")[1] == before.split("|")[1]
        client.stdin.close()


def _line(client: "subprocess.Popen[str]", start: str) -> str:
    assert client.stdout is not None
    return next(line for line in client.stdout if line.startswith(start))


def test_parquet_over_http(store: Settings, expected: dict[str, Any], tmp_path: Path) -> None:
    export(store, str(tmp_path / "out"))
    with serving(tmp_path / "out") as base:
        assert json.loads(_run(BIN / "python", CLIENTS / "catalog.py", base, SQL)) == [list(expected.values())]
        day = "SELECT count(*) FROM articles WHERE day = DATE '2026-05-04'"
        assert json.loads(_run(BIN / "python", CLIENTS / "catalog.py", base, day)) == [[6]]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A stand-in for S3 on this machine, with a bucket; yields its host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test-secret-value", "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    words = [BIN / "python", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _until_it_answers(f"http://127.0.0.1:{port}/news-bucket")
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _until_it_answers(bucket: str) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(bucket, method="PUT")):
                return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_parquet_in_an_object_store(store: Settings, expected: dict[str, Any], s3: str, tmp_path: Path) -> None:
    settings = small_store(store.model_copy(update={"home": tmp_path}))
    publish(settings, datetime.now(UTC))
    target = "s3://news-bucket/some/where"
    first = export(settings, target)
    assert first.written > 10 and first.to == f"{target}/"
    again = export(settings, target)
    assert (again.written, again.kept) == (0, first.written)
    assert json.loads(_run(BIN / "python", CLIENTS / "catalog.py", f"{target}/", SQL, s3)) == [list(expected.values())]
    with open_master(settings) as connection:
        connection.execute("DELETE FROM copies")
        connection.execute("UPDATE articles SET title = 'Zz' WHERE id = 15")
    publish(settings, datetime.now(UTC))
    changed = export(settings, target)
    assert changed.removed == 2 and changed.written == 1
    assert json.loads(_run(BIN / "python", CLIENTS / "catalog.py", f"{target}/", "SELECT max(title) FROM news", s3)) == [["Zz"]]
    with pytest.raises(StoreUnwritable) as caught:
        export(settings, "s3://no-such-bucket/x")
    assert "test-secret-value" not in str(caught.value) and "s3://no-such-bucket/x/" in str(caught.value)
