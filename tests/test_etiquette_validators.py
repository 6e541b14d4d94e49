"""Etiquette, validators: what is sent back to a server, seen in the server's own log."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.store import feeds
from tasks.store.master import open_master
from tests.etiquette_server import FEED, HOUR, NOW, Web, conditional, feed_answer, in_turn, item, rss, running
from tests.wire_server import Asked, answer

pytestmark = pytest.mark.suite

LAST_MODIFIED = "Mon, 23 Nov 2026 07:00:00 GMT"
# as they come over the wire, each byte a latin-1 character
ODD_ETAGS = (
    '"plain"',
    'W/"weak-1"',
    'w/"lower"',
    '"two  blanks   inside"',
    "unquoted-123",
    "'single'",
    '""',
    '"a,b;c=d"',
    '"caf\xe9"',
    '"caf\xc3\xa0"',
    '"abc--gzip"',
    '"a\\"b"',
    '"' + "x" * 600 + '"',
)
ODD_DATES = ("Mon, 23 Nov 2026 08:00:00 +0100", "Monday, 23-Nov-26 07:00:00 GMT", "2026-11-23T07:00:00Z", "yesterday", "0", "-1")


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with running(tmp_path, monkeypatch) as web:
        yield web


def _sent(asked: Asked) -> tuple[str | None, str | None]:
    return asked.header("if-none-match"), asked.header("if-modified-since")


def test_the_first_fetch_sends_none(web: Web) -> None:
    """The first fetch sends none."""
    web.route("/feed", feed_answer(None, ("ETag", '"1"'), ("Last-Modified", LAST_MODIFIED)))
    web.add(FEED)
    web.poll()
    assert [_sent(asked) for asked in web.asked()] == [(None, None)]
    names = {name for name, _ in web.asked()[0].headers}
    assert not names & {"if-match", "if-range", "if-unmodified-since", "cache-control", "pragma"}


def test_never_invent_one_never_send_null(web: Web) -> None:
    """Never invent one, never send `null`."""
    web.route("/feed", feed_answer(None, ("Date", LAST_MODIFIED)))
    web.route("/empty", feed_answer(None, ("ETag", ""), ("Last-Modified", "")))
    web.add(FEED, "http://b.example/empty")
    for hours in range(3):
        web.poll(NOW + hours * HOUR)
    assert len(web.asked()) == 6
    assert {_sent(asked) for asked in web.asked()} == {(None, None)}


def test_etag_goes_back_byte_for_byte(web: Web) -> None:
    """`ETag` and `Last-Modified` are stored byte for byte (quotes, `W/`) and sent back unaltered"""
    for number, etag in enumerate(ODD_ETAGS):
        web.route(f"/{number}", conditional(etag, rss(item())))
    web.add(*(f"http://a.example/{number}" for number in range(len(ODD_ETAGS))))
    for hours in range(3):
        web.poll(NOW + hours * HOUR)
    for number, etag in enumerate(ODD_ETAGS):
        assert web.feed(f"http://a.example/{number}")["etag"] == etag
    sent = {etag: [_sent(asked) for asked in web.asked(f"/{number}")] for number, etag in enumerate(ODD_ETAGS)}
    assert sent == {etag: [(None, None), (etag, None), (etag, None)] for etag in ODD_ETAGS}


def test_last_modified_goes_back_byte_for_byte(web: Web) -> None:
    """`ETag` and `Last-Modified` are stored byte for byte (quotes, `W/`) and sent back unaltered"""
    dates = (LAST_MODIFIED, *ODD_DATES)
    for number, date in enumerate(dates):
        web.route(f"/{number}", feed_answer(None, ("Last-Modified", date)))
    web.add(*(f"http://a.example/{number}" for number in range(len(dates))))
    web.poll()
    web.poll()
    for number, date in enumerate(dates):
        assert web.feed(f"http://a.example/{number}")["last_modified"] == date
        assert [_sent(asked) for asked in web.asked(f"/{number}")] == [(None, None), (None, date)]


def test_both_are_sent_when_both_came(web: Web) -> None:
    """both when both came"""
    web.route("/feed", feed_answer(None, ("ETag", 'W/"1"'), ("Last-Modified", LAST_MODIFIED)))
    web.add(FEED)
    web.poll()
    web.poll()
    assert _sent(web.asked()[1]) == ('W/"1"', LAST_MODIFIED)
    names = [name for name, _ in web.asked()[1].headers]
    assert names.count("if-none-match") == names.count("if-modified-since") == 1


def test_they_are_updated_after_every_200_also_when_the_body_is_unchanged(web: Web) -> None:
    """They are updated after every 200, also when the body's hash is unchanged"""
    body = rss(item())
    answers = [feed_answer(body, ("ETag", f'"{number}"'), ("Last-Modified", f"date {number}")) for number in range(4)]
    web.route("/feed", in_turn(*answers, feed_answer(body, ("ETag", '"last"')), feed_answer(body)))
    web.add(FEED)
    for _ in range(7):
        web.poll()
    assert [_sent(asked) for asked in web.asked()] == [
        (None, None),
        ('"0"', "date 0"),
        ('"1"', "date 1"),
        ('"2"', "date 2"),
        ('"3"', "date 3"),
        ('"last"', None),  # what a 200 no longer brings is forgotten
        (None, None),
    ]
    assert len({row["final_url"] for row in web.rows("SELECT * FROM fetches")}) == 1


