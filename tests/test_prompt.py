"""The prompt of `newsfold sql`, in a terminal of its own, and `newsfold shell`."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.cli.main import main
from schemas.errors import BadQuery
from schemas.settings import Settings
from tasks.sql_text import completions, is_complete
from tasks.store.publish import publish
from tasks.store.query import Answer, Session, as_json, ask, to_parquet
from tests.test_looking import small_store

NAMES = {"news": ("id", "title", "outlet"), "news_total": ("n",), "stories": ("id", "title", "tellings")}


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("SELECT 1;", True),
        ("SELECT 1", False),
        ("SELECT ';'", False),
        ("SELECT ';\n';  ", True),
        ("SELECT 'it''s;", False),
        ('SELECT ";" AS "a;"', False),
        ("SELECT 1 -- ;", False),
        ("SELECT 1; -- done", True),
        ("SELECT 1 /* ; */", False),
        ("SELECT /* ' */ 1;", True),
        ("SELECT /* ;", False),
        ("SELECT $$;", False),
        ("SELECT $$'$$;", True),
        ("", False),
    ],
)
def test_where_a_statement_ends(text: str, complete: bool) -> None:
    assert is_complete(text) is complete


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT * FROM ne", ["news", "news_total"]),
        ("SELECT * FROM ", ["news", "news_total", "stories"]),
        ("select a.ti", []),
        ("SELECT count(*) FROM news n WHERE n.", ["n.id", "n.title", "n.outlet"]),
        ("SELECT * FROM news AS n JOIN stories s ON s.t", ["s.title", "s.tellings"]),
        ("SELECT news.o", ["news.outlet"]),
        ("SELECT * FROM news WHERE tit", ["title"]),
        ("SELECT * FROM news WHERE tel", []),
        ("SELECT tel", ["tellings"]),
        ("sel", ["select"]),
        ("SEL", ["SELECT"]),
        ("SELECT ", []),
    ],
)
def test_how_a_word_may_go_on(text: str, found: list[str]) -> None:
    assert completions(NAMES, text) == found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small published store."""
    settings = small_store(Settings(home=tmp_path_factory.mktemp("prompt"), publish_gap_seconds=0))
    publish(settings, datetime.now(UTC))
    return settings


# The terminal becomes the process's own first, or Ctrl-C would be for nobody.
# What runs in the background of a script begins with Ctrl-C ignored: the terminal's does not.
START = (
    "import fcntl, signal, termios; signal.signal(2, signal.default_int_handler); "
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); from flows.cli.main import run; run()"
)


class Terminal:
    """A person at a terminal."""

    def __init__(self, home: Path, person: Path) -> None:
        self.master, slave = pty.openpty()
        environment = {
            **os.environ, "NEWSFOLD_HOME": str(home), "HOME": str(person), "TERM": "dumb", "COLUMNS": "120",
            "INPUTRC": "/dev/null",
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, "sql"], stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = ""

    def types(self, text: str) -> None:
        """Types."""
        os.write(self.master, text.encode())

    def waits_for(self, text: str) -> str:
        """Reads until `text` has come; returns all up to it."""
        end = time.monotonic() + 40
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            if select.select([self.master], [], [], 1)[0]:
                try:
                    self.seen += os.read(self.master, 65536).decode()
                except OSError as error:  # the other end has gone
                    raise AssertionError(self.seen) from error
        before, _, self.seen = self.seen.partition(text)
        return before

    def close(self) -> None:
        """Goes away."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(store: Settings, tmp_path: Path) -> Iterator[Terminal]:
    """At the prompt."""
    made = Terminal(store.home, tmp_path)
    made.waits_for("newsfold> ")
    yield made
    made.close()


def test_a_session_at_the_prompt(terminal: Terminal, tmp_path: Path) -> None:
    terminal.types("SELECT count(*) AS all_of_them\n")
    terminal.waits_for("...> ")
    terminal.types("FROM story_overv\t;\n")  # the Tab key
    assert "story_overview" in terminal.waits_for("(1 row)")
    terminal.waits_for("newsfold> ")
    terminal.types("SELECT nonsense FROM news;\n")
    assert "DuckDB can't run this" in terminal.waits_for("newsfold> ")
    terminal.types(".format csv\n")
    terminal.waits_for("newsfold> ")
    terminal.types("SELECT 'a' AS x, 'b,c' AS y;\n")
    assert 'a,"b,c"' in terminal.waits_for("newsfold> ").split("x,y")[-1]
    terminal.types(".columns news\n")
    assert "Canonical address" in terminal.waits_for("newsfold> ")
    terminal.types(".tables\n")
    assert "One row an article" in terminal.waits_for("newsfold> ")
    terminal.types("SELECT 'dropped")
    terminal.waits_for("dropped")
    time.sleep(0.5)  # a Ctrl-C between the prompt and the wait for keys would be seen with the next key only
    terminal.types("\x03")
    terminal.waits_for("newsfold> ")
    terminal.types(".quit\n")
    terminal.process.wait(120)
    assert terminal.process.returncode == 0
    assert "SELECT nonsense FROM news;" in (tmp_path / ".local" / "state" / "newsfold" / "history").read_text()


def test_a_session_sees_what_is_published_meanwhile(settings: Settings) -> None:
    publish(settings, datetime.now(UTC))
    session = Session(settings)
    session.ask("SET VARIABLE mine = 7")
    assert session.ask("SELECT getvariable('mine')").rows == ((7,),)
    assert session.names()["news"][:2] == ("id", "title")
    assert session.ask("SELECT count(*) FROM news").rows == ((0,),)
    small_store(settings)  # publishes
    assert session.ask("SELECT count(*) FROM news").rows == ((8,),)
    session.close()


def test_answers_that_json_and_parquet_could_lose(store: Settings, tmp_path: Path) -> None:
    answer = ask(store, "SELECT 1 AS id, 2 AS id, 'nan'::DOUBLE AS x, [1.5, 'inf'::DOUBLE] AS y, '\\xAB'::BLOB AS z")
    assert answer.columns == ("id", "id_1", "x", "y", "z")
    assert "NaN" not in as_json(answer) and "Infinity" not in as_json(answer)
    assert '"z": "ab"' in as_json(Answer(("z",), ((b"\xab",),)))
    to_parquet(store, "SELECT 1 AS a; -- a comment", tmp_path / "a.parquet")
    with pytest.raises(BadQuery, match="one query"):
        to_parquet(store, "SELECT 1; SELECT 2", tmp_path / "b.parquet")
    assert ask(store, f"SELECT a FROM '{tmp_path}/a.parquet'").rows == ((1,),)


def test_shell_opens_duckdb_read_only_and_else_says_how_to_get_it(
    store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(store.home))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert main(["shell"]) == 2
    assert "pip install duckdb-cli" in capsys.readouterr().err
    program = tmp_path / "duckdb"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/words"\nexit 3\n')
    program.chmod(0o755)
    assert main(["shell"]) == 1
    words = (tmp_path / "words").read_text().splitlines()
    assert words[0] == "-readonly" and words[-1] == str(store.published)
    monkeypatch.setenv("NEWSFOLD_HOME", str(tmp_path / "none"))
    assert main(["shell"]) == 2
    assert "newsfold run" in capsys.readouterr().err
