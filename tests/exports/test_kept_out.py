import csv
import io

import pyarrow as pa

from pipeline import schema
from pipeline.exports.csv import write
from pipeline.exports.kept_out import COLUMNS, of_rejected
from pipeline.schema import TEXT

HEADER = ["who", "reason", "line"]
PUBLISHED = schema.tables("transactions", {}, HEADER)["rejected"]
READ = {"who": "", "reason": "=1+1", "line": "7"}
ROWS = [
    {"source": "a.csv", "source_row": 3, "reason": "who is missing", "row": READ, "line": None},
    {"source": "b.csv", "source_row": 9, "reason": "too many fields", "row": dict.fromkeys(HEADER), "line": "x,y,z,ü"},
]


def listed(*batches: pa.RecordBatch) -> list[list[str]]:
    found = of_rejected(batches, sum(batch.num_rows for batch in batches), PUBLISHED.columns, HEADER)
    return list(csv.reader(io.StringIO(b"".join(write(found)).decode("utf-8-sig"), newline="")))


def batch(*rows: object) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=PUBLISHED.arrow).select(COLUMNS)


def test_each_row_stands_as_it_was_read_with_its_place_and_reason() -> None:
    header, *rows = listed(batch(*ROWS))
    # The file's own columns stand between, whatever they are called.
    assert header == ["source", "source_row", "reason", *HEADER, "line"]
    assert rows == [
        ["a.csv", "3", "who is missing", "", "'=1+1", "7", ""],
        ["b.csv", "9", "too many fields", "", "", "", "x,y,z,ü"],
    ]


def test_rows_come_in_parts() -> None:
    assert listed(*(batch(row) for row in ROWS)) == listed(batch(*ROWS))


def test_none_leave_a_header() -> None:
    assert listed() == [["source", "source_row", "reason", *HEADER, "line"]]


def test_its_columns_are_described() -> None:
    found = of_rejected([], 0, PUBLISHED.columns, HEADER)
    assert (found.rows, found.choice) == (0, "all rows kept out")
    assert [(column.dtype, column.meaning) for column in found.columns[3:6]] == [(TEXT, "as in the file")] * 3
