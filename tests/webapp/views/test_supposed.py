import math

import pytest

from tests.webapp.handmade import BUYERS, publish
from webapp.snapshot import Snapshot
from webapp.views import customers, segments
from webapp.views.scope import Scope
from webapp.views.supposed import place


@pytest.mark.parametrize("name", ["mall", "retail"])
def test_with_their_own_figures_customers_stay_where_they_are(demo: Snapshot, name: str) -> None:
    scope = Scope(demo, name)
    found = scope.of_customers("*", "ORDER BY customer_id LIMIT 300").to_dict("records")
    assert len(found) > 50
    for row in found:
        placed = place(scope, row)
        assert (placed.cluster, placed.persona) == (row["cluster"], row["persona"])
        assert placed.other != placed.persona
        assert 0 <= placed.margin <= 1


@pytest.mark.slow
def test_what_moves_a_customer_moves_them_here_and_a_step_less_does_not(trusted: Snapshot) -> None:
    scope = Scope(trusted, "retail")
    sql = f"SELECT customer_id, reached, persona FROM {scope.table('moves')} WHERE feature = 'recency_days' LIMIT 40"
    moves = scope.snapshot.rows(sql)
    assert moves
    for move in moves:
        own = customers.record(scope, move["customer_id"])
        assert own is not None
        assert place(scope, {**own, "recency_days": move["reached"]}).persona == move["persona"]
        assert place(scope, {**own, "recency_days": move["reached"] - 1}).persona == own["persona"]


def test_distances_are_those_to_the_centres_in_scaled_features(shop: Scope) -> None:
    """Recency alone differs from the mean of its cluster: the distance is that, in standard deviations of everybody's."""
    sql = f"SELECT feature, centre, mean, spread FROM {shop.table('centres')} WHERE cluster = 2"
    centres = {row["feature"]: row for row in shop.snapshot.rows(sql)}
    own = {name: row["centre"] * row["spread"] + row["mean"] for name, row in centres.items()}
    placed = place(shop, {**own, "recency_days": own["recency_days"] + 30})
    assert (placed.cluster, placed.persona, placed.other) == (2, "Churn Risk", "Loyal High Spenders")
    assert placed.distance == pytest.approx(30 / centres["recency_days"]["spread"])
    assert placed.margin == pytest.approx(1 - placed.distance / placed.other_distance)


def test_the_logarithm_is_taken_where_clusters_were_made_of_it(tmp_path: object) -> None:
    scope = Scope(Snapshot(publish(tmp_path, scaling="log")), "shop")  # type: ignore[arg-type] # pytest's own path
    rows = scope.snapshot.rows(f"SELECT feature, centre, mean, spread FROM {scope.table('centres')} WHERE cluster = 1")
    own = {row["feature"]: math.expm1(row["centre"] * row["spread"] + row["mean"]) for row in rows}
    assert place(scope, own).distance == pytest.approx(0, abs=1e-9)


def test_where_all_have_one_persona_there_is_no_other(tmp_path: object) -> None:
    scope = Scope(Snapshot(publish(tmp_path, buyers=BUYERS[:3])), "shop")  # type: ignore[arg-type] # pytest's own path
    assert set(segments.cluster_personas(scope).values()) >= {"Loyal High Spenders"}
    placed = place(scope, BUYERS[0])
    assert (placed.persona, placed.other, placed.margin) == ("Loyal High Spenders", "", 0.0)
