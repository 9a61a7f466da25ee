import csv
import io

import pyarrow as pa

from pipeline.exports import csv as csv_file
from pipeline.exports.kept_out import COLUMNS, of_rejected
from pipeline.exports.listing import Listing
from pipeline.schema import tables

FILE_COLUMNS = ("id", "reason")  # the file's own may be called as the report's


def rejected(*rows: tuple[str, int, str, tuple[str | None, str | None], str | None]) -> Listing:
    published = next(table for name, table in tables("profile", {"age": ""}, FILE_COLUMNS).items() if name == "rejected")
    cells = [dict(zip(FILE_COLUMNS, row[3], strict=True)) for row in rows]
    columns = {
        "source": pa.array([row[0] for row in rows], pa.string()),
        "source_row": pa.array([row[1] for row in rows], pa.int64()),
        "reason": pa.array([row[2] for row in rows], pa.string()),
        "row": pa.array(cells, pa.struct([(name, pa.string()) for name in FILE_COLUMNS])),
        "line": pa.array([row[4] for row in rows], pa.string()),
    }
    batch = pa.record_batch({name: columns[name] for name in COLUMNS})
    return of_rejected([batch], len(rows), published.columns, FILE_COLUMNS)


def cells(listing: Listing) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(csv_file.write(listing)).decode("utf-8-sig"), newline="")))


def test_each_row_stands_as_it_was_read_between_its_place_and_its_text() -> None:
    listing = rejected(("may.csv", 3, "id is missing", (None, "x"), None), ("may.csv", 4, "the row has too few", (None, None), "7"))
    assert (listing.rows, listing.choice) == (2, "all rows kept out")
    assert cells(listing) == [
        ["source", "source_row", "reason", "id", "reason", "line"],
        ["may.csv", "3", "id is missing", "", "x", ""],
        ["may.csv", "4", "the row has too few", "", "", "7"],
    ]


def test_where_no_row_is_kept_out_there_is_a_heading() -> None:
    assert cells(rejected()) == [["source", "source_row", "reason", "id", "reason", "line"]]


def test_nothing_of_the_file_is_left_that_a_spreadsheet_would_compute() -> None:
    listing = rejected(("=a.csv", 2, "reason is none of 1", ("=1+1", "@x"), "+A1"))
    assert cells(listing)[1] == ["'=a.csv", "2", "reason is none of 1", "'=1+1", "'@x", "'+A1"]
