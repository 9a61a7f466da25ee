import random
import tempfile
from itertools import chain
from pathlib import Path

import openpyxl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from pipeline.intake import reading
from pipeline.intake.admission import admit, judge
from pipeline.intake.admission import rejected as reject
from pipeline.intake.findings import Counts, Finding
from pipeline.settings import Dataset
from tests.intake.conftest import CLUB, RAGGED, SHOP, Refusal, admit_text, csv_text, places

REPEATED_ID = "the customer id stands in an earlier row"
REPEATED_ROW = "the row repeats an earlier one exactly"
DROP = {"duplicates": "drop"}


def club_text(*rows: str, sound: int = 0) -> str:
    return "\n".join(["id,age,sex", *rows, *(f"s{at},30,F" for at in range(sound)), ""])


class TestReport:
    def test_every_check_is_reported_once_with_its_rows_and_the_first_of_them(self, connection: Backend, tmp_path: Path) -> None:
        text = club_text("1,20,F", "2", ",,", ",30,M", "3,,M", "4,old,M", "1,30,M", "5,40,", "6,1e10,F", sound=91)
        result = admit_text(connection, tmp_path / "club", text, CLUB)
        assert result.counts == Counts(read=100, kept=92, rejected=8, duplicates=0)
        assert result.lines == {3: "2"}
        assert [finding for finding in result.findings if finding.rows or finding.outcome == "normalised"] == [
            Finding(RAGGED, "rejected", 1, 0.01, "club.csv, row 3", 0),
            Finding("the row is blank", "rejected", 1, 0.01, "club.csv, row 4", 0),
            Finding("id is missing", "rejected", 1, 0.01, "club.csv, row 5: nothing", 0),
            Finding("age is missing", "rejected", 1, 0.01, "club.csv, row 6: nothing", 1),
            Finding("age is not a number", "rejected", 1, 0.01, "club.csv, row 7: old", 1),
            Finding("age is beyond 1e9", "rejected", 1, 0.01, "club.csv, row 10: 1e10", 1),
            Finding("sex is missing", "rejected", 1, 0.01, "club.csv, row 9: nothing", 1),
            Finding("id was trimmed, or its letters spelt in one way", "normalised", 0, 0.0, ""),
            Finding(REPEATED_ID, "rejected", 1, 0.01, "club.csv, row 8: 1", 1),
            Finding("a column is understood under another name", "normalised", 0, 0.0, ""),
        ]
        names = [finding.check for finding in result.findings]
        assert len(set(names)) == len(names)

    def test_columns_renamed_and_columns_unused_are_reported(self, connection: Backend, tmp_path: Path) -> None:
        result = admit_text(connection, tmp_path / "club", "note,Client ID,AGE,sex\nx,1,20,F\n", CLUB)
        assert result.found("a column is understood under another name").example == "Client ID -> id, AGE -> age"
        assert result.found("a column is not used") == Finding("a column is not used", "warned", 0, 0.0, "note")

    def test_a_quoted_value_is_one_short_line(self, connection: Backend, tmp_path: Path) -> None:
        text = club_text('1,"a\nb' + "c" * 500 + '",F', sound=30)
        example = admit_text(connection, tmp_path / "club", text, CLUB).found("age is not a number").example
        assert example == "club.csv, row 2: a b" + "c" * 77

    def test_rejected_rows_keep_their_cells_and_their_text(self, connection: Backend, tmp_path: Path) -> None:
        result = admit_text(connection, tmp_path / "club", club_text(" 1 ,20,F", ", x ,F", "2,20", sound=30), CLUB)
        assert result.rejected == {3: "id is missing", 4: RAGGED}
        assert result.lines == {4: "2,20"}


