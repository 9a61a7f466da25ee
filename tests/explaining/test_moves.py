from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clustering, parquet
from pipeline.build import Outcome
from pipeline.catalogue import Catalogue
from pipeline.explaining.moves import moves
from pipeline.explaining.walks import Walk, walks
from pipeline.model import Model, Scaler
from pipeline.settings import Scaling

COLUMNS = ["customer", "feature", "value", "reached", "steps", "distance", "cluster"]
UP = Walk("a", 1, 1, 100.0)


def model(centres: Sequence[Sequence[float]], scaling: Scaling = "standard") -> Model:
    """Scaled features are the raw ones, or their logarithms."""
    columns = ["a", "b"][: len(centres[0])]
    return Model(Scaler(scaling, pd.Series(0.0, columns), pd.Series(1.0, columns)), pd.DataFrame(centres, columns=columns))


def on_a_line(*centres: float, scaling: Scaling = "standard") -> Model:
    return model([[centre] for centre in centres], scaling)


def row(found: pd.DataFrame) -> tuple[object, ...]:
    (only,) = found[["value", "reached", "steps", "distance", "cluster"]].itertuples(index=False, name=None)
    return tuple(only)


def moved(value: float, line: Model, walk: Walk = UP, groups: str = "xyz") -> pd.DataFrame:
    return moves(pd.DataFrame({"a": [value]}), line, [walk], np.array(list(groups[: len(line.centres)])))


def by_steps(features: pd.DataFrame, found: Model, walk: Walk, groups: np.ndarray) -> list[tuple[int, int, int]]:
    """Customer, steps and cluster of each move, found by taking every step there is."""
    home = groups[clustering.assign(features, found).cluster]
    start, last = walk.position(features[walk.feature].to_numpy()), walk.position(np.array([walk.limit]))[0]
    reached = []
    for customer, begin in enumerate(start):
        steps = np.arange(1, last - begin + 1)
        there = features.iloc[np.repeat(customer, len(steps))].assign(**{walk.feature: walk.value(begin + steps)})
        cluster = clustering.assign(there, found).cluster if len(steps) else steps.astype("int32")
        away = np.flatnonzero(groups[cluster] != home[customer])[:1]
        reached += [(customer, int(steps[first]), int(cluster[first])) for first in away]
    return reached


def breaches(features: pd.DataFrame, found: Model, every: Sequence[Walk], groups: np.ndarray) -> int:
    """Moves whose value does not lead where they say, or whose last step but one already leads away, or that go beyond the data."""
    features = features.astype("float64")
    home = groups[clustering.assign(features, found).cluster]
    wrong = 0
    for walk in every:
        table = moves(features, found, [walk], groups)
        own = home[table["customer"]]
        base = features.iloc[table["customer"]]
        at = clustering.assign(base.assign(**{walk.feature: table["reached"].to_numpy()}), found).cluster
        one_less = walk.value(walk.position(table["reached"].to_numpy()) - 1)
        before = np.where(table["steps"] > 1, one_less, table["value"])
        stays = groups[clustering.assign(base.assign(**{walk.feature: before}), found).cluster] == own
        beyond = walk.direction * table["reached"].to_numpy() > walk.direction * walk.limit
        wrong += int(((at != table["cluster"]) | (groups[at] == own) | ~stays | beyond).sum())
    return wrong


def test_the_first_step_nearer_to_another_centre_is_named() -> None:
    # Half way, at 5, the lower number still has it.
    assert row(moved(3.0, on_a_line(0, 10))) == (3.0, 6.0, 3, 3.0, 1)
    assert row(moved(3.0, on_a_line(10, 0))) == (3.0, 5.0, 2, 2.0, 0)


def test_a_move_that_would_go_beyond_the_data_is_none() -> None:
    found = moved(3.0, on_a_line(0, 10), Walk("a", 1, 1, 5.0))
    assert list(found) == COLUMNS
    assert found.empty
    assert len(moved(3.0, on_a_line(0, 10), Walk("a", 1, 1, 6.0))) == 1


def test_amounts_are_named_to_the_penny() -> None:
    assert row(moved(3.1, on_a_line(0, 10), Walk("a", 1, 100, 20.0))) == (3.1, 5.01, 191, pytest.approx(1.91), 1)


def test_a_value_between_steps_moves_to_a_round_one() -> None:
    assert row(moved(3.14159, on_a_line(0, 10), Walk("a", 1, 10, 20.0)))[:3] == (3.14159, 5.1, 20)
    assert row(moved(7.77, on_a_line(0, 10), Walk("a", -1, 10, 0.0)))[:3] == (7.77, 5.0, 28)


def test_less_of_a_feature_moves_the_other_way() -> None:
    assert row(moved(8.0, on_a_line(0, 10), Walk("a", -1, 1, 0.0))) == (8.0, 5.0, 3, 3.0, 0)


def test_under_the_logarithm_the_boundary_is_a_ratio() -> None:
    # Between 1 + 0 and 1 + 99 lies 10 = 1 + 9; at 9 rounding decides, at 10 nothing is left to decide.
    found = moved(3.0, on_a_line(0, float(np.log(99)), scaling="log"))
    assert row(found) == (3.0, 9.0, 6, pytest.approx(np.log(10 / 4)), 1)


def test_cells_of_the_own_persona_are_walked_through() -> None:
    assert row(moved(3.0, on_a_line(0, 10, 20), groups="xxy")) == (3.0, 16.0, 13, 13.0, 2)


