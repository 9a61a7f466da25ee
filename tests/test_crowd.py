"""Who was what and is what, joined by the engine, against the same worked out from frames."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import clustering, crowd, identity
from pipeline.model import Model
from tests.conftest import silent

BEFORE, NOW = {0: "Low", 1: "High"}, {0: "Few", 1: "Low", 2: "High"}


def model(features: pd.DataFrame, k: int) -> Model:
    return clustering.fit(features, k=k, scaling="standard", seed=0)


def customers(ids: range, seed: int) -> pd.DataFrame:
    dice = np.random.default_rng(seed)
    spend = dice.lognormal(3, 1, len(ids))
    return pd.DataFrame({"customer_id": sorted(f"c{at}" for at in ids), "spend": spend})


@pytest.mark.parametrize("comparable", [True, False])
def test_changes_counted_by_the_engine_are_those_of_the_frames(tmp_path: Path, comparable: bool) -> None:
    earlier, later = customers(range(300), 1), customers(range(40, 420), 2)
    old, new = model(earlier[["spend"]], 2), model(later[["spend"]], 3)
    before = earlier.assign(persona=[BEFORE[at] for at in clustering.assign(earlier, old).cluster.tolist()])
    now = later.assign(persona=[NOW[at] for at in clustering.assign(later, new).cluster.tolist()])
    before.to_parquet(tmp_path / "before.parquet")
    later.to_parquet(tmp_path / "customers.parquet")
    work, between = tmp_path / "work", old if comparable else None
    crowd.place(silent, tmp_path / "customers.parquet", new, between, work, tmp_path / "assigned.parquet")
    counted = crowd.transitions(silent, tmp_path / "before.parquet", tmp_path / "assigned.parquet", work)
    assert counted["customers"].sum() == 420
    pd.testing.assert_frame_equal(
        identity.counted_changes(counted, BEFORE, NOW), identity.changes(before, between, BEFORE, now), check_dtype=False
    )


def test_customers_are_placed_in_the_order_of_their_ids(tmp_path: Path) -> None:
    everyone = customers(range(500), 3)
    by = model(everyone[["spend"]], 4)
    everyone.sample(frac=1, random_state=1).to_parquet(tmp_path / "customers.parquet")
    crowd.place(silent, tmp_path / "customers.parquet", by, None, tmp_path / "work", tmp_path / "assigned.parquet")
    found = pd.read_parquet(tmp_path / "assigned.parquet")
    assert list(found.columns) == ["customer_id", "cluster", "next_cluster", "margin"]
    assert found["customer_id"].tolist() == everyone["customer_id"].tolist()
    np.testing.assert_array_equal(found["cluster"], clustering.assign(everyone, by).cluster)