class TestKept:
    """What is handed on of the rows that are used, and of those that are not."""

    def test_customers_have_their_typed_values_and_their_place_alone(self, connection: Backend, tmp_path: Path) -> None:
        result = admit_text(connection, tmp_path / "club", club_text(" 1 ,20,F", "2,30.5,M"), CLUB)
        values = [{name: value for name, value in row.items() if not name.startswith(("__", "check_"))} for row in result.kept.values()]
        assert values == [
            {"customer_id": "1", "age": 20.0, "sex": 1.0, "reason": None},
            {"customer_id": "2", "age": 30.5, "sex": 0.0, "reason": None},
        ]
        assert {name for row in result.kept.values() for name in row if name.startswith("__")} == {"__ordinal"}
        assert result.filled == {}

    def test_rows_kept_out_have_the_cells_of_the_file_as_they_were(self, connection: Backend, tmp_path: Path) -> None:
        (tmp_path / "club.csv").write_text(club_text(", x ,F", sound=30), encoding="utf-8")
        (tmp_path / "work").mkdir()
        staged = reading.stage(tmp_path / "club.csv", reading.layout_of(CLUB), tmp_path / "work")
        admit(connection, staged, CLUB, judge(connection, staged, CLUB, work=tmp_path))
        assert reject(connection, staged, tmp_path).to_pyarrow().to_pylist() == [
            {"source": "club.csv", "source_row": 2, "reason": "id is missing", "row": {"id": None, "age": " x ", "sex": "F"}, "line": None}
        ]

    def test_what_is_missing_is_filled_in_with_the_median_where_the_catalogue_says_so(self, connection: Backend, tmp_path: Path) -> None:
        text = club_text("1,20,F", "2,,M", "3,30,F", "4,70,F")
        result = admit_text(connection, tmp_path / "club", text, CLUB.model_copy(update={"missing": "median"}))
        assert (result.filled["age"], result.kept[3]["age"]) == (30.0, 30.0)

    def test_or_with_the_value_that_an_earlier_file_had(self, connection: Backend, tmp_path: Path) -> None:
        text = club_text("1,20,F", "2,,M", "3,30,F", "4,70,F")
        told = {"age": 55.0}
        result = admit_text(connection, tmp_path / "club", text, CLUB.model_copy(update={"missing": "median"}), filled=told)
        assert (result.filled, result.kept[3]["age"]) == (told, 55.0)

    def test_order_lines_before_the_day_are_kept_and_a_bare_number_counts_days_of_a_workbook(
        self, connection: Backend, tmp_path: Path
    ) -> None:
        lines = ["a,1,2024-02-29,1,1,UK", "a,2,2024-03-01,1,1,UK", "a,3,45292,1,1,UK"]
        text = "\n".join(["who,order,when,n,each,where", *lines, ""])
        result = admit_text(connection, tmp_path / "shop", text, SHOP, epoch="1899-12-30", as_of="2024-03-01")
        assert result.rejected == {3: "when is not before as_of=2024-03-01"}
        assert [str(result.kept[row]["time"])[:10] for row in (2, 4)] == ["2024-02-29", "2024-01-01"]
        assert result.filled == {}


class TestRefusals:
    @pytest.mark.parametrize(("unreadable", "refused"), [(5, False), (6, True)])
    def test_more_than_one_in_twenty_unreadable_refuses_the_column(
        self, connection: Backend, tmp_path: Path, refusal: Refusal, unreadable: int, refused: bool
    ) -> None:
        text = club_text(*(f"{at},old,F" for at in range(unreadable)), sound=100 - unreadable)
        if not refused:
            assert admit_text(connection, tmp_path / "club", text, CLUB).counts == Counts(100, 95, 5, 0)
            return
        assert refusal(admit_text, connection, tmp_path / "club", text, CLUB) == (
            "club.csv: age is not a number in 6 rows, 6.0% of them (first: club.csv, row 2: old). "
            "Correct the column, or declare how it is written in datasets.toml."
        )

    def test_an_unreadable_column_is_refused_even_where_its_rows_lack_an_id_as_well(
        self, connection: Backend, tmp_path: Path, refusal: Refusal
    ) -> None:
        text = club_text(*(",old,F" for _ in range(10)), sound=90)
        assert refusal(admit_text, connection, tmp_path / "club", text, CLUB) == (
            "club.csv: age is not a number in 10 rows, 10.0% of them (first: club.csv, row 2: old). "
            "Correct the column, or declare how it is written in datasets.toml."
        )

    def test_categories_that_are_not_declared_refuse_the_column(self, connection: Backend, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(admit_text, connection, tmp_path / "club", club_text("1,20,female", "2,30,male"), CLUB) == (
            "club.csv: sex is none of F, M in 2 rows, 100.0% of them (first: club.csv, row 2: female). "
            "Correct the column, or declare how it is written in datasets.toml."
        )

    def test_day_and_month_in_an_undeclared_order_refuse_the_column(self, connection: Backend, tmp_path: Path, refusal: Refusal) -> None:
        text = "who,order,when,n,each,where\na,1,03/04/2024,1,1,UK\n"
        assert refusal(admit_text, connection, tmp_path / "shop", text, SHOP) == (
            "shop.csv: when is not a time in 1 rows, 100.0% of them (first: shop.csv, row 2: 03/04/2024). "
            "Correct the column, or declare how it is written in datasets.toml."
        )

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ([",20,F", ",30,M"], "none of its 2 rows can be used. In 2, id is missing (first: club.csv, row 2: nothing)"),
            (["1", "2", ",30,M"], f"none of its 3 rows can be used. In 2, {RAGGED} (first: club.csv, row 2)"),
        ],
    )
    def test_a_file_without_one_usable_row_is_refused(
        self, connection: Backend, tmp_path: Path, refusal: Refusal, rows: list[str], said: str
    ) -> None:
        assert refusal(admit_text, connection, tmp_path / "club", club_text(*rows), CLUB) == (
            f"club.csv: {said}. Correct the file, or its columns in datasets.toml."
        )


