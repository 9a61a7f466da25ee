"""Memory that is free again goes back to the system: glibc alone gives back no more than the end of what it has."""

import asyncio
import contextlib
import ctypes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

PERIOD_SECONDS = 30.0


@asynccontextmanager
async def giving_back(*, period: float = PERIOD_SECONDS, give: Callable[[], object] | None = None) -> AsyncIterator[None]:
    """For as long as the block lasts, give back what is free, every `period` seconds; nothing where the system's library cannot."""
    task = asyncio.create_task(_again_and_again(period, give or trim()))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def trim() -> Callable[[], object]:
    """What asks the system's C library for it: glibc's malloc_trim(3), which says 1 where something was given back and 0 elsewhere."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return (lambda: trim(0)) if trim else (lambda: None)


async def _again_and_again(period: float, give: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(period)
        # Some milliseconds, in which the other thread may go on: it is the library that is called that lets go of Python's lock.
        await asyncio.to_thread(give)
