import hashlib
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.campaigns import ASSIGNMENT
from tests.campaign import draw
from webapp.snapshot import Snapshot
from webapp.views import audience
from webapp.views.scope import Scope


def dealt(scope: Scope, key: str, control: int) -> dict[str, str]:
    """Customer to group, in the order of the file."""
    rows = [row for batch in audience.groups(scope, key, control) for row in batch.to_pylist()]
    return {row["customer_id"]: row["group"] for row in rows}


def number(key: str, customer_id: str) -> int:
    """As the manifest of a campaign says."""
    return int(hashlib.sha256(f"{key}{customer_id}".encode()).hexdigest()[:15], 16)


def test_the_lowest_numbers_are_held_out_and_customers_stand_as_numbers_would(shop: Scope) -> None:
    key = draw().key
    found = dealt(shop, key, 2)
    assert list(found) == ["7", "8", "9", "12", "100"]
    assert {one for one, group in found.items() if group == "control"} == set(sorted(found, key=lambda one: number(key, one))[:2])


def test_the_columns_are_those_that_are_kept(shop: Scope) -> None:
    assert next(audience.groups(shop, "key", 1)).schema.names == ASSIGNMENT.arrow.names


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(key=st.text(max_size=20), control=st.integers(1, 4))
def test_as_many_as_asked_for_are_held_out_and_the_same_ones_again(shop: Scope, key: str, control: int) -> None:
    # What no database takes as text is in no name that is kept.
    key = key.encode("utf-8", "ignore").decode().replace("\0", "")
    found = dealt(shop, key, control)
    assert Counter(found.values())["control"] == control
    assert dealt(shop, key, control) == found


def test_only_those_who_are_looked_at_are_dealt(shop: Scope) -> None:
    narrowed = shop.narrowed("persona=Loyal+High+Spenders")
    assert audience.size(narrowed) == 3
    assert list(dealt(narrowed, "key", 1)) == ["7", "8", "9"]


def test_the_draw_has_nothing_to_do_with_what_customers_are(shop_of_ids: Callable[[Sequence[str]], Scope]) -> None:
    scope = shop_of_ids([str(at) for at in range(3000)])
    drawn = [{one for one, group in dealt(scope, draw(seed=seed).key, 300).items() if group == "control"} for seed in range(4)]
    # Of 300 in 3,000 some 30 are drawn twice, whichever two draws are compared; early and late ids are drawn alike.
    assert all(10 < len(one & other) < 55 for at, one in enumerate(drawn) for other in drawn[:at])
    assert all(0.4 < sum(int(customer) < 1500 for customer in one) / 300 < 0.6 for one in drawn)


def test_a_crowd_is_dealt_like_anybody(made: Snapshot) -> None:
    crowd, plain = (Scope(Snapshot(made.run, most=most), "shop") for most in (3, 100))
    assert crowd.crowd is not None
    assert dealt(crowd, "key", 2) == dealt(plain, "key", 2)
    assert list(dealt(crowd, "key", 2)) == ["7", "8", "9", "12", "100"]


@pytest.mark.parametrize(("customers", "share", "control"), [(1000, 0.1, 100), (15, 0.1, 2), (7, 0.5, 4)])
def test_a_share_is_a_whole_number_of_customers(customers: int, share: float, control: int) -> None:
    assert audience.control_of(customers, share) == control
