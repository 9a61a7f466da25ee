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
