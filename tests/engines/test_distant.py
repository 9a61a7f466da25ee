"""Files at addresses: Spark reads them where they are, and finds in them what is found in the same files on this machine."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis.backends.duckdb import Backend as DuckDB

from pipeline.build import build
from pipeline.catalogue import Catalogue
from pipeline.errors import InputError
from pipeline.intake import distant, reading
from pipeline.wanted import Request
from tests.conftest import CREATED_AT, silent
from tests.engines.test_spark import tables
from tests.intake.conftest import SHOP, Result, admit_staged

if TYPE_CHECKING:
    from pipeline.engines.spark_backend import Backend

pytestmark = pytest.mark.slow
LAYOUT = reading.layout_of(SHOP)
HALVES = [0.00005, 0.00015, 1.00005, 2.99995, -0.00005, 1e-5, 1.005, 2.675, 123456.78905, 1e9, 1e10, float("nan"), float("inf"), None]
SOUND = 60
TEXT = (
    'who,order,when,n,each,where\na,1,2024-01-01,1,"1.50","two\nlines"\nb,2,2024-01-01\nc,3,2024-01-02,2,x,\n'
    + "d,4,2024-01-02,2,3,UK\n" * 30
)


def write_lines(path: Path, *, ids: list[Any], prices: list[Any], times: pa.Array) -> str:
    """Order lines in parquet, their values of types of their own; and the address of the file."""
    count = len(ids)
    columns = {"who": ids, "order": list(range(count)), "when": times, "n": [3] * count, "each": prices, "where": ["UK"] * count}
    pq.write_table(pa.table(columns), path)
    return f"file://{path}"


def moments(count: int, zone: str | None) -> pa.Array:
    return pa.array([datetime(2024, 3, 10, 23, 30, 0, 500_000, tzinfo=UTC)] * count, pa.timestamp("us", zone))


def both(duck: DuckDB, spark: "Backend", folder: Path, path: Path, address: str) -> tuple[Result, Result]:
    """The same file from this machine by DuckDB and at an address by Spark."""
    for name in ("duck", "spark"):
        (folder / name).mkdir()
    here = admit_staged(duck, folder / "duck", reading.stage_all([path], LAYOUT, folder / "duck"), SHOP)
    there = admit_staged(spark, folder / "spark", distant.stage(spark, [address], LAYOUT, folder / "spark"), SHOP)
    return here, there


def test_numbers_and_times_of_parquet_are_the_same(duck: DuckDB, spark: "Backend", tmp_path: Path) -> None:
    prices = HALVES + [0.5] * SOUND
    ids = [0.1, 12345.678, 1e-4, *(float(at) for at in range(len(prices) - 3))]
    path = tmp_path / "a [1].parquet"
    address = write_lines(path, ids=ids, prices=prices, times=moments(len(ids), "Asia/Tokyo"))
    here, there = both(duck, spark, tmp_path, path, address)
    assert here == there
    assert here.kept


def test_texts_are_taken_apart_alike(duck: DuckDB, spark: "Backend", tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TEXT, encoding="utf-8")
    here, there = both(duck, spark, tmp_path, path, f"file://{path}")
    assert (here.kept, here.rejected, here.counts, here.lines) == (there.kept, there.rejected, there.counts, there.lines)
    assert here.rejected


def test_other_files_are_refused(spark: "Backend", tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        distant.stage(spark, ["hdfs://cluster/orders/a.xlsx"], LAYOUT, tmp_path)
    assert str(caught.value) == (
        "a.xlsx: files ending in .xlsx are not read at an address. There, use .parquet alone or .csv, .tsv, .txt; "
        "or put the file into a folder of this machine."
    )


@pytest.mark.own_process
def test_a_dataset_at_an_address_is_built_once(java: None, shipped: Catalogue, tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    folder.mkdir()
    for month in (1, 2):
        path = folder / f"2024-0{month}.parquet"
        write_lines(path, ids=[f"c{at}" for at in range(60)], prices=[-1.0, *(1.5 + at for at in range(59))], times=moments(60, None))
    here = SHOP.model_copy(update={"k": 2, "file": str(folder)})
    there = here.model_copy(update={"file": f"file://{folder}/*.parquet"})
    wanted = Request({"shop": there}, tmp_path, tmp_path / "there", quick=True, engine="spark")
    built = build(wanted, created_at=CREATED_AT, report=silent)
    assert tables(built) == tables(
        build(Request({"shop": here}, tmp_path, tmp_path / "here", quick=True), created_at=CREATED_AT, report=silent)
    )
    assert build(wanted, created_at=CREATED_AT, report=silent).built == ()


def test_duckdb_reads_no_address(tmp_path: Path) -> None:
    there = SHOP.model_copy(update={"file": "s3a://warehouse/orders"})
    with pytest.raises(InputError) as caught:
        build(Request({"shop": there}, tmp_path, tmp_path / "out", quick=True), created_at=CREATED_AT, report=silent)
    assert str(caught.value) == "s3a://warehouse/orders: what is at an address is read by Spark alone. Build with --engine spark."
