"""Prefect's server and its one SQLite file: transactions that write take turns.

Prefect begins most of them as ones that read. SQLite refuses the first write of such a transaction at once when another one
has written meanwhile ("database is locked"), whatever the time-outs say, and those that wait for the file fill the pool of
connections, so that on a busy machine requests end with 503 after 30 or 60 seconds. Here a transaction is begun as one that
writes, and its turn is waited for in the event loop: without a connection, and in the order of coming.

Only for the server that `newsfold up` starts. With PostgreSQL nothing of this is wanted, nor done.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

# One that had its turn for longer than this stands in nobody's way any more: SQLite's own lock still holds.
LONGEST_SECONDS = 30.0

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_holder: ContextVar["asyncio.Task[Any] | None"] = ContextVar("holder", default=None)


@asynccontextmanager
async def turn() -> AsyncGenerator[bool]:
    """Waits for its turn; yields False for a transaction within one that has it, or after too long a wait."""
    task = asyncio.current_task()
    if task is not None and _holder.get() is task:
        yield False
        return
    lock = _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            await lock.acquire()
    except TimeoutError:
        yield False
        return
    token = _holder.set(task)
    try:
        yield True
    finally:
        _holder.reset(token)
        lock.release()


def take_turns() -> None:
    """Puts it in place, in this process."""
    from prefect.server.database.configurations import AioSqliteConfiguration

    begin = AioSqliteConfiguration.begin_transaction

    @asynccontextmanager
    async def begin_in_turn(self: Any, session: Any, with_for_update: bool = False) -> AsyncGenerator[Any]:
        async with turn() as had, begin(self, session, with_for_update=with_for_update or had) as transaction:
            yield transaction

    AioSqliteConfiguration.begin_transaction = begin_in_turn  # type: ignore[method-assign]
