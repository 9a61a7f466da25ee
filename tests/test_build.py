import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.manifold import trustworthiness
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info

from pipeline import artifacts, beside, catalogue, embedding, limits, publishing, schema, segmentation
from pipeline.artifacts import Run
from pipeline.beside import Work
from pipeline.build import Outcome, build
from pipeline.errors import InputError
from pipeline.manifest import DatasetRecord, RowsRecord
from pipeline.measuring import Measured
from pipeline.wanted import Request
from tests import here
from tests.conftest import CREATED_AT, ROOT, silent
from tests.here import Here
from tests.value import simulated

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
    return builder_in(tmp_path, first=2)


def builder_in(folder: Path, *, first: int) -> Builder:
    """Builds in a folder, at one second after the other."""
    seconds = itertools.count(first)

    def run(text: str = SMALL, created_at: datetime | None = None, **changes: Any) -> Outcome:
        path = folder / "datasets.toml"
        path.write_text(text)
        request = Request(catalogue.load(path), folder, **{"out": folder / "out", "quick": True, **changes})
        return build(request, created_at=created_at or CREATED_AT.replace(second=next(seconds)), report=silent)

    return run


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the small catalogue was built: quickly in `quick`, and as a whole in `whole`."""
    folder = tmp_path_factory.mktemp("small")
    write_shop(folder)
    write_club(folder)
    once = builder_in(folder, first=0)
    with pytest.MonkeyPatch.context() as patch:
        here.stand_in(patch)
        for name in ("quick", "whole"):
            once(out=folder / name, quick=name == "quick")
    return folder


@pytest.fixture
def started(builder: Builder, built_once: Path, tmp_path: Path) -> Outcome:
    """What the first quick build by `builder` would publish, without building it in every test."""
    return copied(built_once / "quick", tmp_path / "out")


@pytest.fixture
def examined(builder: Builder, built_once: Path, tmp_path: Path) -> Outcome:
    """The same of a build that leaves nothing out."""
    return copied(built_once / "whole", tmp_path / "out")


def copied(runs: Path, out: Path) -> Outcome:
    """The one run that was published in a folder, in another."""
    shutil.copytree(runs, out)
    run = artifacts.current(out)
    assert run is not None
    return Outcome(run, tuple(run.manifest.datasets))


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

    @pytest.mark.usefixtures("started")
    def test_runs_stand_in_the_order_of_their_builds_whatever_the_clock_says(self, builder: Builder, tmp_path: Path) -> None:
        built = list(artifacts.run_ids(tmp_path / "out"))
        for moment in (CREATED_AT, CREATED_AT - timedelta(days=400), CREATED_AT, CREATED_AT + timedelta(days=1)):
            run = builder(CLUB, created_at=moment, force=True).run
            assert run.manifest.created_at == moment
            built.append(run.manifest.run_id)
        assert artifacts.run_ids(tmp_path / "out") == built
        assert built[-1].startswith(f"{moment:%Y%m%dT%H%M%SZ}-")
        (tmp_path / "out/runs/copy").mkdir()
        assert builder(CLUB, force=True).run.manifest.run_id.startswith(f"{CREATED_AT:%Y%m%d}")

    def test_two_forced_builds_publish_equal_tables(self, started: Outcome, builder: Builder) -> None:
        first, second = started, builder(force=True)
        assert second.built == ("shop", "club")
        assert second.run.manifest.run_id != first.run.manifest.run_id
        assert hashes(second.run) == hashes(first.run)

    def test_a_changed_setting_rebuilds_its_dataset_only(self, started: Outcome, builder: Builder) -> None:
        first, second = started, builder(SMALL.replace("k = 2", "k = 4"))
        assert second.built == ("club",)
        assert hashes(second.run)["shop"] == hashes(first.run)["shop"]
        assert second.run.manifest.datasets["shop"] == first.run.manifest.datasets["shop"]
        second.run.verify()

    def test_a_persona_named_by_hand_rebuilds_its_dataset_and_stays_with_its_customers(
        self, started: Outcome, builder: Builder, tmp_path: Path
    ) -> None:
        (tmp_path / "personas.toml").write_text('[club.1]\nname = "Regulars"\nsummary = "They come."\n')
        second = builder()
        assert second.built == ("club",)
        members = table(started.run, "club", "customers").set_index("customer_id")["cluster"]
        named = table(second.run, "club", "customers").set_index("customer_id")["persona"]
        assert ((named == "Regulars") == (members == 1)).all()
        write_club(tmp_path)
        with (tmp_path / "club.csv").open("a") as file:
            file.write("late,30,6\n")
        third = table(builder().run, "club", "customers").set_index("customer_id")["persona"]
        assert (third[named.index] == named).mean() > 0.9

    @pytest.mark.usefixtures("started")
    def test_a_changed_file_rebuilds_its_dataset_only(self, builder: Builder, tmp_path: Path) -> None:
        write_shop(tmp_path, customers=31)
        assert builder().built == ("shop",)

    def test_only_takes_the_others_over_without_looking_at_their_files(self, started: Outcome, builder: Builder, tmp_path: Path) -> None:
        (tmp_path / "shop.csv").unlink()
        second = builder(only="club", force=True)
        assert second.built == ("club",)
        assert hashes(second.run) == hashes(started.run)

    def test_only_refuses_to_take_over_a_damaged_dataset(self, started: Outcome, builder: Builder) -> None:
        damaged = started.run.table("shop", "customers")
        damaged.write_bytes(damaged.read_bytes()[:-1])
        with pytest.raises(
            InputError, match=r"customers\.parquet: the table was altered after it was published, so it cannot be taken over"
        ):
            builder(only="club", force=True)

    def test_a_damaged_table_is_built_again(self, started: Outcome, builder: Builder) -> None:
        expected = hashes(started.run)
        started.run.table("shop", "clusters").write_bytes(b"not parquet")
        second = builder()
        assert second.built == ("shop",)
        assert hashes(second.run) == expected
        second.run.verify()

    @pytest.mark.usefixtures("started")
    def test_a_dataset_that_left_the_catalogue_leaves_the_run(self, builder: Builder) -> None:
        assert list(builder(SMALL[: SMALL.index("[club]")]).run.manifest.datasets) == ["shop"]

    def test_an_unreadable_current_run_does_not_stop_the_next_build(self, started: Outcome, builder: Builder) -> None:
        (started.run.folder / "manifest.json").write_text("{")
        assert builder().built == ("shop", "club")


class TestWhatIsRefused:
    def test_bad_input_leaves_the_published_run_as_it_was(self, started: Outcome, builder: Builder, tmp_path: Path) -> None:
        (tmp_path / "shop.csv").write_text("who,order,when,n\nc1,1,2024-01-01,2\n")
        with pytest.raises(InputError, match=r"shop\.csv: no column 'each' \(for unit_price\)"):
            builder()
        current = artifacts.current(tmp_path / "out")
        assert current is not None
        assert current.manifest == started.run.manifest
        current.verify()
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["CURRENT", "PUBLISHING", "runs"]

    def test_a_file_that_changes_while_it_is_read_is_refused(
        self, builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wait = beside.result

        def grow_then_wait(started: "Work[Measured]", path: Path) -> Measured:
            measured = wait(started, path)
            path.write_text(path.read_text() + "late,1,2024-01-01,1,1\n")
            return measured

        monkeypatch.setattr(beside, "result", grow_then_wait)
        with pytest.raises(InputError, match=r"shop\.csv: was changed while it was being read\. Build again"):
            builder()

    def test_more_clusters_than_customers_are_refused(self, builder: Builder) -> None:
        with pytest.raises(InputError, match=r"club\.csv: k = 50 needs at least 50 customers, and the usable rows give 40\. Lower k"):
            builder(SMALL.replace("k = 2", "k = 50"))

    def test_orders_that_are_all_returns_are_refused(self, builder: Builder, tmp_path: Path) -> None:
        (tmp_path / "shop.csv").write_text("who,order,when,n,each\nc1,1,2024-01-01,-2,3\nc2,2,2024-01-01,-1,3\n")
        with pytest.raises(InputError, match=r"shop\.csv: none of its 2 usable lines is a purchase"):
            builder()

    def test_an_unknown_dataset_is_refused_with_the_closest(self, builder: Builder) -> None:
        with pytest.raises(InputError, match="Did you mean 'shop'"):
            builder(only="shpo")


class TestWhatIsMeasured:
    def test_as_of_is_the_day_after_the_last_order(self, started: Outcome) -> None:
        assert started.run.manifest.datasets["shop"].as_of == date(2024, 5, 17)

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

    def test_that_everyone_bought_once_is_counted_beside_the_constant_frequency(
        self, started: Outcome, builder: Builder, tmp_path: Path
    ) -> None:
        once = "every customer bought exactly once (customers counted)"
        assert table(started.run, "shop", "quality").set_index("check").loc[once, "rows"] == 0
        lines = [f"c{at},{at},2024-01-{1 + at % 28:02},1,{at + 1}" for at in range(30)]
        (tmp_path / "shop.csv").write_text("\n".join(["who,order,when,n,each", *lines, "c0,0,2024-01-01,2,5"]) + "\n")
        quality = table(builder(accept=True).run, "shop", "quality").set_index("check")
        assert quality.loc[once, ["outcome", "rows", "share"]].to_list() == ["warned", 30, 1.0]
        assert quality.loc["a feature is the same for all customers and left out of clustering", "example"] == "frequency"


HALVED = "customers fell to less than half of the run before"


def write_few_members(folder: Path) -> None:
    """Fewer than half as many as `write_club` writes, as old and as keen."""
    (folder / "club.csv").write_text("\n".join(["id,age,visits", *(f"{at},{20 + at * 3},{at % 13}" for at in range(13))]) + "\n")


CLUB = SMALL[SMALL.index("[club]") :]


class TestWhatIsHeldBack:
    def test_a_run_that_differs_much_is_written_and_readers_stay_where_they_are(
        self, started: Outcome, builder: Builder, tmp_path: Path
    ) -> None:
        first = started
        write_few_members(tmp_path)
        second = builder()
        assert second.held_back
        assert second.built == ("club",)
        assert second.run.manifest.previous == first.run.manifest.run_id
        assert second.run.manifest.held_back == (
            "club: rows fell to less than half of the run before: 40 before, 13 now",
            f"club: {HALVED}: 40 before, 13 now",
        )
        assert artifacts.current(tmp_path / "out") == first.run
        assert artifacts.run_ids(tmp_path / "out") == [first.run.manifest.run_id, second.run.manifest.run_id]
        second.run.verify()
        assert table(second.run, "club", "quality").set_index("check").loc[HALVED, "outcome"] == "warned"

    def test_an_accepted_one_is_published_and_its_report_warns(self, builder: Builder, tmp_path: Path) -> None:
        builder(CLUB)
        write_few_members(tmp_path)
        held, accepted = builder(CLUB), builder(CLUB, accept=True)
        assert [held.held_back, accepted.held_back] == [True, False]
        assert accepted.run.manifest.held_back == ()
        assert artifacts.current(tmp_path / "out") == accepted.run
        assert hashes(accepted.run) == hashes(held.run)
        assert table(accepted.run, "club", "quality").set_index("check").loc[HALVED, "example"] == "40 before, 13 now"

    def test_one_that_is_switched_to_is_accepted_and_the_next_is_compared_with_it(self, builder: Builder, tmp_path: Path) -> None:
        builder(CLUB)
        write_few_members(tmp_path)
        held = builder(CLUB).run
        publishing.use(tmp_path / "out", held.manifest.run_id)
        assert builder(CLUB) == Outcome(held, ())
        with (tmp_path / "club.csv").open("a") as file:
            file.write("late,30,6\n")
        after = builder(CLUB)
        assert not after.held_back
        assert after.run.manifest.previous == held.manifest.run_id

    def test_one_outlives_a_build_that_fails_and_the_next_is_compared_with_what_readers_see(self, builder: Builder, tmp_path: Path) -> None:
        first = builder(CLUB)
        write_few_members(tmp_path)
        held = builder(CLUB)
        (tmp_path / "club.csv").write_text("id,age\n1,2\n")
        with pytest.raises(InputError, match="no column 'visits'"):
            builder(CLUB)
        assert artifacts.run_ids(tmp_path / "out") == [first.run.manifest.run_id, held.run.manifest.run_id]
        held.run.verify()
        write_club(tmp_path)
        with (tmp_path / "club.csv").open("a") as file:
            file.write("late,30,6\n")
        mended = builder(CLUB)
        assert not mended.held_back
        assert mended.run.manifest.previous == first.run.manifest.run_id

    @pytest.mark.usefixtures("started")
    def test_the_same_input_is_not_built_and_held_back_twice(self, builder: Builder, tmp_path: Path) -> None:
        write_few_members(tmp_path)
        held = builder()
        assert builder() == builder(only="club") == Outcome(held.run, (), held_back=True)
        held.run.table("club", "customers").write_bytes(b"")
        again = builder()
        assert (again.built, again.held_back) == (("club",), True)

    def test_a_whole_build_is_not_content_with_a_quick_one_that_was_held_back(self, builder: Builder, tmp_path: Path) -> None:
        builder(CLUB)
        write_few_members(tmp_path)
        quick = builder(CLUB)
        whole = builder(CLUB, quick=False)
        assert (quick.held_back, whole.held_back, whole.built) == (True, True, ("club",))
        assert whole.run.manifest.datasets["club"].trust is not None
        assert builder(CLUB, quick=False) == builder(CLUB) == Outcome(whole.run, (), held_back=True)

    @pytest.mark.usefixtures("started")
    def test_money_of_another_scale_is_held_back_and_of_another_currency_is_not(self, builder: Builder, tmp_path: Path) -> None:
        header, *lines = (tmp_path / "shop.csv").read_text().splitlines()
        (tmp_path / "shop.csv").write_text("\n".join([header, *(f"{line}e2" for line in lines)]) + "\n")
        assert [reason.split(";")[0] for reason in builder().run.manifest.held_back] == [
            "shop: a feature drifted far from the run before: monetary: median 47.50 before, 4,750 now"
        ]
        assert not builder(SMALL.replace("EUR", "JPY")).held_back

    def test_the_first_run_and_one_after_a_damaged_run_are_never_held_back(
        self, started: Outcome, builder: Builder, tmp_path: Path
    ) -> None:
        assert (started.run.manifest.held_back, started.run.manifest.previous) == ((), None)
        started.run.table("shop", "clusters").write_bytes(b"")
        write_few_members(tmp_path)
        assert not builder().held_back

    def test_made_up_data_are_compared_with_nothing(self, builder: Builder) -> None:
        made_up, own = builder(CLUB, demo=True), builder(CLUB)
        assert made_up.run.manifest.datasets["club"].customers > 2 * own.run.manifest.datasets["club"].customers
        assert not own.held_back


class Hiding(Here):
    """Stands for the process beside; what it wrote of orders is put out of sight whenever it has done what it was asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(silent, limits.CATALOGUE)
        self.folder, self.hidden = folder, set[Path]()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Work[Any]:
        for path in self.hidden:
            path.with_name("out of sight").rename(path)
        try:
            return super().submit(function, *arguments)
        finally:
            self.hidden = {path for path in self.folder.rglob("orders.parquet") if ".work" in path.parts}
            for path in self.hidden:
                path.rename(path.with_name("out of sight"))