class TestRepeats:
    TEXT = club_text("1,20,F", "2,30,M", "1,20,F", "1,21,F", "2,30,M", "3,40,F")

    def test_of_rows_with_one_customer_id_the_first_is_kept(self, connection: Backend, tmp_path: Path) -> None:
        result = admit_text(connection, tmp_path / "club", self.TEXT, CLUB)
        assert list(result.kept) == [2, 3, 7]
        assert result.rejected == dict.fromkeys((4, 5, 6), REPEATED_ID)
        assert result.found(REPEATED_ROW) == Finding(REPEATED_ROW, "warned", 2, 2 / 6, "")

    def test_exact_repeats_are_removed_where_the_catalogue_says_drop(self, connection: Backend, tmp_path: Path) -> None:
        result = admit_text(connection, tmp_path / "club", self.TEXT, CLUB.model_copy(update=DROP))
        assert result.counts == Counts(read=6, kept=3, rejected=1, duplicates=2)
        assert list(result.kept) == [2, 3, 7]
        assert result.rejected == {5: REPEATED_ID}
        assert result.found(REPEATED_ROW) == Finding(REPEATED_ROW, "removed", 2, 2 / 6, "club.csv, row 4", 2)

    def test_repeats_of_rows_that_are_kept_out_are_kept_out_each(self, connection: Backend, tmp_path: Path) -> None:
        text = club_text("1,20,F", ",20,F", ",20,F", "x", "x")
        result = admit_text(connection, tmp_path / "club", text, CLUB.model_copy(update=DROP))
        assert result.counts == Counts(read=5, kept=1, rejected=4, duplicates=0)

    def test_order_lines_that_repeat_are_kept_and_counted_by_default(self, connection: Backend, tmp_path: Path) -> None:
        line = "a,1,2024-01-01,1,1,UK"
        text = "\n".join(["who,order,when,n,each,where", line, line, line, "a,1,2024-01-01,1,1,", ""])
        kept = admit_text(connection, tmp_path / "kept", text, SHOP)
        assert (kept.counts, kept.found(REPEATED_ROW)) == (Counts(4, 4, 0, 0), Finding(REPEATED_ROW, "warned", 2, 0.5, ""))
        dropped = admit_text(connection, tmp_path / "dropped", text, SHOP.model_copy(update=DROP))
        assert (dropped.counts, list(dropped.kept)) == (Counts(4, 2, 0, 2), [2, 5])

    def test_rows_that_were_not_taken_apart_repeat_each_other_only_when_their_text_does(self, connection: Backend, tmp_path: Path) -> None:
        result = admit_text(connection, tmp_path / "club", club_text("1,20,F", "x", "y", "y"), CLUB)
        assert result.found(REPEATED_ROW).rows == 1


