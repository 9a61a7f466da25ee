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
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls them
from pyspark.sql.types import StringType, StructField, StructType, TimestampType

from pipeline.engines.spark_sql import Compiler
from pipeline.errors import InputError

# Rows in one of the files that a table is written to.
_FILE_ROWS = 500_000
_SCHEME = r"^\w+:/+"
# What a row that could not be taken apart is put into; no header is called so.
_BROKEN = "\0line"
# Whatever the cluster's own settings are.
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    # Else products of decimals are rounded to six places, and then again to none.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    # Bytes. Java compiles no method that is longer: checks then take half as long again.
    "spark.sql.codegen.hugeMethodLimit": "8000",
}


class Backend(PySpark):  # type: ignore[misc] # ibis gives it no types
    """A connection to Spark.

    Attributes:
        work: Local name of the folder for what is computed on the way.
        root: What stands before a local path where Spark is told of what it computes: `file:`, or an address that all workers reach.
        sent: Files of this machine that are at that address as well.
    """

    compiler = Compiler()
    work: Path
    root: str
    sent: set[Path]

    @classmethod
    def of(cls, session: SparkSession, work: Path, root: str) -> "Backend":
        """Set a session up."""
        PySpark.register_options()
        backend = cls()
        backend.do_connect(session, **_SETTINGS)
        backend.work, backend.root, backend.sent = work, root.removesuffix("/"), set()
        return backend

    def get_schema(self, table_name: str, **_: Any) -> sch.Schema:
        """The columns of a table; moments, which ibis takes for times without a zone, are in UTC."""
        fields = self._session.table(table_name).schema.fields
        types = {
            each.name: dt.Timestamp("UTC") if isinstance(each.dataType, TimestampType) else PySparkType.to_ibis(each.dataType)
            for each in fields
        }
        return sch.Schema(types)

    def open_parquet(self, paths: Sequence[Path]) -> ir.Table:
        """The rows of parquet files, or of tables that `to_parquet` wrote; their columns are the union of all files' columns."""
        for path in paths:
            self._send(path)
        return self._named(self._read([self._address(path) for path in paths], merge=len(paths) > 1))

    def open_in_place(self, paths: Sequence[Path | str], columns: int) -> ir.Table:
        """What `engine.open_in_place` says, also of addresses."""
        addresses = [path if isinstance(path, str) else f"file:{path.absolute()}" for path in paths]
        read = self._read(addresses, merge=len(addresses) > 1)
        cells = [F.col(_quoted(name)).alias(f"c{at}") for at, name in enumerate(read.columns)]
        nth = F.col("_metadata.row_index") + 1
        return self._named(read.select(_place(read, addresses).alias("file"), nth.cast("bigint").alias("nth"), *cells[:columns]))

    def columns(self, addresses: Sequence[str]) -> dict[str, str]:
        """The columns that parquet files have together, each with its type."""
        return dict(self._read(list(addresses), merge=True).dtypes)

    def files(self, address: str) -> list[tuple[str, int, str]]:
        """The files that an address, or a pattern of addresses, means: where each is, its bytes, and when it was last written."""
        found = self._session.read.format("binaryFile").load(address).select("path", "length", "modificationTime").collect()
        return [(row["path"], row["length"], str(row["modificationTime"])) for row in found]

    def first_line(self, address: str, encoding: str) -> str:
        """The first line of a text."""
        line = self._session.read.option("encoding", encoding).text(_literal(address)).first()
        return line["value"].removeprefix("\ufeff") if line else ""

    def lines(self, addresses: Sequence[str], header: list[str] | None, names: Sequence[str], delimiter: str, encoding: str) -> ir.Table:
        """The rows of texts whose fields are separated.

        Args:
            addresses: The files.
            header: What their first rows hold; None: they are rows like any other.
            names: What the columns are called.
            delimiter: What separates them.
            encoding: Of the files.

        Returns:
            One row per row: file, nth, name (of the file), line (of a row with too few or too many fields, else null), c0, c1 and so on.
        """
        columns = list(header or names)
        options = {"sep": delimiter, "encoding": encoding, "quote": '"', "escape": '"', "columnNameOfCorruptRecord": _BROKEN}
        # A field may hold line breaks: a file is read by one worker, and its rows stay in order.
        flags = {"header": header is not None, "enforceSchema": header is None, "multiLine": True}
        schema = StructType([StructField(name, StringType()) for name in (*columns, _BROKEN)])
        read = self._session.read.options(**options, **flags).schema(schema).csv([_literal(address) for address in addresses])
        cells = [F.col(_quoted(name)).alias(f"c{at}") for at, name in enumerate(columns)]
        kept = read.select(
            _place(read, addresses).alias("file"),
            F.monotonically_increasing_id().alias("at"),
            F.col("_metadata.file_name").alias("name"),
            F.col(_quoted(_BROKEN)).alias("line"),
            *cells,
        )
        nth = F.row_number().over(Window.partitionBy("file").orderBy("at")).cast("bigint")
        return self._named(kept.withColumn("nth", nth).drop("at"))

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

    def _register_in_memory_table(self, op: Any) -> None:
        # As ibis hands it over, it would be taken apart by Python on the workers.
        self._session.createDataFrame(op.data.to_pyarrow(op.schema)).createOrReplaceTempView(op.name)

    def _send(self, path: Path) -> None:
        """Put a file that was made on this machine where the workers reach it.

        Raises:
            InputError: If it cannot be put there.
        """
        if self.root == "file:" or path in self.sent or not path.is_file():
            return
        if "SPARK_REMOTE" in os.environ:
            raise InputError(
                "Through Spark Connect, files of this machine cannot be put at CLIENTELE_SPARK_WORK. "
                "Put them where the cluster reads them, and name that address in datasets.toml."
            )
        jvm = self._session._jvm
        target = jvm.org.apache.hadoop.fs.Path(self._address(path))
        storage = target.getFileSystem(self._session._jsc.hadoopConfiguration())
        storage.copyFromLocalFile(False, True, jvm.org.apache.hadoop.fs.Path(f"file:{path.absolute()}"), target)
        self.sent.add(path)

    def _batches(self, files: list[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for file in files:
            yield from self._read([file]).toArrow().cast(schema).to_batches()

    def _read(self, addresses: list[str], *, merge: bool = False) -> DataFrame:
        return self._session.read.option("mergeSchema", merge).parquet(*map(_literal, addresses))

    def _named(self, frame: DataFrame) -> ir.Table:
        name = gen_name("parquet")
        frame.createOrReplaceTempView(name)
        return self.table(name)

    def _address(self, path: Path) -> str:
        return f"{self.root}{path.absolute()}"


def _place(read: DataFrame, addresses: Sequence[str]) -> Column:
    """Of each row, the place of its file among the addresses."""
    places = {_path(address): at for at, address in enumerate(addresses)}
    # Spark writes the same signs of a path as numbers where it says which files there are, and where a row is from.
    known = {_path(file): places[_path(unquote(file))] for file in read.inputFiles()}
    file = F.regexp_replace(F.col("_metadata.file_path"), _SCHEME, "")
    return F.create_map(*map(F.lit, chain.from_iterable(known.items())))[file].cast("int")


def _literal(address: str) -> str:
    """An address that means one file or folder alone: Hadoop reads signs in it as patterns."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", address)


def _path(address: str) -> str:
    """An address without what Spark writes now with one slash, now with three."""
    return re.sub(_SCHEME, "", address)


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
