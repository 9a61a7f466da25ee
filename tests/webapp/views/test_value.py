from pathlib import Path

import pytest

from pipeline.artifacts import Run
from pipeline.schema import VALUE_DAYS
from tests.webapp.handmade import BUYERS, publish
from webapp.snapshot import Snapshot
from webapp.views import value
from webapp.views.scope import Scope


def quick(folder: Path) -> Run:
    return publish(folder, quick=True)


def test_a_customer_has_what_is_foretold_of_them_and_nobody_nothing(shop: Scope) -> None:
    found = value.of_customer(shop, "7")
    assert found is not None
    assert [found[f"orders_{days}"] for days in VALUE_DAYS] == [1, 2, 4]
    assert (found["spend_365_low"], found["spend_365"], found["spend_365_high"]) == (30, 40, 60)
    assert value.of_customer(shop, "nobody") is None


def test_of_a_crowd_a_customer_is_found_as_well(tmp_path: Path) -> None:
    scope = Scope(Snapshot(publish(tmp_path), most=2), "shop")
    assert scope.crowd is not None
    found = value.of_customer(scope, "7")
    assert found is not None
    assert found["customer_id"] == "7"


def test_personas_come_most_at_risk_first_and_are_everybody(shop: Scope) -> None:
    frame = value.by_persona(shop)
    assert frame["at_risk"].is_monotonic_decreasing
    assert frame["customers"].sum() == len(BUYERS)
    assert frame["spend"].sum() == 40 * len(BUYERS)


def test_measures_are_by_part(shop: Scope) -> None:
    found = value.measures(shop)
    assert found["backtest"] == {"days": 180, "customers": 50}
    assert found["backtest_orders"]["expected"] == 55


def test_tenths_come_from_the_fewest(shop: Scope) -> None:
    frame = value.calibration(shop)
    assert frame["tenth"].tolist() == list(range(1, 11))
    assert frame["actual_orders"].tolist() == pytest.approx([0.25 * tenth for tenth in range(1, 11)])


def test_where_nothing_is_foretold_there_is_nothing(tmp_path: Path, gym: Scope) -> None:
    scope = Scope(Snapshot(quick(tmp_path)), "shop")
    assert value.of_customer(scope, "7") is None
    assert (value.measures(scope), len(value.calibration(scope)), len(value.by_persona(scope))) == ({}, 0, 0)
    assert len(value.by_persona(gym)) == 0
