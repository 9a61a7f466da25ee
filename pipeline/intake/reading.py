"""Files are taken apart in a process of their own: its memory goes back to the system, and work goes on beside it."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from pipeline.catalogue import Dataset
from pipeline.errors import InputError
from pipeline.intake import source
from pipeline.intake.staged import Layout, Staged


class Reader:
    """Reads files one after another in a child process."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        """Use `pool`, which has one worker."""
        self._pool = pool

    def submit(self, dataset: Dataset, path: Path, work: Path) -> "Future[Staged]":
        """Start to stage `path` in `work`, a folder that is made."""
        work.mkdir(parents=True)
        return self._pool.submit(stage, path, layout_of(dataset), work)

    def close(self) -> None:
        """End the process once it has read what was submitted: its memory goes back to the system."""
        self._pool.shutdown()


@contextmanager
def reader() -> Iterator[Reader]:
    """A reader whose process ends with the block, whatever it was doing."""
    # spawn: a fork would copy the locks of threads that run here.
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            yield Reader(pool)
        except BaseException:
            # What is still being read is of no use any more, and its folder is about to go.
            for process in list((pool._processes or {}).values()):  # None once it is closed
                process.terminate()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def result(reading: "Future[Staged]", path: Path) -> Staged:
    """Wait for a reading.

    Raises:
        InputError: As the reader found, or if the file made the reading process die.
    """
    try:
        return reading.result()
    except BrokenProcessPool:
        remedy = "Free some memory" if path.suffix.lower() == ".csv" else "Free some memory, or export it as CSV"
        raise InputError(f"{path.name}: reading it was stopped by the system, most likely for want of memory. {remedy}.") from None


def stage(path: Path, layout: Layout, work: Path) -> Staged:
    """Stage one file; called in the child process.

    Raises:
        InputError: If the file, or its header, is at fault.
    """
    # Each reader loads only what it needs, so that a CSV does not pay for the workbook's library.
    match source.identify(path):
        case "workbook":
            from pipeline.intake import workbook

            return workbook.read(path, layout, work)
        case "parquet":
            from pipeline.intake import columnar

            return columnar.read(path, layout, work)
        case "delimited":
            from pipeline.intake import delimited

            return delimited.read(path, layout, work)


def layout_of(dataset: Dataset) -> Layout:
    """What a reader has to know of a dataset."""
    return Layout(dataset.source_columns, dataset.sheets, dataset.delimiter, dataset.encoding)
