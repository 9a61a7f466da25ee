from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import schema
from pipeline.artifacts import sha256
from pipeline.build import Outcome
from pipeline.catalogue import Catalogue
from pipeline.manifest import TableRecord
from pipeline.settings import TransactionsDataset
from pipeline.value import cut, purchases, spend, worth
from pipeline.value.foretold import Asked, Foretold, foretell
from tests.conftest import silent
from tests.value import simulated

TABLE = schema.tables("transactions", {}, ())["value"]
NAMES = ["Few", "Many"]
CUSTOMERS = 2500


def asked(shipped: Catalogue, folder: Path, orders: pd.DataFrame, as_of: date = simulated.END) -> Asked:
    """What a build asks; customers are of the second persona if they ordered more than twice."""
    dataset = shipped["retail"]
    assert isinstance(dataset, TransactionsDataset)
    customers = simulated.known(orders)
    customers.to_parquet(folder / "customers.parquet")
    orders.to_parquet(folder / "orders.parquet")
    past = cut.cut(silent, dataset, as_of, folder, "duckdb")
    persona = (customers["orders"] > 2).astype("int64").to_numpy()
    return Asked(folder / "customers.parquet", persona, NAMES, as_of, past, 1, TABLE, folder / "value")


@pytest.fixture(scope="module")
def question(shipped: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return asked(shipped, tmp_path_factory.mktemp("asked"), simulated.orders(CUSTOMERS))


@pytest.fixture(scope="module")
def found(question: Asked) -> Foretold:
    return foretell(question)


@pytest.fixture(scope="module")
def value(question: Asked, found: Foretold) -> pd.DataFrame:
    return written(question)


def written(asked: Asked) -> pd.DataFrame:
    return pd.read_parquet(asked.folder / "value.parquet")


def test_every_customer_has_a_row_in_the_published_form(question: Asked, found: Foretold, value: pd.DataFrame) -> None:
    path = question.folder / "value.parquet"
    assert value["customer_id"].tolist() == pd.read_parquet(question.customers)["customer_id"].tolist()
    assert value.columns.tolist() == TABLE.arrow.names
    assert not value.isna().to_numpy().any()
    assert found.value == TableRecord(rows=CUSTOMERS, bytes=path.stat().st_size, sha256=sha256(path))


def test_personas_come_to_what_their_customers_do(question: Asked, found: Foretold, value: pd.DataFrame) -> None:
    table = found.tables["value_personas"].set_index("persona")
    assert table.index.tolist() == NAMES
    for name, theirs in value.groupby(np.array(NAMES)[question.persona]):
        assert table.loc[name, "customers"] == len(theirs)
        assert table.loc[name, "left"] == (theirs["active"] < 0.5).sum()
        assert table.loc[name, "orders"] == pytest.approx(theirs["orders_365"].sum(), rel=1e-4)
        assert table.loc[name, "spend"] == pytest.approx(theirs["spend_365"].sum(), rel=1e-4)
        at_risk = (theirs["spend_365"] * (1 - theirs["active"]) / theirs["active"]).sum()
        assert table.loc[name, "at_risk"] == pytest.approx(at_risk, rel=1e-3)
    assert table["once"].sum() == (pd.read_parquet(question.customers)["orders"] == 1).sum()


def test_whoever_ordered_once_is_alike_but_for_how_long_ago_and_how_much(question: Asked, value: pd.DataFrame) -> None:
    customers = pd.read_parquet(question.customers)
    once = value[customers["orders"] == 1]
    assert (once["active"] == 1).all()
    by_day = once.groupby(customers["first_order"].dt.date)["orders_365"]
    assert by_day.nunique().max() == 1
    assert by_day.first().is_monotonic_increasing


def test_parameters_and_the_back_test_are_told(found: Foretold) -> None:
    model = found.tables["value_model"]
    assert model.columns.tolist() == ["part", "measure", "value"]
    told = dict(zip(zip(model["part"], model["measure"], strict=True), model["value"], strict=True))
    assert [measure for part, measure in told if part == "bg_nbd"] == ["customers", *purchases.NAMES]
    assert [measure for part, measure in told if part == "gamma_gamma"] == [*spend.NAMES]
    assert told["backtest", "days"] == 180
    assert found.cutoff == date(2023, 9, 12)
    assert found.missing == ()


def test_how_rows_are_batched_does_not_show(question: Asked, value: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worth, "_BATCH", 301)
    other = replace(question, folder=tmp_path)
    foretell(other)
    pd.testing.assert_frame_equal(written(other), value, rtol=1e-5, atol=1e-4)


def test_without_a_model_nothing_is_told_but_why(shipped: Catalogue, tmp_path: Path) -> None:
    found = foretell(asked(shipped, tmp_path, simulated.orders(60)))
    assert (found.value, found.tables, found.cutoff) == (None, {}, None)
    (sentence,) = found.missing
    assert sentence.startswith("What customers will order and spend is not foretold. At least 50 customers who ordered more than once are")


def test_without_a_back_test_the_reason_stands_beside_what_is_foretold(shipped: Catalogue, tmp_path: Path) -> None:
    found = foretell(asked(shipped, tmp_path, simulated.orders(1500, days=170)))
    assert set(found.tables) == {"value_model", "value_personas"}
    assert found.cutoff is None
    assert found.missing == (
        "There is no back-test of what customers will order and spend. 90 days ahead: that needs orders of 180 days, and these span 170.",
    )


@pytest.mark.real
def test_of_online_retail_it_foretells_the_orders_of_180_days_better_than_last_year_does(
    shipped: Catalogue, real_run: Outcome, tmp_path: Path
) -> None:
    run = real_run.run
    as_of = run.manifest.datasets["retail"].as_of
    assert as_of
    published = pd.read_parquet(run.table("retail", "orders"))
    orders = published.assign(lines=1, spend_minor=(published["spend"] * 100).round().astype("int64"), country=None)
    found = foretell(asked(shipped, tmp_path, orders, as_of))
    model = found.tables["value_model"].set_index(["part", "measure"])["value"]
    ordered, spent = model["backtest_orders"], model["backtest_spend"]
    assert found.cutoff == date(2011, 6, 13)
    assert ordered["expected"] == pytest.approx(ordered["actual"], rel=0.15)
    assert ordered["error"] < ordered["year_error"]
    # Of what was spent it is 16 % short: the autumn before Christmas is not in the model.
    assert spent["expected"] == pytest.approx(spent["actual"], rel=0.17)
    assert spent["error"] < min(spent["before_error"], spent["year_error"])
    # In the order of expected orders, tenths follow each other in what they did.
    assert found.tables["calibration"]["actual_orders"].is_monotonic_increasing
