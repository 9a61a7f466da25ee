import codecs
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import engine
from pipeline.intake import delimited
from pipeline.intake.staged import Layout, Staged
from tests.intake.conftest import AGES, EXAMPLES, RAGGED, Refusal, faulty_rows, good_rows, places


def write(folder: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def stage(folder: Path, content: str | bytes, layout: Layout = AGES) -> Staged:
    work = folder / "work"
    work.mkdir()
    return delimited.read(write(folder, content), layout, work)


class TestDelimiters:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_usual_ones_are_found(self, tmp_path: Path, delimiter: str) -> None:
        staged = stage(tmp_path, f"id{delimiter}age\n1{delimiter}20\n")
        assert good_rows(staged) == [(2, "1", "20")]

    def test_semicolons_are_found_beside_decimal_commas(self, tmp_path: Path) -> None:
        assert good_rows(stage(tmp_path, "id;age\n1;20,5\n2;30,0\n")) == [(2, "1", "20,5"), (3, "2", "30,0")]

    def test_commas_inside_quotes_split_nothing(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, 'id;age;"last, first"\n1;20;"a, b"\n')
        assert good_rows(staged) == [(2, "1", "20", "a, b")]

    def test_one_that_is_declared_is_used(self, tmp_path: Path) -> None:
        assert good_rows(stage(tmp_path, "id:age\n1:20\n", Layout(AGES.wanted, delimiter=":"))) == [(2, "1", "20")]

    @pytest.mark.parametrize("text", ["id\n1\n2\n", "id:age\n1:20\n", "id,age;x\n1,2;3\n"])
    def test_one_that_cannot_be_told_is_refused(self, tmp_path: Path, refusal: Refusal, text: str) -> None:
        assert refusal(stage, tmp_path, text) == (
            f"a.csv: cannot tell which character separates its columns (first line: {text.splitlines()[0]!r}). "
            'Declare it in datasets.toml, for example delimiter = ";".'
        )


class TestEmptiness:
    @pytest.mark.parametrize("content", [codecs.BOM_UTF8, b"\n\n", b"  \r\n ", codecs.BOM_UTF16_LE])
    def test_a_file_of_nothing_is_refused(self, tmp_path: Path, refusal: Refusal, content: bytes) -> None:
        assert refusal(stage, tmp_path, content) == "a.csv: is empty. Export it again."

    @pytest.mark.parametrize("content", ["id,age", "id,age\n", "id,age\r\n\r\n\r\n"])
    def test_a_header_without_rows_is_refused(self, tmp_path: Path, refusal: Refusal, content: str) -> None:
        assert refusal(stage, tmp_path, content) == "a.csv: has a header and no rows. Export it again with its rows."

    def test_empty_fields_are_null_and_the_word_null_is_text(self, tmp_path: Path) -> None:
        assert good_rows(stage(tmp_path, 'id,age\nNULL,\n"",NA\n,\n')) == [(2, "NULL", None), (3, None, "NA"), (4, None, None)]


class TestRows:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_any_kind_of_line_end_is_read(self, tmp_path: Path, end: str) -> None:
        staged = stage(tmp_path, end.join(["id,age", "1,20", "2", "3,30", ""]))
        assert good_rows(staged) == [(2, "1", "20"), (4, "3", "30")]
        assert faulty_rows(staged) == [(3, RAGGED, "2")]

    def test_kinds_of_line_ends_may_be_mixed(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, "id,age\r\n1,20\n2\r\n3,30\r4,40\n")
        assert good_rows(staged) == [(2, "1", "20"), (4, "3", "30"), (5, "4", "40")]
        assert faulty_rows(staged) == [(3, RAGGED, "2")]

    def test_the_last_row_needs_no_line_end(self, tmp_path: Path) -> None:
        assert good_rows(stage(tmp_path, "id,age\n1,20\n2,30")) == [(2, "1", "20"), (3, "2", "30")]

    def test_a_ragged_row_is_kept_aside_with_its_text(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, "id,age\n1,20\n2\n3,30,40\n4,50\n")
        assert good_rows(staged) == [(2, "1", "20"), (5, "4", "50")]
        assert faulty_rows(staged) == [(3, RAGGED, "2"), (4, RAGGED, "3,30,40")]

    def test_a_file_of_ragged_rows_is_read_for_admission_to_judge(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, "id,age\n1\n2\n")
        assert (good_rows(staged), faulty_rows(staged)) == ([], [(2, RAGGED, "1"), (3, RAGGED, "2")])

    def test_delimiters_that_end_a_row_add_no_field(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, "id,age\n1,20,\n2,30,,\n3,40,,x\n")
        assert good_rows(staged) == [(2, "1", "20"), (3, "2", "30")]
        assert faulty_rows(staged) == [(4, RAGGED, "3,40,,x")]

    def test_empty_lines_are_no_rows_and_count_in_row_numbers(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, '\n\nid,age\n1,20\n\n\n2\n\n3,30\n"4\n\n5",40\n\n6\n7,50\n\n\n')
        assert good_rows(staged) == [(4, "1", "20"), (9, "3", "30"), (10, "4\n\n5", "40"), (13, "7", "50")]
        assert faulty_rows(staged) == [(7, RAGGED, "2"), (12, RAGGED, "6")]

    def test_a_quoted_line_end_belongs_to_its_field_and_its_row(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, 'id,age\n"a\nb",20\n"c\n",30\n2\n3,"4\n0"\n')
        assert good_rows(staged) == [(2, "a\nb", "20"), (3, "c\n", "30"), (5, "3", "4\n0")]
        assert faulty_rows(staged) == [(4, RAGGED, "2")]

    def test_a_quoted_line_end_in_the_header_belongs_to_its_name(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, 'id,"age\n(years)"\n1,20\n2\n', Layout({"customer_id": "id", "age": "age (years)"}))
        assert staged.columns == ("id", "age (years)")
        assert (good_rows(staged), faulty_rows(staged)) == ([(2, "1", "20")], [(3, RAGGED, "2")])

    @pytest.mark.parametrize("own", ["nth", "moved", "after", "line", "text", "shift", "good", "c0", "C1", "row", "ordinal"])
    def test_a_column_may_be_called_as_something_inside_the_reader(self, tmp_path: Path, own: str) -> None:
        staged = stage(tmp_path, f"id,age,{own}\n1,20,x\n2\n")
        assert staged.extra == (own,)
        assert good_rows(staged) == [(2, "1", "20", "x")]

    def test_title_rows_are_refused_with_the_likely_header(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(stage, tmp_path, "Customers,\nof May,\nid,age\n1,20\n") == (
            "a.csv: row 1 is not the header; row 3 looks like it. Delete the rows above it."
        )

    def test_a_missing_column_is_refused_with_the_closest(self, tmp_path: Path, refusal: Refusal) -> None:
        assert refusal(stage, tmp_path, "id,agee\n1,20\n") == (
            "a.csv: no column 'age' (for age). The closest is 'agee'. The file has: id, agee. Name the right one in datasets.toml."
        )


class TestWithoutHeader:
    LAYOUT = Layout({"customer_id": "column 2", "age": "column 1"}, header=False)

    def test_columns_are_numbered_and_the_first_row_is_one(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, "20;a;x\n30;b;y\n", self.LAYOUT)
        assert good_rows(staged) == [(1, "20", "a", "x"), (2, "30", "b", "y")]
        assert (staged.columns, staged.extra) == (("column 1", "column 2", "column 3"), ("column 3",))

    def test_ragged_and_empty_rows_keep_their_numbers(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, "\n20,a\n\n30\n40,b\n", self.LAYOUT)
        assert good_rows(staged) == [(2, "20", "a"), (5, "40", "b")]
        assert faulty_rows(staged) == [(4, RAGGED, "30")]

    def test_a_column_beyond_the_last_is_refused(self, tmp_path: Path, refusal: Refusal) -> None:
        layout = Layout({"customer_id": "column 1", "age": "column 3"}, header=False)
        assert refusal(stage, tmp_path, "20,a\n", layout).startswith("a.csv: no column 'column 3' (for age). The closest is 'column 2'")


class TestQuotes:
    def test_a_quote_within_an_unquoted_field_is_kept(self, tmp_path: Path) -> None:
        staged = stage(tmp_path, 'id,age\n5" nail,20\n6" x 2",30\nx,"40"\n')
        assert good_rows(staged) == [(2, '5" nail', "20"), (3, '6" x 2"', "30"), (4, "x", "40")]

    def test_a_doubled_quote_within_a_quoted_field_is_one(self, tmp_path: Path) -> None:
        assert good_rows(stage(tmp_path, 'id,age\n"5"" nail, long",20\n')) == [(2, '5" nail, long', "20")]

    @pytest.mark.parametrize(
        ("text", "row", "start"),
        [
            ('id,age\n1,20\n"2,30\n3,40\n', 3, '"2,30'),
            ('id,age\n1,20\n\n2,"30', 4, '2,"30'),
            ('id,age\n"5" nail,20\n2,30\n', 2, '"5" nail,20'),
        ],
    )
    def test_a_quote_that_is_not_closed_is_refused_with_its_first_line(
        self, tmp_path: Path, refusal: Refusal, text: str, row: int, start: str
    ) -> None:
        assert refusal(stage, tmp_path, text) == (
            f"a.csv, row {row}: a quote is not closed, or is followed by text ({start!r}). "
            "Close it, and write a quote inside a quoted field twice."
        )

    def test_a_field_of_three_megabytes_is_refused_with_its_row(self, tmp_path: Path, refusal: Refusal) -> None:
        text = "id,age\n1,20\n2," + "x" * 3_000_000 + "\n3,30\n"
        assert refusal(stage, tmp_path, text) == (
            f"a.csv, row 3: is longer than 2 MB ({'2,' + 'x' * 78!r}). "
            "Most likely a quote is opened in it and not closed: close it, or remove the quote."
        )

    def test_a_field_of_one_megabyte_is_read(self, tmp_path: Path) -> None:
        text = "id,age\n1," + "x" * 1_000_000 + "\n\n2,30\n"
        assert [(number, len(age)) for number, _, age in good_rows(stage(tmp_path, text))] == [(2, 1_000_000), (4, 2)]


class TestPaths:
    @pytest.mark.parametrize("name", ["a[1].csv", "a*.csv", "a?.csv", "a'b.csv", 'a"b.csv', "a b ü.csv"])
    def test_a_name_means_that_file_alone(self, tmp_path: Path, work: Path, name: str) -> None:
        write(tmp_path, "id,age\nother,1\n", "a1.csv")
        staged = delimited.read(write(tmp_path, "id,age\nthis,2\n", name), AGES, work)
        assert good_rows(staged) == [(2, "this", "2")]
        assert places(staged) == [(name, 2, 2)]

    def test_a_folder_that_looks_like_a_partition_adds_nothing(self, tmp_path: Path, work: Path) -> None:
        folder = tmp_path / "age=99"
        folder.mkdir()
        assert good_rows(delimited.read(write(folder, "id,age\n1,20\n"), AGES, work)) == [(2, "1", "20")]


# The cells of a good row, or the text of a ragged one, or None for an empty line.
CELL = st.text(alphabet='ab";,\n é', min_size=1, max_size=6).filter(str.strip)
GOOD = st.tuples(CELL, CELL)
SHORT = st.sampled_from(["x", '"x y"', '"x\n\ny"'])
LONG = st.sampled_from(["x,y,z", ",,z", '"x\ny",,"z"'])
ITEMS = st.lists(st.one_of(GOOD, GOOD, GOOD, SHORT, LONG, st.none()), min_size=1, max_size=40).filter(any)


def line(item: tuple[str, str] | str | None) -> str:
    match item:
        case None:
            return ""
        case str():
            return item
        case _:
            return ",".join('"' + cell.replace('"', '""') + '"' for cell in item)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(items=ITEMS, end=st.sampled_from(["\n", "\r\n", "\r"]), above=st.integers(0, 2))
def test_every_row_keeps_its_number_whatever_stands_between(items: list[Any], end: str, above: int) -> None:
    text = end * above + end.join(["id,age", *map(line, items), ""])
    with tempfile.TemporaryDirectory() as folder:
        staged = stage(Path(folder), text)
        numbered = list(enumerate(items, start=2 + above))
        assert good_rows(staged) == [(number, *item) for number, item in numbered if isinstance(item, tuple)]
        assert faulty_rows(staged) == [(number, RAGGED, item) for number, item in numbered if isinstance(item, str)]
        ordinals = [ordinal for _, _, ordinal in places(staged)]
        assert len(set(ordinals)) == len(ordinals) == sum(item is not None for item in items)


@pytest.mark.slow
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_of_a_large_file_keep_their_order_and_numbers(tmp_path: Path, end: str) -> None:
    """45 MB are several buffers of the parser, read at once by several threads; here even beside the product's own connection."""
    rows = 1_000_000
    ragged = {3, 400_000, rows - 5, rows}

    def row(number: int) -> str:
        if number in ragged:
            return f"{number}"
        if number % 2:
            return f'"{number}","quoted{end}{number},looks{end}like rows"'
        return f"{number},some text that makes it longer {number}"

    path = write(tmp_path, end.join(["id,age", *map(row, range(2, rows + 1)), ""]))
    assert path.stat().st_size > 40_000_000
    (tmp_path / "work").mkdir()
    with engine.connect(tmp_path):
        staged = delimited.read(path, AGES, tmp_path / "work")
    assert [(number, line) for number, _, line in faulty_rows(staged)] == [(number, str(number)) for number in sorted(ragged)]
    with duckdb.connect() as connection:
        assert connection.execute(
            f"SELECT count(*), count(*) FILTER (id::BIGINT <> __row), count(DISTINCT __row), min(__row), max(__row) "
            f"FROM read_parquet('{tmp_path}/work/rows.parquet')"
        ).fetchone() == (rows - 1 - len(ragged), 0, rows - 1 - len(ragged), 2, rows - 1)
