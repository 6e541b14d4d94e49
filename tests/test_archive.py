"""The WARC archive: read back, rotated, torn and mended, forgotten."""

import gzip
import json
import random
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from warcio.archiveiterator import ArchiveIterator

from schemas.records import Fetched, Validators
from tasks import archive
from tasks.archive import ArchiveWriter, SeenBefore, Spot
from tests.wire_server import WireServer

NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


def fetched(url: str, body: bytes, *headers: tuple[str, str], asked: str | None = None, status: int = 200) -> Fetched:
    return Fetched(1, asked or url, url, status, (("content-type", "text/html"), *headers), body, NOW, Validators())


def some(count: int, seed: int = 1) -> list[Fetched]:
    chance = random.Random(seed)
    return [
        fetched(f"https://s{number % 3}.example/{number}", chance.randbytes(chance.randrange(0, 5000))) for number in range(count)
    ]


def test_records_are_read_back_where_append_says(tmp_path: Path) -> None:
    answers = [*some(20), fetched("https://ä.example/ü", "Grüße".encode())]
    spots = archive.append(tmp_path, answers, NOW)
    assert {spot.file for spot in spots} == {"newsfold-20261123-00000.warc.gz"}
    for answer, spot in zip(answers, spots, strict=True):
        url, headers, body = archive.read_record(tmp_path, spot.file, spot.offset)
        assert body == answer.body and dict(headers)["content-type"] == "text/html"
        assert url == answer.final_url or "ä" in answer.final_url
        packed = (tmp_path / spot.file).read_bytes()[spot.offset : spot.offset + spot.length]
        assert gzip.decompress(packed).startswith(b"WARC/1.0\r\n")  # one gzip member a record


def test_headers_fit_the_decoded_body_and_digests_are_sha1(tmp_path: Path) -> None:
    coded = (("content-encoding", "gzip"), ("transfer-encoding", "chunked"), ("content-length", "17"), ("etag", '"x"'))
    (spot,) = archive.append(tmp_path, [fetched("https://a.example/", b"<html>hello</html>", *coded)], NOW)
    _, headers, _ = archive.read_record(tmp_path, spot.file, spot.offset)
    kept = dict(headers)
    assert kept["content-length"] == "18" and kept["etag"] == '"x"' and kept["x-archive-orig-content-encoding"] == "gzip"
    assert "content-encoding" not in kept and "transfer-encoding" not in kept
    with (tmp_path / spot.file).open("rb") as stream:
        records = list(ArchiveIterator(stream, check_digests="raise"))
    assert [record.rec_type for record in records] == ["warcinfo", "response"]
    assert records[1].rec_headers.get_header("WARC-Payload-Digest").startswith("sha1:")
    assert records[1].rec_headers.get_header("WARC-Date") == "2026-11-23T23:30:00Z"


def test_warcio_itself_indexes_and_checks_the_files(tmp_path: Path) -> None:
    spots = archive.append(tmp_path, some(5), NOW)
    path = str(tmp_path / spots[0].file)
    run = subprocess.run([sys.executable, "-m", "warcio.cli", "index", path], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["offset"] for line in lines[1:]] == [str(spot.offset) for spot in spots]
    assert subprocess.run([sys.executable, "-m", "warcio.cli", "check", path], capture_output=True, check=False).returncode == 0


def test_an_identical_payload_becomes_a_revisit_of_the_same_digest(tmp_path: Path) -> None:
    first = fetched("https://a.example/1", b"the same")
    again = fetched("https://a.example/2", b"the same")
    spots = archive.append_all(tmp_path, [(first, None), (again, SeenBefore(first.final_url, first.fetched_at))], NOW)
    with (tmp_path / spots[0].file).open("rb") as stream:
        _, original, revisit = [record.rec_headers for record in ArchiveIterator(stream)]
    assert revisit.get_header("WARC-Type") == "revisit"
    assert revisit.get_header("WARC-Payload-Digest") == original.get_header("WARC-Payload-Digest")
    assert revisit.get_header("WARC-Refers-To-Target-URI") == "https://a.example/1"
    url, headers, body = archive.read_record(tmp_path, spots[1].file, spots[1].offset)
    assert (url, body) == ("https://a.example/2", b"") and dict(headers)["content-type"] == "text/html"