class TestWorkbooks:
    def test_merged_keys_errors_and_blank_rows_are_kept_out_with_sheet_and_row(self, connection: Backend, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        for title, rows in {
            "May": [[], ["id", "age", "sex"], [1, 20, "F"], [None, 30, "M"], [2, "#N/A", "F"]],
            "June": [["id", "age", "sex"], [3, 40, "F"], [None, None, None], ["#REF!", 50, "M"], [1, 60, "M"]],
        }.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book["May"].merge_cells("A3:A4")
        del book["Sheet"]
        book.save(tmp_path / "club.xlsx")
        dataset = CLUB.model_copy(update={"sheets": "all"})
        (tmp_path / "work").mkdir()
        staged = reading.stage(tmp_path / "club.xlsx", reading.layout_of(dataset), tmp_path / "work")
        found = {
            finding.check: finding
            for finding in admit(connection, staged, dataset, judge(connection, staged, dataset, work=tmp_path)).findings
        }
        assert found["a cell holds an error value"].example == "May, row 5: age holds an error value"
        kept_out = reject(connection, staged, tmp_path).to_pyarrow().to_pylist()
        assert [(row["source"], row["source_row"], row["reason"]) for row in kept_out] == [
            ("May", 4, "id is missing"),
            ("May", 5, "a cell holds an error value"),
            ("June", 3, "the row is blank"),
            ("June", 4, "a cell holds an error value"),
            ("June", 5, REPEATED_ID),
        ]


@pytest.mark.parametrize("name", ["id=9", "a[1]"])
def test_folders_with_odd_names_change_nothing(connection: Backend, tmp_path: Path, name: str) -> None:
    result = admit_text(connection, tmp_path / name, club_text("1,20,F"), CLUB)
    assert [(row["customer_id"], row["age"]) for row in result.kept.values()] == [("1", 20.0)]


# The row law, and which rows go where, against a model in plain Python. Each dirty value with the reason that it gives.
SHOP_DIRT: dict[int, dict[str, str | None]] = {
    0: {"": "who is missing", "x" * 65: "who is longer than 64 characters", "00123": None, "<b>": None},
    1: {"": "order is missing", "C9": None},
    2: {"": "when is missing", "2024-02-30": "when is not a time", "1989-12-31": "when is before 1990-01-01", "2024-06-01": None},
    3: {"": "n is missing", "1_0": "n is not a number", "nan": "n is not a number", "1e10": "n is beyond 1e9", "-4": None},
    4: {"": "each is missing", "0x1": "each is not a number", "1e999": "each is beyond 1e9", "-1": "each is negative", "0": None},
    5: {"": None, "a,b": None, '5 "in"\nlong': None},
}
CLUB_DIRT: dict[int, dict[str, str | None]] = {
    0: {"": "id is missing", "x" * 65: "id is longer than 64 characters", "00123": None},
    1: {"": "age is missing", "old": "age is not a number", "inf": "age is not a number", "2e9": "age is beyond 1e9", "-3": None},
    2: {"": "sex is missing", "x": "sex is none of F, M", "m": None},
}
SHOP_ROW = ["who", "7", "2024-01-01 10:00", "2", "1.5", "UK"]
CLUB_ROW = ["id", "30", "F"]
# Reading and compiling take far longer than judging: this many tables are judged as one dataset.
TOGETHER, EXAMPLES = 50, 1_000
MOST_DIRTY = 8


@st.composite
def tables(draw: st.DrawFn, number: int, sound: list[str], dirt: dict[int, dict[str, str | None]]) -> list[list[str]]:
    """Rows of fields: sound ones of ids that no other table has, dirty ones among them, some ragged, some repeats of others."""
    rows = [[f"sound {number} {at}", *sound[1:]] for at in range(draw(st.integers(1, 4)))]
    rows += [rows[at] for at in draw(st.lists(st.integers(0, len(rows) - 1), max_size=3))]
    for at in range(draw(st.integers(0, MOST_DIRTY))):
        row = [f"dirty {number} {at}", *sound[1:]]
        for column in draw(st.lists(st.sampled_from(sorted(dirt)), max_size=3)):
            row[column] = draw(st.sampled_from(sorted(dirt[column])))
        rows.append(draw(st.sampled_from([row, row, row, row[:-2], [*row, "more"], [""] * len(row)])))
    random.Random(draw(st.integers(0, 2**32))).shuffle(rows)
    return rows


def together(sound: list[str], dirt: dict[int, dict[str, str | None]]) -> st.SearchStrategy[tuple[list[list[str]], ...]]:
    return st.tuples(*(tables(at, sound, dirt) for at in range(TOGETHER)))


def in_two_files(drawn: tuple[list[list[str]], ...], sound: list[str]) -> list[list[list[str]]]:
    """The tables one below the other, and after them so many sound rows that no column is refused."""
    many = [[f"sound {at}", *sound[1:]] for at in range(TOGETHER * MOST_DIRTY * 20)]
    half = TOGETHER // 2
    return [list(chain.from_iterable(drawn[:half])), [*chain.from_iterable(drawn[half:]), *many]]


Place = tuple[str, int]  # file, row


def model(
    files: list[list[list[str]]], dirt: dict[int, dict[str, str | None]], *, unique: bool, drop: bool
) -> tuple[set[Place], dict[Place, str]]:
    """The rows kept, and those kept out with their reasons; what is in neither is a repeat that was removed."""
    kept: set[Place] = set()
    rejected: dict[Place, str] = {}
    seen_rows: set[tuple[str, ...]] = set()
    seen_ids: set[str] = set()
    for file, rows in enumerate(files):
        for place, row in (((f"{file:02}.csv", number), row) for number, row in enumerate(rows, start=2)):
            reasons = [dirt[at].get(value) for at, value in enumerate(row) if at in dirt]
            if len(row) != len(dirt):
                rejected[place] = RAGGED
            elif not any(row):
                rejected[place] = "the row is blank"
            elif reason := next(filter(None, reasons), None):
                rejected[place] = reason
            elif drop and tuple(row) in seen_rows:
                continue
            elif unique and row[0] in seen_ids:
                rejected[place] = REPEATED_ID
            else:
                kept.add(place)
                seen_ids.add(row[0])
            # A row whose id stands in an earlier one was fit to be kept but for that: what repeats it is removed.
            if place in kept or rejected[place] == REPEATED_ID:
                seen_rows.add(tuple(row))
    return kept, rejected


def assert_law(
    connection: Backend,
    dataset: Dataset,
    header: list[str],
    files: list[list[list[str]]],
    expected: tuple[set[Place], dict[Place, str]],
) -> None:
    kept, rejected = expected
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / f"{at:02}.csv" for at in range(len(files))]
        for path, rows in zip(paths, files, strict=True):
            path.write_text(csv_text([header, *rows]), encoding="utf-8", newline="")
        staged = reading.stage_all(paths, reading.layout_of(dataset), folder)
        admitted = admit(connection, staged, dataset, judge(connection, staged, dataset, work=folder))
        place = {ordinal: (source, row) for source, row, ordinal in places(staged)}
        found = {place[ordinal] for ordinal in admitted.kept.select("__ordinal").to_pyarrow()["__ordinal"].to_pylist()}
        kept_out = reject(connection, staged, folder).select("source", "source_row", "reason").to_pyarrow().to_pylist()
    reasons = {(row["source"], row["source_row"]): row["reason"] for row in kept_out}
    assert (found, reasons, len(kept_out)) == (kept, rejected, len(rejected))
    read = sum(map(len, files))
    assert admitted.counts == Counts(read, len(kept), len(rejected), read - len(kept) - len(rejected))
    reported = {"rejected": 0, "removed": 0}
    for finding in admitted.findings:
        if finding.outcome in reported:
            reported[finding.outcome] += finding.rows
    assert reported == {"rejected": admitted.counts.rejected, "removed": admitted.counts.duplicates}


