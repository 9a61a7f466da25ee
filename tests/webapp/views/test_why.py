import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from pipeline import clustering, parquet
from pipeline.model import Model
from tests import small
from tests.webapp.handmade import BUYERS, MEMBERS, buyer, member, publish
from webapp.snapshot import Snapshot
from webapp.views import customers, why
from webapp.views.scope import Scope


def ends(bound: dict[str, Any]) -> tuple[float, float]:
    """Its ends, infinite where there is no bound."""
    least, most = bound["least"], bound["most"]
    return (-math.inf if least is None else least), (math.inf if most is None else most)


class TestContributions:
    @pytest.mark.parametrize("scaling", ["standard", "log"])
    def test_are_those_of_the_published_centres_and_add_up_to_how_much_farther_the_next_is(self, tmp_path: Path, scaling: str) -> None:
        run = small.publish(tmp_path, declared=small.CATALOGUE.replace("\nk = ", f'\nscaling = "{scaling}"\nk = '))
        snapshot = Snapshot(run)
        for name in ("club", "shop"):
            scope = Scope(snapshot, name)
            model = Model.from_table(parquet.read(run.table(name, "centres")), scaling)  # type: ignore[arg-type] # a text of the test
            table = parquet.read(run.table(name, "customers")).set_index("customer_id")
            found = {}
            for customer_id in table.index:
                record = customers.record(scope, customer_id)
                assert record is not None
                found[customer_id] = why.contributions(scope, record).set_index("feature")["pull"]
            scaled, placed = model.scaler.transform(table), clustering.assign(table, model)
            centres = model.centres.to_numpy()
            expected = (scaled - centres[placed.next_cluster]) ** 2 - (scaled - centres[placed.cluster]) ** 2
            pd.testing.assert_frame_equal(
                pd.DataFrame(found).T[list(expected)], expected, check_names=False, check_index_type=False, check_column_type=False
            )
            distances = np.sort(cdist(scaled, centres, "sqeuclidean"), axis=1)
            sums = pd.DataFrame(found).T.loc[table.index].sum(axis=1)
            np.testing.assert_allclose(sums, distances[:, 1] - distances[:, 0], atol=1e-9)

    def test_come_the_strongest_first(self, tmp_path: Path) -> None:
        # Before scaling, cluster 0 is around (20, 20) and cluster 2 at (100, 10) in recency and monetary.
        buyers = [
            buyer("a", 10, 1, 10.0, next_cluster=2),
            buyer("b", 30, 1, 30.0, next_cluster=2),
            buyer("c", 100, 1, 10.0, cluster=2),
        ]
        scope = Scope(Snapshot(publish(tmp_path, buyers=buyers)), "shop")
        record = customers.record(scope, "b")
        assert record is not None
        found = why.contributions(scope, record)
        assert found["feature"].to_list() == ["monetary", "recency_days"]  # frequency is constant
        own, other, spread = (20.0, 20.0), (100.0, 10.0), [pd.Series([10, 30, 100]).std(ddof=0), pd.Series([10, 30, 10]).std(ddof=0)]
        recency, monetary = (((30 - other[at]) ** 2 - (30 - own[at]) ** 2) / spread[at] ** 2 for at in (0, 1))
        assert found["pull"].to_list() == pytest.approx(sorted([recency, monetary], reverse=True))

    def test_need_another_cluster(self, tmp_path: Path) -> None:
        scope = Scope(Snapshot(publish(tmp_path, members=[member("1", 20.0, 30.0, 1.0, next_cluster=0)])), "gym")
        record = customers.record(scope, "1")
        assert record is not None
        assert len(why.contributions(scope, record)) == 0


class TestMoves:
    def test_are_of_the_customer(self, shop: Scope) -> None:
        assert why.moves(shop, "7") == [
            {"feature": "recency_days", "value": 1.0, "reached": 101.0, "distance": 0.5, "persona": "Churn Risk"}
        ]
        assert why.moves(shop, "nobody") == []

    @pytest.mark.slow
    def test_come_the_smallest_first(self, trusted: Snapshot) -> None:
        several = trusted.frame("SELECT customer_id FROM retail.moves GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 9")
        assert len(several) == 9
        for customer_id in several["customer_id"]:
            distances = [row["distance"] for row in why.moves(Scope(trusted, "retail"), customer_id)]
            assert len(distances) > 1
            assert distances == sorted(distances)


class TestRules:
    def test_are_bounds_by_rule(self, shop: Scope) -> None:
        assert why.rules(shop, "Loyal High Spenders") == [[{"feature": "recency_days", "least": None, "most": 50.0}]]
        assert why.rules(shop, "Churn Risk") == [
            [
                {"feature": "recency_days", "least": 51.0, "most": None},
                {"feature": "frequency", "least": 1.0, "most": 99.0},
            ]
        ]
        assert why.rules(shop, "Nobody") == []

    @pytest.mark.slow
    def test_cover_whom_they_are_said_to(self, trusted: Snapshot) -> None:
        scope = Scope(trusted, "retail")
        everyone = trusted.frame("SELECT * FROM retail.customers")
        for persona in everyone["persona"].unique():
            own, fits = everyone["persona"] == persona, pd.Series(False, index=everyone.index)
            for rule in why.rules(scope, persona):
                holds = [everyone[bound["feature"]].between(*ends(bound)) for bound in rule]
                fits |= pd.concat(holds, axis=1).all(axis=1)
            said = why.fidelity(scope, persona)
            assert said is not None
            assert said["covered"] == fits.sum()
            assert said["recall"] == pytest.approx((fits & own).sum() / own.sum())

    def test_are_not_judged_in_a_run_that_was_built_quickly(self, tmp_path: Path) -> None:
        scope = Scope(Snapshot(publish(tmp_path, buyers=BUYERS, members=MEMBERS, quick=True)), "shop")
        assert (why.fidelity(scope, "Churn Risk"), why.rules(scope, "Churn Risk"), why.moves(scope, "7")) == (None, [], [])
