"""A process that another one started ends when that one does, however that ends."""

import multiprocessing
import os
from threading import Thread


def with_parent() -> None:
    """End this process when the one that started it has ended: a killed parent ends nobody, and the work would go on for no one."""
    Thread(target=_end, daemon=True).start()


def _end() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
