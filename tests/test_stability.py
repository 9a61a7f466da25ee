from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from pipeline import clustering, stability
from pipeline.stability import Segments

# Enough for every claim here; a mean of 100 would take four times as long.
RESAMPLES = 25


def blobs(sizes: tuple[int, ...], seed: int = 0) -> pd.DataFrame:
    """Groups of customers, 20 apart, each with a spread of 1."""
    dice = np.random.default_rng(seed)
    centres = [(20.0 * (number % 3), 20.0 * (number // 3)) for number in range(len(sizes))]
    points = [dice.normal(centre, 1.0, size=(size, 2)) for centre, size in zip(centres, sizes, strict=True)]
    return pd.DataFrame(np.vstack(points), columns=["a", "b"])


def crowd(size: int, seed: int = 0) -> pd.DataFrame:
    """One group of customers in six features: nothing in it says where to cut."""
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(size, 6)), columns=list("abcdef"))


def segments(features: pd.DataFrame, k: int, personas: dict[int, str] | None = None) -> Segments:
    """The clustering that the product makes; each cluster a persona of its own unless they are given."""
    model = clustering.fit(features, k=k, scaling="standard", seed=42)
    cluster = clustering.assign(features, model).cluster
    return Segments(features, cluster, personas or {number: f"P{number}" for number in range(k)}, "standard", 42)


def measured(of: Segments, resamples: int = RESAMPLES) -> pd.DataFrame:
    return stability.table(of, stability.resample(of, range(resamples)))


def plain_jaccard(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


def plain_row(cluster: list[int], again: list[int], personas: dict[int, str]) -> list[float]:
    """What one resample gives, by sets and loops, in the order that `stability.resample` promises."""
    customers = range(len(cluster))
    found = {number: {i for i in customers if again[i] == number} for number in sorted(set(again))}
    before = {number: {i for i in customers if cluster[i] == number} for number in sorted(personas)}
    row = [max(plain_jaccard(members, other) for other in found.values()) for members in before.values()]
    names = sorted(set(personas.values()))
    bearers = {name: {i for i in customers if personas[cluster[i]] == name} for name in names}
    united: dict[str, set[int]] = {name: set() for name in names}
    for other in found.values():
        united[max(names, key=lambda name: len(bearers[name] & other))] |= other
    row += [plain_jaccard(bearers[name], united[name]) for name in names]
    return [*row, adjusted_rand_score(cluster, again)]


def test_well_separated_clusters_come_back_in_every_resample() -> None:
    table = measured(segments(blobs((60, 50, 40, 30)), 4, {0: "A", 1: "A", 2: "B", 3: "C"}))
    assert (table["value"] > 0.95).all()
    assert set(table["grade"]) == {"highly stable"}
    assert table["level"].tolist() == ["cluster"] * 4 + ["persona"] * 3 + ["whole"]
    assert table["name"].tolist() == ["0", "1", "2", "3", "A", "B", "C", "all"]
    assert table["measure"].tolist() == ["jaccard"] * 7 + ["adjusted_rand"]


def test_one_crowd_cut_into_pieces_is_unstable_in_each() -> None:
    table = measured(segments(crowd(300), 8))
    assert (table["value"] < 0.6).all()
    assert set(table["grade"]) == {"unstable"}


def test_pieces_of_a_crowd_that_bear_one_name_are_a_stable_persona() -> None:
    # A crowd and a group far away: how the crowd is cut changes, who belongs to it does not.
    apart = segments(pd.concat([crowd(200), crowd(40, seed=1) + 30.0], ignore_index=True), 7)
    far = int(apart.cluster[-1])
    personas = {number: "far" if number == far else "crowd" for number in range(7)}
    table = measured(Segments(apart.features, apart.cluster, personas, "standard", 42)).set_index(["level", "name"])["value"]
    assert table["cluster"].drop(str(far)).max() < 0.75
    assert table["persona"].min() > 0.95


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=40),
    st.lists(st.sampled_from("ABC"), min_size=4, max_size=4),
)
def test_a_row_agrees_with_sets_and_loops(pairs: list[tuple[int, int]], names: list[str]) -> None:
    cluster, again = map(list, zip(*pairs, strict=True))
    personas = dict(enumerate(names))
    code = np.array([sorted(set(names)).index(name) for name in names])
    row = stability._agreement(np.array(cluster), np.array(again), code)
    np.testing.assert_allclose(row, plain_row(cluster, again, personas))


