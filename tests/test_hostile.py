"""Hostile input: every case ends in its own reason, within its time and memory, and its neighbour is unharmed."""

import asyncio
import gzip
import inspect
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from schemas.errors import BadInput
from schemas.reasons import Reason
from schemas.records import Fetched, FetchFailed, FetchRequest
from schemas.settings import Settings
from tasks import event_loop, guarded_network
from tasks.address_guard import Refusal, target_of
from tasks.fetch import FetchPolicy, fetch_all, fetch_pages
from tasks.opml import read_opml
from tasks.store import feeds, runs
from tasks.store.master import open_master
from tests import pipeline
from tests.hostile.addresses import ADDRESSES, LINKS, REDIRECTS, AddressCase, LinkCase
from tests.hostile.bodies import BODIES, BodyCase, items, rss
from tests.hostile.fields import FIELDS, OPML, FieldCase, OpmlCase
from tests.hostile.measure import Usage
from tests.hostile.wire import WIRE, WireCase
from tests.wire_server import Answer, Asked, WireServer, answer

pytestmark = pytest.mark.suite

MOST_CPU = 5.0  # seconds of processor time: what waiting for this machine's other work does not lengthen
MOST_WALL = 60.0  # for a busy machine
MOST_MB = 200.0
HEALTHY = rss(items(3)).encode()


def slug(name: str) -> str:
    """A case's name as a host's."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50].rstrip("-")


def bounded(used: Usage) -> None:
    """Asserts the limits that hold for every case."""
    assert used.cpu <= MOST_CPU, f"{used.cpu:.1f} s of processor time"
    assert used.wall <= MOST_WALL, f"{used.wall:.1f} s"
    assert used.parent <= MOST_MB and used.child <= MOST_MB, f"parent +{used.parent:.0f} MB, child +{used.child:.0f} MB"


def last_polls(settings: Settings) -> dict[str, tuple[str, str | None, int]]:
    """Each feed's address: how its last poll ended, in words, and how many entries are known of it."""
    with open_master(settings) as connection:
        rows = connection.execute(
            "SELECT url, last_reason, last_detail, (SELECT count(*) FROM entries e WHERE e.feed_id = f.id) FROM feeds f"
        ).fetchall()
    return {str(url): (str(reason), detail, int(count)) for url, reason, detail, count in rows}