def test_a_cell_between_two_steps_is_never_stepped_into() -> None:
    # y has 0.15 to 0.9.
    assert moved(0.0, on_a_line(0, 0.3, 1.5), groups="xyx").empty
    assert row(moved(0.0, on_a_line(0, 0.3, 1.5, 4), groups="xyxz"))[1] == 3.0


def test_centres_that_are_level_or_coincide_move_nobody() -> None:
    assert moves(pd.DataFrame({"a": [0.0, 5.0], "b": 1.0}), model([[0, 0], [0, 4], [0, 0]]), [UP], np.arange(3)).empty


def test_a_feature_that_is_the_same_for_all_leads_nowhere_and_without_walks_there_are_no_moves() -> None:
    for none in ([Walk("constant", 1, 1, 5.0)], []):
        found = moves(pd.DataFrame({"a": [0.0], "constant": 5.0}), on_a_line(0, 10), none, np.arange(2))
        assert list(found) == COLUMNS
        assert found.empty


def test_clusters_of_one_persona_leave_nobody_anywhere_to_go() -> None:
    assert moved(3.0, on_a_line(0, 10), groups="xx").empty


def test_moves_come_by_customer_then_in_the_order_of_walks() -> None:
    features = pd.DataFrame({"a": [0.0, 3.0, 9.0], "b": [0.0, 0.0, 0.0]})
    found = moves(features, model([[0, 0], [10, 0], [0, 4]]), [UP, Walk("b", 1, 1, 10.0)], np.arange(3))
    assert list(zip(found["customer"], found["feature"], found["steps"], strict=True)) == [
        (0, "a", 6),
        (0, "b", 3),
        (1, "a", 3),
        (1, "b", 3),
    ]


eighths = st.integers(-40, 200).map(lambda number: number / 8)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    centres=st.lists(st.tuples(eighths, eighths), min_size=2, max_size=6, unique=True),
    customers=st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), min_size=1, max_size=6),
    groups=st.lists(st.integers(0, 2), min_size=6, max_size=6),
    direction=st.sampled_from([1, -1]),
    per_unit=st.sampled_from([1, 2]),
    scaling=st.sampled_from(["standard", "log"]),
)
def test_moves_are_those_that_taking_every_step_would_find(
    centres: list[tuple[float, float]],
    customers: list[tuple[int, int]],
    groups: list[int],
    direction: int,
    per_unit: int,
    scaling: Scaling,
) -> None:
    shrink = 8 if scaling == "log" else 1
    found = model([(a / shrink, b / shrink) for a, b in centres], scaling)
    features = pd.DataFrame(customers, columns=["a", "b"], dtype="float64")
    walk = Walk("a", direction, per_unit, 30.0 if direction > 0 else 0.0)
    for labels in (np.arange(len(centres)), np.array(groups[: len(centres)])):
        table = moves(features, found, [walk], labels)
        assert list(zip(table["customer"], table["steps"], table["cluster"], strict=True)) == by_steps(features, found, walk, labels)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(2, 8), scaling=st.sampled_from(["standard", "log"]))
def test_the_value_named_moves_and_one_step_less_does_not(seed: int, k: int, scaling: Scaling) -> None:
    dice = np.random.default_rng(seed)
    few = pd.DataFrame(
        {
            "count": dice.integers(0, 40, 80),
            "spend": np.round(dice.lognormal(5, 2, 80), 2),
            "share": dice.uniform(0, 1, 80),
            "same": 0.1,
        }
    )
    features = pd.concat([few, few.head(20)], ignore_index=True)
    found = clustering.fit(features, k=k, scaling=scaling, seed=1)
    most, least = features.max(), features.min()
    every = [
        Walk(name, direction, per_unit, float((most if direction > 0 else least)[name]))
        for name, per_unit in {"count": 1, "spend": 100, "share": 10_000, "same": 1}.items()
        for direction in (1, -1)
    ]
    for groups in (np.arange(k), np.arange(k) % 3):
        assert breaches(features, found, every, groups) == 0


def test_they_hold_where_rounding_hides_the_end_of_a_cell() -> None:
    features = pd.DataFrame({"a": np.random.default_rng(0).uniform(0, 1, 200), "b": 25.0})
    found = model([[0, 0], [1e-6, 50], [1.1e-6, 50.00000001]])
    for direction, limit in ((1, 3.0), (-1, -3.0)):
        assert breaches(features, found, [Walk("a", direction, 10**9, limit)], np.arange(3)) == 0


@pytest.mark.real
@pytest.mark.parametrize("dataset", ["retail", "mall"])
def test_every_move_of_real_customers_holds(real_run: Outcome, shipped: Catalogue, dataset: str) -> None:
    run = real_run.run
    customers = parquet.read(run.table(dataset, "customers"))
    found = Model.from_table(parquet.read(run.table(dataset, "centres")), shipped[dataset].scaling)
    personas = parquet.read(run.table(dataset, "clusters"))["persona"].to_numpy(dtype="object")
    features = customers[list(shipped[dataset].feature_names)]
    every = walks(features, shipped[dataset])
    sample = features.sample(min(1_000, len(features)), random_state=0)
    for groups in (np.arange(len(personas)), personas):
        assert breaches(sample, found, every, groups) == 0
        assert moves(sample, found, every, groups)["customer"].nunique() > 0.9 * len(sample)
