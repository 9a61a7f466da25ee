"""Personas at the ends of months: by hand, and as laws of orders of any kind."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clustering, month_ends, parquet, schema
from pipeline.build import Outcome
from pipeline.engines import Engine
from pipeline.model import Model, Scaler
from pipeline.settings import TransactionsDataset
from tests.conftest import silent

PERSONAS = {0: "Lately", 1: "Long ago"}
# One feature as it is: whoever bought at most 20 days ago is nearer to the first centre than to the second.
MODEL = Model(
    Scaler("standard", pd.Series({"recency_days": 0.0}), pd.Series({"recency_days": 1.0})), pd.DataFrame({"recency_days": [0.0, 41.0]})
)
START = datetime(2024, 1, 1)


def shop(**changes: object) -> TransactionsDataset:
    columns = {"customer_id": "who", "order_id": "order", "time": "day", "quantity": "n", "unit_price": "price"}
    block = {"name": "shop", "title": "Shop", "file": "shop.csv", "currency": "EUR", "k": 2, "columns": columns}
    return TransactionsDataset.model_validate(block | {"kind": "transactions"} | changes)


def orders(rows: list[tuple[str, datetime, int]]) -> pd.DataFrame:
    """One row per order, of one line each; spend in cents."""
    frame = pd.DataFrame(rows, columns=["customer_id", "time", "spend_minor"])
    made = frame.assign(order_id=[f"o{at}" for at in range(len(frame))], lines=np.where(frame["spend_minor"] < 0, 0, 1), items=1.0)
    return made.assign(country=pd.Series([None] * len(made), dtype="str")).astype({"time": "datetime64[us]", "spend_minor": "int64"})


def written(
    folder: Path,
    rows: pd.DataFrame,
    as_of: date,
    dataset: TransactionsDataset | None = None,
    model: Model = MODEL,
    by: Engine = "duckdb",
) -> Path:
    work, out = folder / "work", folder / "out"
    work.mkdir()
    rows.to_parquet(work / "orders.parquet")
    month_ends.write(silent, "shop", dataset or shop(), model, PERSONAS, as_of, work, out, by)
    return out


def read(out: Path, name: str) -> pd.DataFrame:
    return pq.read_table(out / f"{name}.parquet").to_pandas()


def by_hand() -> pd.DataFrame:
    return orders(
        [
            ("A", datetime(2024, 1, 20, 9), 1_000),  # 12 days before the end of January, 41 before that of February
            ("A", datetime(2024, 3, 31, 23, 59), 500),
            ("B", datetime(2024, 2, 28, 9), 200),
        ]
    )


def test_months_count_once_they_ended() -> None:
    assert month_ends.month_ends(date(2024, 1, 31), date(2024, 4, 1)) == [date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)]
    assert month_ends.month_ends(date(2024, 1, 31), date(2024, 3, 31)) == [date(2024, 2, 1), date(2024, 3, 1)]
    assert month_ends.month_ends(date(2023, 12, 2), date(2023, 12, 31)) == []


def test_a_customer_has_a_row_for_the_first_month_and_for_each_change(tmp_path: Path) -> None:
    out = written(tmp_path, by_hand(), date(2024, 4, 1))
    found = [(row.customer_id, row.month.date(), row.persona) for row in read(out, "history").itertuples()]
    assert found == [
        ("A", date(2024, 1, 1), "Lately"),
        ("A", date(2024, 2, 1), "Long ago"),
        ("A", date(2024, 3, 1), "Lately"),
        ("B", date(2024, 2, 1), "Lately"),
        ("B", date(2024, 3, 1), "Long ago"),
    ]


def test_flows_count_customers_and_what_they_spent_in_the_year_before(tmp_path: Path) -> None:
    rows = [*by_hand().itertuples(index=False)]
    long_before = ("A", datetime(2022, 11, 5), 70_000)
    frame = orders([long_before, *((row.customer_id, row.time, row.spend_minor) for row in rows)])
    found = read(written(tmp_path, frame, date(2024, 4, 1)), "flows")
    march = found[found["month"] == "2024-03-01"].fillna("-")
    assert march.drop(columns="month").to_dict("split")["data"] == [["Lately", "Long ago", 1, 2.0], ["Long ago", "Lately", 1, 15.0]]
    february = found[found["month"] == "2024-02-01"].fillna("-")
    assert february.drop(columns="month").to_dict("split")["data"] == [["Lately", "Long ago", 1, 10.0], ["-", "Lately", 1, 2.0]]


def test_orders_of_less_than_a_month_have_no_history(tmp_path: Path) -> None:
    out = written(tmp_path, by_hand().head(1), date(2024, 1, 31))
    for name in month_ends.TABLES:
        assert pq.read_metadata(out / f"{name}.parquet").num_rows == 0
        assert pq.read_schema(out / f"{name}.parquet").equals(schema.tables("transactions", {}, ())[name].arrow)


def test_whoever_had_given_back_more_than_they_bought_is_placed_as_if_they_had_spent_nothing(tmp_path: Path) -> None:
    returned = orders([("A", datetime(2024, 1, 5), 500), ("A", datetime(2024, 1, 6), -90_000), ("B", datetime(2024, 1, 5), 90_000)])
    scaler = Scaler("log", pd.Series({"monetary": 0.0}), pd.Series({"monetary": 1.0}))
    model = Model(scaler, pd.DataFrame({"monetary": [0.0, 7.0]}))
    out = written(tmp_path, returned, date(2024, 2, 1), shop(returns="net", scaling="log"), model)
    assert dict(read(out, "history")[["customer_id", "persona"]].itertuples(index=False)) == {"A": "Lately", "B": "Long ago"}


def any_orders() -> st.SearchStrategy[pd.DataFrame]:
    row = st.tuples(st.sampled_from("ABCDE"), st.integers(0, 120).map(lambda day: START + timedelta(days=day)), st.integers(1, 9_999))
    return st.lists(row, min_size=1, max_size=30).map(orders)


def folders() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


def tables(frame: pd.DataFrame, as_of: date = date(2024, 5, 1)) -> tuple[pd.DataFrame, pd.DataFrame]:
    for folder in folders():
        out = written(folder, frame, as_of)
        return read(out, "history"), read(out, "flows")
    raise AssertionError


@settings(max_examples=5, deadline=None)
@given(any_orders())
def test_what_flows_out_of_a_month_flowed_into_the_one_before_and_the_new_are_those_whose_first_order_is_in_it(frame: pd.DataFrame) -> None:
    history, flows = tables(frame)
    first = frame.groupby("customer_id")["time"].min().dt.to_period("M").dt.to_timestamp()
    new = flows[flows["from_persona"].isna()].groupby("month")["customers"].sum()
    assert new.to_dict() == first.value_counts().to_dict()
    assert history.groupby("customer_id")["month"].min().to_dict() == first.to_dict()
    months = sorted(flows["month"].unique())
    for earlier, later in pairwise(months):
        into = flows[flows["month"] == earlier].groupby("to_persona")["customers"].sum()
        known = flows[(flows["month"] == later) & flows["from_persona"].notna()]
        assert known.groupby("from_persona")["customers"].sum().to_dict() == into.to_dict()


@settings(max_examples=5, deadline=None)
@given(any_orders(), st.integers(2, 5), st.randoms(use_true_random=False))
def test_orders_after_a_month_change_nothing_in_it(frame: pd.DataFrame, last: int, dice: object) -> None:
    end = pd.Timestamp(2024, last, 1)
    later = frame["time"] >= end
    shuffled = frame.assign(
        customer_id=np.where(later, "F", frame["customer_id"]), spend_minor=np.where(later, 7, frame["spend_minor"])
    ).astype({"spend_minor": "int64"})
    for one, other in zip(tables(frame), tables(shuffled), strict=True):
        before = [table[table["month"] < end].reset_index(drop=True) for table in (one, other)]
        pd.testing.assert_frame_equal(*before)


@pytest.mark.slow
def test_of_many_months_the_last_ones_are_told(tmp_path: Path) -> None:
    ancient = orders([("A", datetime(1990, 5, 3), 100), ("B", datetime(2024, 3, 20), 100)])
    out = written(tmp_path, ancient, date(2024, 4, 2))
    flows = read(out, "flows")
    assert sorted(flows["month"].unique()) == list(pd.date_range("2019-04-01", periods=60, freq="MS"))
    assert flows.fillna("-").to_dict("split")["data"][0] == [pd.Timestamp(2019, 4, 1), "Long ago", "Long ago", 1, 0.0]
    history = [(row.customer_id, row.month.date(), row.persona) for row in read(out, "history").itertuples()]
    assert history == [("A", date(2019, 4, 1), "Long ago"), ("B", date(2024, 3, 1), "Lately")]


@settings(max_examples=5, deadline=None)
@given(any_orders(), st.integers(1, 4))
def test_the_last_months_are_told_as_among_all(frame: pd.DataFrame, most: int) -> None:
    history, flows = tables(frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(month_ends, "MOST", most)
        fewer, ours = tables(frame)
    first = pd.Timestamp(2024, 5 - most, 1)
    pd.testing.assert_frame_equal(ours, flows[flows["month"] >= first].reset_index(drop=True))
    # Whoever had bought before stands in the first of them as they were at its end.
    begun = max(first, history["month"].min())
    stood = history[history["month"] <= begun].groupby("customer_id")["persona"].last()
    assert fewer[fewer["month"] == begun].set_index("customer_id")["persona"].to_dict() == stood.to_dict()
    later = [table[table["month"] > begun].reset_index(drop=True) for table in (fewer, history)]
    pd.testing.assert_frame_equal(*later)
    assert fewer["month"].min() == begun


@pytest.mark.real
def test_the_real_history_is_small_and_says_what_orders_before_each_month_end_say(real_run: Outcome, tmp_path: Path) -> None:
    run, record = real_run.run, real_run.run.manifest.datasets["retail"]
    dataset = TransactionsDataset.model_validate({**record.settings, "name": "retail"})
    model = Model.from_table(parquet.read(run.table("retail", "centres")), dataset.scaling)
    clusters, bought = parquet.read(run.table("retail", "clusters")), parquet.read(run.table("retail", "orders"))
    personas = dict(zip(clusters["cluster"].tolist(), clusters["persona"].tolist(), strict=True))
    work, out = tmp_path / "work", tmp_path / "out"
    work.mkdir()
    minor = (bought["spend"] * 100).round().astype("int64")
    bought.assign(spend_minor=minor, lines=1, country="").to_parquet(work / "orders.parquet")
    assert record.as_of is not None
    month_ends.write(silent, "retail", dataset, model, personas, record.as_of, work, out)
    history, flows = (read(out, name) for name in month_ends.TABLES)
    assert sum((out / f"{name}.parquet").stat().st_size for name in month_ends.TABLES) < 10_000_000
    assert flows["month"].nunique() == 24
    for end in (date(2010, 3, 1), date(2011, 6, 1), date(2011, 12, 1)):
        known = bought[bought["time"] < pd.Timestamp(end)].groupby("customer_id")
        recency = (pd.Timestamp(end) - known["time"].max().dt.normalize()).dt.days
        features = pd.DataFrame({"recency_days": recency, "frequency": known.size(), "monetary": known["spend"].sum().round(2)})
        expected = pd.Series(clustering.assign(features, model).cluster, index=features.index).map(personas)
        found = history[history["month"] < pd.Timestamp(end)].groupby("customer_id")["persona"].last()
        assert found.to_dict() == expected.to_dict()