class TestTrust:
    def test_a_quick_build_leaves_it_out_and_another_fills_it_in(self, started: Outcome, builder: Builder) -> None:
        quick = started.run
        assert {name: record.trust for name, record in quick.manifest.datasets.items()} == {"shop": None, "club": None}
        assert all(table(quick, "shop", name).empty for name in schema.TRUST)
        whole = builder(quick=False)
        assert whole.built == ("shop", "club")
        trust = whole.run.manifest.datasets["shop"].trust
        assert trust is not None
        assert trust.k_reason
        for name in ("stability", "scalings", "moves", "rules", "descriptions"):
            assert not table(whole.run, "shop", name).empty, name
        assert hashes(whole.run)["club"]["customers"] == hashes(quick)["club"]["customers"]

    @pytest.mark.usefixtures("examined")
    def test_a_quick_build_after_a_whole_one_has_nothing_to_do(self, builder: Builder) -> None:
        assert builder(quick=True).built == ()

    def test_a_history_too_short_to_look_back_on_is_said_to_be(self, examined: Outcome) -> None:
        trust = examined.run.manifest.datasets["shop"].trust
        assert trust is not None
        assert trust.cutoff is None
        assert trust.value_cutoff is None
        assert trust.missing[-1] == (
            "What customers will order and spend is not foretold. "
            "At least 50 customers who ordered more than once are needed, and these orders have 24."
        )

    def test_what_customers_are_worth_is_told_of_everybody_by_the_published_personas(self, builder: Builder, tmp_path: Path) -> None:
        orders = simulated.orders(500)
        lines = orders.assign(n=1, each=orders["spend_minor"] / 100)[["customer_id", "order_id", "time", "n", "each"]]
        lines.to_csv(tmp_path / "shop.csv", index=False, header=["who", "order", "when", "n", "each"])
        run = builder(SOLD, quick=False).run
        assert table(run, "shop", "value")["customer_id"].tolist() == table(run, "shop", "customers")["customer_id"].tolist()
        ours, personas = table(run, "shop", "value_personas"), table(run, "shop", "personas")
        assert ours[["persona", "customers"]].equals(personas[["persona", "customers"]])
        assert ours["once"].sum() == (table(run, "shop", "customers")["orders"] == 1).sum()
        trust = run.manifest.datasets["shop"].trust
        assert trust
        assert trust.value_cutoff is not None

    def test_orders_are_read_by_the_process_beside_alone(self, builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The back-test is of orders that are nowhere while that process is not at work."""
        hiding = Hiding(tmp_path)
        monkeypatch.setattr(beside, "child", lambda *asked: nullcontext(hiding))
        monkeypatch.setattr(segmentation, "EVERYONE", 899)
        monkeypatch.setattr(segmentation, "SAMPLE", 400)
        write_market(tmp_path)
        run = builder(SOLD, quick=False).run
        trust = run.manifest.datasets["shop"].trust
        assert trust is not None
        assert trust.sample is not None
        assert trust.cutoff == date(2024, 7, 1)
        assert not table(run, "shop", "backtest").empty
        assert hiding.hidden

    @pytest.mark.usefixtures("examined")
    def test_who_moved_since_the_run_before_is_counted(self, builder: Builder, tmp_path: Path) -> None:
        rows = [f"{at},{20 + at % 40},{at % 13}" for at in range(39)]
        (tmp_path / "club.csv").write_text("\n".join(["id,age,visits", *rows, "new,30,5", ""]))
        changes = table(builder(quick=False).run, "club", "changes")
        assert changes.loc[changes["reason"] == "new", "customers"].sum() == 1
        assert changes.loc[changes["reason"] == "gone", "customers"].sum() == 1

    def test_the_published_scores_are_those_of_the_k_in_use(self, examined: Outcome) -> None:
        run = examined.run
        scores = table(run, "club", "scores").set_index(["k", "score"])["value"]
        for name, value in run.manifest.datasets["club"].scores.model_dump(exclude_none=True).items():
            assert scores[2, name] == pytest.approx(value, abs=1e-9), name


SOLD = """
[shop]
kind = "transactions"
file = "shop.csv"
currency = "EUR"
k = 4
columns = { customer_id = "who", order_id = "order", time = "when", quantity = "n", unit_price = "each" }
"""


def write_market(folder: Path, *, customers: int = 900, since: int = 0) -> None:
    """Four kinds of buyers over two years, so far apart that every way of clustering finds them."""
    lines = ["who,order,when,n,each"]
    for at in range(since, since + customers):
        kind, day = at % 4, 1 + at % 27
        for order in range((1, 2, 12, 1)[kind]):
            year, month = (2023, 2024, 2024, 2024)[kind], 1 + order
            lines.append(f"c{at},{at}-{order},{year}-{month:02}-{day:02} 10:00:00,1,{(5, 40, 60, 9_000)[kind] + at % 31 / 7:.2f}")
    (folder / "shop.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="class")
def few_stand_for_all() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedding, "FITTED", 300)
        patch.setattr(segmentation, "SAMPLE", 400)
        yield


@pytest.fixture(scope="class")
def summarised(few_stand_for_all: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of a market of which a whole build by a summary was published, with processes as outside of tests."""
    folder = tmp_path_factory.mktemp("market")
    write_market(folder)
    builder_in(folder, first=0)(SOLD, exact=899, quick=False)
    return folder / "out"


@pytest.fixture(scope="class")
def one_by_one(few_stand_for_all: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of the same market of which a whole build of everybody was published."""
    folder = tmp_path_factory.mktemp("market")
    write_market(folder)
    with pytest.MonkeyPatch.context() as patch:
        here.stand_in(patch)
        builder_in(folder, first=0)(SOLD, exact=900, quick=False)
    return folder / "out"


@pytest.mark.usefixtures("few_stand_for_all")
class TestMany:
    """Beyond a number of customers that is lowered here, they are clustered by a summary, and some of them stand for all."""

    @pytest.fixture
    def many(self, builder: Builder, summarised: Path, tmp_path: Path) -> Run:
        """That run where `builder` builds, on the same market."""
        write_market(tmp_path)
        return copied(summarised, tmp_path / "out").run

    @pytest.fixture
    def exact(self, one_by_one: Path, tmp_path: Path) -> Run:
        """The other one, in a folder of the test."""
        return copied(one_by_one, tmp_path / "exact").run

    def test_they_are_segmented_as_one_by_one(self, many: Run, exact: Run) -> None:
        ours, theirs = (table(run, "shop", "customers") for run in (many, exact))
        estimated = ["x", "y", "fit"]
        pd.testing.assert_frame_equal(ours.drop(columns=estimated), theirs.drop(columns=estimated), rtol=1e-9)
        assert (ours["fit"] - theirs["fit"]).abs().max() < 0.1
        for name in ("clusters", "personas", "centres"):
            close = pd.testing.assert_frame_equal
            drop = ["fit"] if name == "clusters" else []
            close(table(many, "shop", name).drop(columns=drop), table(exact, "shop", name).drop(columns=drop), rtol=1e-7)

    def test_what_is_estimated_says_on_how_many(self, many: Run, exact: Run) -> None:
        known = exact.manifest.datasets["shop"]
        assert (known.scores.sample, known.scores.silhouette_half_interval, known.map) == (None, None, None)
        assert known.trust is not None
        assert known.trust.sample is None
        estimated = many.manifest.datasets["shop"]
        assert 400 <= estimated.scores.sample <= 408  # two of each cluster are in it in any case
        assert estimated.scores.silhouette_half_interval is not None
        assert abs(estimated.scores.silhouette - known.scores.silhouette) <= 2 * estimated.scores.silhouette_half_interval
        assert estimated.map is not None
        assert estimated.map.fitted == 300
        assert estimated.map.trustworthiness_placed > 0.8
        assert estimated.trust is not None
        assert estimated.trust.sample == estimated.scores.sample

    def test_fewer_of_them_are_clustered_one_by_one_and_the_rest_is_estimated(
        self, exact: Run, builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_market(tmp_path)
        monkeypatch.setattr(segmentation, "EVERYONE", 899)
        some = builder(SOLD, quick=False).run
        estimated = ["x", "y", "fit"]
        pd.testing.assert_frame_equal(*(table(run, "shop", "customers").drop(columns=estimated) for run in (exact, some)))
        assert 400 <= some.manifest.datasets["shop"].scores.sample <= 408
        write_market(tmp_path, since=10)
        changes = table(builder(SOLD, quick=False, accept=True).run, "shop", "changes")
        assert changes.groupby("reason")["customers"].sum().to_dict() == {"gone": 10, "new": 10}

    @pytest.mark.usefixtures("many")
    def test_who_moved_since_the_run_before_is_counted_by_the_engine(self, builder: Builder, tmp_path: Path) -> None:
        write_market(tmp_path, since=10)
        ours = table(builder(SOLD, exact=899, quick=False, accept=True).run, "shop", "changes")
        assert ours.groupby("reason")["customers"].sum().to_dict() == {"gone": 10, "new": 10}

    def test_more_clusters_than_different_customers_are_refused_or_lowered(self, builder: Builder, tmp_path: Path) -> None:
        lines = [f"c{at},{at},2024-01-0{1 + at % 3},1,{5 + at % 3}" for at in range(30)]
        (tmp_path / "shop.csv").write_text("\n".join(["who,order,when,n,each", *lines, ""]))
        with pytest.raises(
            InputError, match=r"^shop\.csv: 30 customers, 3 of them different in recency_days, monetary: k = 4 needs at least 4"
        ):
            builder(SOLD, exact=29)
        lowered = builder(SOLD.replace("k = 4", "k = 4\nlower_k = true"), exact=29).run
        assert table(lowered, "shop", "clusters")["customers"].tolist() == [10, 10, 10]

    def test_sums_of_the_map_are_made_by_one_thread_whatever_goes_on_beside_it(
        self, builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        threads: list[int] = []
        embed = embedding.embed

        def noted(*given: Any, **more: Any) -> Any:
            threads.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")
            return embed(*given, **more)

        monkeypatch.setattr(embedding, "embed", noted)
        write_market(tmp_path)
        builder(SOLD, exact=500)
        assert set(threads) == {1}

    def test_two_builds_publish_equal_tables(self, many: Run, builder: Builder) -> None:
        again = builder(SOLD, exact=899, force=True, quick=False).run
        ours, theirs = hashes(many)["shop"], hashes(again)["shop"]
        # The second has a run before it.
        assert {name: kept for name, kept in ours.items() if name != "changes"} == {
            name: kept for name, kept in theirs.items() if name != "changes"
        }


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
        run = build(Request(recipe, real_raw, tmp_path, only="retail", quick=True), created_at=CREATED_AT, report=silent).run
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
    request = Request(catalogue.load(tmp_path / "datasets.toml"), tmp_path, tmp_path / "out", quick=True)
    run = build(request, created_at=CREATED_AT, report=silent).run
    found = pd.read_parquet(run.table("till", "customers")).set_index("customer_id")
    frame = pd.DataFrame(lines, columns=["who", "day", "amount"])
    bought = frame[frame["amount"] > 0]
    spent = (bought if returns == "exclude" else frame).groupby("who")["amount"].sum()
    assert found["monetary"].to_dict() == pytest.approx(spent.to_dict())
    assert found["frequency"].to_dict() == bought.groupby("who")["day"].nunique().to_dict()
    orders = pd.read_parquet(run.table("till", "orders"))
    assert set(orders["order_id"]) <= {f"{day}" for day in frame["day"]}


class TestOwnShapes:
    """Datasets of shapes that the shipped ones do not have."""

    def built(self, folder: Path, text: str) -> Run:
        (folder / "datasets.toml").write_text(text)
        request = Request(catalogue.load(folder / "datasets.toml"), folder, folder / "out", quick=True)
        return build(request, created_at=CREATED_AT, report=silent).run

    def test_a_folder_of_files_is_one_dataset_and_gives_what_one_file_would(self, builder: Builder, tmp_path: Path) -> None:
        whole = builder().run
        header, *lines = (tmp_path / "shop.csv").read_text().splitlines()
        (tmp_path / "shop").mkdir()
        for name, part in {"a": lines[:20], "b": lines[20:]}.items():
            (tmp_path / "shop" / f"{name}.csv").write_text("\n".join([header, *part, ""]))
        parts = builder(SMALL.replace('"shop.csv"', '"shop"')).run
        assert [source.file for source in parts.manifest.datasets["shop"].sources] == ["a.csv", "b.csv"]
        assert parts.manifest.datasets["shop"].rows == whole.manifest.datasets["shop"].rows
        pd.testing.assert_frame_equal(table(parts, "shop", "customers"), table(whole, "shop", "customers"))
        (tmp_path / "shop" / "c.csv").write_text(f"{header}\nnew,9,2024-01-01,1,1\n")
        assert builder(SMALL.replace('"shop.csv"', '"shop"')).built == ("shop",)

    def test_fewer_clusters_are_made_when_asked_where_fewer_customers_differ(self, builder: Builder, tmp_path: Path) -> None:
        (tmp_path / "club.csv").write_text("id,age,visits\n" + "".join(f"{at},{20 + at % 3},1\n" for at in range(12)))
        run = builder(SMALL.replace("k = 2", "k = 5\nlower_k = true")).run
        assert len(table(run, "club", "clusters")) == 3
        found = table(run, "club", "quality").set_index("check").loc["there are fewer clusters than asked for: no more customers differ"]
        assert (found["outcome"], found["example"]) == ("warned", "3 of 5")

    def test_categories_gaps_and_no_header(self, tmp_path: Path) -> None:
        rows = [(str(at), "" if at == 5 else str(20 + at % 30), ("web", "shop", "phone")[at % 3]) for at in range(60)]
        (tmp_path / "cards.csv").write_text("\n".join(map(",".join, rows)) + "\n")
        run = self.built(
            tmp_path,
            """[cards]
            kind = "profile"
            file = "cards.csv"
            header = false
            customer_id = "column 1"
            k = 3
            missing = "median"
            features = [
                { name = "age", column = "column 2" },
                { name = "channel", column = "column 3", one_hot = ["web", "shop", "phone"] },
            ]
            """,
        )
        record, found = run.manifest.datasets["cards"], table(run, "cards", "customers").set_index("customer_id")
        assert list(record.features) == ["age", "channel_web", "channel_shop", "channel_phone"]
        assert (record.words["channel_web"], record.filled["age"]) == ({"no": 0, "yes": 1}, found.loc["5", "age"])
        assert (found[["channel_web", "channel_shop", "channel_phone"]].sum(axis=1) == 1).all()
        assert record.rows == RowsRecord(read=60, kept=60, rejected=0, duplicates=0)


class TestFolders:
    @pytest.fixture
    def months(self, tmp_path: Path) -> Callable[[int], Path]:
        """Write one month of the shop's lines into its folder."""
        (tmp_path / "lines").mkdir()

        def write(month: int) -> Path:
            path = tmp_path / "lines" / f"2024-0{month}.csv"
            rows = [
                f"c{at:02},{month}-{at},2024-0{month}-1{at % 9} 10:00:00,{1 + at % 4},{2.5 * (month + at % 7)}" for at in range(12 + month)
            ]
            path.write_text("\n".join(["who,order,when,n,each", *rows]) + "\n")
            return path

        return write

    FOLDER = SMALL[: SMALL.index("[club]")].replace("shop.csv", "lines")

    def test_an_appended_month_gives_the_tables_of_a_build_that_reads_all(
        self, builder: Builder, months: Callable[[int], Path], tmp_path: Path
    ) -> None:
        for month in (1, 2):
            months(month)
        builder(self.FOLDER, accept=True)
        shutil.copytree(tmp_path / "out", tmp_path / "before")
        months(3)
        appended = builder(self.FOLDER, accept=True)
        anew = builder(self.FOLDER, accept=True, force=True, out=tmp_path / "before")
        assert appended.built == ("shop",)
        assert hashes(appended.run) == hashes(anew.run)
        assert len(list((tmp_path / "out" / "parts" / "shop").iterdir())) == 2
        assert len(list((tmp_path / "before" / "parts" / "shop").iterdir())) == 1

    def test_parts_go_when_a_run_without_them_is_published(self, builder: Builder, months: Callable[[int], Path], tmp_path: Path) -> None:
        months(1)
        builder(self.FOLDER)
        kept = {*(tmp_path / "out" / "parts" / "shop").iterdir()}
        months(1).write_text((tmp_path / "shop.csv").read_text())
        builder(self.FOLDER, accept=True)
        assert kept.isdisjoint((tmp_path / "out" / "parts" / "shop").iterdir())
        builder(SMALL[SMALL.index("[club]") :])
        assert list((tmp_path / "out" / "parts").iterdir()) == []

    def test_parts_of_a_dataset_that_is_taken_over_stay(self, builder: Builder, months: Callable[[int], Path], tmp_path: Path) -> None:
        months(1)
        builder(SMALL.replace("shop.csv", "lines"))
        kept = sorted((tmp_path / "out" / "parts" / "shop").iterdir())
        builder(SMALL.replace("shop.csv", "lines"), only="club", force=True)
        assert sorted((tmp_path / "out" / "parts" / "shop").iterdir()) == kept != []
