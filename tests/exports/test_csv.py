import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.exports.csv import write
from pipeline.exports.listing import Listing, Part
from pipeline.exports.safe import formula_like
from pipeline.schema import COUNT, MOMENT, REAL, TEXT, Column

COLUMNS = (Column("id", TEXT, ""), Column("orders", COUNT, ""), Column("spend", REAL, ""), Column("time", MOMENT, ""))


def listing(*parts: Part, columns: tuple[Column, ...] = COLUMNS) -> Listing:
    return Listing(columns, sum(len(part[0]) for part in parts), iter(parts), "")


def texts(*values: str | None) -> Listing:
    return listing([list(values)], columns=(Column("id", TEXT, ""),))


def file_of(found: Listing) -> bytes:
    return b"".join(write(found))


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def test_the_file_is_marked_as_utf_8_and_its_lines_end_in_cr_lf() -> None:
    part: Part = [["12346", "é"], [3, None], [77183.6, -0.1], [datetime(2011, 1, 18, 10, 1), None]]
    assert file_of(listing(part)) == (b"\xef\xbb\xbfid,orders,spend,time\r\n12346,3,77183.6,2011-01-18 10:01:00\r\n\xc3\xa9,,-0.1,\r\n")


def test_parts_follow_each_other_under_one_header() -> None:
    first: Part = [["a"], [1], [1.0], [None]]
    second: Part = [["b"], [2], [2.0], [None]]
    assert file_of(listing(first, second)).decode("utf-8-sig") == "id,orders,spend,time\r\na,1,1.0,\r\nb,2,2.0,\r\n"


def test_a_list_without_rows_has_its_header() -> None:
    assert file_of(listing()).decode("utf-8-sig") == "id,orders,spend,time\r\n"


def test_commas_quotes_and_line_ends_are_part_of_a_cell() -> None:
    values = ["a,b", 'say "hi"', "two\r\nlines", "two\nlines", " spaces ", ";", "'quoted'"]
    content = file_of(texts(*values))
    assert cells(content) == [["id"], *([value] for value in values)]
    assert b'"say ""hi"""\r\n' in content


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_exact(number: float) -> None:
    content = file_of(listing([["a"], [2**60], [number], [None]]))
    assert [float(cells(content)[1][2]), int(cells(content)[1][1])] == [number, 2**60]


@pytest.mark.parametrize(
    "text", ["=1+1", "+44 20", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=", "-", "+1+1", "-1-1", "\uff1d1", "-1,5", '=HYPERLINK("x")']
)
def test_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(text: str, refused: Callable[[str, int], None]) -> None:
    refused("cells that a spreadsheet would compute", 1)
    assert cells(file_of(texts(text))) == [["id"], [f"'{text}"]]


@pytest.mark.parametrize("text", ["-12", "+5", "-1.50", "-.5", "1e5", "-1E-3", "12346", "C489449", "a=b", "a-b", " =1", "", "'=1"])
def test_plain_numbers_and_other_text_are_left_as_they_are(text: str) -> None:
    # A line whose only cell is empty is written as "", or it would be no line.
    assert cells(file_of(texts(text))) == [["id"], [text]]


def test_a_number_below_zero_is_a_number() -> None:
    assert b"\r\na,-1,-5.5,\r\n" in file_of(listing([["a"], [-1], [-5.5], [None]]))


def test_a_heading_from_the_file_is_harmless_too() -> None:
    found = listing([["1"]], columns=(Column("=cmd|' /C calc'!A0", TEXT, ""),))
    assert cells(file_of(found))[0] == ["'=cmd|' /C calc'!A0"]


@given(st.lists(st.text(max_size=20) | st.text("=+-@\t\r\n1.e\"',", max_size=6), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_every_text_comes_back_with_at_most_an_apostrophe_more(values: list[str]) -> None:
    _, *rows = cells(file_of(texts(*values)))
    assert [row[0].removeprefix("'") if formula_like(value) else row[0] for row, value in zip(rows, values, strict=True)] == values
    assert not any(formula_like(row[0]) for row in rows)


def test_rows_are_fetched_as_they_are_written() -> None:
    fetched = []

    def parts() -> Iterator[Any]:
        for number in range(3):
            fetched.append(number)
            yield [[str(number)]]

    written = write(Listing((Column("id", TEXT, ""),), 3, parts(), ""))
    assert (next(written), fetched) == (b"\xef\xbb\xbfid\r\n", [])
    assert (next(written), fetched) == (b"0\r\n", [0])