def test_the_archive_replays_to_a_client_that_knows_nothing_of_it(tmp_path: Path) -> None:
    """As a player does it: records found by address, the revisit's body by what it refers to, both sent as the HTTP they are."""
    coded = (("content-encoding", "br"), ("transfer-encoding", "chunked"), ("content-length", "7"))
    pages = {"/1": "<p>Grüße aus dem Hafen</p>".encode() * 50, "/2": b"<p>the same</p>", "/3": b""}
    answers = [(fetched(f"https://a.example{path}", body, *coded), None) for path, body in pages.items()]
    again = fetched("https://a.example/4", pages["/2"], ("etag", '"new"'))
    archive.append_all(tmp_path, [*answers, (again, SeenBefore("https://a.example/2", NOW))], NOW)
    played: dict[str, bytes] = {}
    bodies: dict[tuple[str, str], bytes] = {}
    with next(tmp_path.glob("*.warc.gz")).open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type not in ("response", "revisit"):
                continue
            named, revisited = record.rec_headers.get_header, record.rec_type == "revisit"
            key = ("WARC-Refers-To-Target-URI", "WARC-Refers-To-Date") if revisited else ("WARC-Target-URI", "WARC-Date")
            found = (named(key[0]), named(key[1]))
            if not revisited:
                bodies[found] = record.content_stream().read()
            played[urlsplit(named("WARC-Target-URI")).path] = record.http_headers.to_bytes() + bodies[found]
    with WireServer(routes=dict(played)) as server:
        for path, body in {**pages, "/4": pages["/2"]}.items():
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as answer:
                assert (answer.status, answer.read()) == (200, body)
                assert answer.headers["content-type"] == "text/html"
                assert answer.headers["etag"] == ('"new"' if path == "/4" else None)


def test_files_change_by_size_and_by_utc_day(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, NOW, max_bytes=6000) as writer:
        files = [writer.add(answer).file for answer in some(12)]
    assert files == sorted(files) and len(set(files)) > 2
    again = ArchiveWriter(tmp_path, NOW, max_bytes=10**9)
    with again:
        assert again.add(fetched("https://a.example/", b"x")).file == files[-1]
    (next_day,) = archive.append(tmp_path, some(1), NOW + timedelta(hours=1))
    assert next_day.file == "newsfold-20261124-00000.warc.gz"


def test_a_record_torn_at_any_byte_is_cut_off_and_the_others_live(tmp_path: Path) -> None:
    answers = some(4)
    spots = archive.append(tmp_path, answers, NOW)
    path = tmp_path / spots[0].file
    whole, last = path.read_bytes(), spots[-1]
    for kept in {*range(1, last.length, 37), 1, 2, 3, 17, last.length - 1}:
        path.write_bytes(whole[: last.offset + kept])
        (new,) = archive.append(tmp_path, [fetched("https://new.example/", b"new")], NOW)
        assert new.offset == last.offset
        for answer, spot in zip(answers[:-1], spots[:-1], strict=True):
            assert archive.read_record(tmp_path, spot.file, spot.offset).body == answer.body
        assert archive.read_record(tmp_path, new.file, new.offset).body == b"new"
        with path.open("rb") as stream:
            assert len(list(ArchiveIterator(stream))) == 5


def test_a_record_torn_before_midnight_is_cut_off_on_the_day_after(tmp_path: Path) -> None:
    spots = archive.append(tmp_path, some(3), NOW)
    yesterday = tmp_path / spots[0].file
    yesterday.write_bytes(yesterday.read_bytes()[:-10])
    (new,) = archive.append(tmp_path, [fetched("https://new.example/", b"new")], NOW + timedelta(hours=1))
    assert new.file == "newsfold-20261124-00000.warc.gz" and yesterday.stat().st_size == spots[-1].offset
    with yesterday.open("rb") as stream:
        assert len(list(ArchiveIterator(stream, check_digests="raise"))) == 3  # warcinfo and two whole ones


