"""Transactions of Prefect's server on its SQLite file: they take turns, so that none is refused."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy.exc import OperationalError

from flows import one_writer

WRITERS = 8


async def _count_up(database: AioSqliteConfiguration) -> None:
    """Reads, thinks, writes: as Prefect does when it marks a run as late."""
    engine = await database.engine()
    async with await database.session(engine) as session, database.begin_transaction(session):
        (count,) = (await session.execute(sa.text("SELECT n FROM counter"))).one()
        await asyncio.sleep(0.02)
        await session.execute(sa.text("UPDATE counter SET n = :n"), {"n": count + 1})


async def _all(file: Path) -> list[BaseException | None]:
    database = AioSqliteConfiguration(connection_url=f"sqlite+aiosqlite:///{file}")
    return await asyncio.gather(*(_count_up(database) for _ in range(WRITERS)), return_exceptions=True)


def _counted(file: Path) -> int:
    with sqlite3.connect(file) as connection:
        return int(connection.execute("SELECT n FROM counter").fetchone()[0])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "prefect.db") as connection:
        connection.execute("CREATE TABLE counter (n INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    return tmp_path / "prefect.db"


def test_as_prefect_has_it_writers_are_refused(file: Path) -> None:
    """When this fails, Prefect has mended it: flows/one_writer.py can go."""
    outcomes = asyncio.run(_all(file))
    assert any(isinstance(one, OperationalError) and "locked" in str(one) for one in outcomes)


def test_in_turns_nobody_is_refused_and_nothing_is_lost(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the attribute is put back after the test
    monkeypatch.setattr(AioSqliteConfiguration, "begin_transaction", AioSqliteConfiguration.begin_transaction)
    one_writer.take_turns()
    assert asyncio.run(_all(file)) == [None] * WRITERS
    assert _counted(file) == WRITERS


def test_who_has_the_turn_does_not_wait_for_itself_and_others_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_writer, "LONGEST_SECONDS", 0.05)

    async def play() -> list[bool]:
        had = []

        async def other() -> bool:
            async with one_writer.turn() as mine:
                return mine

        async with one_writer.turn() as first:
            async with one_writer.turn() as within:
                had += [first, within]
            # a task that is begun meanwhile is another one, and waits
            had.append(await asyncio.create_task(other()))
        had.append(await asyncio.create_task(other()))
        return had

    assert asyncio.run(play()) == [True, False, False, True]
