import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from pipeline import clustering
from pipeline.catalogue import Scaling
from pipeline.clustering import Model, Scaler
from pipeline.explaining.contributions import contributions


def test_a_feature_counts_by_how_much_farther_the_next_centre_is_along_it() -> None:
    columns = ["a", "b"]
    model = Model(
        Scaler("standard", pd.Series(0.0, columns), pd.Series(1.0, columns)), pd.DataFrame([[0.0, 0.0], [10.0, 3.0]], columns=columns)
    )
    found = contributions(pd.DataFrame({"a": [2.0], "b": [3.0]}, index=["x"]), model)
    # a: 8 squared less 2 squared; b: 0 squared less 3 squared.
    pd.testing.assert_frame_equal(found, pd.DataFrame({"a": [60.0], "b": [-9.0]}, index=["x"]))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(2, 6), scaling=st.sampled_from(["standard", "log"]))
def test_they_add_up_to_the_difference_of_the_squared_distances(seed: int, k: int, scaling: Scaling) -> None:
    dice = np.random.default_rng(seed)
    features = pd.DataFrame({"count": dice.integers(1, 30, 60), "same": 5.0, "spend": np.round(dice.lognormal(5, 2, 60), 2)})
    model = clustering.fit(features, k=k, scaling=scaling, seed=1)
    distances = np.sort(cdist(model.scaler.transform(features), model.centres), axis=1)
    found = contributions(features, model)
    assert list(found) == ["count", "spend"]
    np.testing.assert_allclose(found.sum(axis=1), distances[:, 1] ** 2 - distances[:, 0] ** 2, atol=1e-9)
