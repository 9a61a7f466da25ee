from collections.abc import Iterator

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from pipeline import clustering, engine
from pipeline.cells import cells, scaler_of
from pipeline.errors import InputError
from pipeline.settings import Scaling

FEATURES = ["days", "spend"]
rows = st.lists(st.tuples(st.integers(0, 700), st.integers(0, 10**7).map(lambda pence: pence / 100)), min_size=3, max_size=60)
scalings = st.sampled_from(["standard", "log"])


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with engine.connect(tmp_path_factory.mktemp("work")) as found:
        yield found


def frame(values: list[tuple[int, float]]) -> pd.DataFrame:
    return pd.DataFrame(values, columns=FEATURES)


def heavy_tailed(customers: int) -> pd.DataFrame:
    dice = np.random.default_rng(0)
    return pd.DataFrame({"days": dice.integers(1, 700, customers), "spend": dice.lognormal(6, 1.5, customers).round(2)})


@pytest.mark.parametrize("scaling", ["standard", "log"])
def test_the_engine_measures_the_mean_and_the_spread_of_all_customers(scaling: Scaling) -> None:
    features = heavy_tailed(20_000)
    ours, theirs = scaler_of(ibis.memtable(features), FEATURES, scaling), clustering.scaler_for(features, scaling)
    pd.testing.assert_series_equal(ours.mean, theirs.mean, rtol=1e-11)
    pd.testing.assert_series_equal(ours.spread, theirs.spread, rtol=1e-9)


@settings(max_examples=10)
@given(rows, scalings, st.integers(2, 40))
def test_a_summary_keeps_how_many_customers_there_are_and_their_mean(values: list[tuple[int, float]], scaling: Scaling, most: int) -> None:
    features = frame(values)
    if (features.nunique() < 2).any():
        return
    scaler = clustering.scaler_for(features, scaling)
    found = cells(ibis.memtable(features), scaler, most=most)
    assert len(found) <= most
    assert found["customers"].sum() == len(features)
    means = np.average(found[FEATURES], weights=found["customers"], axis=0)
    np.testing.assert_allclose(means, scaler.transform(features).mean(), atol=1e-9)


def test_where_few_customers_differ_each_of_them_is_a_cell() -> None:
    features = frame([(1, 5.0)] * 7 + [(2, 5.0)] * 2 + [(1, 9.0)])
    scaler = clustering.scaler_for(features, "standard")
    found = cells(ibis.memtable(features), scaler, most=3)
    assert sorted(found["customers"].tolist()) == [1, 2, 7]
    pd.testing.assert_frame_equal(
        found[FEATURES].sort_values(FEATURES, ignore_index=True),
        scaler.transform(features).drop_duplicates().sort_values(FEATURES, ignore_index=True),
    )


def test_cells_do_not_depend_on_the_order_of_customers() -> None:
    features = heavy_tailed(5_000)
    scaler = clustering.scaler_for(features, "log")
    mixed = features.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(*(cells(ibis.memtable(some), scaler, most=300) for some in (features, mixed)), check_exact=True)


def test_a_constant_feature_is_left_out_and_nothing_but_constants_is_refused() -> None:
    assert list(scaler_of(ibis.memtable(frame([(1, 5.0), (2, 5.0)])), FEATURES, "standard").mean.index) == ["days"]
    with pytest.raises(InputError, match=r"Every feature \(days, spend\) is the same for all customers"):
        scaler_of(ibis.memtable(frame([(1, 5.0)] * 3)), FEATURES, "standard")


def test_a_value_without_a_logarithm_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"spend goes down to -5\.00, which has no logarithm"):
        scaler_of(ibis.memtable(frame([(1, -5.0), (2, 3.0)])), FEATURES, "log")
