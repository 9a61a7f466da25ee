"""Values that are wrong, doubtful, or written otherwise."""

import csv as csv_module
import io
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.exports import csv, workbook
from pipeline.exports.listing import Listing, of_batches
from pipeline.intake.findings import Counts, Finding
from pipeline.schema import TEXT, Column
from tests.bad_inputs.conftest import SOUND, check, club, kept_out, refuse, shop, take, text_file
from tests.intake.conftest import CLUB, SHOP

READ = SOUND + 1  # rows of a file in which one row is not sound
REPEATED = "the row repeats an earlier one exactly"
TIDIED = "id was trimmed, or its letters spelt in one way"


def line(**cells: str) -> str:
    """An order line of customer "a" that is sound but for `cells`."""
    sound = {"who": "a", "order": "1", "when": "2024-01-01 10:00:00", "n": "2", "each": "1.50", "where": "UK"}
    return ",".join((sound | cells).values())


def shop_file(folder: Path, *rows: str, sound: int = SOUND) -> Path:
    return text_file(folder, shop(*rows, sound=sound), "shop.csv")


@pytest.mark.parametrize(
    ("cells", "as_of", "reason", "shown"),
    [
        pytest.param({"each": "-1.50"}, None, "each is negative", "-1.50", id="negative price"),
        pytest.param({"when": "2024-03-10"}, date(2024, 3, 10), "when is not before as_of=2024-03-10", "2024-03-10", id="time after as_of"),
        pytest.param({"when": "1989-12-31"}, None, "when is before 1990-01-01", "1989-12-31", id="before 1990"),
        pytest.param({"n": "nan"}, None, "n is not a number", "nan", id="NaN"),
        pytest.param({"each": "inf"}, None, "each is not a number", "inf", id="infinity"),
        pytest.param({"n": "1000000001"}, None, "n is beyond 1e9", "1000000001", id="beyond 1e9"),
        pytest.param({"n": "1e9", "each": "1001"}, None, "n times each is beyond 1e12", "1e9", id="a line beyond 1e12"),
        pytest.param({"who": ""}, None, "who is missing", "nothing", id="id missing"),
        pytest.param({"who": "x" * 65}, None, "who is longer than 64 characters", "x" * 65, id="id over 64 characters"),
        pytest.param({"order": " "}, None, "order is missing", "nothing", id="order id missing"),
        pytest.param({"when": "soon"}, None, "when is not a time", "soon", id="no time"),
    ],
)
def test_order_line_is_kept_out(tmp_path: Path, cells: dict[str, str], as_of: date | None, reason: str, shown: str) -> None:
    checked = check(shop_file(tmp_path, line(**cells)), SHOP, as_of=as_of)
    assert checked.counts == Counts(READ, SOUND, 1, 0)
    assert checked.findings == {reason: Finding(reason, "rejected", 1, 1 / READ, f"shop.csv, row 2: {shown}")}


@pytest.mark.parametrize(
    ("row", "reason", "shown"),
    [
        pytest.param("1,NaN,F", "age is not a number", "NaN", id="NaN"),
        pytest.param("1,-Infinity,F", "age is not a number", "-Infinity", id="infinity"),
        pytest.param("1,1e10,F", "age is beyond 1e9", "1e10", id="beyond 1e9"),
        pytest.param(",20,F", "id is missing", "nothing", id="some ids missing"),
        pytest.param(f"{'x' * 65},20,F", "id is longer than 64 characters", "x" * 65, id="id over 64 characters"),
        pytest.param("s0,20,F", "the customer id stands in an earlier row", "s0", id="the same customer twice"),
    ],
)
def test_customer_is_kept_out(tmp_path: Path, row: str, reason: str, shown: str) -> None:
    # Last, so that an id that is there twice is there already.
    checked = check(text_file(tmp_path, club() + row + "\n"), CLUB)
    assert checked.counts == Counts(READ, SOUND, 1, 0)
    assert checked.findings == {reason: Finding(reason, "rejected", 1, 1 / READ, f"club.csv, row {READ + 1}: {shown}")}


@pytest.mark.parametrize("content", [",20,F\n,30,M\n", "  ,20,F\n\t,30,M\n"], ids=["all ids missing", "all ids white space"])
def test_ids_all_missing(tmp_path: Path, content: str) -> None:
    assert refuse(text_file(tmp_path, "id,age,sex\n" + content), CLUB) == (
        "club.csv: none of its 2 rows can be used. In 2, id is missing (first: club.csv, row 2: nothing). "
        "Correct the file, or its columns in datasets.toml."
    )


