"""Watches: what matches is told to a webhook, at least once, once a story."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from demo.server import SampleWeb
from demo.web import FEEDS
from flows.cli.main import main
from flows.watching import tell_watchers
from schemas.errors import BadInput, BadQuery
from schemas.settings import Settings
from tasks import webhook
from tasks.store import watches
from tasks.store.master import open_master
from tasks.store.publish import publish
from tests import pipeline

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAST = datetime(2020, 1, 1, tzinfo=UTC)


class Receiver:
    """A webhook of our own; `answers` are the statuses it gives, the last one for good."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.answers = [204]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(json.loads(body))
                receiver.keys.append(self.headers["idempotency-key"])
                self.send_response(receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0])
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.place}/hook"


@contextmanager
def _receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample web, worked off and published once for all tests here; watches are added by each."""
    settings = Settings(home=tmp_path_factory.mktemp("watch"), gap_seconds=0, workers=1)
    with SampleWeb(1) as web:
        settings = settings.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(settings, FEEDS)
        pipeline.poll_all(settings)
        while batch := pipeline.pending(settings, 100):
            pipeline.settle_all(settings, pipeline.prepare(settings, batch), 100)
    publish(settings, datetime.now(UTC))
    return settings


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with _receiver() as made:
        yield made


@pytest.fixture
def watched(stored: Settings, receiver: Receiver) -> Iterator[Settings]:
    yield stored.model_copy(update={"watch_hosts": receiver.place})
    with open_master(stored) as connection:
        connection.execute("DELETE FROM notices")
        connection.execute("DELETE FROM watches")


def _watch(settings: Settings, kind: str, target: str, url: str, at: datetime = PAST) -> None:
    with open_master(settings) as connection:
        watches.add(connection, kind, target, url, at)


def test_each_story_is_told_once_however_many_articles_match(watched: Settings, receiver: Receiver) -> None:
    _watch(watched, watches.SQL, "outlet IS NOT NULL", receiver.url)
    delivered, failed = tell_watchers(watched)
    assert (delivered, failed) == (len(receiver.got), 0)
    stories = [notice["story"]["id"] for notice in receiver.got]
    assert len(stories) == len(set(stories)) > 10
    with open_master(watched) as connection:
        (articles,) = connection.execute("SELECT count(*) FROM articles").fetchall()[0]
    assert len(stories) < articles
    assert receiver.keys == [notice["id"] for notice in receiver.got]
    assert {"title", "url", "outlet", "published_at"} == set(receiver.got[0]["article"])
    assert tell_watchers(watched) == (0, 0)


def test_a_story_that_another_one_became_part_of_is_not_told_again(watched: Settings, receiver: Receiver) -> None:
    _watch(watched, watches.SQL, "true", receiver.url)
    with open_master(watched) as connection:
        (watch,) = watches.listed(connection)
        into, gone, article = connection.execute(
            "SELECT (SELECT min(story_id) FROM story_articles), story_id, min(article_id) FROM story_articles "
            "GROUP BY story_id ORDER BY story_id DESC LIMIT 1"
        ).fetchall()[0]
        assert watches.note(connection, watch, [(article, gone)], NOW) == 1
        connection.execute("BEGIN")
        try:
            # As when two stories become one: the older id stays, and another of its articles matches first.
            connection.execute("UPDATE story_articles SET story_id = ? WHERE story_id = ?", [into, gone])
            assert watches.note(connection, watch, [(7, into), (article, into)], NOW) == 0
            assert [one.body["story"]["id"] for one in watches.due(connection, NOW, 10)] == [str(into)]
            assert watches.note(connection, watch, [(7, 8)], NOW) == 1
        finally:
            connection.execute("ROLLBACK")


def test_an_entity_is_found_by_its_name_and_its_aliases_in_any_case(watched: Settings, receiver: Receiver) -> None:
    with open_master(watched) as connection:
        name, surface = connection.execute(
            "SELECT e.name, a.surface FROM entities e JOIN aliases a ON a.entity_id = e.id JOIN mentions m ON m.entity_id = e.id "
            "WHERE lower(a.surface) <> lower(e.name) GROUP BY ALL ORDER BY count(*) DESC, e.name, a.surface LIMIT 1"
        ).fetchall()[0]
    _watch(watched, watches.ENTITY, name.upper(), receiver.url)
    tell_watchers(watched)
    by_name = {notice["story"]["id"] for notice in receiver.got}
    receiver.got.clear()
    _watch(watched, watches.ENTITY, surface, receiver.url)
    tell_watchers(watched)
    assert by_name
    assert by_name <= {notice["story"]["id"] for notice in receiver.got}


def test_older_articles_are_not_told_of(watched: Settings, receiver: Receiver) -> None:
    _watch(watched, watches.SQL, "true", receiver.url, datetime.now(UTC) + timedelta(seconds=1))
    assert tell_watchers(watched) == (0, 0)


def test_what_fails_is_tried_again_later_with_the_same_key(watched: Settings, receiver: Receiver) -> None:
    receiver.answers = [500, 204]
    _watch(watched, watches.SQL, "id = (SELECT min(id) FROM news)", receiver.url)
    assert tell_watchers(watched) == (0, 1)
    assert tell_watchers(watched) == (0, 0)  # not before its time
    with open_master(watched) as connection:
        (problem, wait) = connection.execute("SELECT problem, next_attempt_at FROM notices").fetchall()[0]
        assert "500" in problem and wait > datetime.now(UTC)
        connection.execute("UPDATE notices SET next_attempt_at = made_at")
    assert tell_watchers(watched) == (1, 0)
    assert receiver.keys[0] == receiver.keys[1]


def test_a_receiver_that_is_down_is_not_asked_over_and_over(watched: Settings, receiver: Receiver) -> None:
    receiver.answers = [503]
    _watch(watched, watches.SQL, "true", receiver.url)
    assert tell_watchers(watched) == (0, 3)
    assert len(receiver.got) == 3


def test_a_condition_that_cannot_run_disturbs_no_other_watch(watched: Settings, receiver: Receiver) -> None:
    _watch(watched, watches.SQL, "no_such_column = 1", receiver.url)
    _watch(watched, watches.SQL, "id = (SELECT min(id) FROM news)", receiver.url)
    assert tell_watchers(watched) == (1, 0)
    broken = watches.Watch(1, watches.SQL, "no_such_column = 1", receiver.url, PAST)
    with pytest.raises(BadQuery, match="no_such_column"):
        watches.matches(watched, broken, NOW)


def test_a_condition_reads_no_other_file(watched: Settings, receiver: Receiver) -> None:
    curious = watches.Watch(1, watches.SQL, "(SELECT count(*) FROM read_text('/etc/hostname')) > 0", receiver.url, PAST)
    with pytest.raises(BadQuery):
        watches.matches(watched, curious, NOW)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/x", "loopback"),
        ("http://169.254.169.254/latest", "link-local"),
        ("http://localhost/x", "local name"),
        ("http://[::1]/x", "loopback"),
        ("http://0x7f.1/x", "loopback"),
        ("ftp://example.org/x", "no http"),
        ("https://user:secret@example.org/x", "password"),
    ],
)
def test_a_webhook_leads_to_the_public_net(url: str, words: str) -> None:
    assert words in (webhook.problem(url, frozenset()) or "")


def test_a_host_that_the_settings_name_may_be_inside() -> None:
    assert webhook.problem("http://127.0.0.1:9000/x", frozenset({"127.0.0.1:9000"})) is None
    assert webhook.problem("http://127.0.0.1:9001/x", frozenset({"127.0.0.1:9000"})) is not None
    assert webhook.problem("https://example.org/hook?key=1", frozenset()) is None


def test_a_name_that_leads_inside_is_refused_when_it_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.0.0.7", 80))])
    assert "private" in (webhook.post("http://rebind.example/x", b"{}", "1", "test", frozenset()) or "")


def test_the_command_adds_lists_and_removes(
    watched: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(watched.home))
    monkeypatch.setenv("NEWSFOLD_WATCH_HOSTS", receiver.place)
    assert main(["watch", "add", "Lynas", "--entity", "--to", receiver.url]) == 0
    assert main(["watch", "add", "words > 100", "--sql", "--to", receiver.url]) == 0
    assert main(["watch", "add", "wrods > 100", "--sql", "--to", receiver.url]) == 2
    assert main(["watch", "add", "Lynas", "--to", "http://10.1.2.3/x"]) == 2
    capsys.readouterr()
    assert main(["watch", "list"]) == 0
    listed = capsys.readouterr().out
    assert "entity 'Lynas'" in listed and "sql 'words > 100'" in listed and "wrods" not in listed
    assert main(["watch", "remove", "Lynas"]) == 0
    assert main(["watch", "remove", "Lynas"]) == 2
    with open_master(watched) as connection, pytest.raises(BadInput):
        watches.remove(connection, "Lynas")


def test_a_receiver_that_answers_byte_by_byte_is_left_after_the_time_for_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            line, _ = server.accept()
            with line, suppress(OSError):  # until nobody listens any more
                line.sendall(b"HTTP/1.1 200 OK\r\n")
                while True:
                    line.sendall(b"x: y\r\n")
                    time.sleep(0.2)

        threading.Thread(target=drip, daemon=True).start()
        place = f"127.0.0.1:{server.getsockname()[1]}"
        assert webhook.post(f"http://{place}/x", b"{}", "1", "test", frozenset({place})) == "no answer within 1 s"
