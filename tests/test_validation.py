import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score

from pipeline import validation

# Two pairs on a line: within a pair 1 apart, between pairs 9 to 11.
POINTS = pd.DataFrame({"a": [0.0, 1.0, 10.0, 11.0]})
CLUSTER = np.array([0, 0, 1, 1])


def test_fit_is_the_silhouette_that_can_be_worked_out_by_hand() -> None:
    expected = [1 - 1 / 10.5, 1 - 1 / 9.5, 1 - 1 / 9.5, 1 - 1 / 10.5]
    np.testing.assert_allclose(validation.fit_of_each(POINTS, CLUSTER), expected)


def test_scores_are_those_of_the_textbook() -> None:
    scores = validation.score(POINTS, CLUSTER, validation.fit_of_each(POINTS, CLUSTER))
    # Davies-Bouldin: (0.5 + 0.5) / 10. Calinski-Harabasz: between 100 / 1, within 1 / 2.
    assert scores.davies_bouldin == pytest.approx(0.1)
    assert scores.calinski_harabasz == pytest.approx(200)
    assert scores.silhouette == pytest.approx(silhouette_score(POINTS, CLUSTER))


def test_distances_held_in_parts_give_the_same_fit() -> None:
    dice = np.random.default_rng(0)
    points = pd.DataFrame(dice.normal(size=(3000, 2)))
    cluster = dice.integers(0, 4, 3000)
    assert validation.fit_of_each(points, cluster).mean() == pytest.approx(silhouette_score(points, cluster))


def test_the_score_table_has_a_row_per_score() -> None:
    table = validation.Scores(0.5, 0.6, 700.0).table(10)
    assert table.to_dict("list") == {
        "k": [10, 10, 10],
        "score": ["silhouette", "davies_bouldin", "calinski_harabasz"],
        "value": [0.5, 0.6, 700.0],
    }


def crowd(sizes: tuple[int, ...], seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Clusters of so many customers, overlapping."""
    dice = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    return pd.DataFrame(dice.normal(size=(len(cluster), 2)) + 2.5 * cluster[:, None]), cluster


@given(st.lists(st.integers(1, validation.OF_EACH), min_size=2, max_size=4), st.integers(0, 99))
@settings(max_examples=20)
def test_the_estimate_of_small_clusters_is_exact(sizes: list[int], seed: int) -> None:
    scaled, cluster = crowd((*sizes, 2), seed)
    mixed = np.random.default_rng(seed).permutation(len(cluster))
    scaled, cluster = scaled.iloc[mixed], cluster[mixed]
    np.testing.assert_allclose(validation.estimated_fit(scaled, cluster, seed=1), validation.fit_of_each(scaled, cluster), atol=1e-9)


def test_the_estimate_of_large_clusters_is_near() -> None:
    scaled, cluster = crowd((3_000, 900, 30))
    estimated, exact = validation.estimated_fit(scaled, cluster, seed=1), validation.fit_of_each(scaled, cluster)
    assert abs(estimated.mean() - exact.mean()) < 0.01
    assert np.abs(estimated - exact).mean() < 0.05


def test_numbers_of_clusters_that_nobody_is_in_do_not_count() -> None:
    scaled, cluster = crowd((40, 40))
    np.testing.assert_array_equal(
        validation.estimated_fit(scaled, cluster * 3 + 1, seed=1), validation.estimated_fit(scaled, cluster, seed=1)
    )


def test_the_interval_holds_the_silhouette_of_all_in_most_samples() -> None:
    scaled, cluster = crowd((2_500, 1_200, 300))
    everyone = validation.fit_of_each(scaled, cluster).mean()
    held = 0
    for seed in range(50):
        drawn = np.random.default_rng(seed).choice(len(cluster), 400, replace=False)
        sample = scaled.iloc[drawn], cluster[drawn]
        fit = validation.fit_of_each(*sample)
        held += abs(fit.mean() - everyone) <= validation.half_interval(*sample, fit, seed=seed)
    # 95 % of 50, less what chance may take.
    assert held >= 43


def test_where_groups_lack_a_second_cluster_the_interval_is_that_of_customers_alone() -> None:
    scaled, cluster = crowd((300, 2))
    fit = validation.fit_of_each(scaled, cluster)
    assert validation.half_interval(scaled, cluster, fit, seed=0) == pytest.approx(1.96 * fit.std(ddof=1) / np.sqrt(302))