def test_they_survive_restarts(web: Web) -> None:
    """they survive restarts"""
    web.route("/feed", conditional('W/"kept"', rss(item())))
    web.add(FEED)
    script = (
        "from schemas.settings import Settings; from tests import pipeline; import sys\n"
        "print(pipeline.poll_all(Settings(home=sys.argv[1], host_map=sys.argv[2], gap_seconds=0)).counts.feeds)"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script, str(web.settings.home), web.settings.host_map],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr
    assert [_sent(asked) for asked in web.asked()] == [(None, None), ('W/"kept"', None)]


def test_a_forced_refresh_stays_conditional(web: Web) -> None:
    """a forced refresh stays conditional"""
    web.route("/feed", conditional('"1"', rss(item())))
    web.add(FEED)
    web.poll()
    assert not web.due(NOW)
    for _ in range(3):
        web.poll(everything=True)
    assert [_sent(asked)[0] for asked in web.asked()] == [None, '"1"', '"1"', '"1"']
    assert web.feed()["last_reason"] == "not_modified"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_validators_are_not_carried_across_a_redirect(web: Web, status: int) -> None:
    """They belong to a URL, not to a feed: not carried across a redirect"""
    moved = answer(status, b"", ("Location", "http://b.example/new"), ("ETag", '"of-the-redirect"'))
    web.route("/feed", in_turn(feed_answer(None, ("ETag", '"of-old"')), moved))
    web.route("/new", conditional('"of-new"', rss(item(2))))
    web.add(FEED)
    web.poll()
    web.poll()
    assert [_sent(asked)[0] for asked in web.asked("/feed")] == [None, '"of-old"']
    assert _sent(web.asked("/new")[0]) == (None, None)
    for _ in range(4):
        web.poll()
    # what the old address gave never reaches the new one, nor the other way round
    assert {_sent(asked)[0] for asked in web.asked("/feed")} <= {None, '"of-old"'}
    assert {_sent(asked)[0] for asked in web.asked("/new")} <= {None, '"of-new"'}
    assert not any("of-the-redirect" in value for asked in web.asked() for _, value in asked.headers)


def test_validators_are_not_carried_to_a_changed_feed_url(web: Web) -> None:
    """or a changed feed URL."""
    web.route("/feed", feed_answer(None, ("ETag", '"old"'), ("Last-Modified", LAST_MODIFIED)))
    web.route("/moved", conditional('"new"', rss(item(2))))
    web.add(FEED)
    web.poll()
    with open_master(web.settings) as connection:
        feeds.edit(connection, feeds.find(connection, FEED), url="http://a.example/moved")
    web.poll()
    web.poll()
    assert [(asked.path, *_sent(asked)) for asked in web.asked()[1:]] == [("/moved", None, None), ("/moved", '"new"', None)]
