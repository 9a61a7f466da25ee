"""Spark: in processes of this machine, on a cluster, or behind Spark Connect."""

import importlib.util
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import pyarrow.parquet as pq

from pipeline.errors import InputError, first_line
from pipeline.limits import heap

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from pipeline.engines.spark_backend import Backend

INSTALL = "pip install --require-hashes -r requirements-spark.txt"
# Without a cluster nobody else has to reach it.
_LOCAL = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}


@contextmanager
def connect(work: Path) -> "Iterator[Backend]":
    """A session of the cluster that the environment names; it stays for later blocks of this process, for it takes seconds to start.

    Args:
        work: Folder for what is computed on the way; workers have to reach it, or `CLIENTELE_SPARK_WORK` names one that they do.

    Raises:
        InputError: If pyspark or Java is not there, or Spark fails.
    """
    _refuse_absent()
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    from pipeline.engines.spark_backend import Backend

    try:
        yield Backend.of(_session(work), work, os.environ.get("CLIENTELE_SPARK_WORK", "file:"))
    except (PySparkException, Py4JError) as error:
        # Spark's errors cannot leave the process that they are raised in.
        raise InputError(f"Spark ({_where()}) failed: {first_line(error)}. The rest is in its own log.") from None


def bring(table: ir.Table, path: Path) -> None:
    """Write a table into one file of this machine, in its order; no more than one of Spark's files of it is held at once."""
    batches = table.to_pyarrow_batches()
    with pq.ParquetWriter(path, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def open_parquet(connection: "Backend", paths: Sequence[Path]) -> ir.Table:
    """The rows of parquet files, or of tables that were written; their columns are the union of all files' columns."""
    return connection.open_parquet(paths)


def open_in_place(connection: "Backend", paths: Sequence[Path | str], columns: int) -> ir.Table:
    """What `engine.open_in_place` says."""
    return connection.open_in_place(paths, columns)


def _refuse_absent() -> None:
    if importlib.util.find_spec("pyspark") is None:
        raise InputError(f"--engine spark: pyspark is not installed. Run `{INSTALL}`.")
    home = os.environ.get("JAVA_HOME")
    if "SPARK_REMOTE" not in os.environ and shutil.which("java", path=f"{home}/bin" if home else None) is None:
        looked = f"JAVA_HOME ({home})" if home else "PATH"
        raise InputError(
            f"--engine spark: there is no java in {looked}. Install Java 17 (Debian: openjdk-17-jre-headless), "
            "or set SPARK_REMOTE to the address of a Spark Connect server."
        )


def _where() -> str:
    return os.environ.get("SPARK_REMOTE") or os.environ.get("SPARK_MASTER") or "local[*]"


def _session(work: Path) -> "SparkSession":
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("clientele")
    if "SPARK_REMOTE" in os.environ:
        return builder.remote(_where()).getOrCreate()
    # Spark makes this folder at once, even where no table is ever put there.
    own = {"spark.sql.warehouse.dir": (work / "warehouse").absolute().as_uri(), "spark.ui.showConsoleProgress": "false"}
    if "SPARK_MASTER" not in os.environ:
        own |= _LOCAL | {"spark.driver.memory": f"{heap() >> 20}m"}
    for name, value in own.items():
        builder = builder.config(name, value)
    return builder.master(_where()).getOrCreate()
