"""A crowd is asked in other ways, and says the same as the same customers do who are none."""

from collections.abc import Callable
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipeline import artifacts
from pipeline.errors import ArtifactError
from pipeline.exports import csv
from pipeline.manifest import CROWD
from tests.webapp.handmade import alter, buyer, publish
from webapp import at_once, crowd, opening
from webapp.crowd import CELLS
from webapp.exports.lists import listing
from webapp.snapshot import Snapshot
from webapp.views import counting, customers, density, grid, history, orders, segments, trust
from webapp.views.cohorts import cohorts
from webapp.views.few import few
from webapp.views.history import Span
from webapp.views.monthly import Known, known
from webapp.views.prepared import prepare
from webapp.views.scope import Scope
from webapp.views.spread import spreads

AREA = "area=-20_-20,8_-20,8_8,-20_8"
QUERIES = [
    "",
    "recency_days=~100",
    "persona=Churn+Risk&monetary=50~",
    "country=Germany",
    "country=Germany&country=France&persona=Churn+Risk&persona=nobody",
    "segment=Champions&frequency=2~",
    "persona=nobody",
    AREA,
    "area=-9_1,5_-9,11_6,-2_12&recency_days=~200&country=Germany",
]


@pytest.fixture(scope="module")
def crowded(demo: Snapshot) -> Scope:
    """The buyers that are made up, as a crowd."""
    return Scope(Snapshot(demo.run, most=100), "retail")


