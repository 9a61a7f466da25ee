import numpy as np
import pandas as pd
import pytest
from sklearn.manifold import trustworthiness

from pipeline import embedding


def customers(count: int, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(count, 3)), columns=["a", "b", "c"])


@pytest.mark.slow
def test_the_same_customers_and_seed_give_the_same_map() -> None:
    first, second = (embedding.embed(customers(120), seed=7) for _ in range(2))
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, embedding.embed(customers(120), seed=8))


@pytest.mark.slow
def test_neighbours_stay_neighbours() -> None:
    points = customers(300)
    assert trustworthiness(points, embedding.embed(points, seed=42), n_neighbors=15) > 0.85


@pytest.mark.slow
def test_equal_customers_do_not_stop_the_map() -> None:
    points = pd.concat([customers(1)] * 40 + [customers(10, seed=1)], ignore_index=True)
    assert np.isfinite(embedding.embed(points, seed=42)).all()


@pytest.mark.parametrize("count", [2, 3])
def test_too_few_customers_for_neighbours_are_placed_by_their_features(count: int) -> None:
    points = customers(count)
    np.testing.assert_array_equal(embedding.embed(points, seed=42), points[["a", "b"]].to_numpy("float32"))


def test_a_single_feature_is_a_diagonal() -> None:
    assert embedding.embed(pd.DataFrame({"a": [1.0, 2.0]}), seed=1).tolist() == [[1.0, 1.0], [2.0, 2.0]]


def test_whoever_is_like_a_fitted_customer_is_where_that_one_is_and_others_are_amid_the_nearest() -> None:
    fitted, layout = np.array([[0.0], [1.0], [2.0], [9.0]]), np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [0.0, 90.0]], "float32")
    found = embedding.placed(np.array([[1.0], [0.5], [9.0]]), fitted, layout)
    np.testing.assert_allclose(found[[0, 2]], layout[[1, 3]])
    # Distances 0.5, 0.5 and 1.5: weights of 3, 3 and 1 in 7.
    np.testing.assert_allclose(found[1], [50 / 7, 0.0], rtol=1e-6)


def test_among_fitted_customers_who_are_alike_one_counts() -> None:
    fitted, layout = np.array([[0.0]] * 5 + [[1.0], [2.0]]), np.arange(14, dtype="float32").reshape(7, 2)
    np.testing.assert_allclose(embedding.placed(np.array([[0.0]]), fitted, layout), layout[:1])


@pytest.mark.slow
def test_a_map_fitted_on_some_keeps_neighbours_and_says_how_well() -> None:
    points = customers(900)
    cluster = (points["a"] > 2.2).to_numpy().astype("int64")
    found = embedding.chart(points, cluster, seed=3, fitted=300)
    trusted = found.trustworthiness
    assert trusted is not None
    assert trusted.fitted == trusted.compared == 300
    assert min(trusted.of_fitted, trusted.of_placed) > 0.8
    assert trustworthiness(points, found.places, n_neighbors=15) > 0.8
    assert found.places.dtype == np.float32


@pytest.mark.slow
def test_a_map_of_everyone_is_the_layout() -> None:
    points = customers(120)
    found = embedding.chart(points, np.zeros(120, dtype="int64"), seed=7)
    assert found.trustworthiness is None
    np.testing.assert_array_equal(found.places, embedding.embed(points, seed=7))
