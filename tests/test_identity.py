from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import catalogue, clustering, identity, parquet, personas
from pipeline.build import Outcome
from pipeline.model import Model
from pipeline.settings import TransactionsDataset
from tests.shops import known

NAMES = {0: "Low", 1: "High"}


def model(values: list[float]) -> Model:
    """Two clusters of one feature, the one of low values numbered 0 (its is the larger)."""
    return clustering.fit(pd.DataFrame({"spend": values}), k=2, scaling="standard", seed=0)


def customers(spend: dict[str, float], by: Model) -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": list(spend), "spend": list(spend.values())})
    return frame.assign(persona=[NAMES[number] for number in clustering.assign(frame, by).cluster.tolist()])


def listed(table: pd.DataFrame) -> list[tuple[object, ...]]:
    return [tuple(None if pd.isna(value) else value for value in row) for row in table.itertuples(index=False)]


OLD = model([0.0, 1.0, 2.0, 10.0, 11.0])
# Its border lies at 15 instead of 6.
NEW = model([0.0, 1.0, 2.0, 29.0, 30.0])


def test_the_same_customers_under_the_same_model_have_not_changed() -> None:
    now = customers({"a": 0, "b": 11}, OLD)
    assert listed(identity.changes(now, OLD, NAMES, now)) == []


def test_who_spends_more_has_moved_and_who_does_not_was_moved_by_the_model() -> None:
    before, now = customers({"moved": 0, "left": 11, "stayed": 1}, OLD), customers({"moved": 30, "left": 11, "stayed": 1}, NEW)
    assert listed(identity.changes(before, OLD, NAMES, now)) == [
        ("customers moved", "Low", "High", 1),
        ("the model moved", "High", "Low", 1),
    ]


def test_who_moves_where_the_model_moves_back_is_counted_under_both() -> None:
    before, now = customers({"a": 0}, OLD), customers({"a": 11}, NEW)
    assert now["persona"].tolist() == before["persona"].tolist() == ["Low"]
    assert listed(identity.changes(before, OLD, NAMES, now)) == [
        ("customers moved", "Low", "High", 1),
        ("the model moved", "High", "Low", 1),
    ]


def test_newcomers_and_those_who_are_gone_have_one_side() -> None:
    before, now = customers({"gone": 0, "stays": 1}, OLD), customers({"stays": 1, "new": 11}, OLD)
    assert listed(identity.changes(before, OLD, NAMES, now)) == [("gone", "Low", None, 1), ("new", None, "High", 1)]


def test_without_a_model_to_compare_with_only_coming_and_going_is_known() -> None:
    before, now = customers({"a": 0, "gone": 1}, OLD), customers({"a": 30}, OLD)
    assert listed(identity.changes(before, None, NAMES, now)) == [("gone", "Low", None, 1)]


SPEND = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 40), min_size=1)


@given(SPEND, SPEND)
@settings(max_examples=40, deadline=None)
def test_the_parts_add_up_to_who_has_another_persona(earlier: dict[str, float], later: dict[str, float]) -> None:
    """From each persona to each, arrivals less departures are those of the labels, whatever the reasons."""
    before, now = customers(earlier, OLD), customers(later, NEW)
    found = identity.changes(before, OLD, NAMES, now)
    for name in NAMES.values():
        change = (now["persona"] == name).sum() - (before["persona"] == name).sum()
        arrived, departed = (found.loc[found[side] == name, "customers"].sum() for side in ("to_persona", "from_persona"))
        assert arrived - departed == change
    assert found.loc[found["reason"] == "new", "customers"].sum() == len(set(later) - set(earlier))
    assert np.issubdtype(found["customers"].dtype, np.number) or found.empty


@pytest.mark.real
@pytest.mark.slow
def test_with_the_last_month_added_clusters_keep_their_numbers_and_the_split_adds_up(real_run: Outcome, tmp_path: Path) -> None:
    record = real_run.run.manifest.datasets["retail"]
    dataset = catalogue.from_settings(record.settings)
    assert isinstance(dataset, TransactionsDataset)
    now = parquet.read(real_run.run.table("retail", "customers"))
    earlier = known(real_run.run.table("retail", "orders"), dataset, tmp_path, cutoff=date(2011, 11, 10))
    old = clustering.fit(earlier, k=dataset.k, scaling=dataset.scaling, seed=dataset.seed)
    cluster = clustering.assign(earlier, old).cluster
    names, _ = personas.describe(earlier, cluster, dataset)
    before = pd.DataFrame({"customer_id": earlier.index, "persona": [names[number] for number in cluster.tolist()]})
    features = now.set_index("customer_id")[list(dataset.feature_names)]
    by_id = features.iloc[features.index.str.len().argsort(kind="stable")]
    new = clustering.renumber(clustering.fit(by_id, k=dataset.k, scaling=dataset.scaling, seed=dataset.seed), old)
    numbers = pd.Series(clustering.assign(features, new).cluster, index=features.index)
    shared = pd.crosstab(pd.Series(cluster, index=earlier.index), numbers.reindex(earlier.index))
    # Most customers of a number are under it still.
    assert (shared.idxmax(axis="columns") == shared.index).mean() >= 0.9
    new_names, _ = personas.describe(features, numbers.to_numpy(), dataset)
    found = identity.changes(before, old, names, now.assign(persona=[new_names[number] for number in numbers.tolist()]))
    between = pd.Series([names[number] for number in clustering.assign(features, old).cluster.tolist()], index=features.index)
    there = before.set_index("customer_id")["persona"]
    moved = (between.reindex(there.index) != there).sum()
    assert found.loc[found["reason"] == "customers moved", "customers"].sum() == moved > 0
    model_moved = (numbers.map(new_names) != between).reindex(there.index).sum()
    assert found.loc[found["reason"] == "the model moved", "customers"].sum() == model_moved
    assert found.loc[found["reason"] == "new", "customers"].sum() == len(now) - len(before)
