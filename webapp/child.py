"""A process that works for somebody who waits: what it is told of this one's environment, and how it is ended."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

# What the names of variables begin with that such a process needs. All others stay here: any of them may hold a key.
_NEEDED = ("COVERAGE_", "HOME", "LANG", "LC_", "LD_LIBRARY_PATH", "MALLOC_", "OPENBLAS_", "PATH", "PYTHON", "TZ", "VIRTUAL_ENV")


class Watching:
    """Processes that are waited for at this moment, none of which outlives the server."""

    def __init__(self) -> None:
        """None so far."""
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Wait for one more, beside everything else."""
        task = asyncio.create_task(waiting)
        # A task that nobody holds may be collected before it ends.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """End them all; whoever waits for them is told by being cancelled."""
        ending = [*self._tasks]
        for task in ending:
            task.cancel()
        if ending:
            await asyncio.wait(ending)


async def start(module: str, *arguments: object, keeps: int, more: Mapping[str, str] = MappingProxyType({})) -> Process:
    """Run a module of Python's in a process of its own, in a session of its own, so that it can be ended with those that it starts.

    Args:
        module: Its name.
        arguments: What it is told.
        keeps: A descriptor that it keeps open for as long as it lives.
        more: Variables that it has besides those that it needs.
    """
    return await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", module, *map(str, arguments)],
        stdin=DEVNULL,
        env=environment() | dict(more),
        pass_fds=(keeps,),
        start_new_session=True,
    )


def environment() -> dict[str, str]:
    """What is needed of that of this process: whatever breaks the reader of a file finds no keys there."""
    return {name: value for name, value in os.environ.items() if name.startswith(_NEEDED)}


async def ended(process: Process, seconds: float) -> str:
    """Wait for the end of a process, and end it where that takes longer, or where the waiting is cancelled.

    Returns:
        What ended one that left no word of it.
    """
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        await end(process)
        return f"after {seconds // 60:.0f} minutes, the most that it may take"
    except asyncio.CancelledError:
        await end(process)
        raise
    return "by the system, most likely for want of memory"


async def end(process: Process) -> None:
    """End a process and those that it started; none has anything to put in order."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
