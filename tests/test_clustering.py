import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clustering
from pipeline.errors import InputError
from pipeline.model import Model, Scaler
from pipeline.settings import Scaling

# Three groups of 30, 20 and 10 customers, far apart.
SIZES = (30, 20, 10)


def blobs(seed: int = 0) -> pd.DataFrame:
    dice = np.random.default_rng(seed)
    points = [dice.normal(centre, 0.5, size=(size, 2)) for centre, size in zip(((0, 0), (20, 0), (0, 20)), SIZES, strict=True)]
    return pd.DataFrame(np.vstack(points), columns=["a", "b"])


def fitted(features: pd.DataFrame, k: int = 3) -> Model:
    return clustering.fit(features, k=k, scaling="standard", seed=42)


def model(centres: list[list[float]], scaling: str = "standard") -> Model:
    columns = ["a", "b"]
    return Model(Scaler(scaling, pd.Series(0.0, columns), pd.Series(1.0, columns)), pd.DataFrame(centres, columns=columns))  # type: ignore[arg-type] # a text of the test


def test_standard_scaling_gives_mean_zero_and_spread_one() -> None:
    scaled = clustering.scaler_for(blobs(), "standard").transform(blobs())
    np.testing.assert_allclose(scaled.mean(), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(ddof=0), 1)


def test_log_scaling_makes_equal_ratios_equal_distances() -> None:
    spend = pd.DataFrame({"monetary": [9.0, 99.0, 999.0]})
    scaled = clustering.scaler_for(spend, "log").transform(spend)["monetary"]
    assert scaled[1] - scaled[0] == pytest.approx(scaled[2] - scaled[1])


def test_a_value_without_a_logarithm_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r'monetary goes down to -5\.00, which has no logarithm\. Use scaling = "standard"'):
        clustering.scaler_for(pd.DataFrame({"monetary": [-5.0, 3.0]}), "log")


def test_a_constant_feature_is_left_out() -> None:
    assert list(fitted(blobs().assign(same=1.0)).centres.columns) == ["a", "b"]


@pytest.mark.parametrize(("scaling", "constant"), [("standard", 0.1), ("log", 5.0)])
def test_a_constant_feature_is_left_out_also_where_its_mean_is_rounded(scaling: Scaling, constant: float) -> None:
    features = pd.DataFrame({"a": range(60), "same": constant})
    assert list(clustering.scaler_for(features, scaling).spread.index) == ["a"]


def test_nothing_but_constant_features_is_refused() -> None:
    with pytest.raises(InputError, match=r"Every feature \(a, b\) is the same for all customers"):
        fitted(pd.DataFrame({"a": [1.0] * 5, "b": [2.0] * 5}))


def test_fewer_different_customers_than_clusters_are_refused() -> None:
    with pytest.raises(InputError, match=r"4 customers, 2 of them different in a, b: k = 3 needs at least 3\. Lower k"):
        fitted(pd.DataFrame({"a": [1.0, 1.0, 2.0, 2.0], "b": [1.0, 1.0, 5.0, 5.0]}))


def test_customers_a_hair_apart_are_not_told_apart() -> None:
    assert clustering.distinguishable(pd.DataFrame({"a": [0.0, 1e-9, 1.0, 1.00001]})) == 3


def test_clusters_are_numbered_from_the_largest() -> None:
    found = fitted(blobs())
    assert np.bincount(clustering.assign(blobs(), found).cluster).tolist() == list(SIZES)


def test_the_same_customers_and_seed_give_the_same_model() -> None:
    pd.testing.assert_frame_equal(fitted(blobs()).centres, fitted(blobs()).centres)


def test_every_customer_is_nearer_to_its_cluster_than_to_the_next() -> None:
    placed = clustering.assign(blobs(), fitted(blobs()))
    assert (placed.margin > 0).all()
    assert (placed.cluster != placed.next_cluster).all()


def test_margin_is_one_on_the_centre_and_zero_half_way() -> None:
    two = model([[0.0, 0.0], [10.0, 0.0]])
    placed = clustering.assign(pd.DataFrame({"a": [0.0, 5.0, 8.0], "b": 0.0}), two)
    assert placed.cluster.tolist() == [0, 0, 1]
    np.testing.assert_allclose(placed.margin, [1.0, 0.0, 0.75])


@given(permutation=st.permutations(range(4)))
def test_a_renumbered_model_takes_the_numbers_of_the_one_before(permutation: list[int]) -> None:
    before = model([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    after = model((before.centres.to_numpy()[permutation] + 0.3).tolist())
    np.testing.assert_allclose(clustering.renumber(after, before).centres, before.centres + 0.3)


def test_a_model_with_more_clusters_gives_the_new_ones_the_free_numbers() -> None:
    before = model([[0.0, 0.0], [10.0, 0.0]])
    after = clustering.renumber(model([[50.0, 50.0], [10.1, 0.0], [0.1, 0.0]]), before)
    assert after.centres.to_numpy().tolist() == [[0.1, 0.0], [10.1, 0.0], [50.0, 50.0]]


def test_a_model_with_fewer_clusters_uses_only_its_own_numbers() -> None:
    before = model([[0.0, 0.0], [10.0, 0.0], [50.0, 50.0]])
    after = clustering.renumber(model([[50.0, 50.0], [10.0, 0.0]]), before)
    assert after.centres.index.tolist() == [0, 1]
    assert after.centres.loc[1].tolist() == [10.0, 0.0]


def test_numbers_are_matched_in_raw_units_when_the_scaler_changed() -> None:
    before = fitted(blobs())
    richer = pd.concat([blobs(), blobs(1) + 1.0], ignore_index=True)
    after = clustering.renumber(fitted(richer), before)
    raw = [found.centres * found.scaler.spread + found.scaler.mean for found in (before, after)]
    assert np.abs(raw[0] - raw[1]).max().max() < 2


def test_a_model_of_another_scaling_is_not_comparable_and_keeps_its_numbers() -> None:
    after = model([[1.0, 1.0], [0.0, 0.0]])
    assert clustering.renumber(after, model([[0.0, 0.0], [1.0, 1.0]], "log")) is after


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_model_survives_being_stored_as_a_table(seed: int) -> None:
    original = fitted(blobs(seed))
    restored = Model.from_table(original.table(), "standard")
    customers = blobs(seed + 1)
    np.testing.assert_array_equal(clustering.assign(customers, original).cluster, clustering.assign(customers, restored).cluster)
    np.testing.assert_array_equal(restored.centres.to_numpy(), original.centres.to_numpy())