# What differs is told by its file and row; to look for a smaller example takes minutes.
LAW = settings(max_examples=EXAMPLES // TOGETHER, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
DUPLICATES = st.sampled_from(["keep", "drop"])


@pytest.mark.slow
@LAW
@given(drawn=together(SHOP_ROW, SHOP_DIRT), duplicates=DUPLICATES)
def test_every_order_line_read_is_kept_rejected_or_removed(
    connection: Backend, drawn: tuple[list[list[str]], ...], duplicates: str
) -> None:
    rows = in_two_files(drawn, SHOP_ROW)
    expected = model(rows, SHOP_DIRT, unique=False, drop=duplicates == "drop")
    assert_law(connection, SHOP.model_copy(update={"duplicates": duplicates}), list(SHOP.source_columns.values()), rows, expected)


@pytest.mark.slow
@LAW
@given(drawn=together(CLUB_ROW, CLUB_DIRT), duplicates=DUPLICATES)
def test_every_customer_read_is_kept_rejected_or_removed(connection: Backend, drawn: tuple[list[list[str]], ...], duplicates: str) -> None:
    rows = in_two_files(drawn, CLUB_ROW)
    expected = model(rows, CLUB_DIRT, unique=True, drop=duplicates == "drop")
    assert_law(connection, CLUB.model_copy(update={"duplicates": duplicates}), ["id", "age", "sex"], rows, expected)
