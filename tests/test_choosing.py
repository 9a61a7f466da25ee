import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import davies_bouldin_score, silhouette_score

from pipeline import choosing, clustering, validation

SCORES = ["inertia", "silhouette", "davies_bouldin", "calinski_harabasz", "gap", "gap_error"]


def blobs(groups: int, each: int = 25, seed: int = 0) -> pd.DataFrame:
    """Groups of customers on a ring, far apart, scaled."""
    angle = 2 * np.pi * np.arange(groups) / groups
    centres = np.repeat(30 * np.column_stack([np.cos(angle), np.sin(angle)]), each, axis=0)
    return scaled(pd.DataFrame(centres + np.random.default_rng(seed).normal(size=centres.shape), columns=["a", "b"]))


def scaled(features: pd.DataFrame) -> pd.DataFrame:
    return clustering.scaler_for(features, "standard").transform(features)


def wide(table: pd.DataFrame) -> pd.DataFrame:
    return table.pivot(index="k", columns="score", values="value")


def scores(gap: list[float], **by_k: list[float]) -> pd.DataFrame:
    """A table as `choosing.table` gives it: gap from k = 1, its error 0.1, the others from k = 2."""
    columns = [("gap", 1, gap), ("gap_error", 1, [0.1] * len(gap)), *((score, 2, values) for score, values in by_k.items())]
    return pd.DataFrame(
        [(k, score, value) for score, first, values in columns for k, value in enumerate(values, first)], columns=["k", "score", "value"]
    )


@pytest.fixture(scope="module")
def four() -> pd.DataFrame:
    return choosing.table(blobs(4), seed=42)


def test_the_table_has_a_row_per_k_and_score(four: pd.DataFrame) -> None:
    assert four.dtypes.astype(str).to_dict() == {"k": "int32", "score": "str", "value": "float64"}
    assert four[four["k"] == 1]["score"].tolist() == ["inertia", "gap", "gap_error"]
    for k in range(2, 16):
        assert four[four["k"] == k]["score"].tolist() == SCORES
    assert four["value"].notna().all()


def test_the_row_of_a_k_holds_the_scores_of_the_published_clustering(four: pd.DataFrame) -> None:
    customers = blobs(4)
    model = clustering.fit(customers, k=7, scaling="standard", seed=42)
    cluster = clustering.assign(customers, model).cluster
    published = validation.score(customers, cluster, validation.fit_of_each(customers, cluster)).table(7)
    same = four[four["k"] == 7].set_index("score")["value"]
    np.testing.assert_allclose(same[published["score"]], published["value"])
    distances = ((customers.to_numpy() - model.centres.to_numpy()[cluster]) ** 2).sum()
    assert same["inertia"] == pytest.approx(distances)


def test_the_gap_of_one_cluster_is_that_of_a_plain_computation() -> None:
    values = blobs(3, each=10).to_numpy()
    first = wide(choosing.table(pd.DataFrame(values), seed=7)).loc[1]
    axes = np.linalg.eigh(np.cov(values.T))[1].T[::-1]
    # Either way along an axis is a principal component: here, as usual, the one whose largest weight is positive.
    axes *= np.sign([axis[np.abs(axis).argmax()] for axis in axes])[:, None]
    turned = values @ axes.T
    logs = []
    for number in range(choosing.REFERENCES):
        box = np.random.default_rng([7, number]).uniform(turned.min(axis=0), turned.max(axis=0), size=values.shape)
        logs.append(np.log(((box - box.mean(axis=0)) ** 2).sum()))
    assert first["gap"] == pytest.approx(np.mean(logs) - np.log(60))  # scaled: 30 customers, two features of spread 1
    assert first["gap_error"] == pytest.approx(np.std(logs) * np.sqrt(1 + 1 / len(logs)))


@pytest.mark.parametrize("groups", [3, 6])
def test_the_true_number_of_separate_groups_is_recommended(groups: int) -> None:
    choice = choosing.recommend(choosing.table(blobs(groups), seed=42), 10)
    assert choice.k == groups
    assert choice.reason.startswith("The silhouette")
    assert f" {groups}" in choice.reason


def test_one_crowd_has_no_k_that_stands_out() -> None:
    crowd = scaled(pd.DataFrame(np.random.default_rng(0).uniform(size=(90, 3))))
    choice = choosing.recommend(choosing.table(crowd, seed=42), 6)
    assert choice.k == 6
    assert choice.reason.startswith("No k stands out: ")
    assert "the gap statistic names 1, no clusters at all" in choice.reason


def test_the_same_customers_and_seed_give_the_same_bytes(four: pd.DataFrame) -> None:
    again = choosing.table(blobs(4), seed=42)
    assert again["value"].to_numpy().tobytes() == four["value"].to_numpy().tobytes()


def test_the_order_of_customers_does_not_change_what_is_recommended(four: pd.DataFrame) -> None:
    other = choosing.table(blobs(4).sample(frac=1, random_state=1), seed=42)
    assert choosing.recommend(other, 4).k == choosing.recommend(four, 4).k == 4
    # Where clusters are clear, every start finds them.
    clear = wide(other).loc[4, SCORES[:4]], wide(four).loc[4, SCORES[:4]]
    np.testing.assert_allclose(*clear)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=2, max_size=14))
