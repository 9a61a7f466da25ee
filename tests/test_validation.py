import numpy as np
import pandas as pd
import pytest
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
