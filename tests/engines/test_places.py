"""Where Spark runs, and where it puts what it computes on the way, makes no difference to what it computes."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from pipeline import catalogue, measuring, parquet
from pipeline.build import build
from pipeline.engines import Engine
from pipeline.measuring import Measured
from pipeline.wanted import Request
from tests import small
from tests.conftest import CREATED_AT, silent
from tests.engines.test_spark import tables

if TYPE_CHECKING:
    from pipeline.engines.spark_backend import Backend

pytestmark = pytest.mark.slow


@pytest.fixture
def settings(tmp_path: Path) -> catalogue.Catalogue:
    """Two small datasets, whose files are in `tmp_path`."""
    (tmp_path / "club.csv").write_text(small.MEMBERS)
    (tmp_path / "shop.csv").write_text(small.LINES + "c1,o1,soon,1,1\n")
    (tmp_path / "datasets.toml").write_text(small.CATALOGUE)
    return catalogue.load(tmp_path / "datasets.toml")


@pytest.mark.own_process
def test_through_spark_connect_the_tables_are_the_same(
    java: None, settings: catalogue.Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = build(Request(settings, tmp_path, tmp_path / "duck", quick=True), created_at=CREATED_AT, report=silent)
    # A server of its own on this machine.
    monkeypatch.setenv("SPARK_REMOTE", "local[2]")
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    wanted = Request(settings, tmp_path, tmp_path / "spark", quick=True, engine="spark")
    assert tables(build(wanted, created_at=CREATED_AT, report=silent)) == tables(plain)


def test_of_what_is_computed_elsewhere_customers_are_brought_here_and_orders_are_not(
    spark: "Backend", settings: catalogue.Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv("CLIENTELE_SPARK_WORK", f"file:{elsewhere}/")

    def measured(by: Engine) -> Measured:
        return measuring.measure(silent, "shop", settings["shop"], [tmp_path / "shop.csv"], tmp_path / by, None, None, by)

    one, other = measured("duckdb"), measured("spark")
    assert (one.counts, one.findings, one.as_of) == (other.counts, other.findings, other.as_of)
    (orders,) = elsewhere.rglob("orders.parquet")
    assert not list((tmp_path / "spark").rglob("*orders*"))
    pairs = {"customer_id": (one.customers, other.customers), "order_id": (tmp_path / "duckdb" / "orders.parquet", orders)}
    for key, paths in pairs.items():
        frames = [parquet.read(path).sort_values(key, ignore_index=True) for path in paths]
        # DuckDB writes whole numbers of 128 bits as floats.
        pd.testing.assert_frame_equal(*frames, check_dtype=False)
