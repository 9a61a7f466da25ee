from pathlib import Path

import pandas as pd

from pipeline import artifacts
from tests.webapp.handmade import publish
from webapp.snapshot import Snapshot
from webapp.views import changes
from webapp.views.scope import Scope

YOUNG, BUDGET = "Young High Spenders", "Budget Conscious"


def test_pairs_come_by_what_happened(gym: Scope) -> None:
    found = changes.pairs(gym).astype(object)
    assert found.where(found.notna(), None).to_numpy().tolist() == [
        ["customers moved", BUDGET, YOUNG, 1],
        ["the model moved", YOUNG, BUDGET, 3],
        ["new", None, YOUNG, 2],
        ["gone", BUDGET, None, 1],
    ]


def test_a_quick_run_has_none(tmp_path: Path) -> None:
    found = changes.pairs(Scope(Snapshot(publish(tmp_path, quick=True)), "gym"))
    pd.testing.assert_index_equal(found.columns, pd.Index(["reason", "from_persona", "to_persona", "customers"]), exact=False)
    assert len(found) == 0


def test_a_dataset_is_carried_where_its_record_is_that_of_the_run_before(tmp_path: Path) -> None:
    first = publish(tmp_path, "20240310T120000Z-00000001")
    second = publish(tmp_path, "20240311T120000Z-00000002", members=[])
    snapshot = Snapshot(artifacts.open_run(tmp_path, second.manifest.run_id))
    assert [changes.carried(Scope(snapshot, name), first) for name in ("shop", "gym")] == [True, False]
    assert not changes.carried(Scope(snapshot, "shop"), None)
