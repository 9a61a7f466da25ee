import csv
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline import catalogue, demo, parquet, scoring
from pipeline.artifacts import Run
from pipeline.build import Outcome, build
from pipeline.errors import ArtifactError, InputError
from pipeline.exports import workbook
from pipeline.limits import ANY_FILE
from pipeline.scoring import Scored
from pipeline.wanted import Request
from tests.conftest import silent
from tests.small import CATALOGUE, HEAD, LINES


@pytest.fixture(scope="module")
def run(small: Run) -> Run:
    return small


@pytest.fixture(scope="module")
def folder(run: Run) -> Path:
    """The folder with the catalogue, the files and the runs that `run` is one of."""
    return run.folder.parents[2]


def scored(run: Run, name: str, file: Path, as_of: date | None = None) -> Scored:
    return scoring.score(run, name, file, as_of=as_of, report=silent)


def lines(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "extract.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return file


def assert_labels_are_those_published(run: Run, name: str, file: Path) -> None:
    published = parquet.read(run.table(name, "customers"))
    found = scored(run, name, file).customers
    both = published.merge(found, on="customer_id", suffixes=("", "_found"), validate="one_to_one")
    assert len(both) == len(published) == len(found)
    for column in ("cluster", "persona", "next_cluster", "margin"):
        pd.testing.assert_series_equal(both[column], both[f"{column}_found"], check_names=False, check_exact=True)
    assert (both["persona_before"] == both["persona"]).all()
    assert set(found["status"]) == {scoring.KNOWN}


class TestOwnInput:
    @pytest.mark.parametrize("name", ["club", "shop"])
    def test_gets_the_published_labels_exactly(self, run: Run, folder: Path, name: str) -> None:
        assert_labels_are_those_published(run, name, folder / f"{name}.csv")

    def test_is_counted_to_the_day_of_a_run_that_was_given_one(self, folder: Path, tmp_path: Path) -> None:
        settings = catalogue.load(folder / "datasets.toml")
        request = Request(settings, folder, tmp_path, only="shop", as_of=date(2024, 5, 1), quick=True)
        early = build(request, created_at=datetime(2024, 7, 1, tzinfo=UTC), report=silent).run
        assert_labels_are_those_published(early, "shop", folder / "shop.csv")

    @pytest.mark.real
    @pytest.mark.parametrize("name", ["mall", "retail"])
    def test_gets_the_published_labels_exactly_on_real_data(
        self, real_run: Outcome, real_raw: Path, shipped: catalogue.Catalogue, name: str
    ) -> None:
        assert_labels_are_those_published(real_run.run, name, real_raw / shipped[name].file)


class TestCustomers:
    def test_more_than_are_placed_at_once_are_refused_with_the_remedy(self, run: Run, folder: Path) -> None:
        room = replace(ANY_FILE, customers=60)
        assert len(scoring.score(run, "club", folder / "club.csv", as_of=None, report=silent, limits=room).customers) == 60
        with pytest.raises(InputError) as refused:
            scoring.score(run, "club", folder / "club.csv", as_of=None, report=silent, limits=replace(room, customers=59))
        assert str(refused.value) == (
            "club.csv: holds 60 customers, and 59 are the most that are placed at once. Split it into smaller files."
        )

    def test_who_is_in_the_run_is_known_and_others_are_new(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "some.csv").write_text("id,age,visits\n7,27,7\n1000,30,2\n")
        found = scored(run, "club", tmp_path / "some.csv").customers.set_index("customer_id")
        published = parquet.read(run.table("club", "customers")).set_index("customer_id")
        assert found["status"].to_dict() == {"7": "known", "1000": "new"}
        assert found.loc["7", "persona_before"] == published.loc["7", "persona"]
        assert pd.isna(found.loc["1000", "persona_before"])

    def test_each_is_placed_by_the_nearest_published_centre(self, run: Run, tmp_path: Path) -> None:
        centres = parquet.read(run.table("club", "centres"))
        raw = centres.assign(value=centres["centre"] * centres["spread"] + centres["mean"])
        on_centre = raw.pivot(index="cluster", columns="feature", values="value").round(4)
        rows = "".join(f"n{cluster},{row.age},{row.visits}\n" for cluster, row in on_centre.iterrows())
        (tmp_path / "centres.csv").write_text("id,age,visits\n" + rows)
        found = scored(run, "club", tmp_path / "centres.csv").customers
        assert found.set_index("customer_id")["cluster"].to_dict() == {f"n{cluster}": cluster for cluster in on_centre.index}
        assert (found["margin"] > 0.99).all()

    def test_rows_that_cannot_be_used_are_counted_and_the_rest_is_placed(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "some.csv").write_text("id,age,visits\n" + "".join(f"{at},30,2\n" for at in range(40)) + "x,old,2\n")
        found = scored(run, "club", tmp_path / "some.csv")
        assert (found.counts.read, found.counts.kept, found.counts.rejected) == (41, 40, 1)
        assert len(found.customers) == 40

    def test_ids_stand_as_numbers_would(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "some.csv").write_text("id,age,visits\n100,30,2\n20,31,3\n3,32,4\n")
        assert scored(run, "club", tmp_path / "some.csv").customers["customer_id"].to_list() == ["3", "20", "100"]


GAPS = """
[cards]
kind = "profile"
file = "cards.csv"
customer_id = "id"
k = 3
missing = "median"
features = [
    { name = "age", column = "age" },
    { name = "channel", column = "channel", one_hot = ["web", "shop", "phone"] },
]
"""


class TestMissingValues:
    """Of forty cards one lacks its age, another its channel; the median age is 30, and most came by web."""

    @pytest.fixture
    def run(self, tmp_path: Path) -> Run:
        channels = ["web", "web", "shop", "phone"]
        rows = [f"{at},{'' if at == 5 else 10 + at},{'' if at == 7 else channels[at % 4]}" for at in range(40)]
        (tmp_path / "cards.csv").write_text("id,age,channel\n" + "\n".join(rows) + "\n")
        (tmp_path / "datasets.toml").write_text(GAPS)
        request = Request(catalogue.load(tmp_path / "datasets.toml"), tmp_path, tmp_path / "runs", quick=True)
        return build(request, created_at=datetime(2024, 7, 1, tzinfo=UTC), report=silent).run

    def test_are_those_of_the_run_whatever_the_median_of_the_file(self, run: Run, tmp_path: Path) -> None:
        record = run.manifest.datasets["cards"]
        assert record.filled == {"age": 30.0, "channel_web": 1.0, "channel_shop": 0.0, "channel_phone": 0.0}
        (tmp_path / "old.csv").write_text("id,age,channel\na,,phone\nb,90,phone\nc,91,\nd,92,phone\n")
        found = scored(run, "cards", tmp_path / "old.csv").customers.set_index("customer_id")
        assert found["age"].to_dict() == {"a": 30.0, "b": 90.0, "c": 91.0, "d": 92.0}
        assert found.loc["c", ["channel_web", "channel_shop", "channel_phone"]].to_list() == [1.0, 0.0, 0.0]

    def test_of_the_own_file_give_exactly_the_published_labels(self, run: Run, tmp_path: Path) -> None:
        assert_labels_are_those_published(run, "cards", tmp_path / "cards.csv")

    def test_keep_their_rows_out_of_a_run_that_kept_them_out(self, run: Run, tmp_path: Path) -> None:
        settings = catalogue.parse(GAPS.replace('"median"', '"reject"'), tmp_path)
        request = Request(settings, tmp_path, tmp_path / "strict", quick=True)
        strict = build(request, created_at=run.manifest.created_at, report=silent).run
        (tmp_path / "old.csv").write_text("id,age,channel\na,,phone\nb,90,phone\n")
        found = scored(strict, "cards", tmp_path / "old.csv")
        assert found.customers["customer_id"].to_list() == ["b"]
        assert found.rejected.select(["source_row", "reason"]).to_pylist() == [{"source_row": 2, "reason": "age is missing"}]


class TestFolder:
    def test_that_a_run_was_built_from_gets_the_published_labels_exactly(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "shop").mkdir()
        lines = LINES.splitlines()[1:]
        for name, part in {"a": lines[:50], "b": lines[50:]}.items():
            (tmp_path / "shop" / f"{name}.csv").write_text(HEAD + "\n".join(part) + "\n")
        settings = catalogue.parse(CATALOGUE.replace('"shop.csv"', '"shop"'), folder)
        request = Request(settings, tmp_path, tmp_path / "runs", only="shop", as_of=date(2024, 8, 1), quick=True)
        run = build(request, created_at=datetime(2024, 7, 1, tzinfo=UTC), report=silent).run
        assert_labels_are_those_published(run, "shop", tmp_path / "shop")
        found = scored(run, "shop", tmp_path / "shop" / "a.csv")
        assert (found.as_of, found.file, found.counts.read) == (date(2024, 8, 1), "a.csv", 50)


class TestRecency:
    def test_of_a_newer_extract_is_counted_to_the_day_after_its_last_order(self, run: Run, tmp_path: Path) -> None:
        found = scored(run, "shop", lines(tmp_path, "c1,a,2024-09-01,1,10", "c2,b,2024-09-20,1,10"))
        assert found.as_of == date(2024, 9, 21)
        assert found.customers.set_index("customer_id")["recency_days"].to_dict() == {"c1": 20, "c2": 1}

    def test_of_an_older_extract_is_counted_to_the_day_of_the_run(self, run: Run, tmp_path: Path) -> None:
        day = run.manifest.datasets["shop"].as_of
        assert day is not None
        found = scored(run, "shop", lines(tmp_path, "c1,a,2024-01-31,1,10"))
        assert found.as_of == day
        assert found.customers["recency_days"].to_list() == [(day - date(2024, 1, 31)).days]

    def test_is_counted_to_the_day_that_is_asked_for(self, run: Run, tmp_path: Path) -> None:
        found = scored(run, "shop", lines(tmp_path, "c1,a,2024-01-31,1,10"), as_of=date(2024, 2, 2))
        assert found.as_of == date(2024, 2, 2)
        assert found.customers["recency_days"].to_list() == [2]


class TestRefusals:
    def test_a_dataset_that_the_run_does_not_hold(self, run: Run, folder: Path) -> None:
        with pytest.raises(InputError, match=r"holds no dataset 'clubb'\. There are: club, shop\."):
            scored(run, "clubb", folder / "club.csv")

    def test_a_file_of_another_shape(self, run: Run, folder: Path) -> None:
        with pytest.raises(InputError, match=r"shop\.csv: no column 'id' \(for customer_id\)"):
            scored(run, "club", folder / "shop.csv")

    def test_a_run_that_was_altered(self, folder: Path, tmp_path: Path, run: Run) -> None:
        other = build(
            Request(catalogue.load(folder / "datasets.toml"), folder, tmp_path, only="club", quick=True),
            created_at=run.manifest.created_at,
            report=silent,
        ).run
        other.table("club", "centres").write_bytes(run.table("shop", "centres").read_bytes())
        with pytest.raises(InputError, match="was altered after it was published, so nothing can be placed by it"):
            scored(other, "club", folder / "club.csv")

    def test_settings_of_another_version(self, run: Run) -> None:
        settings = {**run.manifest.datasets["club"].settings, "k": "many"}
        with pytest.raises(ArtifactError, match="built by another version"):
            catalogue.from_settings(settings)


@pytest.fixture(scope="module")
def found(run: Run, folder: Path) -> Scored:
    return scored(run, "shop", folder / "shop.csv")


class TestFile:
    def test_as_csv_holds_every_customer(self, found: Scored, tmp_path: Path) -> None:
        scoring.write(found, tmp_path / "out.csv")
        with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["customer_id"] for row in rows] == found.customers["customer_id"].to_list()
        assert [int(row["cluster"]) for row in rows] == found.customers["cluster"].to_list()
        assert [float(row["monetary"]) for row in rows] == found.customers["monetary"].to_list()

    def test_as_xlsx_has_typed_cells_and_says_what_it_is(self, found: Scored, tmp_path: Path) -> None:
        scoring.write(found, tmp_path / "out.xlsx")
        book = openpyxl.load_workbook(tmp_path / "out.xlsx")
        head, first, *_ = book["Customers"].iter_rows(values_only=True)
        row = dict(zip(head, first, strict=True))
        expected = found.customers.iloc[0]
        assert (row["customer_id"], row["persona"], row["cluster"]) == (expected["customer_id"], expected["persona"], expected["cluster"])
        assert abs(row["last_order"] - expected["last_order"].to_pydatetime()).total_seconds() < 1
        about = {line[0]: line[1] for line in book["About"].iter_rows(values_only=True) if line[0]}
        assert about["Placed by run"] == found.run_id
        assert about["Recency counted to"].date() == found.as_of

    def test_as_parquet_is_the_same_frame(self, found: Scored, tmp_path: Path) -> None:
        scoring.write(found, tmp_path / "out.parquet")
        pd.testing.assert_frame_equal(parquet.read(tmp_path / "out.parquet"), found.customers, check_dtype=False)

    def test_in_csv_nothing_is_left_that_a_spreadsheet_would_compute(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "some.csv").write_text("id,age,visits\n=1+1,30,2\n-5,30,2\n")
        scoring.write(scored(run, "club", tmp_path / "some.csv"), tmp_path / "out.csv")
        assert [line.split(",")[0] for line in (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()] == ["customer_id", "-5", "'=1+1"]

    def test_says_words_and_not_the_codes_that_stand_for_them(
        self, demo_run: Outcome, shipped: catalogue.Catalogue, tmp_path: Path
    ) -> None:
        found = scored(demo_run.run, "mall", demo.write(shipped["mall"], tmp_path))
        scoring.write(found, tmp_path / "out.csv")
        with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
            written = {row["customer_id"]: row["gender"] for row in csv.DictReader(file)}
        codes = found.customers.set_index("customer_id")["gender"]
        assert written == codes.map({0: "Male", 1: "Female"}).to_dict()

    def test_of_the_rows_kept_out_holds_each_as_it_was_read(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "some.csv").write_text("note,id,age,visits\n=1,1,30,2\nx, , 30,2\ny,2\n")
        scoring.write_rejected(scored(run, "club", tmp_path / "some.csv"), tmp_path / "kept out.csv")
        assert (tmp_path / "kept out.csv").read_text("utf-8-sig").splitlines() == [
            "source,source_row,reason,note,id,age,visits,line",
            "some.csv,3,id is missing,x, , 30,2,",
            'some.csv,4,the row has too few or too many fields,,,,,"y,2"',
        ]

    def test_of_another_ending_is_refused(self, found: Scored, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"Let it end in \.csv, \.xlsx or \.parquet\."):
            scoring.write(found, tmp_path / "out.txt")

    def test_of_more_customers_than_a_sheet_has_rows_is_refused(
        self, found: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(workbook, "MOST_ROWS", len(found.customers) - 1)
        with pytest.raises(InputError, match=r"out\.xlsx: a sheet has room for \d+ customers, .* Let its name end in \.csv or \.parquet\."):
            scoring.write(found, tmp_path / "out.xlsx")
        assert not (tmp_path / "out.xlsx").exists()

    def test_that_cannot_be_written_leaves_what_was_there(self, found: Scored, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"cannot be written \(No such file or directory\)"):
            scoring.write(found, tmp_path / "nowhere" / "out.csv")
        (tmp_path / "out.csv").mkdir()
        with pytest.raises(InputError, match="cannot be written"):
            scoring.write(found, tmp_path / "out.csv")
        assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