class TestMoney:
    """Each: customer "a" bought twice for 1.50, and has the line of the case."""

    def monetary(self, folder: Path, **cells: str) -> tuple[float, dict[str, Finding]]:
        taken = take(shop_file(folder, line(), line(**cells)), SHOP)
        assert taken.counts == Counts(SOUND + 2, SOUND + 2, 0, 0)
        return taken.customers["a"]["monetary"], taken.findings

    def test_negative_quantity_with_a_cancellation(self, tmp_path: Path) -> None:
        finding = "the line is a cancellation"
        assert self.monetary(tmp_path, order="C1", n="-2") == (
            3.0,
            {finding: Finding(finding, "warned", 1, 1 / (SOUND + 2), "shop.csv, row 3: C1")},
        )

    def test_negative_quantity_without_one(self, tmp_path: Path) -> None:
        finding = "n is negative without a cancellation"
        assert self.monetary(tmp_path, n="-2") == (3.0, {finding: Finding(finding, "warned", 1, 1 / (SOUND + 2), "shop.csv, row 3: -2")})

    def test_price_0(self, tmp_path: Path) -> None:
        finding = "each is 0"
        assert self.monetary(tmp_path, each="0.00") == (
            3.0,
            {finding: Finding(finding, "warned", 1, 1 / (SOUND + 2), "shop.csv, row 3: 0.00")},
        )

    def test_nothing_but_returns(self, tmp_path: Path) -> None:
        """A check says so as a build does."""
        path = shop_file(tmp_path, line(n="-1"), line(order="C1", n="-1"), sound=0)
        said = refuse(path, SHOP)
        assert said == (
            "shop.csv: none of its 2 usable lines is a purchase: all are cancellations, returns or cost nothing. "
            "Check cancellation_prefix, quantity and unit_price in datasets.toml."
        )
        (tmp_path / "work").rename(tmp_path / "checked")
        with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
            take(path, SHOP)


class TestTimes:
    def test_day_and_month_ambiguous_with_the_declared_format(self, tmp_path: Path) -> None:
        dataset = SHOP.model_copy(update={"time_format": "%d/%m/%Y"})
        taken = take(shop_file(tmp_path, line(when="03/04/2024"), sound=0), dataset)
        assert taken.customers["a"]["last_order"] == datetime(2024, 4, 3)
        assert taken.findings == {}

    def test_day_and_month_ambiguous_and_not_declared(self, tmp_path: Path) -> None:
        assert refuse(shop_file(tmp_path, line(when="03/04/2024"), line(when="05/04/2024"), sound=0), SHOP) == (
            "shop.csv: when is not a time in 2 rows, 100.0% of them (first: shop.csv, row 2: 03/04/2024). "
            "Correct the column, or declare how it is written in datasets.toml."
        )

    @pytest.mark.parametrize(
        ("written", "utc"),
        [
            pytest.param("2024-03-10T00:30:00+01:00", datetime(2024, 3, 9, 23, 30), id="ahead of UTC"),
            pytest.param("2024-03-10T23:45:00-05:30", datetime(2024, 3, 11, 5, 15), id="behind UTC"),
            pytest.param("2024-03-10T12:00:00Z", datetime(2024, 3, 10, 12), id="UTC"),
        ],
    )
    def test_offset(self, tmp_path: Path, written: str, utc: datetime) -> None:
        finding = "when was brought to UTC"
        taken = take(shop_file(tmp_path, line(when=written)), SHOP)
        assert taken.customers["a"]["last_order"] == utc
        assert taken.findings == {finding: Finding(finding, "normalised", 1, 1 / READ, f"shop.csv, row 2: {written}")}


class TestDecimalComma:
    CONTENT = "id;age;sex\n1;20,5;F\n2;1.030,25;M\n"

    def test_declared(self, tmp_path: Path) -> None:
        customers = take(text_file(tmp_path, self.CONTENT), CLUB.model_copy(update={"decimal": ","})).customers
        assert {own: row["age"] for own, row in customers.items()} == {"1": 20.5, "2": 1030.25}

    def test_not_declared(self, tmp_path: Path) -> None:
        assert refuse(text_file(tmp_path, self.CONTENT), CLUB) == (
            "club.csv: age is not a number in 2 rows, 100.0% of them (first: club.csv, row 2: 20,5). "
            "Correct the column, or declare how it is written in datasets.toml."
        )


