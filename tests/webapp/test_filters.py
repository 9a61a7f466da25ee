import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sql import identifier
from tests.webapp.handmade import publish
from webapp.filters import MOST_CORNERS, Fields, Filters, fields_of, parse, where

EVIL = "x'); DROP TABLE customers; --"
FIELDS = Fields(
    categories={
        "gender": {"Male": 0.0, "Female": 1.0},
        "country": {name: name for name in ("UK", "France", "Côte d'Ivoire", "A & B = C", EVIL)},
        'we"ird': {"yes": 1.0},
    },
    ranges={"age": "years", "monetary": "GBP"},
)
PERSONAS = ["Loyal High Spenders", "Premium / VIP Spenders", EVIL]

# A hundred customers, spread by fixed steps over everything that can be chosen.
CUSTOMERS: list[dict[str, Any]] = [
    {
        "id": at,
        "persona": PERSONAS[at % 3],
        "cluster": at % 7,
        "gender": float(at % 2),
        "country": [*FIELDS.categories["country"], None][at * 5 % 6],
        'we"ird': 1.0,
        "age": 18 + at * 13 % 60,
        "monetary": at * 37.25 % 1000,
        "x": (at % 10) / 2 - 2.25,
        "y": (at // 10) / 2 - 2.25,
    }
    for at in range(100)
]
TYPES = {"id": "INTEGER", "persona": "VARCHAR", "cluster": "INTEGER", "country": "VARCHAR", "age": "BIGINT", "x": "FLOAT", "y": "FLOAT"}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        declared = ", ".join(f"{identifier(name)} {TYPES.get(name, 'DOUBLE')}" for name in CUSTOMERS[0])
        connection.execute(f"CREATE TABLE customers ({declared})")
        marks = ", ".join("?" * len(CUSTOMERS[0]))
        connection.executemany(f"INSERT INTO customers VALUES ({marks})", [list(row.values()) for row in CUSTOMERS])
        yield connection


def chosen(database: duckdb.DuckDBPyConnection, filters: Filters, customers: str = "customers") -> set[int]:
    condition, values = where(filters, FIELDS)
    return {row[0] for row in database.execute(f"SELECT id FROM {customers} WHERE {condition}", values).fetchall()}


def turns(x: float, y: float, area: tuple[tuple[float, float], ...]) -> int:
    """How often a shape winds around a point, from the angles under which its edges are seen; odd is inside."""
    angle = 0.0
    for (x1, y1), (x2, y2) in zip(area, (*area[1:], area[0]), strict=True):
        before, after = math.atan2(y1 - y, x1 - x), math.atan2(y2 - y, x2 - x)
        angle += math.remainder(after - before, math.tau)
    return round(angle / math.tau)


def gap(x: float, y: float, area: tuple[tuple[float, float], ...]) -> float:
    """Distance from a point to the nearest edge."""
    nearest = math.inf
    for (x1, y1), (x2, y2) in zip(area, (*area[1:], area[0]), strict=True):
        length = (x2 - x1) ** 2 + (y2 - y1) ** 2
        along = min(max(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length, 0), 1) if length else 0
        nearest = min(nearest, math.hypot(x1 + along * (x2 - x1) - x, y1 + along * (y2 - y1) - y))
    return nearest


def fits(row: dict[str, Any], filters: Filters) -> bool:
    """What a filter means, said without SQL."""
    named = {"persona": filters.personas, "cluster": filters.clusters}
    named |= {column: tuple(FIELDS.categories[column][word] for word in words) for column, words in filters.categories.items()}
    if any(values and row[column] not in values for column, values in named.items()):
        return False
    for column, (low, high) in filters.ranges.items():
        if (low is not None and row[column] < low) or (high is not None and row[column] > high):
            return False
    return not filters.area or turns(row["x"], row["y"], filters.area) % 2 == 1


numbers = st.integers(-100, 1100).map(float) | st.floats(-1e14, 1e14, allow_nan=False)
bounds = st.tuples(numbers, st.none()) | st.tuples(st.none(), numbers) | st.tuples(numbers, numbers)
coordinates = st.integers(-3000, 3000).map(lambda thousandths: thousandths / 1000)
words = st.text(min_size=1, max_size=8).filter(str.isprintable)


def some(values: st.SearchStrategy[Any], **size: Any) -> st.SearchStrategy[Any]:
    """A few different values."""
    return st.lists(values, unique=True, **size).map(tuple)


def any_of(columns: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A choice for some of the columns."""
    return st.fixed_dictionaries({}, optional=columns)


choices = st.builds(
    Filters,
    personas=some(st.sampled_from(PERSONAS) | words, max_size=3),
    clusters=some(st.integers(0, 8) | st.integers(0, 99_999), max_size=4),
    categories=any_of({name: some(st.sampled_from(list(known)), min_size=1) for name, known in FIELDS.categories.items()}),
    ranges=any_of(dict.fromkeys(FIELDS.ranges, bounds)),
    area=st.just(()) | st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=9).map(tuple),
)


class TestTheAddress:
    @given(choices)
    @settings(max_examples=150, deadline=None)
    def test_says_the_same_when_it_is_read_again(self, filters: Filters) -> None:
        assert parse(filters.to_query(), FIELDS) == filters
        assert parse("?" + filters.to_query(), FIELDS) == filters

    def test_is_plain_to_read(self) -> None:
        filters = Filters(
            ("Churn Risk",),
            (0, 12),
            {"gender": ("Female",)},
            {"age": (20.0, 60.5), "monetary": (None, 123456.78)},
            ((0, 0), (1.5, 0), (0, -2.25)),
        )
        assert filters.to_query() == (
            "persona=Churn+Risk&cluster=0&cluster=12&gender=Female&age=20~60.5&monetary=~123456.78"
            "&area=0.000_0.000%2C1.500_0.000%2C0.000_-2.250"
        )

    def test_of_all_customers_is_empty(self) -> None:
        assert Filters().to_query() == ""
        assert [parse(search, FIELDS) for search in (None, "", "?")] == [Filters()] * 3
        assert not Filters()
        assert Filters(clusters=(0,))

    def test_repeated_choices_count_once_in_the_order_they_came(self) -> None:
        read = parse("persona=B&persona=A&persona=B&cluster=3&cluster=3&gender=Male&gender=Female&gender=Male", FIELDS)
        assert read == Filters(("B", "A"), (3,), {"gender": ("Male", "Female")})

    @pytest.mark.parametrize(
        "search",
        [
            "unknown=1", "sort=monetary&page=3", "persona=", "cluster=", "cluster=-1", "cluster=1.5", "cluster=two", "cluster=999999",
            "cluster=²", "gender=female", "gender=", "country=Atlantis", "age=20", "age=~", "age=old~young", "age=nan~", "age=~inf",
            "age=1e400~", "age=1e15~", "age", "area=", "area=1", "area=0_0,1_1", "area=0_0,1_1,2", "area=0_0,1_1,2_nan",
            "area=0_0_0,1_1_1,2_2_2", "area=" + ",".join(["0_1"] * (MOST_CORNERS + 1)), "&&&=;=", "%ff%fe=%00", "=20~30",
        ],
    )  # fmt: skip
    def test_what_is_unknown_or_nonsense_is_passed_over(self, search: str) -> None:
        assert parse(search, FIELDS) == Filters()
        assert parse(f"{search}&cluster=4", FIELDS) == Filters(clusters=(4,))

    def test_half_a_range_is_open_on_the_other_side(self) -> None:
        assert parse("age=20~&monetary=~5e2", FIELDS).ranges == {"age": (20.0, None), "monetary": (None, 500.0)}

    def test_a_shape_may_have_as_many_corners_as_are_kept(self) -> None:
        assert len(parse("area=" + ",".join(["0_1"] * MOST_CORNERS), FIELDS).area) == MOST_CORNERS

    @given(st.text(max_size=60) | st.text("0123456789.,_~-+einfa=&%", max_size=60).map(lambda text: f"area={text}&age={text}"))
    @settings(max_examples=150, deadline=None)
    def test_whatever_is_typed_is_an_address_whose_customers_can_be_asked_for(
        self, database: duckdb.DuckDBPyConnection, search: str
    ) -> None:
        assert chosen(database, parse(search, FIELDS)) <= {row["id"] for row in CUSTOMERS}

    def test_corners_that_are_hardly_apart_are_the_same_corner(self, database: duckdb.DuckDBPyConnection) -> None:
        filters = parse("area=0_0,1e14_1e-320,5_5,-5_5", FIELDS)
        assert list(filters.area) == [(0, 0), (1e14, 0), (5, 5), (-5, 5)]
        clear = {row["id"] for row in CUSTOMERS if gap(row["x"], row["y"], filters.area) > 1e-6}
        assert chosen(database, filters) & clear == {row["id"] for row in CUSTOMERS if fits(row, filters)} & clear

    def test_the_shape_alone_can_be_left_out(self) -> None:
        filters = Filters(("A",), area=((0, 0), (1, 0), (0, 1)))
        assert filters.everywhere() == Filters(("A",))


class TestTheCondition:
    @given(choices)
    @settings(max_examples=150, deadline=None)
    def test_means_what_the_filters_say(self, database: duckdb.DuckDBPyConnection, filters: Filters) -> None:
        # On an edge, in or out is a matter of rounding.
        clear = {row["id"] for row in CUSTOMERS if not filters.area or gap(row["x"], row["y"], filters.area) > 1e-6}
        assert chosen(database, filters) & clear == {row["id"] for row in CUSTOMERS if fits(row, filters)} & clear

    @given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12).map(tuple))
    @settings(max_examples=100, deadline=None)
    def test_of_a_shape_holds_the_points_that_it_winds_around(
        self, database: duckdb.DuckDBPyConnection, area: tuple[tuple[float, float], ...]
    ) -> None:
        clear = {row["id"] for row in CUSTOMERS if gap(row["x"], row["y"], area) > 1e-6}
        inside = {row["id"] for row in CUSTOMERS if turns(row["x"], row["y"], area) % 2}
        assert chosen(database, Filters(area=area)) & clear == inside & clear

    def test_of_a_square_holds_the_points_within(self, database: duckdb.DuckDBPyConnection) -> None:
        square = Filters(area=((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)))
        assert chosen(database, square) == {44, 45, 54, 55}

    def test_of_a_shape_whose_corners_are_level_with_points_is_exact(self, database: duckdb.DuckDBPyConnection) -> None:
        rhombus = Filters(area=((-1.0, 0.25), (0.0, 0.5), (1.0, 0.25), (0.0, 0.0)))
        assert chosen(database, rhombus) == {53, 54, 55, 56}

    def test_of_a_shape_without_height_holds_nobody(self, database: duckdb.DuckDBPyConnection) -> None:
        assert chosen(database, Filters(area=((-9, 0.25), (9, 0.25), (0, 0.25)))) == set()

    def test_of_a_nearly_level_edge_is_exact(self, database: duckdb.DuckDBPyConnection) -> None:
        filters = Filters(area=((-1e6, 0.2495), (1e6, 0.2505), (0.0, 900.0)))
        # At x the lower edge is at 0.25 + x / 2e9: it goes under the points of the row at 0.25 that are left of the middle.
        assert {at for at in chosen(database, filters) if 50 <= at < 60} == {50, 51, 52, 53, 54}

    @given(choices)
    @settings(max_examples=50, deadline=None)
    def test_asks_for_no_other_columns_than_are_said(self, database: duckdb.DuckDBPyConnection, filters: Filters) -> None:
        columns = ", ".join(map(identifier, ["id", *sorted(filters.columns)]))
        assert chosen(database, filters, f"(SELECT {columns} FROM customers)") == chosen(database, filters)

    def test_of_no_filters_holds_everybody(self, database: duckdb.DuckDBPyConnection) -> None:
        assert where(Filters(), FIELDS) == ("true", [])
        assert len(chosen(database, Filters())) == len(CUSTOMERS)

    def test_bounds_belong_to_the_range(self, database: duckdb.DuckDBPyConnection) -> None:
        ages = {row["age"] for row in CUSTOMERS if row["id"] in chosen(database, Filters(ranges={"age": (20.0, 25.0)}))}
        assert ages == {20, 21, 22, 23, 24, 25} & {row["age"] for row in CUSTOMERS}
        assert {20, 25} <= ages

    def test_who_has_no_country_is_in_none(self, database: duckdb.DuckDBPyConnection) -> None:
        every_country = Filters(categories={"country": tuple(FIELDS.categories["country"])})
        assert chosen(database, every_country) == {row["id"] for row in CUSTOMERS if row["country"]}


class TestTextThatIsMeantAsSql:
    @pytest.mark.parametrize("text", [EVIL, "' OR '1'='1", '" OR true --', "?", "$1", "'; --", "a\0b"])
    def test_is_only_ever_a_value(self, database: duckdb.DuckDBPyConnection, text: str) -> None:
        filters = Filters((text,))
        condition, values = where(filters, FIELDS)
        assert (condition, values) == ('"persona" = ?', [text])
        assert chosen(database, filters) == {row["id"] for row in CUSTOMERS if row["persona"] == text}

    def test_in_a_known_word_is_that_word(self, database: duckdb.DuckDBPyConnection) -> None:
        filters = parse(Filters(categories={"country": (EVIL,)}).to_query(), FIELDS)
        assert chosen(database, filters) == {row["id"] for row in CUSTOMERS if row["country"] == EVIL} != set()

    @pytest.mark.parametrize("key", ["cluster", "age", "area", "gender", "country", "1=1; --"])
    def test_where_no_text_belongs_is_passed_over(self, key: str) -> None:
        assert parse(f"{key}=0);DROP TABLE customers;--", FIELDS) == Filters()

    def test_in_the_name_of_a_column_stays_a_name(self, database: duckdb.DuckDBPyConnection) -> None:
        assert len(chosen(database, Filters(categories={'we"ird': ("yes",)}))) == len(CUSTOMERS)


def test_fields_are_the_words_of_coded_features_the_numbers_and_the_texts(tmp_path: Path) -> None:
    made = publish(tmp_path).manifest
    gym = fields_of(made.datasets["gym"], {"country": []}, {})
    shop = fields_of(made.datasets["shop"], {"country": ["UK", "France"], "segment": ["Loyal"]}, {"persona": "ENUM('a')"})
    assert gym == Fields({"gender": {"Male": 0.0, "Female": 1.0}}, {"age": "years", "income": "k$"})
    assert shop == Fields(
        {"country": {"UK": "UK", "France": "France"}, "segment": {"Loyal": "Loyal"}},
        {"recency_days": "days", "frequency": "", "monetary": "GBP"},
        {"persona": "ENUM('a')"},
    )
