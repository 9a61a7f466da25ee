"""Processes that compute beside each other, one per core: threads would wait for each other where work is many small steps."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from pipeline import ending


def workers(modules: Sequence[str]) -> ProcessPoolExecutor:
    """As many as there are cores; they end with the process that asks for them.

    Args:
        modules: What they need. It is loaded once, by a process that they come of, and its memory is theirs in common.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*modules])
    return ProcessPoolExecutor(os.cpu_count(), mp_context=context, initializer=ending.with_parent)
