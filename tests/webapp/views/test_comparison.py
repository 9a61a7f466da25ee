from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import artifacts, identity
from pipeline.artifacts import Run
from pipeline.errors import ArtifactError
from pipeline.model import Model
from tests.webapp.handmade import BUYERS, MEMBERS, buyer, member, publish, rewrite
from webapp.snapshot import Snapshot
from webapp.views import comparison, placing
from webapp.views.comparison import Pair, Totals

FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"
LOYAL, RISK = "Loyal High Spenders", "Churn Risk"
YOUNG, BUDGET = "Young High Spenders", "Budget Conscious"


def pair_of(root: Path, name: str, before: dict[str, Any], after: dict[str, Any]) -> Pair:
    """Two runs of what `publish` takes; the second is shown."""
    first, second = publish(root, FIRST, **before), publish(root, SECOND, **after)
    return Pair(Snapshot(second), name, first, second)


def swapped(pair: Pair) -> Pair:
    return Pair(pair.snapshot, pair.name, pair.after, pair.before)


def rows(moves: pd.DataFrame) -> list[list[Any]]:
    return moves.astype(object).where(moves.notna(), None).to_numpy().tolist()


def test_new_gone_and_those_who_stayed_are_counted_by_persona(tmp_path: Path) -> None:
    # 100 is gone, 12 bought lately and 13 is new.
    now = [*BUYERS[:3], buyer("12", 2, 3, 380.0, cluster=0), buyer("13", 200, 1, 50.0, cluster=2)]
    pair = pair_of(tmp_path, "shop", {}, {"buyers": now})
    found = {(row[0], row[1]): row[2] for row in rows(comparison.moves(pair))}
    assert found == {(LOYAL, LOYAL): 3, (RISK, LOYAL): 1, (None, RISK): 1, (RISK, None): 1}
    assert comparison.totals(comparison.moves(pair)) == Totals(before=5, after=5, new=1, gone=1, both=4, elsewhere=1)


def test_a_customer_who_is_another_now_moved_by_behaviour_and_one_who_is_the_same_by_the_model(tmp_path: Path) -> None:
    # 12 bought again and again. 9 is as before, and the model calls it otherwise.
    now = [*BUYERS[:2], buyer("9", 20, 1, 150.0, cluster=2, country="France"), buyer("12", 1, 4, 400.0, cluster=0), BUYERS[4]]
    found = {(row[0], row[1]): row[2:] for row in rows(comparison.moves(pair_of(tmp_path, "shop", {}, {"buyers": now})))}
    assert found[RISK, LOYAL] == [1, 1, 0, 0]
    assert found[LOYAL, RISK] == [1, 0, 1, 0]


@pytest.mark.parametrize("name", ["shop", "gym"])
def test_a_run_beside_itself_shows_nobody_moved(tmp_path: Path, name: str) -> None:
    run = publish(tmp_path)
    moves = comparison.moves(Pair(Snapshot(run), name, run, run))
    assert (moves["from_persona"] == moves["to_persona"]).all()
    assert moves[["behaviour", "model", "both"]].to_numpy().sum() == 0
    assert comparison.settings(Pair(Snapshot(run), name, run, run)) == {}


MEMBER = st.builds(
    lambda age, income, gender, cluster: {"age": age, "income": income, "gender": gender, "cluster": cluster},
    st.integers(18, 90).map(float), st.integers(0, 200).map(float), st.sampled_from([0.0, 1.0]), st.sampled_from([0, 1]),
)  # fmt: skip
MEMBERSHIP = st.dictionaries(st.sampled_from([str(number) for number in range(12)]), MEMBER, min_size=2, max_size=12)


def members(people: dict[str, Any]) -> dict[str, Any]:
    # Both clusters are there, as every model has them.
    fixed = [member("a", 20.0, 30.0, 1.0), member("b", 60.0, 40.0, 0.0, cluster=1)]
    return {"members": [*fixed, *(member(customer_id, **own) for customer_id, own in people.items())], "quick": True}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(MEMBERSHIP, MEMBERSHIP)
def test_the_parts_are_those_of_a_build_and_swapping_runs_swaps_new_and_gone(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, Any], after: dict[str, Any]
) -> None:
    pair = pair_of(tmp_path_factory.mktemp("runs"), "gym", members(before), members(after))
    moves, there = comparison.moves(pair), comparison.totals(comparison.moves(pair))
    assert by_build(pair) == by_reason(moves)
    known = moves[moves["from_persona"].notna() & moves["to_persona"].notna() & (moves["from_persona"] != moves["to_persona"])]
    assert (known["customers"] == known[["behaviour", "model", "both"]].sum(axis=1)).all()
    back = comparison.totals(comparison.moves(swapped(pair)))
    assert back == Totals(there.after, there.before, there.gone, there.new, there.both, there.elsewhere)
    assert there.before - there.gone + there.new == there.after


def by_build(pair: Pair) -> dict[str, int]:
    """Customers by reason, as a build counts them."""
    old, now = (pd.read_parquet(run.table("gym", "customers")) for run in (pair.before, pair.after))
    clusters = pd.read_parquet(pair.before.table("gym", "clusters"))
    model = Model.from_table(pd.read_parquet(pair.before.table("gym", "centres")), "standard")
    found = identity.changes(old, model, dict(zip(clusters["cluster"], clusters["persona"], strict=True)), now)
    return {str(reason): int(count) for reason, count in found.groupby("reason")["customers"].sum().items()}


