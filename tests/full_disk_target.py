"""What `tests/test_full_disk.py` runs on a small disk of its own: `unshare -rm python -m tests.full_disk_target DIR`.

Mounts a tmpfs there (in a mount namespace that ends with this process), fills it before each kind of write, and says what
came of it, a line each: name, sentence, and whether the published file stayed as it was and the write went through after.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from schemas.errors import UserError
from schemas.records import FeedLine, Fetched, Validators
from schemas.settings import Settings
from tasks import archive
from tasks.store import feeds, migrate
from tasks.store.check import check
from tasks.store.compact import compact
from tasks.store.master import master_path, open_master, transaction
from tasks.store.publish import publish
from tests import old_schemas
from tests.bench.checking import make

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def main() -> None:
    """Runs all of it."""
    disk = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk], check=True)
    settings = Settings(home=disk / "home", lock_seconds=5)
    with open_master(settings) as connection:
        make(connection, 300)
    publish(settings, NOW)
    _while_full(settings, "store", lambda: _store(settings))
    _while_full(settings, "feeds", lambda: _add_feeds(settings))
    _while_full(settings, "archive", lambda: _archive(settings))
    _while_full(settings, "publish", lambda: publish(settings, NOW), leave=2_000_000)
    _while_full(settings, "compact", lambda: compact(settings))
    old = settings.model_copy(update={"home": disk / "old"})
    master_path(old).parent.mkdir(parents=True)
    old_schemas.make(master_path(old), migrate.known_migrations()[0].version)
    (disk / "old" / "newsfold.duckdb").write_bytes(b"published")
    _while_full(old, "migrate", lambda: _open(old))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    _attempt(settings, "read-only store", lambda: _add_feeds(settings))
    _attempt(settings, "read-only publish", lambda: publish(settings, NOW))


def _store(settings: Settings) -> None:
    with open_master(settings) as connection, transaction(connection):
        # Random bytes do not compress: several megabytes, as an ingest of many articles would write.
        connection.execute(
            "INSERT INTO robots BY NAME SELECT md5(CAST(random() AS VARCHAR)) AS host, now() AS fetched_at, "
            "string_agg(md5(CAST(random() AS VARCHAR)), '') AS body FROM range(90000)"
        )


def _add_feeds(settings: Settings) -> None:
    with open_master(settings) as connection:
        feeds.add(connection, [FeedLine(f"http://f{number}.example/feed") for number in range(200)], NOW)


def _archive(settings: Settings) -> None:
    body = os.urandom(200_000)
    page = Fetched(1, "http://a.example/1", "http://a.example/1", 200, (), body, NOW, Validators(None, None))
    archive.append(settings.archive_folder, [page], NOW)


def _open(settings: Settings) -> None:
    with open_master(settings):
        pass


def _while_full(settings: Settings, name: str, write: Callable[[], object], leave: int = 0) -> None:
    room = os.statvfs(settings.home)
    filler = settings.home.parent / "filler"
    filler.write_bytes(b"x" * max(0, room.f_bavail * room.f_frsize - leave))
    said = _attempt(settings, name, write)
    filler.unlink()
    write()
    if said["name"] != "migrate":
        said["broken"] = [broken.sentence() for broken in check(settings).broken]
    print(json.dumps(said | {"went_on": True}), flush=True)


def _attempt(settings: Settings, name: str, write: Callable[[], object]) -> dict[str, object]:
    before = hashlib.sha256(settings.published.read_bytes()).hexdigest()
    said: dict[str, object] = {"name": name, "sentence": None}
    try:
        write()
    except UserError as error:
        said["sentence"] = str(error)
    said["same"] = hashlib.sha256(settings.published.read_bytes()).hexdigest() == before
    said["left"] = [path.name for path in settings.home.rglob("*.new")]
    if name.startswith("read-only"):
        print(json.dumps(said), flush=True)
    return said


if __name__ == "__main__":
    main()
