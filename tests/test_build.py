import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.manifold import trustworthiness
from sklearn.preprocessing import StandardScaler

from pipeline import artifacts, beside, catalogue, schema
from pipeline.artifacts import Run
from pipeline.build import Outcome, Request, build
from pipeline.errors import InputError
from pipeline.manifest import DatasetRecord
from pipeline.measuring import Measured
from tests.conftest import CREATED_AT, ROOT, silent

SMALL = """
[shop]
kind = "transactions"
file = "shop.csv"
currency = "EUR"
k = 3
[shop.columns]
customer_id = "who"
order_id = "order"
time = "when"
quantity = "n"
unit_price = "each"

[club]
kind = "profile"
file = "club.csv"
customer_id = "id"
k = 2
features = [{ name = "age", column = "age" }, { name = "visits", column = "visits" }]
"""

Builder = Callable[..., Outcome]


def write_shop(folder: Path, *, customers: int = 30) -> None:
    lines = ["who,order,when,n,each"]
    for at in range(customers):
        for order in range(1 + at % 5):
            lines.append(f"c{at:02},{at}-{order},2024-0{1 + order}-1{at % 9} 10:00:00,{1 + at % 4},{2.5 * (1 + at % 7)}")
    (folder / "shop.csv").write_text("\n".join(lines) + "\n")


def write_club(folder: Path) -> None:
    rows = ["id,age,visits", *(f"{at},{20 + at % 40},{at % 13}" for at in range(40))]
    (folder / "club.csv").write_text("\n".join(rows) + "\n")


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    """Build the small catalogue in a folder of its own; keywords change the request, `text` the catalogue."""
    write_shop(tmp_path)
    write_club(tmp_path)

    seconds = itertools.count()

    def run(text: str = SMALL, **changes: Any) -> Outcome:
        path = tmp_path / "datasets.toml"
        path.write_text(text)
        request = Request(catalogue.load(path), tmp_path, tmp_path / "out", **changes)
        return build(request, created_at=CREATED_AT.replace(second=next(seconds)), report=silent)

    return run


def hashes(run: Run) -> dict[str, dict[str, str]]:
    return {name: {table: kept.sha256 for table, kept in record.tables.items()} for name, record in run.manifest.datasets.items()}


