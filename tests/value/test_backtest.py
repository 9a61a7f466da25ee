from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.catalogue import Catalogue
from pipeline.settings import TransactionsDataset
from pipeline.value import cut, known
from pipeline.value.backtest import Backtest, backtest
from pipeline.value.cut import Cut
from tests.conftest import silent
from tests.value import simulated

CUTOFF = simulated.END - timedelta(days=180)


@pytest.fixture(scope="module")
def cut_at(shipped: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Callable[[pd.DataFrame], Cut]:
    def make(orders: pd.DataFrame) -> Cut:
        folder, dataset = tmp_path_factory.mktemp("cut"), shipped["retail"]
        assert isinstance(dataset, TransactionsDataset)
        orders.to_parquet(folder / "orders.parquet")
        found = cut.cut(silent, dataset, simulated.END, folder, "duckdb")
        assert isinstance(found, Cut)
        return found

    return make


@pytest.fixture(scope="module")
def found(cut_at: Callable[[pd.DataFrame], Cut]) -> Backtest:
    return backtest(cut_at(simulated.orders(4000)), seed=1)


def test_of_customers_who_behave_as_the_model_says_the_total_is_foretold(found: Backtest) -> None:
    for what in ("orders", "spend"):
        measures = {measure: value for (part, measure), value in found.measures.items() if part == f"backtest_{what}"}
        assert measures["expected"] == pytest.approx(measures["actual"], rel=0.1)
        assert measures["error"] < min(measures["before_error"], measures["year_error"])
        # Orders are whole: bounds that hold at least so many hold more.
        assert 0.78 < measures["within"] < 0.97


def test_tenths_are_equal_and_come_to_the_whole(found: Backtest) -> None:
    table, measures = found.calibration, found.measures
    assert table["tenth"].tolist() == list(range(1, 11))
    assert table["customers"].max() - table["customers"].min() <= 1
    assert table["customers"].sum() == measures["backtest", "customers"]
    assert table["expected_orders"].is_monotonic_increasing
    for what in ("orders", "spend"):
        for outcome in ("expected", "actual"):
            total = (table["customers"] * table[f"{outcome}_{what}"]).sum()
            assert total == pytest.approx(measures[f"backtest_{what}", outcome])


def test_baselines_are_what_each_did_before_and_a_year_ago(found: Backtest) -> None:
    orders = simulated.orders(4000)
    day, ids = orders["time"], simulated.known(orders, CUTOFF)["customer_id"]

    def ordered(start: int, days: int = 180) -> np.ndarray:
        first = pd.Timestamp(CUTOFF) + pd.Timedelta(days=start)
        within = orders[(day >= first) & (day < first + pd.Timedelta(days=days))]
        return within.groupby("customer_id").size().reindex(ids).fillna(0).to_numpy()

    actual = ordered(0)
    for window, start in {"before": -180, "year": -365}.items():
        assert found.measures["backtest_orders", f"{window}_total"] == ordered(start).sum()
        assert found.measures["backtest_orders", f"{window}_error"] == pytest.approx(np.abs(ordered(start) - actual).mean())


def test_what_happens_afterwards_changes_no_expectation(cut_at: Callable[[pd.DataFrame], Cut], found: Backtest) -> None:
    orders = simulated.orders(4000)
    # Those of the last day stay, so that the cut is the same.
    later = (orders["time"] >= pd.Timestamp(CUTOFF)) & (orders["time"] < pd.Timestamp(simulated.END) - pd.Timedelta(days=2))
    other = backtest(cut_at(orders[~later]), seed=1)
    for part in ("backtest_orders", "backtest_spend"):
        assert other.measures[part, "expected"] == found.measures[part, "expected"]
        assert other.measures[part, "actual"] < found.measures[part, "actual"]


def test_without_a_year_of_orders_before_it_nothing_is_compared_with_last_year(cut_at: Callable[[pd.DataFrame], Cut]) -> None:
    found = backtest(cut_at(simulated.orders(2000, days=400)), seed=1)
    assert not [measure for _, measure in found.measures if measure.startswith("year")]
    assert found.measures["backtest_orders", "before_error"] > 0


def test_some_stand_for_all_where_there_are_many(
    cut_at: Callable[[pd.DataFrame], Cut], found: Backtest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "ASKED", 2000)
    some = backtest(cut_at(simulated.orders(4000)), seed=1)
    assert some.measures["backtest", "customers"] == 2000
    assert some.measures["backtest_orders", "error"] == pytest.approx(found.measures["backtest_orders", "error"], rel=0.15)