def test_a_whole_resample_agrees_with_sets_and_loops() -> None:
    of = segments(blobs((12, 9, 7)).sort_values(["a", "b"], ignore_index=True), 5, {0: "A", 1: "B", 2: "A", 3: "C", 4: "B"})
    dice = np.random.default_rng([42, 3])
    drawn = sorted(set(dice.integers(28, size=28).tolist()))
    again = clustering.fit(of.features.iloc[drawn], k=5, scaling="standard", seed=int(dice.integers(2**31)))
    found = clustering.assign(of.features.iloc[drawn], again).cluster
    np.testing.assert_allclose(stability.resample(of, [3])[0], plain_row(of.cluster[drawn].tolist(), found.tolist(), of.personas))


def test_the_order_of_customers_changes_nothing() -> None:
    of = segments(blobs((30, 20, 20)), 5)
    order = np.random.default_rng(1).permutation(70)
    shuffled = Segments(of.features.iloc[order], of.cluster[order], of.personas, "standard", 42)
    np.testing.assert_array_equal(stability.resample(shuffled, range(5)), stability.resample(of, range(5)))


def test_resamples_shared_out_to_another_process_give_the_same_bytes() -> None:
    of = segments(blobs((30, 20, 20)), 5)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        theirs = pool.submit(stability.resample, of, range(3, 8))
        ours = stability.resample(of, range(3))
    assert np.vstack([ours, theirs.result()]).tobytes() == stability.resample(of, range(8)).tobytes()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_a_resample_depends_on_its_number_alone(numbers: list[int]) -> None:
    of = segments(blobs((12, 10)), 3)
    np.testing.assert_array_equal(stability.resample(of, numbers), np.vstack([stability.resample(of, [each]) for each in numbers]))


def test_another_seed_draws_other_resamples() -> None:
    of = segments(blobs((40,)), 4)
    other = Segments(of.features, of.cluster, of.personas, "standard", 43)
    assert not np.array_equal(stability.resample(of, range(3)), stability.resample(other, range(3)))


def test_a_cluster_of_one_customer_is_found_only_where_that_customer_is_drawn() -> None:
    features = pd.concat([blobs((40, 40)), pd.DataFrame({"a": [300.0], "b": [300.0]})], ignore_index=True)
    rows = stability.resample(segments(features, 3), range(RESAMPLES))
    assert set(rows[:, 2]) == {0.0, 1.0}
    # The chance of being drawn at least once: 1 - (1 - 1/81) ** 81.
    assert rows[:, 2].mean() == pytest.approx(0.634, abs=0.2)


def test_customers_who_are_alike_stay_together() -> None:
    features = pd.DataFrame({"a": [0.0] * 20 + [5.0] * 20 + [9.0] * 20, "b": [0.0] * 40 + [1.0] * 20})
    assert measured(segments(features, 3), 20)["value"].tolist() == [1.0] * 7


def test_as_many_clusters_as_different_customers_lose_those_who_are_not_drawn() -> None:
    of = segments(pd.DataFrame({"a": [0.0, 1.0, 10.0, 30.0]}), 4)
    values = measured(of)["value"]
    # Whoever is drawn is a cluster again: 1 - (3/4) ** 4.
    np.testing.assert_allclose(values.iloc[:8], 0.684, atol=0.2)


def test_a_feature_that_only_one_customer_has_may_be_missing_in_a_resample() -> None:
    features = pd.DataFrame({"a": [0.0, 0.1, 0.2, 9.0, 9.1, 9.2] * 3, "b": [1.0] + [0.0] * 17})
    rows = stability.resample(segments(features, 3), range(RESAMPLES))
    assert set(rows[:, 2]) == {0.0, 1.0}


def test_features_are_logged_in_resamples_too() -> None:
    # Four orders of magnitude: without the logarithm the small ones are one cluster.
    spend = pd.DataFrame({"a": np.concatenate([10.0**power * np.linspace(1, 1.5, 15) for power in range(1, 5)])})
    cluster = np.repeat(np.arange(4, dtype="int32"), 15)
    logged, plain = (Segments(spend, cluster, dict(enumerate("ABCD")), scaling, 42) for scaling in ("log", "standard"))
    assert measured(logged)["value"].min() == 1.0
    assert measured(plain)["value"].iloc[:2].max() < 0.75


def test_no_resamples_are_no_rows() -> None:
    assert stability.resample(segments(blobs((9, 9)), 2), []).shape == (0, 5)


def test_two_customers_have_resamples_of_one() -> None:
    table = measured(segments(pd.DataFrame({"a": [0.0, 1.0]}), 2), 20)
    assert table["value"].between(0, 1).all()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-0.1, "unstable"),
        (0.0, "unstable"),
        (0.599, "unstable"),
        (0.60, "doubtful"),
        (0.749, "doubtful"),
        (0.75, "stable"),
        (0.85, "highly stable"),
    ],
)
def test_a_grade_begins_at_its_bound(value: float, expected: str) -> None:
    assert stability.grade(value) == expected
