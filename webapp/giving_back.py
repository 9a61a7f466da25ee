"""Memory that is free again goes back to the system, again and again for as long as the server runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pipeline.trimming import trim

PERIOD_SECONDS = 30.0


@asynccontextmanager
async def giving_back(*, period: float = PERIOD_SECONDS, give: Callable[[], object] = trim) -> AsyncIterator[None]:
    """For as long as the block lasts, give back what is free, every `period` seconds; nothing where the system's library cannot."""
    task = asyncio.create_task(_again_and_again(period, give))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _again_and_again(period: float, give: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(period)
        # Some milliseconds, in which the other thread may go on: it is the library that is called that lets go of Python's lock.
        await asyncio.to_thread(give)
