from webapp.filters import Filters
from webapp.snapshot import Snapshot
from webapp.views.scope import Scope


def test_a_shop_sells_in_a_currency_and_a_gym_does_not(shop: Scope, gym: Scope) -> None:
    assert [(scope.sells, scope.currency) for scope in (shop, gym)] == [(True, "GBP"), (False, None)]
    assert shop.units == {"recency_days": "days", "frequency": "", "monetary": "GBP"}
    assert gym.units == {"age": "years", "income": "k$", "gender": ""}


def test_countries_are_offered_the_most_frequent_first_and_none_for_no_country(shop: Scope, gym: Scope) -> None:
    assert list(shop.fields.categories["country"]) == ["France", "UK"]
    assert list(gym.fields.categories) == ["gender"]


def test_segments_are_offered_the_one_of_the_highest_mean_spend_first(shop: Scope) -> None:
    assert list(shop.fields.categories["segment"]) == ["Champions", "Loyal", "About to Sleep", "Hibernating"]
    assert shop.narrowed("segment=Hibernating&segment=Nobody").of_customers("customer_id")["customer_id"].to_list() == ["100", "12"]


def test_an_address_narrows_to_its_customers(shop: Scope) -> None:
    narrowed = shop.narrowed("?country=France&monetary=120~")
    assert narrowed.filters == Filters(categories={"country": ("France",)}, ranges={"monetary": (120.0, None)})
    assert narrowed.of_customers("customer_id")["customer_id"].to_list() == ["9"]
    assert narrowed.all() == shop


def test_a_shape_is_drawn_around_customers(shop: Scope) -> None:
    narrowed = shop.narrowed("cluster=0&cluster=2&area=4_4,7_4,7_7,4_7")
    assert narrowed.of_customers("customer_id")["customer_id"].to_list() == ["100", "12"]
    assert narrowed.outside_the_map().filters == Filters(clusters=(0, 2))


def test_parameters_of_the_rest_come_after_those_of_the_filters(shop: Scope) -> None:
    narrowed = shop.narrowed("monetary=100~300")
    assert narrowed.of_customers("customer_id", "ORDER BY monetary LIMIT ? OFFSET ?", [1, 1])["customer_id"].to_list() == ["9"]


def test_names_of_tables_are_quoted(made: Snapshot) -> None:
    assert Scope(made, 'a"b').table("customers") == '"a""b"."customers"'