def settings_for(folder: Path, server: WireServer, hosts: list[str], **changes: object) -> Settings:
    """Settings whose host map leads all `hosts` to the server."""
    mapping = ",".join(f"{host}=127.0.0.1:{server.port}" for host in hosts)
    return Settings(home=folder, gap_seconds=0, workers=1, host_map=mapping, archive="off", **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


# ---------------------------------------------------------------- bodies


@pytest.fixture(scope="module")
def bodies(server: WireServer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One store for all bodies: each case has two hosts of its own."""
    names = [slug(case.name) for case in BODIES]
    assert len(set(names)) == len(names)
    hosts = [f"{kind}.{name}.example" for name in names for kind in ("evil", "good")]
    settings = settings_for(tmp_path_factory.mktemp("bodies"), server, hosts)
    server.routes["/good"] = answer(200, HEALTHY, ("Content-Type", "application/rss+xml"))
    return settings


@pytest.mark.parametrize("case", BODIES, ids=lambda case: slug(case.name))
def test_a_hostile_body(case: BodyCase, server: WireServer, bodies: Settings) -> None:
    evil, good = (f"http://{kind}.{slug(case.name)}.example/{kind}" for kind in ("evil", "good"))
    server.routes["/evil"] = answer(200, case.make(), ("Content-Type", case.content_type))
    pipeline.add_feeds(bodies, [evil, good])
    now = datetime.now(UTC)
    with open_master(bodies) as connection:
        run_id = runs.start(connection, "poll", None, now)
        due = feeds.due(connection, now, everything=True, only=[evil, good])
    with Usage() as used:
        pipeline.poll_batch(bodies, due, run_id)
    polls = last_polls(bodies)
    reason, detail, count = polls[evil]
    assert reason == case.reason, detail
    assert case.entries is None or count == case.entries
    assert polls[good] == ("new_body", None, 3)
    bounded(used)


# ---------------------------------------------------------------- servers


@pytest.fixture(scope="module")
def wire_polls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, str | None, int, float]]]:
    """All of them in two runs, each with a healthy neighbour: how each poll ended, and its longest attempt in seconds."""
    ends: dict[str, tuple[str, str | None, int, float]] = {}
    with WireServer() as server:
        for slow in (False, True):
            cases = [case for case in WIRE if case.slow == slow]
            names = [slug(case.name) for case in cases]
            assert len(set(names)) == len(names)
            # One path for all: the host tells them apart.
            routes = {f"{name}.example": case.make() for name, case in zip(names, cases, strict=True)}
            routes["good.example"] = answer(200, HEALTHY)
            server.routes["*"] = by_host(routes)
            changes = {"timeout_seconds": 2.0} if slow else {"timeout_seconds": 60.0}
            settings = settings_for(tmp_path_factory.mktemp("wire"), server, list(routes), concurrency=8, **changes)
            urls = [f"{case.scheme}://{name}.example/feed" for name, case in zip(names, cases, strict=True)]
            pipeline.add_feeds(settings, [*urls, "http://good.example/feed"])
            with Usage() as used:
                pipeline.poll_all(settings)
            assert used.parent <= MOST_MB and used.child <= MOST_MB, (used.parent, used.child)
            with open_master(settings) as connection:
                rows = connection.execute("SELECT url, max(seconds) FROM fetches GROUP BY url").fetchall()
            seconds = {str(url): float(longest) for url, longest in rows}
            polls = last_polls(settings)
            assert polls["http://good.example/feed"] == ("new_body", None, 3)
            ends |= {name: (*polls[url], seconds[url]) for name, url in zip(names, urls, strict=True)}
    yield ends


def by_host(routes: dict[str, Answer]) -> Answer:
    """An answer that depends on the Host header."""

    async def write(asked: Asked, writer: asyncio.StreamWriter) -> None:
        route = routes[asked.header("host") or ""]
        if isinstance(route, bytes):
            writer.write(route)
        elif inspect.iscoroutinefunction(route):
            await route(asked, writer)
        else:
            writer.write(cast("Callable[[Asked], bytes]", route)(asked))

    return write


@pytest.mark.parametrize("case", WIRE, ids=lambda case: slug(case.name))
def test_a_hostile_server(case: WireCase, wire_polls: dict[str, tuple[str, str | None, int, float]]) -> None:
    reason, detail, count, seconds = wire_polls[slug(case.name)]
    assert reason == case.reason, detail
    assert count == (2 if case.reason is Reason.NEW_BODY else 0)
    # The limit of a slow one is 2 s; the rest of the room is for a busy machine.
    assert seconds <= MOST_WALL / 4


# ---------------------------------------------------------------- addresses


def resolver(case: AddressCase) -> Callable[[str, int], Sequence[str]]:
    """DNS that gives the case's answers in turn, and knows the neighbour."""
    left = list(case.dns)
    return lambda host, port: [left.pop(0) if len(left) > 1 else left[0]] if left and host == "outside.test" else ["127.0.0.1"]


@pytest.mark.parametrize("case", ADDRESSES, ids=lambda case: slug(case.name))
def test_a_hostile_address(case: AddressCase, server: WireServer) -> None:
    server.routes["/good"] = answer(200, HEALTHY)
    policy = FetchPolicy(host_map={"good.example": ("127.0.0.1", server.port)}, retries=0, gap_seconds=0.0)
    if not case.dns:
        refusal = target_of(case.url, policy.ports, policy.host_map)
        assert isinstance(refusal, Refusal) and refusal.reason is case.reason
    before = len(server.asked)
    requests = [FetchRequest(1, case.url, "feed"), FetchRequest(2, "http://good.example/good", "feed")]
    with Usage() as used:
        refused, good = event_loop.run(fetch_all(requests, policy, resolve=resolver(case)))
    assert isinstance(refused, FetchFailed) and refused.reason is case.reason
    assert isinstance(good, Fetched) and good.body == HEALTHY
    assert len(server.asked) == before + 1
    bounded(used)


@pytest.mark.parametrize("case", REDIRECTS, ids=lambda case: slug(case.name))
@pytest.mark.parametrize("kind", ["feed", "page"])
def test_a_hostile_redirect(case: AddressCase, kind: str, server: WireServer) -> None:
    server.routes["/away"] = answer(302, b"", ("Location", case.url))
    server.routes["/good"] = answer(200, HEALTHY)
    names = dict.fromkeys(("evil.example", "good.example"), ("127.0.0.1", server.port))
    policy = FetchPolicy(host_map=names, retries=0, gap_seconds=0.0)
    requests = [FetchRequest(1, "http://evil.example/away", kind), FetchRequest(2, "http://good.example/good", kind)]
    asked = fetch_all(requests, policy) if kind == "feed" else fetch_pages(requests, policy, {})
    refused, good = event_loop.run(asked)
    assert isinstance(refused, FetchFailed) and refused.reason is case.reason
    assert "secret" not in repr(refused.attempts)
    assert isinstance(good, Fetched) and good.body == HEALTHY


def test_dns_that_changes_its_mind_between_check_and_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was judged is the one connected to; a second try is judged anew."""
    asked: list[str] = []
    connected: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    async def connect(address: str, *_: object) -> guarded_network.Stream:
        connected.append(address)  # in place of a connection: nothing leaves this machine
        raise guarded_network.BrokenConnectionError("nobody there")

    monkeypatch.setattr(guarded_network, "_connect", connect)
    policy = FetchPolicy(retries=1, retry_wait_seconds=0.0)
    (outcome,) = event_loop.run(fetch_all([FetchRequest(1, "http://rebind.test/", "feed")], policy, resolve=resolve))
    assert isinstance(outcome, FetchFailed) and outcome.reason is Reason.FORBIDDEN_ADDRESS
    assert [attempt.reason for attempt in outcome.attempts] == [Reason.CONNECTION, Reason.FORBIDDEN_ADDRESS]
    assert len(asked) == 2 and connected == ["93.184.216.34"]


# ---------------------------------------------------------------- links of items, through the queue


@pytest.fixture(scope="module")
def link_ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, str]]]:
    """Each item's name: how its entry ended."""
    listed = [{"id": slug(case.name), "url": case.link, "title": case.name} for case in LINKS]
    listed.append({"id": "healthy", "url": "http://pages.example/good", "title": "A harbour opens"})
    text = "".join(
        f"<p>The harbour of Norvik opened its pier number {n} on Monday, said the mayor of the town.</p>" for n in range(20)
    )
    page = ("Content-Type", "text/html")
    with WireServer() as server:
        server.routes = {
            "/feed": answer(200, json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": listed}).encode()),
            "/good": answer(200, f"<html><body><article><h1>A harbour opens</h1>{text}</article></body></html>".encode(), page),
            "/pdf": answer(200, b"%PDF-1.7", page),
            "/empty": answer(200, b"", page),
            "/markup": answer(200, b"<html>" + b"<i></i>" * 100_000, page),
            "/deep": answer(200, b"<html><body>" + b"<div>" * 100_000, page),
            "/bomb": answer(200, gzip.compress(b" " * 60_000_000), page, ("Content-Encoding", "gzip")),
        }
        settings = settings_for(tmp_path_factory.mktemp("links"), server, ["feeds.example", "pages.example"])
        pipeline.add_feeds(settings, ["http://feeds.example/feed"])
        pipeline.poll_all(settings)
        pipeline.ingest_all(settings)
        with open_master(settings) as connection:
            rows = connection.execute("SELECT coalesce(guid, url), state, reason FROM entries").fetchall()
        yield {str(guid): (str(state), str(reason)) for guid, state, reason in rows}


@pytest.mark.parametrize("case", LINKS, ids=lambda case: slug(case.name))
def test_a_hostile_link(case: LinkCase, link_ends: dict[str, tuple[str, str]]) -> None:
    assert link_ends[slug(case.name)] == (case.state, case.reason)
    assert link_ends["healthy"] == ("stored", "new_article")


# ---------------------------------------------------------------- fields


@pytest.fixture(scope="module")
def stored_fields(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, object]]]:
    """What the store holds of each case's item, by the host of its feed; two feeds a case, and a healthy one, in one run."""
    with WireServer() as server:
        bodies = {}
        for case in FIELDS:
            bodies[f"json.{slug(case.name)}.example"] = answer(200, case.as_json("g"), ("Content-Type", "application/json"))
            bodies[f"atom.{slug(case.name)}.example"] = answer(200, case.as_atom("g"), ("Content-Type", "application/atom+xml"))
        bodies["good.example"] = answer(200, HEALTHY)
        server.routes["*"] = by_host(dict(bodies))
        settings = settings_for(tmp_path_factory.mktemp("fields"), server, list(bodies))
        pipeline.add_feeds(settings, [f"http://{host}/feed" for host in bodies])
        with Usage() as used:
            pipeline.poll_all(settings)
        assert used.parent <= MOST_MB and used.child <= MOST_MB, (used.parent, used.child)
        assert used.cpu <= MOST_CPU * len(FIELDS)
        assert last_polls(settings)["http://good.example/feed"] == ("new_body", None, 3)
        with open_master(settings) as connection:
            found = connection.execute(
                "SELECT f.url AS feed, e.*, c.content FROM entries e JOIN feeds f ON f.id = e.feed_id "
                "LEFT JOIN entry_contents c ON c.entry_id = e.id"
            )
            columns = [str(column[0]) for column in found.description or ()]
            rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        yield {str(row["feed"]): row for row in rows}


@pytest.mark.parametrize("form", ["json", "atom"])
@pytest.mark.parametrize("case", FIELDS, ids=lambda case: slug(case.name))
def test_a_hostile_field(case: FieldCase, form: str, stored_fields: dict[str, dict[str, object]]) -> None:
    row = stored_fields[f"http://{form}.{slug(case.name)}.example/feed"]
    shown = {name: str(value)[:200] for name, value in row.items()}
    assert case.holds(row), shown
    assert row["reason"] == Reason.DISCOVERED


@pytest.mark.parametrize("case", OPML, ids=lambda case: slug(case.name))
def test_a_hostile_opml_file(case: OpmlCase) -> None:
    content = case.make()
    with Usage() as used:
        try:
            found, said = len(read_opml(content)), None
        except BadInput as error:
            found, said = 0, str(error)
    assert found == case.feeds
    assert (said is None) if case.says is None else (said is not None and case.says in said), said
    bounded(used)
