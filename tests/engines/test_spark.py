"""Spark computes what DuckDB does: the same rows kept for the same reasons, the same report, the same tables byte for byte."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ibis.backends.duckdb import Backend as DuckDB

from pipeline import engine
from pipeline.build import Outcome, build
from pipeline.catalogue import Catalogue
from pipeline.errors import InputError
from pipeline.features import ahead, history
from pipeline.manifest import TableRecord
from pipeline.settings import TransactionsDataset
from pipeline.wanted import Request
from tests.conftest import CREATED_AT, REAL_ARE_THERE, silent
from tests.intake import test_checks, test_numbers, test_times, test_transactions
from tests.intake.cases import club, shop, till
from tests.intake.conftest import CLUB, SHOP, Result
from tests.value import simulated

if TYPE_CHECKING:
    from pipeline.engines.spark_backend import Backend

Connection = Any
BERLIN = SHOP.model_copy(update={"time_zone": "Europe/Berlin"})
# Clocks are put forward, and back: of the hour that they show twice, the later is meant.
SWITCHED = [f"2024-{day} 0{hour}:{minute}" for day in ("03-31", "10-27", "10-26") for hour in range(5) for minute in ("00", "30")]
DAY_FIRST = SHOP.model_copy(update={"time_format": "%d.%m.%Y %H:%M"})
TIDIED = ["Jos\u00e9", "Jose\u0301", "\u2003Jos\u00e9\ufeff", "\u212b1", "\u00c51", "\t\v x \f", "\u2003\vfv\u00e9vf\f", "\U0001f642"]
PARTS = ["0.00005", "0.00015", "1.00005", "2.99995", "-0.00005", "1e-5", "1.23456789e1", "123456.78905"]

CASES: dict[str, Callable[[Connection, Path], Result]] = {
    "ids": lambda by, folder: shop(by, folder, "who", [*test_checks.IDS, *TIDIED]),
    "times": lambda by, folder: shop(by, folder, "when", [*test_times.TIMES, *test_times.ZONED], as_of="2024-03-10"),
    "times of a zone": lambda by, folder: shop(by, folder, "when", [*test_times.LOCAL, *SWITCHED], BERLIN),
    "times of a format": lambda by, folder: shop(by, folder, "when", list(test_times.DAY_FIRST), DAY_FIRST),
    "serial numbers": lambda by, folder: shop(by, folder, "when", list(test_times.SERIAL), epoch="1904-01-01"),
    "quantities": lambda by, folder: shop(by, folder, "n", [*test_transactions.QUANTITIES, *PARTS]),
    "prices": lambda by, folder: shop(by, folder, "each", [*test_numbers.NUMBERS, *PARTS]),
    "yen": lambda by, folder: shop(by, folder, "each", PARTS, SHOP.model_copy(update={"currency": "JPY"})),
    "numbers with commas": lambda by, folder: club(by, folder, "age", list(test_numbers.COMMAS), CLUB.model_copy(update={"decimal": ","})),
    "words": lambda by, folder: club(by, folder, "sex", ["f", "M", "x", ""], CLUB.model_copy(update={"missing": "median"})),
    "amounts": lambda by, folder: till(by, folder, [("c", "2024-01-01", value) for value in test_transactions.AMOUNTS] + SOUND),
    "orders by time": lambda by, folder: till(by, folder, SOUND, order_per="timestamp"),
    "repeats": lambda by, folder: shop(by, folder, "n", ["1", "1"], SHOP.model_copy(update={"duplicates": "drop"})),
}
SOUND = [("c", f"2024-01-01 10:00:0{at % 10}.{at:03}", "1") for at in range(300)]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_rows_are_judged_alike(case: str, duck: DuckDB, spark: "Backend", tmp_path: Path) -> None:
    one, other = (CASES[case](by, tmp_path / by.name) for by in (duck, spark))
    assert (one.kept, one.rejected, one.lines) == (other.kept, other.rejected, other.lines)
    assert (one.findings, one.counts, one.filled) == (other.findings, other.counts, other.filled)


@pytest.mark.slow
def test_orders_are_cut_alike(duck: DuckDB, spark: "Backend", shipped: Catalogue, tmp_path: Path) -> None:
    dataset = shipped["retail"]
    assert isinstance(dataset, TransactionsDataset)
    simulated.orders(300).to_parquet(tmp_path / "orders.parquet")
    asked = [engine.open_parquet(by, tmp_path / "orders.parquet") for by in (duck, spark)]
    one, other = (ahead.ahead(table, dataset, cutoff=simulated.END - timedelta(days=180), days=180).to_pyarrow() for table in asked)
    assert one.num_rows > 200
    assert one.to_pylist() == other.to_pylist()
    first, second = (history.span(table) for table in asked)
    assert first == second
    assert first is not None


def tables(outcome: Outcome) -> dict[str, dict[str, TableRecord]]:
    """Rows, bytes and hash of every table."""
    return {name: record.tables for name, record in outcome.run.manifest.datasets.items()}


@pytest.mark.slow
@pytest.mark.timeout(600)  # several processes of Java start and compile before anything is computed
@pytest.mark.own_process
@pytest.mark.skipif(REAL_ARE_THERE, reason="the real data, which are there, say as much and more")
def test_made_up_data_give_the_same_tables(java: None, shipped: Catalogue, demo_run: Outcome, tmp_path: Path) -> None:
    request = Request(shipped, tmp_path / "no-raw", tmp_path, demo=True, quick=True, engine="spark")
    assert tables(build(request, created_at=CREATED_AT, report=silent)) == tables(demo_run)


@pytest.mark.slow
@pytest.mark.timeout(600)  # several processes of Java start and compile before anything is computed
@pytest.mark.own_process
@pytest.mark.real
def test_real_data_give_the_same_tables(java: None, shipped: Catalogue, real_raw: Path, real_run: Outcome, tmp_path: Path) -> None:
    request = Request(shipped, real_raw, tmp_path, quick=True, engine="spark")
    assert tables(build(request, created_at=CREATED_AT, report=silent)) == tables(real_run)


@pytest.mark.slow
@pytest.mark.timeout(600)  # several processes of Java start and compile before anything is computed
@pytest.mark.own_process
@pytest.mark.real
def test_a_cluster_gives_the_same_tables(cluster: str, shipped: Catalogue, real_raw: Path, real_run: Outcome, tmp_path: Path) -> None:
    request = Request(shipped, real_raw, tmp_path / "out", quick=True, engine="spark")
    assert tables(build(request, created_at=CREATED_AT, report=silent)) == tables(real_run)


class TestAbsent:
    def test_without_java_the_message_says_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        monkeypatch.delenv("SPARK_REMOTE", raising=False)
        with pytest.raises(InputError) as caught, engine.connect(tmp_path, "spark"):
            pass
        assert str(caught.value) == (
            f"--engine spark: there is no java in JAVA_HOME ({tmp_path}). Install Java 17 (Debian: openjdk-17-jre-headless), "
            "or set SPARK_REMOTE to the address of a Spark Connect server."
        )

    def test_without_pyspark_it_says_how_to_install_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from pipeline.engines import spark

        monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: None)
        with pytest.raises(InputError) as caught, engine.connect(tmp_path, "spark"):
            pass
        assert str(caught.value) == (
            "--engine spark: pyspark is not installed. Run `pip install --require-hashes -r requirements-spark.txt`."
        )
