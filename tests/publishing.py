"""Runs made for the tests of publishing; as a program, it publishes in processes that are there to be killed.

A program, not a fork of the process that runs the tests: that has threads, whose locks a fork would take over for good.
"""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from pipeline import parquet, publishing
from pipeline.artifacts import Run
from pipeline.manifest import DatasetRecord, Manifest, RowsRecord, ScoresRecord, TableRecord
from pipeline.publishing import Publication
from pipeline.schema import COUNT, TEXT, Column, Table

TABLES = [
    Table(name, "one row per number", (Column("number", COUNT, ""), Column("mark", TEXT, ""))) for name in ("first", "second", "third")
]
ROWS = 20_000
# Made before any fork: the first array that pyarrow makes loads pandas, a second in every process.
NUMBERS = pa.array(range(ROWS))


def write(publication: Publication, run_id: str) -> Manifest:
    """A run of three tables whose every row bears the run's id."""
    batch = pa.record_batch({"number": NUMBERS, "mark": pa.array([run_id] * ROWS)})
    tables = {table.name: parquet.write(publication.folder(run_id) / "shop", table, [batch]) for table in TABLES}
    return manifest(run_id, tables)


def manifest(run_id: str, tables: dict[str, TableRecord]) -> Manifest:
    record = DatasetRecord(
        kind="profile",
        title="Shop",
        demo=False,
        fingerprint=run_id,
        settings={},
        sources=[],
        file_columns=[],
        rows=RowsRecord(read=ROWS, kept=ROWS, rejected=0, duplicates=0),
        as_of=None,
        currency=None,
        features={},
        words={},
        filled={},
        customers=ROWS,
        personas=1,
        scores=ScoresRecord(silhouette=0.5, davies_bouldin=0.5, calinski_harabasz=10.0),
        trust=None,
        seconds={},
        tables=tables,
    )
    return Manifest(
        run_id=run_id,
        created_at=datetime(2024, 3, 10, tzinfo=UTC),
        version="0",
        libraries={},
        seconds=0.0,
        peak_memory_bytes=0,
        datasets={"shop": record},
    )


def publish(root: Path, run_id: str) -> Run:
    with publishing.publication(root) as publication:
        return publication.publish(write(publication, run_id))


def serve(root: Path) -> None:
    """For each number read, fork a process that publishes run after run; say who it is, and when it has died."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            publish_for_ever(root, int(line))
        os.waitpid(child, 0)
        _say("dead")


def publish_for_ever(root: Path, number: int) -> None:
    """Say so when the first run is about to be published, and do not stop."""
    while True:
        with publishing.publication(root) as publication:
            made = write(publication, f"run-{number:06}")
            _say(str(os.getpid()))
            publication.publish(made)
        number += 1


def _say(line: str) -> None:
    """In one write: a process that is killed between a line and its end would run into the next one's."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def publish_and_die(root: Path, run_id: str, step: str) -> None:
    """Stop dead at a step, as a killed process does."""

    def die_before(function: Callable[..., object]) -> Callable[..., object]:
        return lambda *args, **kwargs: os._exit(9)

    def die_after(function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> None:
            function(*args, **kwargs)
            os._exit(9)

        return call

    # This process only dies: nothing has to be put back, as monkeypatch would, and mypy wants methods to stay what they are.
    match step:
        case "before the rename":
            Path.rename = die_before(Path.rename)  # type: ignore[method-assign, assignment]
        case "after the rename":
            Path.rename = die_after(Path.rename)  # type: ignore[method-assign, assignment]
        case "after the switch":
            Path.replace = die_after(Path.replace)  # type: ignore[method-assign, assignment]
    publish(root, run_id)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(Path(sys.argv[1]))
    else:
        publish_and_die(Path(sys.argv[1]), *sys.argv[2:])
