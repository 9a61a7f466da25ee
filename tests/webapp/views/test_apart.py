from pathlib import Path

import pytest

from tests import small
from webapp.snapshot import Snapshot
from webapp.views import apart, placing
from webapp.views.scope import Scope


@pytest.mark.parametrize("name", ["club", "shop"])
@pytest.mark.parametrize("scaling", ["standard", "log"])
def test_one_customer_is_as_far_from_each_centre_as_the_engine_says_of_many(tmp_path: Path, name: str, scaling: str) -> None:
    run = small.publish(tmp_path, declared=small.CATALOGUE.replace("\nk = ", f'\nscaling = "{scaling}"\nk = '))
    scope = Scope(Snapshot(run), name)
    assert scope.record.settings["scaling"] == scaling
    centres = scope.snapshot.rows(f"SELECT * FROM {scope.table('centres')}")
    sql, columns = placing.squares(scope.table("customers"), list(scope.units), centres, scope.record)
    customers = scope.snapshot.rows(sql)
    assert len(customers) > 10
    for customer in customers:
        found = apart.squares(scope, customer)
        assert list(found) == sorted(columns)
        assert [sum(along.values()) for along in found.values()] == pytest.approx([customer[columns[number]] for number in found])