@pytest.fixture(scope="module")
def sampled(demo: Snapshot) -> Scope:
    """The same, of whom one in ten are in the sample."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowd, "SAMPLED", -(-demo.datasets["retail"].customers // 10))
        return Scope(Snapshot(demo.run, most=100), "retail")


@pytest.fixture
def plain(demo: Snapshot) -> Scope:
    return Scope(demo, "retail")


def same(one: pd.DataFrame, other: pd.DataFrame, **more: Any) -> None:
    pd.testing.assert_frame_equal(one, other, check_dtype=False, check_index_type=False, rtol=1e-9, **more)


def test_only_a_dataset_of_more_customers_is_one(demo: Snapshot) -> None:
    size = demo.datasets["retail"].customers
    assert Snapshot(demo.run, most=size).crowd("retail") is None
    assert Snapshot(demo.run, most=size - 1).crowd("retail") is not None
    assert CROWD == 100_000


def test_it_holds_less_while_another_run_is_opened(made: Snapshot) -> None:
    snapshot = Snapshot(made.run, most=3)
    limit = "SELECT current_setting('memory_limit') AS memory"
    with snapshot.making_room():
        assert snapshot.rows(limit) == [{"memory": "61.0 MiB"}]
    assert snapshot.rows(limit) == [{"memory": "81.0 MiB"}]


def test_without_room_for_it_the_run_is_refused_with_what_helps(made: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.tempfile, "TemporaryDirectory", lambda **more: nullcontext(str(tmp_path / "not there")))
    with pytest.raises(ArtifactError, match=r"there is no room to open so many customers \(.*\)\. Set TMPDIR to a folder with more\."):
        Snapshot(made.run, most=3)


def test_a_table_that_does_not_fit_into_memory_is_spilled_before_it_is_laid_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_MEMORY", "16MB")
    run = publish(tmp_path)
    found = pq.read_table(run.table("shop", "history"))
    many = pa.concat_tables([found] * (400_000 // found.num_rows))
    alter(run, "shop", "history", many)
    snapshot = Snapshot(artifacts.open_run(tmp_path, run.manifest.run_id), most=3)
    assert snapshot.rows("SELECT count(*) AS rows FROM shop.history") == [{"rows": many.num_rows}]


def test_a_table_of_many_rows_stays_in_its_file(made: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    views = "SELECT view_name AS name FROM duckdb_views() WHERE schema_name = 'shop' AND view_name = 'orders'"
    assert Snapshot(made.run).rows(views) == []
    monkeypatch.setattr(opening, "_HELD_ROWS", made.datasets["shop"].tables["orders"].rows - 1)
    assert Snapshot(made.run).rows(views) == [{"name": "orders"}]


def test_without_a_folder_for_what_is_spilled_the_run_is_refused(made: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise PermissionError("somebody else made it")

    monkeypatch.setattr(opening.private, "folder", fail)
    with pytest.raises(ArtifactError, match=r"no room to open so many customers \(somebody else made it\)\. Set TMPDIR"):
        Snapshot(made.run, most=3)


def test_orders_of_others_than_its_customers_are_refused(tmp_path: Path) -> None:
    run = publish(tmp_path)
    found = pq.read_table(run.table("shop", "orders"))
    alter(run, "shop", "orders", found.filter(pc.not_equal(found["customer_id"], "9")))
    with pytest.raises(ArtifactError, match=r"orders\.parquet: holds orders of 4 customers, of whom there are 5\. Run"):
        Snapshot(artifacts.open_run(tmp_path, run.manifest.run_id), most=3)


def test_nothing_of_it_is_left_behind(made: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.tempfile, "tempdir", str(tmp_path))
    snapshot = Snapshot(made.run, most=3)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert customers.record(Scope(snapshot, "shop"), "no such id") is None


def test_all_tables_are_still_there_by_name(crowded: Scope, plain: Scope) -> None:
    sql = "SELECT * FROM retail.customers ORDER BY customer_id"
    same(crowded.snapshot.frame(sql), plain.snapshot.frame(sql))


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize(
    "view", [segments.personas, segments.clusters, segments.persona_means, orders.countries, grid.cells, grid.cross_table]
)
def test_groups_are_the_same(crowded: Scope, plain: Scope, view: Callable[[Scope], pd.DataFrame], query: str) -> None:
    same(view(crowded.narrowed(query)), view(plain.narrowed(query)))


@pytest.mark.parametrize("query", QUERIES)
def test_totals_are_the_same(crowded: Scope, plain: Scope, query: str) -> None:
    found, expected = (segments.totals(scope.narrowed(query)) for scope in (crowded, plain))
    assert {name: value for name, value in found.items() if value is not None} == pytest.approx(
        {name: value for name, value in expected.items() if value is not None}, rel=1e-12
    )


@pytest.mark.parametrize("query", QUERIES)
def test_months_of_everybody_counted_are_the_same(crowded: Scope, plain: Scope, query: str) -> None:
    same(orders.revenue_by_month(crowded.narrowed(query)), orders.revenue_by_month(plain.narrowed(query)))


def test_it_is_laid_out_the_same_a_few_customers_at_a_time(crowded: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "CUSTOMERS", 500)
    few = Scope(Snapshot(crowded.snapshot.run, most=100), "retail")
    sql = f"SELECT * FROM {crowded.laid_out('placed')} ORDER BY place"
    assert few.snapshot.rows(sql) == crowded.snapshot.rows(sql)
    countries = f"""SELECT own.* EXCLUDE (row), place FROM {crowded.laid_out("by_country")} own
                    JOIN {crowded.laid_out("placed")} placed ON placed.rowid = own.row ORDER BY place"""
    assert few.snapshot.rows(countries) == crowded.snapshot.rows(countries)
    same(orders.revenue_by_month(few), orders.revenue_by_month(crowded))


@pytest.mark.parametrize("query", QUERIES)
def test_cohorts_of_everybody_counted_are_the_same(crowded: Scope, plain: Scope, query: str) -> None:
    one, other = (cohorts(scope.narrowed(query)) for scope in (crowded, plain))
    for name in ("bought", "revenue"):
        same(getattr(one, name), getattr(other, name))
    assert (one.first, one.begun) == (other.first, other.begun)


def test_cohorts_of_a_sample_are_about_as_large_and_begin_where_the_data_do(sampled: Scope, plain: Scope) -> None:
    one, other = cohorts(sampled.drawn(sampled.record.customers)), cohorts(plain)
    assert (one.first, one.begun) == (other.first, other.begun)
    assert one.sizes.sum() == pytest.approx(other.sizes.sum(), rel=0.2)
    assert (one.retention[0] == 1).all()


def test_months_of_a_sample_add_up_to_what_all_spent(sampled: Scope, plain: Scope) -> None:
    narrowed = "monetary=~300"
    assert known(sampled.narrowed(narrowed)) == Known.SAMPLE
    found, exact = orders.revenue_by_month(sampled.narrowed(narrowed)), segments.personas(plain.narrowed(narrowed)).set_index("persona")
    assert sampled.drawn(1_000).every == 10
    pd.testing.assert_series_equal(found.sum(), exact["revenue"].loc[found.columns], check_names=False, check_index_type=False)


@pytest.mark.parametrize("query", ["", "recency_days=~100", "persona=Churn+Risk&frequency=~3", "segment=Champions&cluster=1&cluster=2"])
def test_months_of_a_choice_that_is_summed_up_are_counted_and_not_estimated(sampled: Scope, plain: Scope, query: str) -> None:
    assert known(sampled.narrowed(query)) in {Known.FEW, Known.ALIKE}
    same(orders.revenue_by_month(sampled.narrowed(query)), orders.revenue_by_month(plain.narrowed(query)))


def test_months_of_a_shape_are_nearly_what_those_in_it_spent(sampled: Scope, plain: Scope) -> None:
    assert known(sampled.narrowed(AREA)) == Known.EDGE
    found, exact = (orders.revenue_by_month(scope.narrowed(AREA)) for scope in (sampled, plain))
    pd.testing.assert_series_equal(found.sum(), exact.sum(), check_index_type=False)
    assert (found - exact).abs().sum().sum() < 0.02 * exact.sum().sum()


@pytest.mark.parametrize("query", ["country=Germany", "country=Germany&country=France&monetary=50~"])
def test_those_of_a_country_are_found_by_it_in_the_order_in_which_everybody_stands(crowded: Scope, query: str) -> None:
    scope = crowded.narrowed(query)
    found = few(scope)
    assert found is not None
    assert "by_country" in scope.to_count[0]
    condition, values = scope.condition
    placed = f'SELECT rowid AS row, "persona number" AS persona FROM {scope.table("customers")} WHERE {condition} ORDER BY row'
    expected = crowded.snapshot.columns(placed, values)
    assert len(expected) > 0
    assert found.rows.tolist() == expected["row"].to_list()
    assert found.persona.tolist() == expected["persona"].to_list()


class TestHistory:
    """Of customers whose ids have one and two digits, four at a time."""

    SPAN = Span("2023-09-01", "2024-02-01")

    @pytest.fixture
    def both(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Scope, Scope]:
        monkeypatch.setattr(history, "_AT_ONCE", 4)
        people = [buyer(str(at), 3 + 11 * at, 1 + at % 3, 40.0 + at // 2, cluster=2 if at % 2 else 0) for at in range(1, 19)]
        run = publish(tmp_path, buyers=people)
        return Scope(Snapshot(run, most=3), "shop"), Scope(Snapshot(run), "shop")

    def test_flows_between_any_two_months_are_the_same(self, both: tuple[Scope, Scope]) -> None:
        crowded, plain = both
        assert len(list(history.movers_sql(crowded, self.SPAN, None, None))) > 3
        same(history.flows(crowded, self.SPAN), history.flows(plain, self.SPAN))
        assert history.flows(plain, self.SPAN)["customers"].sum() == 18

    @pytest.mark.parametrize("rows", [1, 3, 20])
    def test_those_of_a_flow_who_spent_most_are_the_same(self, both: tuple[Scope, Scope], rows: int) -> None:
        for row in history.flows(both[1], self.SPAN).itertuples():
            before = row.from_persona if isinstance(row.from_persona, str) else ""
            found, expected = (history.movers(one, self.SPAN, before, row.to_persona, rows=rows) for one in both)
            same(found, expected)

    def test_those_of_a_flow_are_as_many_as_are_listed(self, both: tuple[Scope, Scope]) -> None:
        for scope in both:
            found = history.flows(scope, self.SPAN)
            ends = [None, "", *found["to_persona"].unique()]
            for before, after in product(ends, [None, *ends[2:]]):
                asked = history.movers_sql(scope, self.SPAN, before, after)
                assert history.customers_of(found, before, after) == sum(len(scope.snapshot.frame(sql, values)) for sql, values in asked)

    def test_the_list_of_all_stands_by_id_as_numbers_do(self, both: tuple[Scope, Scope]) -> None:
        asked = {"from": self.SPAN.first, "to": self.SPAN.last}
        for scope in both:
            found = listing(scope, "movers", asked)
            _, *lines = b"".join(csv.write(found)).decode().splitlines()
            assert [line.partition(",")[0] for line in lines] == [str(at) for at in range(1, 19)]
            assert found.rows == 18

    def test_how_long_customers_stay_is_the_same(self, both: tuple[Scope, Scope], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(history, "FEW", 1)
        found, expected = (history.staying(one) for one in both)
        assert len(expected) > 4
        same(found, expected)


@pytest.mark.parametrize("sort", ["customer_id", "monetary", "frequency", "persona", "last_order", "nonsense"])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("offset", [0, 1_500, 2_940])
def test_pages_of_the_list_are_the_same(crowded: Scope, plain: Scope, sort: str, descending: bool, offset: int) -> None:
    found, expected = (customers.page(one, sort=sort, descending=descending, offset=offset, rows=10) for one in (crowded, plain))
    assert found["customer_id"].to_list() == expected["customer_id"].to_list()
    same(found, expected)


@pytest.mark.parametrize("text", ["1", "12", "13", "no", "", "99999999"])
def test_search_finds_the_same(crowded: Scope, plain: Scope, text: str) -> None:
    same(customers.search(crowded, text), customers.search(plain, text))


def test_ids_stand_as_numbers_would_and_in_every_script(tmp_path: Path) -> None:
    ids = ["7", "100", "12", "é1", "日本", "😀1", "9", "\ud7ff1", "a" * 30, "a" * 29 + "b"]
    scope = Scope(Snapshot(publish(tmp_path, buyers=[buyer(name, 10, 1, 100.0) for name in ids]), most=3), "shop")
    listed = customers.page(scope, sort="customer_id", descending=False, offset=0, rows=20)["customer_id"].to_list()
    assert listed == sorted(ids, key=lambda name: (len(name), name.encode()))
    for name in ids:
        record = customers.record(scope, name)
        assert record is not None
        assert record["customer_id"] == name
        assert name in customers.search(scope, name[:1])["customer_id"].to_list()


def everybody(scope: Scope, step: int) -> list[dict[str, Any]]:
    return scope.snapshot.rows("SELECT * FROM retail.customers ORDER BY customer_id")[::step]


def test_a_record_and_who_is_like_it_are_the_same(crowded: Scope, plain: Scope) -> None:
    for record in everybody(plain, 150):
        assert customers.record(crowded, record["customer_id"]) == record
        found, expected = customers.similar(crowded, record), customers.similar(plain, record)
        assert found["distance"].to_list() == pytest.approx(expected["distance"].to_list(), abs=1e-9)
        assert list(found.columns) == list(expected.columns)
        same(customers.orders_of(crowded, record["customer_id"]), customers.orders_of(plain, record["customer_id"]))


def test_where_one_stands_is_the_same_to_a_thousandth(crowded: Scope, plain: Scope) -> None:
    for record in everybody(plain, 150):
        found, expected = (pd.DataFrame(customers.standing(one, record)) for one in (crowded, plain))
        np.testing.assert_allclose(found[["below", "low", "middle", "high"]], expected[["below", "low", "middle", "high"]], atol=1e-3)
        same(found[["feature", "value", "mean", "mean_of_persona"]], expected[["feature", "value", "mean", "mean_of_persona"]])


def test_typical_customers_and_standings_of_a_persona_are_the_same(crowded: Scope, plain: Scope) -> None:
    for persona in segments.persona_names(plain):
        same(customers.typical(crowded, persona), customers.typical(plain, persona))
        found, expected = (segments.standings(one, persona, list(plain.units)) for one in (crowded, plain))
        assert found == pytest.approx(expected, abs=1e-3)


def test_ids_that_look_like_one_that_is_not_there_begin_as_it_does(crowded: Scope, plain: Scope) -> None:
    some = customers.page(plain, sort="customer_id", descending=False, offset=700, rows=1)["customer_id"].iloc[0]
    assert customers.nearest(crowded, f"{some}x", 1) == [some]
    assert len(customers.nearest(crowded, "x" * 100)) == 5
    assert len(customers.nearest(crowded, "\ud83d")) == 5


@pytest.mark.parametrize("query", ["", "recency_days=~100", AREA])
def test_every_customer_looked_at_is_in_a_cell(crowded: Scope, query: str) -> None:
    scope = crowded.narrowed(query)
    count = segments.totals(scope)["customers"]
    for colour in ("persona", "cluster", "monetary"):
        for part in (None, crowded.crowd.whole if crowded.crowd else None):
            cells = density.cells(scope, colour, part)
            assert cells["customers"].sum() == count
            assert cells["cell"].between(0, CELLS**2 - 1).all()
    assert density.by_persona(scope).sum() == count


@pytest.mark.parametrize("query", QUERIES)
def test_cells_that_are_found_with_the_months_are_the_same(crowded: Scope, query: str) -> None:
    scope = crowded.narrowed(query)
    found = [
        frame.sort_values(["cell", "value"], ignore_index=True) for frame in (density.shared_cells(scope), density.cells(scope, "persona"))
    ]
    same(found[0], found[1][["cell", "value", "customers"]])


@pytest.mark.parametrize("guess", [True, False])
def test_what_a_sample_suggests_of_how_many_they_are_changes_nothing(
    sampled: Scope, plain: Scope, monkeypatch: pytest.MonkeyPatch, guess: bool
) -> None:
    monkeypatch.setattr(counting, "likely", lambda _: guess)
    some = plain.of_customers("monetary", "ORDER BY monetary DESC LIMIT 100")["monetary"]
    # No more than can be drawn, as many, and more; by amounts that nobody asked for before.
    for least in (some.iloc[9] - guess / 1e6, some.iloc[-1] - guess / 1e6, some.iloc[-1] / 2 - guess / 1e6):
        one, other = (scope.narrowed(f"monetary={least:.7f}~") for scope in (sampled, plain))
        assert segments.totals(one) == pytest.approx(segments.totals(other))
        if segments.totals(other)["customers"] <= 100:
            same(orders.revenue_by_month(one), orders.revenue_by_month(other), check_freq=False)


def test_cells_of_a_part_hold_the_customers_in_it_where_they_are(crowded: Scope, plain: Scope) -> None:
    points = customers.points(plain)
    left, right = np.quantile(points["x"], [0.3, 0.6])
    low, high = np.quantile(points["y"], [0.3, 0.6])
    size = max(right - left, high - low) / 50
    inside = points[points["x"].between(left, right) & points["y"].between(low, high)]
    expected = np.floor((inside["x"] - left) / size).clip(upper=49) + 50 * np.floor((inside["y"] - low) / size).clip(upper=49)
    cells = density.cells(crowded, "cluster", (float(left), float(low), float(right), float(high)), 50)
    found = cells.groupby("cell")["customers"].sum()
    assert found.to_dict() == expected.astype(int).value_counts().to_dict()


def test_a_feature_gives_each_cell_its_mean(crowded: Scope, plain: Scope) -> None:
    cells = density.cells(crowded, "monetary")
    assert cells["cell"].is_unique
    assert (cells["value"] * cells["customers"]).sum() == pytest.approx(segments.totals(plain)["revenue"])


def test_the_rarest_clusters_are_drawn_one_by_one_up_to_a_bound(crowded: Scope, plain: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = segments.clusters(plain).sort_values("customers").set_index("cluster")["customers"]
    monkeypatch.setattr(density, "MOST_RARE", int(sizes.iloc[:2].sum()))
    monkeypatch.setattr(density, "RARE", 1.0)
    found = density.rarest(crowded, "cluster")
    assert found["value"].value_counts().to_dict() == sizes.iloc[:2].to_dict()


@pytest.mark.parametrize("query", ["", "persona=Churn+Risk"])
def test_spread_and_concentration_are_the_same(crowded: Scope, plain: Scope, query: str) -> None:
    for feature in plain.units:
        one, other = (spreads(scope.narrowed(query), [feature], log=True)[feature] for scope in (crowded, plain))
        np.testing.assert_array_equal(one.counts, other.counts)
        same(one.quartiles.sort_index(), other.quartiles.sort_index())
    same(orders.concentration(crowded.narrowed(query)), orders.concentration(plain.narrowed(query)))


def test_a_sample_stands_for_all(sampled: Scope, plain: Scope) -> None:
    drawn = sampled.drawn(sampled.record.customers)
    assert drawn.every == 10
    found, expected = (spreads(scope, ["recency_days"], log=False)["recency_days"] for scope in (drawn, plain))
    assert found.counts.sum() == pytest.approx(expected.counts.sum(), rel=0.25)
    assert found.middle == pytest.approx(expected.middle, rel=0.25)
    assert sampled.drawn(100).every == 1


@pytest.mark.parametrize("query", [query for query in QUERIES if "area" in query])
def test_of_a_shape_the_sample_holds_those_who_lie_in_it(sampled: Scope, plain: Scope, query: str) -> None:
    whole = sampled.drawn(sampled.record.customers)
    own, inside, found = (
        set(scope.of_customers("customer_id")["customer_id"]) for scope in (whole, plain.narrowed(query), whole.narrowed(query))
    )
    assert whole.every > 1
    assert found == own & inside != set()


def test_disagreements_and_silhouettes_are_the_same(crowded: Scope, plain: Scope) -> None:
    same(grid.disagreements(crowded), grid.disagreements(plain))
    assert grid.disagreed(crowded) == grid.disagreed(plain)
    same(trust.silhouettes(crowded), trust.silhouettes(plain))


def test_members_have_points_of_two_features_and_no_orders(demo: Snapshot) -> None:
    scope = Scope(Snapshot(demo.run, most=50), "mall")
    found, every = customers.pair(scope, "age", "annual_income")
    assert (len(found), every) == (scope.record.customers, 1)
    assert segments.totals(scope) == segments.totals(Scope(demo, "mall"))


def test_points_are_thinned_to_about_as_many_as_are_asked_for(crowded: Scope) -> None:
    found, every = customers.scattered(crowded, 500)
    assert every == 6
    assert len(found) == pytest.approx(crowded.record.customers / 6, rel=0.3)


@pytest.mark.parametrize("query", QUERIES)
def test_lists_are_the_same(crowded: Scope, plain: Scope, query: str) -> None:
    for name in ("customers", "disagreements"):
        one, other = (written(scope.narrowed(query), name) for scope in (crowded, plain))
        assert one == other
    # Those of a crowd leave as they stand, by customer too.
    one, other = (sorted(written(scope.narrowed(query), "orders")) for scope in (crowded, plain))
    assert one == other


def written(scope: Scope, name: str) -> list[str]:
    """The rows of a list as CSV."""
    return b"".join(csv.write(listing(scope, name, {}))).decode().splitlines()


def test_what_questions_share_is_there_before_anybody_asks(crowded: Scope) -> None:
    fresh = Scope(Snapshot(crowded.snapshot.run, most=100), "retail")
    prepare(fresh.snapshot)
    before = set(fresh.snapshot._kept)
    assert before
    somebody = customers.page(fresh, sort="customer_id", descending=False, offset=0, rows=1).to_dict("records")[0]
    customers.standing(fresh, somebody)
    for view in (segments.by_name, segments.by_number, grid.disagreed, grid.cross_table, orders.revenue_by_month, density.middles):
        view(fresh)
    density.rarest(fresh, "cluster")
    assert {what for what, *_ in fresh.snapshot._kept} - {what for what, *_ in before} <= {"personas by name", "clusters by number"}
