"""How many bytes of bodies one call holds at once: a hundred hosts that each send a large one must not fill the memory."""

import asyncio

# Once the finished bodies alone fill the budget, only bodies up to this size are still taken.
_ALWAYS_TAKEN = 1024 * 1024


class NoRoomError(Exception):
    """The finished bodies of this call fill the budget already, and this one is large."""


class ByteBudget:
    """Bodies under way wait for one another; those that are finished count until the call ends.

    Of those under way the one that holds most never waits, so that there always is one that gets done, and it is not one
    that drips: the budget may be passed by one body. Not for threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = 0
        self._under_way: dict[int, int] = {}
        self._next = 0
        self._freed = asyncio.Event()

    def begin(self) -> int:
        """A new body; its number is for `grow` and `end`."""
        self._next += 1
        self._under_way[self._next] = 0
        return self._next

    def over(self, number: int, size: int) -> bool:
        """Body `number` now has so many bytes: whether it must wait in `room`. Raises NoRoomError."""
        self._under_way[number] = size
        if self._kept >= self._most and size > _ALWAYS_TAKEN:
            raise NoRoomError(f"the answers of this run hold {self._kept // 2**20} MB already; it is for another run")
        if self._kept + sum(self._under_way.values()) <= self._most:
            return False
        return max(self._under_way, key=lambda other: self._under_way[other]) != number

    async def room(self, number: int) -> None:
        """Wait until body `number` may grow on."""
        while self.over(number, self._under_way[number]):
            self._freed.clear()
            await self._freed.wait()

    def end(self, number: int) -> None:
        """Body `number` is no longer under way."""
        del self._under_way[number]
        self._freed.set()

    def keep(self, size: int) -> None:
        """So many bytes stay until the call ends."""
        self._kept += size
