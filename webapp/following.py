"""Runs that are published elsewhere: a thread brings the current one to this machine, and no request waits for the network."""

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.concurrency import run_in_threadpool

from pipeline.artifacts import BUILD_COMMAND
from pipeline.errors import ArtifactError, ClienteleError
from pipeline.mirror import Mirror
from webapp.settings import Settings
from webapp.store import Store

# Seconds between two looks at the address.
PERIOD_SECONDS = 10.0
# A damaged run is fetched again, for it may be mended; but ever more rarely, for transfers may cost money.
_LONGEST_SECONDS = 600.0
# A server with nothing to show does not open before the first run is there, or for this long.
PATIENCE_SECONDS = 20.0
# At the end a transfer is not waited for: what is not complete is never used.
_FINISHING_SECONDS = 1.0
_log = logging.getLogger(__name__)


def follow(store: Store, settings: Settings) -> Callable[[], AbstractAsyncContextManager[None]]:
    """What has to go on beside a server so that its store sees new runs: nothing for a folder."""
    return Following(Mirror(settings.address, settings.artifacts), store).alive if settings.address else nullcontext


class Following:
    """Keeps the folder that a store reads like the address that it mirrors.

    Attributes:
        wait_seconds: From the last look to the next.
    """

    def __init__(self, mirror: Mirror, store: Store, *, period: float = PERIOD_SECONDS) -> None:
        """Follow the address of `mirror`, whose folder `store` reads; `period` is the seconds between two looks."""
        self._mirror, self._store = mirror, store
        self._period = self.wait_seconds = period
        self._problem = ""
        self._looked, self._ending = threading.Event(), threading.Event()
        store.refresh(behind=f"The run at {mirror.name} is being fetched.")

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """For as long as the server is, look again and again."""
        thread = threading.Thread(target=self._follow, name="following", daemon=True)
        thread.start()
        try:
            if self._store.is_empty:
                await run_in_threadpool(self._looked.wait, PATIENCE_SECONDS)
            yield
        finally:
            self._ending.set()
            await run_in_threadpool(thread.join, _FINISHING_SECONDS)

    def look(self) -> None:
        """Bring what is current to this machine and have the store open it. What keeps it from that is logged once, not each time."""
        problem = self._pulled()
        if problem != self._problem:
            if problem:
                _log.warning("%s", problem)
            else:
                _log.warning("Runs come from %s again.", self._mirror.name)
            self._problem = problem
        self._store.refresh(behind=problem)

    def _pulled(self) -> str:
        """Why the folder may be behind the address; empty when it is not."""
        wait, self.wait_seconds = self.wait_seconds, self._period
        try:
            if self._mirror.pull(before=True):
                return ""
            return f"No run is published at {self._mirror.name}. Run `{BUILD_COMMAND}`."
        except ArtifactError as error:
            self.wait_seconds = min(2 * wait, _LONGEST_SECONDS)
            return str(error)
        except ClienteleError as error:
            return str(error)
        except Exception:  # noqa: BLE001 - the thread has to go on, and the log has the rest
            _log.exception("following %s failed", self._mirror.name)
            return "Runs cannot be fetched. The fault is ours and stands in the log."

    def _follow(self) -> None:
        while not self._ending.is_set():
            self.look()
            self._looked.set()
            self._ending.wait(self.wait_seconds)
