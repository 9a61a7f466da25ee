from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import artifacts
from pipeline.artifacts import Run
from tests.webapp.handmade import alter, publish
from webapp.snapshot import Snapshot
from webapp.views.scope import Scope
from webapp.views.win_back import WonBack, order_value, won_back

PERSONA = "Loyal High Spenders"


def told(run: Run, returned: float, spend: float) -> Scope:
    """A shop of whose persona so many came back in the back-test, all of them together having spent so much on average."""
    table = pq.read_table(run.table("shop", "backtest_groups"))
    rows = table.to_pylist()
    for row in rows:
        if row["group"] == PERSONA:
            row.update(customers=50, returned_share=returned, mean_spend=spend)
    alter(run, "shop", "backtest_groups", pa.Table.from_pylist(rows, schema=table.schema))
    return reopened(run)


def reopened(run: Run) -> Scope:
    """The shop of a run whose tables were altered."""
    return Scope(Snapshot(artifacts.open_run(run.folder.parents[1], run.manifest.run_id)), "shop")


def test_those_won_back_spend_what_those_did_who_came_back(tmp_path: Path) -> None:
    """Three customers today, with 7 orders of £850 in all. In the back-test a quarter came back, for £20 per customer: £80 each."""
    scope = told(publish(tmp_path), 0.25, 20.0)
    found = won_back(scope, PERSONA, 0.5)
    assert [one.days for one in found] == [90, 180]
    assert order_value(scope, PERSONA) == pytest.approx(850 / 7)
    assert found[0] == WonBack(90, 50, 0.25, 80.0, 1.5, 120.0, pytest.approx(120 / (850 / 7)), is_all=False)


def test_whoever_comes_back_by_themselves_cannot_be_won_back(tmp_path: Path) -> None:
    found = won_back(told(publish(tmp_path), 0.75, 60.0), PERSONA, 0.9)[0]
    assert (found.customers, found.revenue, found.is_all) == (0.75, 60.0, True)


def test_where_nobody_came_back_there_is_no_figure(shop: Scope) -> None:
    found = won_back(shop, "Churn Risk", 0.1)[0]
    assert (found.spent, found.revenue, found.orders) == (None, None, None)


def test_without_a_back_test_there_is_nothing(tmp_path: Path) -> None:
    assert won_back(Scope(Snapshot(publish(tmp_path, quick=True)), "shop"), PERSONA, 0.1) == []


def test_of_a_persona_that_the_back_test_does_not_know_there_is_nothing(tmp_path: Path) -> None:
    run = publish(tmp_path)
    table = pq.read_table(run.table("shop", "backtest_groups"))
    others = [row for row in table.to_pylist() if row["group"] != PERSONA]
    alter(run, "shop", "backtest_groups", pa.Table.from_pylist(others, schema=table.schema))
    assert won_back(reopened(run), PERSONA, 0.1) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(share=st.floats(0.01, 0.5))
def test_twice_as_many_bring_twice_as_much(demo: Snapshot, share: float) -> None:
    scope = Scope(demo, "retail")
    for persona in scope.snapshot.rows(f"SELECT persona FROM {scope.table('personas')}"):
        for one, both in zip(won_back(scope, persona["persona"], share / 2), won_back(scope, persona["persona"], share), strict=True):
            if one.revenue is not None and not both.is_all:
                assert both.revenue == pytest.approx(2 * one.revenue)