@pytest.mark.parametrize(
    "junk",
    [b"\0" * 4096, b"\x1f\x8b\x08", b"\x1f\x8b\x08" + b"\xff" * 50, gzip.compress(b"no WARC at all", mtime=0)],
    ids=["zeros", "a gzip mark", "a broken gzip member", "a gzip member that is no record"],
)
def test_junk_after_the_last_record_is_cut_off(tmp_path: Path, junk: bytes) -> None:
    spots = archive.append(tmp_path, some(3), NOW)
    path = tmp_path / spots[0].file
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + junk)
    assert archive.cut_torn_record(path) == len(junk)
    assert path.stat().st_size == size and archive.cut_torn_record(path) == 0


def test_a_file_of_nothing_but_a_torn_start_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "newsfold-20261123-00000.warc.gz").write_bytes(b"\x1f\x8b\x08\0\0")
    (tmp_path / "newsfold-20261122-00000.tmp").write_bytes(b"left by a crash")
    (spot,) = archive.append(tmp_path, [fetched("https://a.example/", b"x")], NOW)
    assert archive.read_record(tmp_path, spot.file, spot.offset).body == b"x"
    assert not list(tmp_path.glob("*.tmp"))


def test_a_large_record_is_found_from_the_end(tmp_path: Path) -> None:
    body = random.Random(3).randbytes(3_000_000)
    spots = archive.append(tmp_path, [fetched("https://a.example/1", b"x"), fetched("https://a.example/2", body)], NOW)
    path = tmp_path / spots[0].file
    assert archive.cut_torn_record(path) == 0
    path.write_bytes(path.read_bytes()[:-10])
    assert archive.cut_torn_record(path) == spots[1].length - 10


def test_forget_removes_every_trace_and_says_where_the_rest_is(tmp_path: Path) -> None:
    answers = [*some(9), fetched("https://other.example/found", b"via", asked="https://s0.example/asked")]
    with ArchiveWriter(tmp_path, NOW, max_bytes=8000) as writer:
        spots = [writer.add(answer) for answer in answers]
    (later,) = archive.append(tmp_path, [fetched("https://s1.example/later", b"x")], NOW + timedelta(days=2))
    moved = archive.forget(tmp_path, lambda url: "//s0.example/" in url)
    for answer, spot in zip(answers, spots, strict=True):
        if "//s0.example/" in answer.final_url or "//s0.example/" in answer.url:
            assert (spot.file, spot.offset) not in moved
        else:
            offset = moved.get((spot.file, spot.offset), spot.offset)
            found = archive.read_record(tmp_path, spot.file, offset)
            assert (found.url, found.body) == (answer.final_url, answer.body)
    assert archive.read_record(tmp_path, later.file, later.offset).body == b"x"
    assert not any(file == later.file for file, _ in moved)
    for path in tmp_path.glob("*.warc.gz"):
        assert b"s0.example" not in gzip.decompress(path.read_bytes())
    assert archive.forget(tmp_path, lambda url: "//s0.example/" in url) == {}


def test_forgetting_all_of_a_file_removes_it(tmp_path: Path) -> None:
    archive.append(tmp_path, some(3), NOW)
    assert archive.forget(tmp_path, lambda url: True) == {}
    assert list(tmp_path.iterdir()) == []
    assert archive.forget(tmp_path / "absent", lambda url: True) == {}


def test_what_is_not_there_is_a_lookup_error(tmp_path: Path) -> None:
    (spot,) = archive.append(tmp_path, some(1), NOW)
    for wrong in (
        Spot(spot.file, spot.offset + 3, 1),
        Spot("absent.warc.gz", 0, 1),
        Spot(spot.file, 10**6, 1),
        Spot(spot.file, 0, 1),
    ):
        with pytest.raises(LookupError):
            archive.read_record(tmp_path, wrong.file, wrong.offset)
