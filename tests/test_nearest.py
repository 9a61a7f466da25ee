import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clustering
from pipeline.model import Model, Scaler
from pipeline.nearest import placed
from pipeline.settings import Scaling

COLUMNS = ["cluster", "next_cluster", "margin"]


def model(centres: list[list[float]], scaling: Scaling) -> Model:
    names = ["a", "b"]
    scaler = Scaler(scaling, pd.Series([0.5, 2.0], names), pd.Series([2.0, 0.25], names))
    return Model(scaler, pd.DataFrame(centres, columns=names))


def found(features: pd.DataFrame, by: Model) -> pd.DataFrame:
    numbered = features.assign(customer_id=range(len(features)))
    asked = placed(ibis.memtable(numbered), by).order_by("customer_id")
    return asked.select(*COLUMNS).to_pandas()


@pytest.mark.parametrize("scaling", ["standard", "log"])
def test_the_engine_places_customers_as_they_are_assigned(scaling: Scaling) -> None:
    dice = np.random.default_rng(4)
    features = pd.DataFrame(dice.lognormal(0, 1, size=(5_000, 2)), columns=["a", "b"])
    by = model(dice.normal(size=(12, 2)).tolist(), scaling)
    pd.testing.assert_frame_equal(found(features, by), pd.DataFrame(clustering.assign(features, by).__dict__), rtol=1e-9)


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=20), st.lists(st.integers(-3, 3), min_size=2, max_size=6)
)
def test_of_centres_that_are_as_near_the_lowest_number_counts(values: list[tuple[int, int]], along: list[int]) -> None:
    features = pd.DataFrame(values, columns=["a", "b"])
    by = model([[float(at), 0.0] for at in along], "standard")
    pd.testing.assert_frame_equal(found(features, by), pd.DataFrame(clustering.assign(features, by).__dict__), rtol=1e-9)
