"""ibis' Spark, whose tables are written to and read from files, with no more than one file's rows in this process at once."""

import os
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import ibis.expr.datatypes as dt
import ibis.expr.schema as sch
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.pyspark import Backend as PySpark
from ibis.backends.pyspark.datatypes import PySparkType
from ibis.util import gen_name
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls them
from pyspark.sql.types import TimestampType

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
        root: What stands before a local path where Spark is told of what it computes: `file:`, or an address that all workers reach.
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

    def get_schema(self, table_name: str, **_: Any) -> sch.Schema:
        """The columns of a table; moments, which ibis takes for times without a zone, are in UTC."""
        fields = self._session.table(table_name).schema.fields
        types = {each.name: dt.Timestamp("UTC") if isinstance(each.dataType, TimestampType) else PySparkType.to_ibis(each.dataType) for each in fields}
        return sch.Schema(types)

    def open_parquet(self, paths: Sequence[Path]) -> ir.Table:
        """The rows of parquet files, or of tables that `to_parquet` wrote; their columns are the union of all files' columns."""
        return self._named(self._read([self._address(path) for path in paths], merge=len(paths) > 1))

    def open_in_place(self, paths: Sequence[Path], columns: int) -> ir.Table:
        """What `engine.open_in_place` says."""
        read = self._read([f"file:{path.absolute()}" for path in paths])
        place = {str(path.absolute()): at for at, path in enumerate(paths)}
        # Spark says where a row is from as it says which files there are.
        known = {file: place[_path(file)] for file in read.inputFiles()}
        file = F.create_map(*map(F.lit, chain.from_iterable(known.items())))[F.col("_metadata.file_path")]
        cells = [F.col(_quoted(name)).alias(f"c{at}") for at, name in enumerate(read.columns)]
        nth = F.col("_metadata.row_index") + 1
        return self._named(read.select(file.cast("bigint").alias("file"), nth.cast("bigint").alias("nth"), *cells[:columns]))

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
        files = self._read([self._address(folder)]).inputFiles()
        schema = expr.as_table().schema().to_pyarrow()
        return pa.RecordBatchReader.from_batches(schema, self._batches(sorted(map(unquote, files)), schema))

    def _batches(self, files: list[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for file in files:
            yield from self._read([file]).toArrow().cast(schema).to_batches()

    def _read(self, addresses: list[str], *, merge: bool = False) -> DataFrame:
        # Hadoop reads signs in addresses as patterns.
        literal = [re.sub(r"([\\*?\[\]{}])", r"\\\1", address) for address in addresses]
        return self._session.read.option("mergeSchema", merge).parquet(*literal)

    def _named(self, frame: DataFrame) -> ir.Table:
        name = gen_name("parquet")
        frame.createOrReplaceTempView(name)
        return self.table(name)

    def _address(self, path: Path) -> str:
        return f"{self.root}{path.absolute()}"


def _path(file: str) -> str:
    """The path in an address as Spark writes it."""
    return "/" + unquote(re.sub(r"^\w+:/+", "", file))


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