def by_reason(moves: pd.DataFrame) -> dict[str, int]:
    """The same of a comparison: whoever moved in both ways is counted under both reasons."""
    new, gone = moves["from_persona"].isna(), moves["to_persona"].isna()
    both = int(moves["both"].sum())
    found = {
        "customers moved": int(moves["behaviour"].sum()) + both,
        "the model moved": int(moves["model"].sum()) + both,
        "new": int(moves.loc[new, "customers"].sum()),
        "gone": int(moves.loc[gone, "customers"].sum()),
    }
    return {reason: count for reason, count in found.items() if count}


def test_however_many_are_joined_at_a_time_they_come_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [*BUYERS[1:], *(buyer(str(number), 30, 2, 90.0, cluster=2) for number in range(200, 207))]
    pair = pair_of(tmp_path, "shop", {}, {"buyers": now})
    whole = comparison.moves(pair)
    monkeypatch.setattr(comparison, "_AT_ONCE", 2)
    pd.testing.assert_frame_equal(comparison.moves(Pair(Snapshot(pair.after), "shop", pair.before, pair.after)), whole)


def renamed(run: Run, change: Any) -> None:
    rewrite(run.folder, lambda manifest: change(manifest["datasets"]["gym"]))


class TestWhatTheModelOfBeforeCannotPlace:
    def test_customers_who_are_measured_in_another_unit(self, tmp_path: Path) -> None:
        pair = pair_of(tmp_path, "gym", {}, {})
        assert pair.splits
        renamed(pair.after, lambda record: record["features"].update(income="€"))
        assert not self.reopened(tmp_path, pair).splits

    def test_customers_whose_words_have_other_numbers(self, tmp_path: Path) -> None:
        pair = pair_of(tmp_path, "gym", {}, {})
        renamed(pair.after, lambda record: record.update(words={"gender": {"Male": 1.0, "Female": 0.0}}))
        assert not self.reopened(tmp_path, pair).splits

    def test_are_counted_without_a_reason(self, tmp_path: Path) -> None:
        other = [member(row["customer_id"], row["age"], row["income"], row["gender"], cluster=1 - row["cluster"]) for row in MEMBERS]
        pair = pair_of(tmp_path, "gym", {}, {"members": other})
        renamed(pair.after, lambda record: record["features"].update(income="€"))
        found = rows(comparison.moves(self.reopened(tmp_path, pair)))
        assert found == [[YOUNG, BUDGET, 2, 0, 0, 0], [BUDGET, YOUNG, 1, 0, 0, 0]]

    def reopened(self, root: Path, pair: Pair) -> Pair:
        return Pair(pair.snapshot, "gym", *(artifacts.open_run(root, run_id) for run_id in (FIRST, SECOND)))


def test_personas_of_both_stand_side_by_side_and_those_of_before_alone_come_last(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, "gym", {}, {"members": MEMBERS[:2]})
    found = comparison.personas(pair)
    assert found.columns.to_list() == ["persona", "customers_before", "customers_after", "share_before", "share_after"]
    assert found["persona"].to_list() == [YOUNG, BUDGET]
    assert found[["customers_before", "customers_after"]].to_numpy().tolist() == [[2, 2], [1, 0]]
    assert "revenue_after" in comparison.personas(pair_of(tmp_path / "more", "shop", {}, {}))


def test_settings_that_differ_are_those_of_either_run(tmp_path: Path) -> None:
    features = [{"name": "age", "column": "Age", "unit": "years", "codes": None}]
    pair = pair_of(tmp_path, "gym", {}, {"scaling": "log", "member_features": features, "quick": True})
    found = comparison.settings(pair)
    assert found["scaling"] == ("standard", "log")
    assert [[feature["name"] for feature in side] for side in found["features"]] == [["age", "income", "gender"], ["age"]]
    assert found.keys() == {"scaling", "features"}
    assert comparison.settings(swapped(pair))["scaling"] == ("log", "standard")


def test_customers_who_gave_back_more_than_they_bought_are_placed_as_if_they_had_spent_nothing(tmp_path: Path) -> None:
    """What they spent has no logarithm."""
    pair = pair_of(tmp_path, "shop", {"scaling": "log"}, {"buyers": [*BUYERS, buyer("13", 200, 1, -50.0, cluster=2)]})
    before = pair.records[0]
    customers = "(SELECT 200.0 AS recency_days, 1 AS frequency, unnest([-50.0, -1.0, 0.0]) AS monetary)"
    names = {row["cluster"]: row["persona"] for row in pair.rows_before("clusters")}
    sql = placing.placed(customers, ["monetary"], pair.rows_before("centres"), names, before)
    assert {row["placed"] for row in pair.snapshot.rows(sql)} == {RISK}
    squares, columns = placing.squares(customers, ["monetary"], pair.rows_before("centres"), before)
    apart = pair.snapshot.frame(squares)
    assert (apart[list(columns.values())].nunique() == 1).all()
    assert (None, RISK) in {(row[0], row[1]) for row in rows(comparison.moves(pair))}


def test_files_that_stay_as_they_are_are_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = pair_of(tmp_path, "shop", {}, {})
    looked: list[str] = []
    damage = Run.damage
    monkeypatch.setattr(Run, "damage", lambda run, *named: looked.append(run.manifest.run_id) or damage(run, *named))
    pair.check()
    Pair(pair.snapshot, "shop", pair.before, pair.after).check()
    assert sorted(looked) == [FIRST] * 4 + [SECOND] * 4


@pytest.mark.parametrize("table", ["customers", "centres"])
def test_a_damaged_run_is_not_compared(tmp_path: Path, table: str) -> None:
    pair = pair_of(tmp_path, "shop", {}, {})
    pair.check()
    path = pair.before.table("shop", table)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ArtifactError, match=rf"shop/{table}\.parquet: the table was altered .* The run cannot be compared\.$"):
        pair.check()