def test_any_few_customers_have_finite_scores_and_a_choice(rows: list[tuple[int, int]]) -> None:
    features = pd.DataFrame(rows, columns=["a", "b"])
    if len(features.drop_duplicates()) < 2:
        return
    table = choosing.table(scaled(features), seed=1)
    assert np.isfinite(table["value"]).all()
    assert table["k"].max() <= min(len(features.drop_duplicates()), max(len(features) - 1, 1))
    inertia = wide(table)["inertia"].to_numpy()
    assert inertia[0] == pytest.approx(len(features) * scaled(features).shape[1])
    assert choosing.recommend(table, 2).k in {2, *table["k"]}


def test_customers_of_three_kinds_are_three_clusters() -> None:
    kinds = scaled(pd.DataFrame({"a": [0.0] * 9 + [1.0] * 9 + [5.0] * 9}))
    table = choosing.table(kinds, seed=42)
    assert table["k"].max() == 3
    # Nothing is spread within three clusters of equals: what divides by it has no value there.
    assert table[table["k"] == 3]["score"].tolist() == ["inertia", "silhouette", "davies_bouldin"]
    expected = "The silhouette and Davies-Bouldin name 3. The k in use, 2, has a silhouette of 0.92, against 1.00 at 3."
    assert choosing.recommend(table, 2) == choosing.Choice(3, expected)


def test_two_customers_leave_nothing_to_compare() -> None:
    table = choosing.table(scaled(pd.DataFrame({"a": [0.0, 1.0]})), seed=42)
    assert choosing.recommend(table, 2) == choosing.Choice(2, "There are too few customers to compare numbers of clusters.")


def test_many_customers_are_scored_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "SAMPLE", 60)
    customers = blobs(3)
    table = choosing.table(customers, seed=42)
    drawn = customers.iloc[np.sort(np.random.default_rng(42).choice(75, 60, replace=False))]
    cluster = clustering.kmeans(drawn.to_numpy(), k=3, seed=42).labels_
    third = wide(table).loc[3]
    assert third["silhouette"] == pytest.approx(silhouette_score(drawn, cluster))
    assert third["davies_bouldin"] == pytest.approx(davies_bouldin_score(drawn, cluster))
    assert choosing.recommend(table, 10).k == 3


def test_agreement_of_most_scores_is_put_first() -> None:
    table = scores(
        [0.1, 0.3, 0.9, 1.2, 1.0], silhouette=[0.3, 0.5, 0.4, 0.2], davies_bouldin=[0.9, 0.5, 0.6, 0.7], calinski_harabasz=[10, 30, 20, 5]
    )
    expected = (
        "The silhouette, Davies-Bouldin and Calinski-Harabasz name 3; the gap statistic names 4. "
        "The k in use, 5, has a silhouette of 0.20, against 0.50 at 3."
    )
    assert choosing.recommend(table, 5) == choosing.Choice(3, expected)
    assert choosing.recommend(table, 3).reason.endswith("It is the k in use, with a silhouette of 0.50.")
    assert choosing.recommend(table, 20).reason.endswith("The k in use, 20, was not tried.")


def test_half_of_the_scores_are_not_most() -> None:
    table = scores(
        [0.1, 0.3, 0.9, 1.2, 1.0], silhouette=[0.3, 0.5, 0.4, 0.2], davies_bouldin=[0.9, 0.5, 0.6, 0.7], calinski_harabasz=[30, 10, 20, 5]
    )
    expected = (
        "No k stands out: the silhouette and Davies-Bouldin name 3; Calinski-Harabasz names 2; the gap statistic names 4. "
        "The k in use, 2, stays: its silhouette is 0.30, against 0.50 at 3, the highest."
    )
    assert choosing.recommend(table, 2) == choosing.Choice(2, expected)
    assert choosing.recommend(table, 3).reason.endswith("The k in use, 3, stays: its silhouette is 0.50, the highest of all.")


def test_the_largest_k_tried_is_no_peak() -> None:
    rising = np.arange(1.0, 16.0)
    table = scores(
        rising.tolist(), silhouette=rising[1:].tolist(), davies_bouldin=(-rising[1:]).tolist(), calinski_harabasz=rising[1:].tolist()
    )
    expected = (
        "No k stands out: the silhouette, Davies-Bouldin, Calinski-Harabasz and the gap statistic still improve at 15, the largest tried. "
        "The k in use, 20, was not tried, and stays."
    )
    assert choosing.recommend(table, 20) == choosing.Choice(20, expected)


def test_a_gap_that_widens_again_is_told() -> None:
    flat = {"silhouette": [0.5, 0.4, 0.3], "davies_bouldin": [0.5, 0.6, 0.7], "calinski_harabasz": [3, 2, 1]}
    reason = choosing.recommend(scores([1.0, 0.9, 0.8, 1.2], **flat), 2).reason
    assert "the gap statistic names 1, though the gap is wider at 4. " in reason


def test_the_gap_statistic_stops_within_one_standard_error() -> None:
    flat = {"silhouette": [0.5, 0.4], "davies_bouldin": [0.5, 0.6], "calinski_harabasz": [2, 1]}
    assert "the gap statistic names 1, no clusters at all" in choosing.recommend(scores([1.0, 1.09, 1.05], **flat), 2).reason
    assert "Calinski-Harabasz and the gap statistic name 2" in choosing.recommend(scores([1.0, 1.11, 1.2], **flat), 2).reason