class TestExactDuplicates:
    def test_kept(self, tmp_path: Path) -> None:
        taken = take(shop_file(tmp_path, line(), line(), line()), SHOP)
        assert taken.counts == Counts(SOUND + 3, SOUND + 3, 0, 0)
        assert taken.findings == {REPEATED: Finding(REPEATED, "warned", 2, 2 / (SOUND + 3), "")}
        assert taken.customers["a"]["monetary"] == 9.0

    def test_dropped_where_the_catalogue_says_so(self, tmp_path: Path) -> None:
        taken = take(shop_file(tmp_path, line(), line(), line()), SHOP.model_copy(update={"duplicates": "drop"}))
        assert taken.counts == Counts(SOUND + 3, SOUND + 1, 0, 2)
        assert taken.findings == {REPEATED: Finding(REPEATED, "removed", 2, 2 / (SOUND + 3), "shop.csv, row 3")}
        assert taken.customers["a"]["monetary"] == 3.0


@pytest.mark.parametrize(
    "own",
    [
        pytest.param("00123", id="00123"),
        pytest.param("1234567890123456789012345", id="25 digits"),
        pytest.param("12346.0", id="12346.0 as text"),
        pytest.param("x" * 64, id="64 characters"),
        pytest.param("<script>alert(1)</script>", id="<script>"),
        pytest.param("=1+1", id="starts with ="),
        pytest.param("+1+1", id="starts with +"),
        pytest.param("-1+1", id="starts with -"),
        pytest.param("@SUM(A1)", id="starts with @"),
        pytest.param("NULL", id="NULL"),
    ],
)
def test_id_is_kept_as_it_is(tmp_path: Path, own: str) -> None:
    taken = take(text_file(tmp_path, club(f"{own},20,F")), CLUB)
    assert taken.customers[own]["age"] == 20
    assert taken.findings == {}


def test_id_12346_0_from_a_numeric_column_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "club.parquet"
    pq.write_table(pa.table({"id": [12346.0, 12347.0], "age": [20, 30], "sex": ["F", "M"]}), path)
    assert list(take(path, CLUB).customers) == ["12346", "12347"]


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        pytest.param("  12347 ", "12347", id="white space"),
        pytest.param("\t12347", "12347", id="a tab before it"),
        pytest.param("Jose\u0301", "Jos\u00e9", id="NFC"),
        pytest.param("\u212b1", "\u00c51", id="look-alike"),
    ],
)
def test_id_is_tidied_and_counted(tmp_path: Path, own: str, kept: str) -> None:
    taken = take(text_file(tmp_path, club(f"{own},20,F")), CLUB)
    assert taken.customers[kept]["age"] == 20
    assert taken.findings == {TIDIED: Finding(TIDIED, "normalised", 1, 1 / READ, f"club.csv, row 2: {' '.join(own.split())}")}


FORMULAS = [pytest.param(text, id=f"starts with {name}") for text, name in (
    ("=1+1", "="), ("+1+1", "+"), ("-1+1", "-"), ("@SUM(A1)", "@"), ("\t=1+1", "tab"),
)]  # fmt: skip


def listing(row: dict[str, Any]) -> Listing:
    """A row that was kept out, as the list of those leaves the product."""
    batch = pa.RecordBatch.from_pylist([row])
    return of_batches([batch], 1, tuple(Column(name, TEXT, "") for name in row), "")


@pytest.mark.parametrize("text", FORMULAS)
def test_cell_is_stored_as_it_is_and_harmless_in_what_leaves(tmp_path: Path, text: str) -> None:
    row = kept_out(text_file(tmp_path, club(f"{text},,F")), CLUB)[2]
    assert row == {"id": text, "age": None, "sex": "F"}
    written = b"".join(csv.write(listing(row))).decode("utf-8-sig")
    assert list(csv_module.reader(io.StringIO(written, newline=""))) == [["id", "age", "sex"], [f"'{text}", "", "F"]]
    into = io.BytesIO()
    workbook.write(listing(row), sheet="Rejected", about=(), into=into)
    cell = openpyxl.load_workbook(into)["Rejected"]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)
