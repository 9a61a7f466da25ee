from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipeline.catalogue import Catalogue
from pipeline.settings import TransactionsDataset
from pipeline.value import cut
from pipeline.value.cut import Cut
from tests.conftest import silent
from tests.value import simulated

END = simulated.END


def cut_of(shipped: Catalogue, folder: Path, orders: pd.DataFrame, as_of: date = END) -> Cut | str:
    dataset = shipped["retail"]
    assert isinstance(dataset, TransactionsDataset)
    orders.to_parquet(folder / "orders.parquet")
    return cut.cut(silent, dataset, as_of, folder, "duckdb")


def spanning(days: int) -> pd.DataFrame:
    """Orders of some customers; the first and the last are so many days apart, both days counted."""
    orders = simulated.orders(20, days=days).head(30)
    orders.loc[0, "time"], orders.loc[1, "time"] = pd.Timestamp(END - timedelta(days=days)), pd.Timestamp(END - timedelta(days=1))
    return orders


@pytest.mark.parametrize(
    ("span", "days", "has_year"), [(545, 180, True), (544, 180, False), (360, 180, False), (359, 90, False), (180, 90, False)]
)
def test_the_longest_horizon_that_fits_is_looked_ahead(shipped: Catalogue, tmp_path: Path, span: int, days: int, has_year: bool) -> None:
    found = cut_of(shipped, tmp_path, spanning(span))
    assert found == Cut(END - timedelta(days=days), days, has_year, tmp_path / "cut.parquet")


def test_days_after_the_last_order_are_not_looked_at(shipped: Catalogue, tmp_path: Path) -> None:
    found = cut_of(shipped, tmp_path, spanning(360), as_of=END + timedelta(days=100))
    assert isinstance(found, Cut)
    assert found.cutoff == END - timedelta(days=180)


def test_without_a_purchase_there_is_nothing_to_cut(shipped: Catalogue, tmp_path: Path) -> None:
    assert cut_of(shipped, tmp_path, spanning(360).assign(lines=0)) == "There are no orders."


def test_a_history_too_short_is_said_to_be(shipped: Catalogue, tmp_path: Path) -> None:
    assert cut_of(shipped, tmp_path, spanning(179)) == "90 days ahead: that needs orders of 180 days, and these span 179."
