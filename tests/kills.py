"""kill -9 at random moments of poll, ingest, publish, migrate, compact and reprocess: `python -m tests.kills --kills 200`.

Each episode takes a copy of a prepared store, starts one kind of work on it in a process of its own, kills that process at
a random moment, one to three times, then lets it run to its end. After each kill: the published file can be opened and
is whole, what the process had said to be done is there, and all invariants hold. At the end: the same tables, row for
row, as without a kill. Nothing is mended in between. The same seed plays the same moments.

The processes are forked from one that has imported everything, so that a kill costs no import.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from demo.server import SampleWeb
from demo.web import FEEDS
from schemas.settings import Settings

SEED = 20261124
WORKS = ("poll", "ingest", "publish", "migrate", "compact", "reprocess")
_EXEMPT = ("robots",)
_PRELOADED = [
    "tests.kills_warm",
    "tests.pipeline",
    "tests.reprocess_target",
    "tests.old_schemas",
    "tests.tables",
    "flows.reprocess",
]


def _poll(settings: Settings, said: Connection) -> None:
    from tasks.store.master import open_master
    from tests import pipeline

    pipeline.poll_all(settings, 1)
    with open_master(settings) as connection:
        said.send(("entries", [row[0] for row in connection.execute("SELECT id FROM entries").fetchall()]))


def _ingest(settings: Settings, said: Connection) -> None:
    from flows import renewal
    from tests import pipeline

    while batch := pipeline.pending(settings, 3):
        pipeline.settle_all(settings, pipeline.prepare(settings, batch), 3)
        said.send(("settled", [entry.id for entry in batch]))
    renewal.place_changed(settings)


def _publish(settings: Settings, said: Connection) -> None:
    from tasks.store.publish import publish

    publish(settings, datetime.now(UTC))
    said.send(("published", []))


def _migrate(settings: Settings, said: Connection) -> None:
    from tasks.store.master import open_master

    with open_master(settings):
        said.send(("migrated", []))


def _compact(settings: Settings, said: Connection) -> None:
    from tasks.store.compact import compact

    compact(settings)
    said.send(("compacted", []))


def _reprocess(settings: Settings, said: Connection) -> None:
    from flows.reprocess import Order, run
    from tests import pipeline
    from tests.reprocess_target import other

    run(settings.model_copy(update={"batch_size": 3}), pipeline.INLINE, Order(write=True), other)
    said.send(("reprocessed", []))


_WORK: dict[str, Callable[[Settings, Connection], None]] = {
    "poll": _poll,
    "ingest": _ingest,
    "publish": _publish,
    "migrate": _migrate,
    "compact": _compact,
    "reprocess": _reprocess,
}


def _work(name: str, settings: Settings, said: Connection) -> None:
    _WORK[name](settings, said)


def _examine(settings: Settings, said: Connection) -> None:
    """What the store is like: broken invariants, ids, and whether the published file is whole."""
    from tasks.store.check import check
    from tasks.store.master import open_master
    from tasks.store.restore import readable

    wrong = [broken.sentence() for broken in check(settings).broken] if settings.published.exists() else []
    if settings.published.exists():
        try:
            readable(settings.published)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it is what is asked for
            wrong.append(f"the published file: {error}")
    with open_master(settings) as connection:
        entries = dict(connection.execute("SELECT id, state FROM entries").fetchall())
    said.send((wrong, entries))


def _compare(settings: Settings, said: Connection) -> None:
    from tasks.store.master import master_path
    from tests.tables import differences

    calm = settings.home.with_name("calm") / settings.home.name.split(".")[0]
    found = differences(master_path(Settings(home=calm)), master_path(settings))
    said.send([line for line in found if not line.startswith(_EXEMPT)])


def _prepare(settings: Settings, said: Connection) -> None:
    """A store an outlet for each kind of work, as it is before that work: published once, so that there is something to lose."""
    from tasks.store import migrate
    from tasks.store.master import master_path, open_master, transaction
    from tests import old_schemas, pipeline

    root = settings.home
    for name in WORKS:
        home = settings.model_copy(update={"home": root / name})
        if name == "migrate":
            master_path(home).parent.mkdir(parents=True)
            old_schemas.make(master_path(home), migrate.known_migrations()[0].version)
            continue
        if name in ("compact", "reprocess"):
            shutil.copytree(root / "publish", root / name)
        else:
            pipeline.add_feeds(home, FEEDS[:2])
            if name != "poll":
                pipeline.poll_all(home)
            if name == "publish":
                pipeline.ingest_all(home)
            _publish(home, said)
        if name in ("publish", "compact"):
            with open_master(home) as connection, transaction(connection):
                connection.execute("DELETE FROM fetches")
    said.send("prepared")


class Kills:
    """The episodes, one after the other, and what they came to."""

    def __init__(self, root: Path, settings: Settings, rng: random.Random) -> None:
        self._root, self._settings, self._rng = root, settings, rng
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOADED)
        self._whole: dict[str, float] = {}
        self.kills: Counter[str] = Counter()
        self.late: Counter[str] = Counter()
        self.wrong: list[str] = []

    def prepare(self) -> None:
        """The stores to begin with, and each work once undisturbed: how long it takes, and what it leaves."""
        self._run(_prepare, self._root / "before")
        for name in WORKS:
            home = self._root / "calm" / name
            shutil.copytree(self._root / "before" / name, home)
            begin = time.monotonic()
            self._run(_work, home, name)
            self._whole[name] = time.monotonic() - begin

    def episode(self, number: int, name: str) -> None:
        """One store: killed up to three times, then finished, then compared."""
        home = self._root / f"{name}.{number}"
        shutil.copytree(self._root / "before" / name, home)
        settled: set[int] = set()
        known: set[int] = set()
        for _ in range(self._rng.randint(1, 3)):
            heard = self._killed(home, name, self._rng.uniform(0, self._whole[name]))
            settled.update(id for kind, ids in heard if kind == "settled" for id in ids)
            known.update(id for kind, ids in heard for id in ids)
            if name == "migrate":
                continue  # its rows are invented, the books of so old a file do not agree
            wrong, entries = self._run(_examine, home)
            self.wrong += [f"{name} {number}: {sentence}" for sentence in wrong]
            if lost := known - entries.keys():
                self.wrong.append(f"{name} {number}: {len(lost)} entries that were there are lost")
            if back := [id for id in settled if entries.get(id) == "pending"]:
                self.wrong.append(f"{name} {number}: {len(back)} settled entries are pending again")
        self._run(_work, home, name)
        self.wrong += [f"{name} {number}: {line}" for line in self._run(_compare, home)]
        left = [path.name for path in home.rglob("*") if path.name.endswith((".new", ".compact", ".tmp"))]
        self.wrong += [f"{name} {number}: left over: {file}" for file in left]
        shutil.rmtree(home)

    def _killed(self, home: Path, name: str, seconds: float) -> list[tuple[str, list[int]]]:
        hear, say = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(name, self._at(home), say))
        process.start()
        say.close()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            self.kills[name] += 1
        else:
            self.late[name] += 1
        process.join()
        heard = []
        while hear.poll():
            try:
                heard.append(hear.recv())
            except (EOFError, OSError):  # all was heard, or the kill met it in the middle of a word
                break
        return heard

    def _run(self, target: Callable[..., None], home: Path, *words: str) -> object:
        """Lets a process run to its end; returns the last thing it said."""
        hear, say = self._context.Pipe(duplex=False)
        process = self._context.Process(target=target, args=(*words, self._at(home), say))
        process.start()
        say.close()
        last = None
        while True:
            try:
                last = hear.recv()
            except EOFError:
                break
        process.join()
        if process.exitcode:
            raise RuntimeError(f"{target.__name__} {' '.join(words)} of {home} ended with {process.exitcode}")
        return last

    def _at(self, home: Path) -> Settings:
        return self._settings.model_copy(update={"home": home})


def play(kills: int, seed: int, seconds: float = 1e9) -> Kills:
    """Kills so many times, in turn over all kinds of work; stops earlier after `seconds`."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="newsfold-kills-") as folder, SampleWeb(1) as web:
        settings = Settings(home=Path(folder), host_map=web.host_map, gap_seconds=0, workers=1)
        played = Kills(Path(folder), settings, random.Random(seed))
        played.prepare()
        number = 0
        while played.kills.total() < kills and time.monotonic() - begin < seconds:
            played.episode(number, WORKS[number % len(WORKS)])
            number += 1
            if number % len(WORKS) == 0:
                print(f"{played.kills.total()} kills, {len(played.wrong)} things wrong", *played.wrong, sep="\n", flush=True)
    return played


def main() -> None:
    """Plays, prints what came of it, ends with 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--seconds", type=float, default=1e9)
    given = parser.parse_args()
    played = play(given.kills, given.seed, given.seconds)
    for line in played.wrong:
        print(line)
    of = ", ".join(f"{count} of {name}" for name, count in sorted(played.kills.items()))
    print(f"{played.kills.total()} kills ({of}), {played.late.total()} came too late, {len(played.wrong)} things wrong")
    sys.stdout.flush()
    os._exit(1 if played.wrong else 0)


if __name__ == "__main__":
    main()
