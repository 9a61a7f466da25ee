"""ibis' Spark, whose tables are written to and read from files, with no more than one file's rows in this process at once."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.pyspark import Backend as PySpark
from ibis.util import gen_name
from pyspark.sql import SparkSession

from pipeline.engines.spark_sql import Compiler

# Rows in one of the files that a table is written to.
_FILE_ROWS = 500_000
# Whatever the cluster's own settings are.
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    # Else products of decimals are rounded to six places, and then again to none.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
}


class Backend(PySpark):  # type: ignore[misc] # ibis gives it no types
    """A connection to Spark.

    Attributes:
        work: Local name of the folder for what is computed on the way.
        root: What stands before a local path where Spark is told of it: `file:`, or an address that all workers reach.
    """

    compiler = Compiler()
    work: Path
    root: str

    @classmethod
    def of(cls, session: SparkSession, work: Path, root: str) -> "Backend":
        """Set a session up."""
        backend = cls()
        backend.do_connect(session, **_SETTINGS)
        backend.work, backend.root = work, root.removesuffix("/")
        return backend

    def open_parquet(self, paths: Sequence[Path]) -> ir.Table:
        """The rows of parquet files, or of tables that `to_parquet` wrote; their columns are the union of all files' columns."""
        return self._named([_literal(self._address(path)) for path in paths])

    def to_parquet(self, expr: ir.Table, /, path: str | os.PathLike[str], **_: Any) -> None:
        """Write a table to a folder of parquet files whose names sort as its rows do."""
        self._run_pre_execute_hooks(expr)
        writer = self.raw_sql(self.compile(expr)).write.mode("overwrite").option("maxRecordsPerFile", _FILE_ROWS)
        writer.parquet(self._address(Path(path)))

    def to_pyarrow(self, expr: ir.Expr, /, **_: Any) -> Any:
        """The few rows of an answer."""
        self._run_pre_execute_hooks(expr)
        table = expr.as_table()
        found = self.raw_sql(self.compile(table)).toArrow()
        return expr.__pyarrow_result__(found.cast(table.schema().to_pyarrow()))

    def to_pyarrow_batches(self, expr: ir.Expr, /, **_: Any) -> pa.RecordBatchReader:
        """All rows of a table in its order, one file's at a time."""
        folder = self.work / gen_name("rows")
        self.to_parquet(expr.as_table(), folder)
        files = self._session.read.parquet(_literal(self._address(folder))).inputFiles()
        schema = expr.as_table().schema().to_pyarrow()
        return pa.RecordBatchReader.from_batches(schema, self._batches(sorted(map(unquote, files)), schema))

    def _batches(self, files: list[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for file in files:
            yield from self._session.read.parquet(_literal(file)).toArrow().cast(schema).to_batches()

    def _named(self, addresses: list[str]) -> ir.Table:
        name = gen_name("parquet")
        self._session.read.option("mergeSchema", len(addresses) > 1).parquet(*addresses).createOrReplaceTempView(name)
        return self.table(name)

    def _address(self, path: Path) -> str:
        return f"{self.root}{path.absolute()}"


def _literal(address: str) -> str:
    """An address that means one file or folder alone: Hadoop reads signs in it as patterns."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", address)
