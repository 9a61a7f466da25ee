import numpy as np
import pytest

from tests.webapp.handmade import buyer
from tests.webapp.views.test_orders import ShopOf
from webapp.snapshot import Snapshot
from webapp.views import customers
from webapp.views.scope import Scope
from webapp.views.spread import BINS, spreads

LOYAL, CHURN = "Loyal High Spenders", "Churn Risk"


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("feature", ["recency_days", "frequency", "monetary"])
def test_bins_and_quartiles_are_those_of_numpy_and_pandas(demo: Snapshot, feature: str, log: bool) -> None:
    scope = Scope(demo, "retail").narrowed("monetary=1~")
    frame = customers.points(scope, feature)
    values = frame[feature].to_numpy().astype(float)
    counts, edges = np.histogram(np.log10(np.maximum(values, 1)) if log else values, BINS)
    found = spreads(scope, [feature], log=log)[feature]
    np.testing.assert_allclose(found.edges, edges)
    # A value on the edge of two bins may be in either.
    assert np.abs(found.counts - counts).sum() <= 0.01 * len(values)
    assert found.counts.sum() == len(values)
    assert (found.middle, found.mean) == pytest.approx((np.median(values), values.mean()))
    expected = frame.groupby("persona")[feature].quantile([0.25, 0.5, 0.75]).unstack()
    np.testing.assert_allclose(found.quartiles.loc[expected.index], expected)


def test_one_value_is_in_one_bin(shop_of: ShopOf) -> None:
    found = spreads(shop_of([buyer("a", 10, 1, 5.0), buyer("b", 10, 1, 5.0)]), ["monetary"], log=False)["monetary"]
    assert found.counts.max() == found.counts.sum() == 2
    assert (found.edges[0], found.edges[-1]) == (4.5, 5.5)


def test_a_persona_without_customers_has_no_quartiles(shop_of: ShopOf) -> None:
    found = spreads(shop_of([buyer("a", 10, 1, 5.0, cluster=2)]), ["monetary"], log=False)["monetary"]
    assert found.quartiles.to_dict("index") == {CHURN: {"low": 5, "middle": 5, "high": 5}}