def table(run: Run, dataset: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(run.table(dataset, name))


pytestmark = pytest.mark.slow


class TestWhatIsBuilt:
    def test_an_unchanged_build_publishes_nothing(self, builder: Builder) -> None:
        first, second = builder(), builder()
        assert (first.built, second.built) == (("shop", "club"), ())
        assert second.run.manifest == first.run.manifest
        assert len(artifacts.run_ids(first.run.folder.parents[1])) == 1

    def test_two_forced_builds_publish_equal_tables(self, builder: Builder) -> None:
        first, second = builder(), builder(force=True)
        assert second.built == ("shop", "club")
        assert second.run.manifest.run_id != first.run.manifest.run_id
        assert hashes(second.run) == hashes(first.run)

    def test_a_changed_setting_rebuilds_its_dataset_only(self, builder: Builder) -> None:
        first, second = builder(), builder(SMALL.replace("k = 2", "k = 4"))
        assert second.built == ("club",)
        assert hashes(second.run)["shop"] == hashes(first.run)["shop"]
        assert second.run.manifest.datasets["shop"] == first.run.manifest.datasets["shop"]
        second.run.verify()

    def test_a_persona_named_by_hand_rebuilds_its_dataset_and_stays_with_its_customers(self, builder: Builder, tmp_path: Path) -> None:
        first = builder()
        (tmp_path / "personas.toml").write_text('[club.1]\nname = "Regulars"\nsummary = "They come."\n')
        second = builder()
        assert second.built == ("club",)
        members = table(first.run, "club", "customers").set_index("customer_id")["cluster"]
        named = table(second.run, "club", "customers").set_index("customer_id")["persona"]
        assert ((named == "Regulars") == (members == 1)).all()
        write_club(tmp_path)
        with (tmp_path / "club.csv").open("a") as file:
            file.write("late,30,6\n")
        third = table(builder().run, "club", "customers").set_index("customer_id")["persona"]
        assert (third[named.index] == named).mean() > 0.9

    def test_a_changed_file_rebuilds_its_dataset_only(self, builder: Builder, tmp_path: Path) -> None:
        builder()
        write_shop(tmp_path, customers=31)
        assert builder().built == ("shop",)

    def test_only_takes_the_others_over_without_looking_at_their_files(self, builder: Builder, tmp_path: Path) -> None:
        first = builder()
        (tmp_path / "shop.csv").unlink()
        second = builder(only="club", force=True)
        assert second.built == ("club",)
        assert hashes(second.run) == hashes(first.run)

    def test_only_refuses_to_take_over_a_damaged_dataset(self, builder: Builder) -> None:
        damaged = builder().run.table("shop", "customers")
        damaged.write_bytes(damaged.read_bytes()[:-1])
        with pytest.raises(
            InputError, match=r"customers\.parquet: the table was altered after it was published, so it cannot be taken over"
        ):
            builder(only="club", force=True)

    def test_a_damaged_table_is_built_again(self, builder: Builder) -> None:
        first = builder()
        expected = hashes(first.run)
        first.run.table("shop", "clusters").write_bytes(b"not parquet")
        second = builder()
        assert second.built == ("shop",)
        assert hashes(second.run) == expected
        second.run.verify()

    def test_a_dataset_that_left_the_catalogue_leaves_the_run(self, builder: Builder) -> None:
        builder()
        assert list(builder(SMALL[: SMALL.index("[club]")]).run.manifest.datasets) == ["shop"]

    def test_an_unreadable_current_run_does_not_stop_the_next_build(self, builder: Builder) -> None:
        first = builder()
        (first.run.folder / "manifest.json").write_text("{")
        assert builder().built == ("shop", "club")


class TestWhatIsRefused:
    def test_bad_input_leaves_the_published_run_as_it_was(self, builder: Builder, tmp_path: Path) -> None:
        first = builder()
        (tmp_path / "shop.csv").write_text("who,order,when,n\nc1,1,2024-01-01,2\n")
        with pytest.raises(InputError, match=r"shop\.csv: no column 'each' \(for unit_price\)"):
            builder()
        current = artifacts.current(tmp_path / "out")
        assert current is not None
        assert current.manifest == first.run.manifest
        current.verify()
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["CURRENT", "PUBLISHING", "runs"]

    def test_a_file_that_changes_while_it_is_read_is_refused(
        self, builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def grow_then_wait(started: "beside.Work[Measured]", path: Path) -> Measured:
            measured = started.future.result()
            path.write_text(path.read_text() + "late,1,2024-01-01,1,1\n")
            return measured

        monkeypatch.setattr(beside, "result", grow_then_wait)
        with pytest.raises(InputError, match=r"shop\.csv: was changed while it was being read\. Build again"):
            builder()

    def test_more_clusters_than_customers_are_refused(self, builder: Builder) -> None:
        with pytest.raises(InputError, match=r"40 customers, 40 of them different in age, visits: k = 50 needs at least 50"):
            builder(SMALL.replace("k = 2", "k = 50"))

    def test_orders_that_are_all_returns_are_refused(self, builder: Builder, tmp_path: Path) -> None:
        (tmp_path / "shop.csv").write_text("who,order,when,n,each\nc1,1,2024-01-01,-2,3\nc2,2,2024-01-01,-1,3\n")
        with pytest.raises(InputError, match=r"shop\.csv: none of its 2 usable lines is a purchase"):
            builder()

    def test_an_unknown_dataset_is_refused_with_the_closest(self, builder: Builder) -> None:
        with pytest.raises(InputError, match="Did you mean 'shop'"):
            builder(only="shpo")


class TestWhatIsMeasured:
    def test_as_of_is_the_day_after_the_last_order(self, builder: Builder) -> None:
        assert builder().run.manifest.datasets["shop"].as_of == date(2024, 5, 17)

    def test_a_given_as_of_keeps_later_lines_out(self, builder: Builder) -> None:
        record = builder(as_of=date(2024, 3, 1)).run.manifest.datasets["shop"]
        assert record.as_of == date(2024, 3, 1)
        # Of 30 customers a fifth each has 1 to 5 orders: third, fourth and fifth orders fall after February.
        assert record.rows.rejected == 18 + 12 + 6

    def test_a_constant_feature_is_reported_and_left_out(self, builder: Builder, tmp_path: Path) -> None:
        (tmp_path / "club.csv").write_text("id,age,visits\n" + "".join(f"{at},{at},5\n" for at in range(20)))
        quality = table(builder().run, "club", "quality").set_index("check")
        assert quality.loc["a feature is the same for all customers and left out of clustering", "example"] == "visits"

    def test_cluster_numbers_stay_when_the_smaller_cluster_becomes_the_larger(self, builder: Builder, tmp_path: Path) -> None:
        young = [f"y{at},{20 + at % 3},{at % 4}" for at in range(20)]
        old = [f"o{at},{70 + at % 3},{at % 4}" for at in range(25)]
        for members, largest in ((young + old[:15], "y0"), (young + old, "o0")):
            (tmp_path / "club.csv").write_text("\n".join(["id,age,visits", *members]) + "\n")
            run = builder().run
            clusters = table(run, "club", "customers").set_index("customer_id")["cluster"]
            assert (clusters["y0"], clusters["o0"]) == (0, 1)
            assert table(run, "club", "clusters").set_index("cluster")["customers"].idxmax() == clusters[largest]


@pytest.mark.parametrize("dataset", ["mall", "retail"])
class TestDemo:
    def test_made_up_data_is_marked_in_the_manifest(self, demo_run: Outcome, dataset: str) -> None:
        record = demo_run.run.manifest.datasets[dataset]
        assert record.demo
        assert [source.file for source in record.sources] == [f"{dataset}_demo.csv"]

    def test_every_table_has_the_columns_of_the_schema(self, demo_run: Outcome, dataset: str) -> None:
        record = demo_run.run.manifest.datasets[dataset]
        expected = schema.tables(record.kind, record.features, record.file_columns)
        assert set(record.tables) == set(expected)
        for name, described in expected.items():
            described.check(pq.read_schema(demo_run.run.table(dataset, name)))

    def test_tables_agree_with_each_other(self, demo_run: Outcome, dataset: str) -> None:
        run, record = demo_run.run, demo_run.run.manifest.datasets[dataset]
        assert_consistent(run, dataset, record)

    def test_hashes_verify(self, demo_run: Outcome, dataset: str) -> None:
        assert demo_run.run.damage(dataset) is None


def assert_consistent(run: Run, dataset: str, record: DatasetRecord) -> None:
    """Customers, clusters, personas, orders, rejected and the manifest tell one story."""
    customers, clusters, personas = (table(run, dataset, name) for name in ("customers", "clusters", "personas"))
    assert customers["customer_id"].is_monotonic_increasing
    assert customers["customer_id"].is_unique
    assert len(customers) == record.customers == clusters["customers"].sum() == personas["customers"].sum()
    assert clusters["share"].sum() == pytest.approx(1)
    assert customers.groupby("cluster")["persona"].first().to_dict() == clusters.set_index("cluster")["persona"].to_dict()
    assert set(clusters["persona"]) == set(personas["persona"])
    assert customers["fit"].mean() == pytest.approx(record.scores.silhouette)
    assert customers[["x", "y"]].notna().all(axis=None)
    assert record.rows.read == record.rows.kept + record.rows.rejected + record.rows.duplicates
    assert len(table(run, dataset, "rejected")) == record.rows.rejected
    quality = table(run, dataset, "quality")
    assert quality.loc[quality["outcome"] == "rejected", "rows"].sum() == record.rows.rejected
    if record.kind == "transactions":
        orders = table(run, dataset, "orders")
        assert orders["spend"].sum() == pytest.approx(customers["monetary"].sum()) == pytest.approx(clusters["revenue"].sum())
        assert personas["revenue_share"].sum() == pytest.approx(1)
        assert orders["customer_id"].is_monotonic_increasing


@pytest.mark.real
class TestRealData:
    def test_mall_reaches_the_published_figures(self, real_run: Outcome) -> None:
        record = real_run.run.manifest.datasets["mall"]
        assert record.customers == 200
        assert record.scores.silhouette >= 0.4207
        assert record.scores.davies_bouldin <= 0.8335

    def test_retail_is_no_worse_than_the_published_figures(self, real_run: Outcome) -> None:
        record = real_run.run.manifest.datasets["retail"]
        assert record.customers == 5_878
        assert record.scores.silhouette >= 0.50
        assert record.scores.davies_bouldin <= 0.60

    def test_every_one_of_the_retail_rows_is_accounted_for(self, real_run: Outcome) -> None:
        rows = real_run.run.manifest.datasets["retail"].rows
        assert (rows.read, rows.kept, rows.rejected, rows.duplicates) == (1_067_371, 824_364, 243_007, 0)

    def test_the_published_recipe_gives_the_published_figures(self, real_raw: Path, tmp_path: Path) -> None:
        recipe = catalogue.load(ROOT / "benchmarks" / "published.toml")
        run = build(Request(recipe, real_raw, tmp_path, only="retail"), created_at=CREATED_AT, report=silent).run
        record = run.manifest.datasets["retail"]
        assert record.customers == 4_314
        assert record.scores.silhouette == pytest.approx(0.4525, abs=0.0005)
        assert record.scores.davies_bouldin == pytest.approx(0.6860, abs=0.0005)

    @pytest.mark.parametrize("dataset", ["mall", "retail"])
    def test_tables_agree_with_each_other(self, real_run: Outcome, dataset: str) -> None:
        assert_consistent(real_run.run, dataset, real_run.run.manifest.datasets[dataset])

    @pytest.mark.parametrize(("dataset", "least"), [("mall", 0.95), ("retail", 0.99)])
    def test_neighbours_stay_neighbours_on_the_map(self, real_run: Outcome, dataset: str, least: float) -> None:
        features = list(real_run.run.manifest.datasets[dataset].features)
        customers = table(real_run.run, dataset, "customers")
        scaled = StandardScaler().fit_transform(customers[features]).astype(np.float32)
        assert trustworthiness(scaled, customers[["x", "y"]], n_neighbors=15) >= least

    def test_all_five_mall_names_appear(self, real_run: Outcome) -> None:
        assert set(table(real_run.run, "mall", "personas")["persona"]) == {
            "High Income Low Spending",
            "Young High Spenders",
            "Loyal Moderate Spenders",
            "Older Low Spending",
            "Budget Conscious",
        }

    def test_at_least_five_retail_names_appear(self, real_run: Outcome) -> None:
        assert len(table(real_run.run, "retail", "personas")) >= 5

    def test_vips_outspend_the_loyal_and_the_lost_have_been_away_longest(self, real_run: Outcome) -> None:
        means = table(real_run.run, "retail", "customers").groupby("persona")[["monetary", "recency_days"]].mean()
        assert means.loc["Premium / VIP Spenders", "monetary"] > means.loc["Loyal High Spenders", "monetary"]
        assert means["recency_days"].idxmax() == "Lost Customers"

    def test_an_independent_computation_finds_the_same_rfm(self, real_run: Outcome, real_raw: Path) -> None:
        """Straight SQL over the workbook as calamine types it, without intake, ibis or minor units."""
        import fastexcel

        reader = fastexcel.read_excel(real_raw / "online_retail_II.xlsx")
        with duckdb.connect() as connection:
            for at, name in enumerate(reader.sheet_names):
                connection.register(f"sheet_{at}", reader.load_sheet(name, dtypes={"Invoice": "string", "StockCode": "string"}).to_arrow())
            rfm = connection.execute(
                """WITH sold AS (SELECT * FROM (FROM sheet_0 UNION ALL FROM sheet_1)
                       WHERE "Customer ID" IS NOT NULL AND Quantity > 0 AND Price > 0 AND Invoice NOT LIKE 'C%')
                   SELECT "Customer ID"::INT::VARCHAR AS customer_id, DATE '2011-12-10' - max(InvoiceDate)::DATE AS recency_days,
                       count(DISTINCT Invoice) AS frequency, sum(Quantity * Price) AS monetary
                   FROM sold GROUP BY 1 ORDER BY 1"""
            ).df()
        published = table(real_run.run, "retail", "customers")[list(rfm.columns)]
        pd.testing.assert_frame_equal(published[["customer_id", "recency_days", "frequency"]], rfm.iloc[:, :3], check_dtype=False)
        np.testing.assert_allclose(published["monetary"], rfm["monetary"], atol=0.02)


TILL = """
[till]
kind = "transactions"
file = "kasse.csv"
currency = "EUR"
delimiter = ";"
decimal = ","
time_format = "%d.%m.%Y"
k = 2
columns = { customer_id = "Kunde", time = "Datum", amount = "Betrag" }
"""


@pytest.mark.parametrize("returns", ["exclude", "net"])
def test_a_till_export_with_amounts_and_no_order_ids_is_segmented(tmp_path: Path, returns: str) -> None:
    lines = [(f"k{at % 12}", date(2024, 1 + at % 3, 1 + at % 20), 5.25 * (1 + at % 7) * (-1 if at % 10 == 9 else 1)) for at in range(120)]
    text = "".join(f"{who};{day:%d.%m.%Y};{f'{amount:,.2f}'.translate(str.maketrans(',.', '.,'))}\n" for who, day, amount in lines)
    (tmp_path / "kasse.csv").write_text("Kunde;Datum;Betrag\n" + text)
    (tmp_path / "datasets.toml").write_text(TILL + f'returns = "{returns}"\n')
    request = Request(catalogue.load(tmp_path / "datasets.toml"), tmp_path, tmp_path / "out")
    run = build(request, created_at=CREATED_AT, report=silent).run
    found = pd.read_parquet(run.table("till", "customers")).set_index("customer_id")
    frame = pd.DataFrame(lines, columns=["who", "day", "amount"])
    bought = frame[frame["amount"] > 0]
    spent = (bought if returns == "exclude" else frame).groupby("who")["amount"].sum()
    assert found["monetary"].to_dict() == pytest.approx(spent.to_dict())
    assert found["frequency"].to_dict() == bought.groupby("who")["day"].nunique().to_dict()
    orders = pd.read_parquet(run.table("till", "orders"))
    assert set(orders["order_id"]) <= {f"{day}" for day in frame["day"]}
