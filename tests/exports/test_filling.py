import io
from datetime import UTC, datetime
from zipfile import ZipFile

from hypothesis import given
from hypothesis import strategies as st

from pipeline.exports.filling import Rows, fill

AT = datetime(2024, 3, 10, 12, 30, 14, tzinfo=UTC)


def filled(rows: list[bytes], **more: bytes) -> ZipFile:
    made, into = io.BytesIO(), io.BytesIO()
    with ZipFile(made, "w") as file:
        file.writestr("sheet.xml", "<sheetData><row/></sheetData><after/>")
        file.writestr("other.xml", "as it was")
    fill(made, into, {"sheet.xml": Rows(iter(rows), len(rows))}, instead={f"{name}.xml": text for name, text in more.items()}, at=AT)
    return ZipFile(into)


@given(st.lists(st.binary(max_size=20), max_size=10))
def test_rows_follow_those_that_are_there(rows: list[bytes]) -> None:
    assert filled(rows).read("sheet.xml") == b"<sheetData><row/>" + b"".join(rows) + b"</sheetData><after/>"


def test_other_entries_stay_unless_something_takes_their_place() -> None:
    assert filled([]).read("other.xml") == b"as it was"
    assert filled([], other=b"new").read("other.xml") == b"new"


def test_all_entries_are_of_one_time_if_there_is_one() -> None:
    assert {entry.date_time for entry in filled([]).infolist()} == {(2024, 3, 10, 12, 30, 14)}
