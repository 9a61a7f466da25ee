"""Delimited text (CSV and its kin) to staged parquet, every field as text."""

import csv
import io
import itertools
from pathlib import Path

import duckdb

from pipeline.errors import InputError, first_line
from pipeline.intake import scratch
from pipeline.intake.columns import Matched, fits, match, numbered
from pipeline.intake.decoding import Text, as_utf8
from pipeline.intake.findings import Remark
from pipeline.intake.staged import Layout, Staged
from pipeline.sql import identifier, literal, one_file, parquet

_CANDIDATES = (",", ";", "\t", "|")
_SAMPLE = 1 << 16
_LONGEST_LINE = 2_000_000  # bytes


def read(path: Path, layout: Layout, work: Path) -> Staged:
    """Read a delimited file.

    A row with too few or too many fields is kept aside with its text; the file is refused when its bytes,
    delimiter, quotes or header cannot be trusted. Empty lines are no rows, but rows are numbered as if they were.

    Args:
        path: The file; its name is used in messages.
        layout: What the catalogue says of it.
        work: An empty folder for what is staged.

    Raises:
        InputError: Naming file, line and remedy.
    """
    text = as_utf8(path, layout.encoding, work)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(_SAMPLE)
    if not sample.strip():
        raise InputError(f"{path.name}: is empty. Export it again.")
    delimiter = layout.delimiter or _delimiter(path, sample, layout)
    rows = _records(sample, delimiter)
    matched = match(_header(rows, layout), layout.wanted, where=path.name, rows=rows if layout.header else None)
    count = _stage(text, path, delimiter, matched, layout, work)
    if count == 0:
        raise InputError(f"{path.name}: has a header and no rows. Export it again with its rows.")
    remarks = _remarks(text, delimiter, count)
    return Staged(path.name, sorted(work.glob("rows*.parquet")), matched.names, matched.renamed, matched.extra, remarks)


def _remarks(text: Text, delimiter: str, rows: int) -> tuple[Remark, ...]:
    """What a text had to be brought to before its fields could be looked at; it concerns every row."""
    written = (*text.otherwise, *([] if delimiter == "," else [f"{delimiter!r} between columns"]))
    check = "the text was brought to UTF-8, commas and line feeds"
    return (Remark(check, "normalised", rows, "; ".join(written)),) if written else ()


def _records(sample: str, delimiter: str) -> list[list[str]]:
    """The first records of a file; the last one, which the sample may have cut, is left out."""
    records = list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))[:50]
    return [record for record in (records[:-1] if len(sample) >= _SAMPLE else records) if record] or [[""]]


def _header(records: list[list[str]], layout: Layout) -> list[str]:
    return records[0] if layout.header else numbered(records[0])


def _delimiter(path: Path, sample: str, layout: Layout) -> str:
    """The one candidate that shows the wanted columns, or splits anything, or the header, or all records alike."""
    records = {candidate: _records(sample, candidate) for candidate in _CANDIDATES}
    fitting = [candidate for candidate in _CANDIDATES if fits(_header(records[candidate], layout), layout.wanted)]
    split = [candidate for candidate in _CANDIDATES if max(map(len, records[candidate])) > 1]
    header = [candidate for candidate in split if len(records[candidate][0]) > 1]
    even = [candidate for candidate in header if len({len(record) for record in records[candidate]}) == 1]
    for choice in (fitting, split, header, even):
        if len(choice) == 1:
            return choice[0]
    raise InputError(
        f"{path.name}: cannot tell which character separates its columns (first line: {sample.splitlines()[0][:80]!r}). "
        'Declare it in datasets.toml, for example delimiter = ";".'
    )


def _stage(text: Text, path: Path, delimiter: str, matched: Matched, layout: Layout, work: Path) -> int:
    """Write the rows as parquet; return how many there were, the ragged ones included."""
    # The file's own names come in last: DuckDB folds their case, and they may equal any of ours.
    columns = ", ".join(f"c{at} AS {identifier(name)}" for at, name in enumerate(matched.names))
    records, empty = (None, []) if text.plain else _survey(text.path, path, delimiter)
    above = int(layout.header)
    good, scan = work / "rows.parquet", work / "scan.parquet"
    with scratch.connect(work) as connection:
        try:
            _scan(connection, text, delimiter, len(matched.names), empty, scan, header=layout.header)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise InputError(f"{path.name}: cannot be taken apart ({first_line(error)}). Export it again as CSV.") from None
        _refuse_broken_rows(connection, path)
        _number(connection, empty, above)
        number = f"{above} + nth + coalesce(moved, 0)"
        connection.execute(
            f"""COPY (SELECT {literal(path.name)} AS __source, {number} AS __row, {layout.before} + {number} AS __ordinal,
                NULL::VARCHAR AS __fault, NULL::VARCHAR AS __line, {columns}
                FROM {parquet(scan)} good
                ASOF LEFT JOIN shift ON good.nth >= shift.after ORDER BY nth)
                TO {literal(str(good))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        connection.execute(
            f"""COPY (SELECT {literal(path.name)} AS __source, line AS __row, {layout.before} + line AS __ordinal,
                'the row has too few or too many fields' AS __fault, text AS __line FROM ragged ORDER BY line)
                TO {literal(str(work / "rows-ragged.parquet"))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        counted = connection.execute(f"SELECT (SELECT count(*) FROM ragged) + count(*) FROM {parquet(good)}").fetchone()
    scan.unlink()
    count = int(counted[0]) if counted else 0
    if records is not None and above + count + len(empty) != records:
        raise InputError(f"{path.name}: its quotes can be understood in more than one way. Export it again as CSV.")
    return count


def _scan(
    connection: duckdb.DuckDBPyConnection, text: Text, delimiter: str, width: int, empty: list[int], scan: Path, *, header: bool
) -> None:
    """Take the rows apart: those that can be to `scan`, as nth, c0, c1 ...; the others stay in `reject_errors`."""
    fields = ", ".join(f"c{at}: 'VARCHAR'" for at in range(width))
    above_header = next((at for at, line in enumerate(empty) if line != at + 1), len(empty))
    # Not parallel: a thread that begins in the middle of a file takes a quoted line end for a row's. It is no slower.
    connection.execute(
        f"""COPY (SELECT row_number() OVER () AS nth, * FROM read_csv({one_file(text.path)},
            auto_detect = false, parallel = false, hive_partitioning = false,
            header = {header}, skip = {above_header}, delim = {literal(delimiter)}, quote = '"', escape = '"',
            all_varchar = true, nullstr = '', max_line_size = {_LONGEST_LINE},
            columns = {{{fields}}}, store_rejects = true)) TO {literal(str(scan))} (FORMAT parquet, COMPRESSION zstd)"""
    )


def _number(connection: duckdb.DuckDBPyConnection, empty: list[int], above: int) -> None:
    """Tables `ragged` (line, text) and `shift`.

    A good row's number in the file is its place among the good ones below the header's `above` row, moved by the ragged and empty
    ones before it: `shift` says from which place on (`after`) by how many (`moved`).
    """
    connection.execute(
        """CREATE TABLE ragged AS SELECT line::BIGINT AS line, trim(any_value(csv_line), chr(13) || chr(10)) AS text
           FROM reject_errors GROUP BY line"""
    )
    # As a text: for a list, DuckDB would load pandas to see whether it holds any of its values.
    connection.execute(
        f"""CREATE TABLE shift AS SELECT line - nth + {1 - above} AS after, max(nth) AS moved
           FROM (SELECT line, row_number() OVER (ORDER BY line) AS nth
                 FROM (SELECT line FROM ragged UNION ALL SELECT unnest(?::BIGINT[]))) GROUP BY after""",
        [str(empty)],
    )


def _survey(text: Path, path: Path, delimiter: str) -> tuple[int, list[int]]:
    """How many records there are, the header and empty lines included, and the numbers of the empty lines.

    DuckDB passes over empty lines, and over a last row whose quote is not closed, without a word.

    Raises:
        InputError: If the quotes of a record cannot be trusted.
    """
    csv.field_size_limit(_LONGEST_LINE)
    empty: list[int] = []
    number = lines = 0
    with text.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
        try:
            for number, record in enumerate(reader, start=1):
                lines = reader.line_num
                if not record:
                    empty.append(number)
        except csv.Error as error:
            with text.open(encoding="utf-8-sig", newline="") as again:
                first_line = next(itertools.islice(again, lines, None), "")
            too_long = "larger than field limit" in str(error)
            raise InputError(_explain_broken(path, number + 1, first_line, too_long=too_long)) from None
    return number, empty


def _refuse_broken_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    broken = connection.execute(
        """SELECT line, csv_line, error_type = 'LINE SIZE OVER MAXIMUM' FROM reject_errors
           WHERE error_type NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS') ORDER BY line LIMIT 1"""
    ).fetchone()
    if broken:
        number, text, too_long = broken
        raise InputError(_explain_broken(path, number, str(text), too_long=too_long))


def _explain_broken(path: Path, number: int, text: str, *, too_long: bool) -> str:
    start = text.strip()[:200].split("\n")[0][:80]
    if too_long:
        return (
            f"{path.name}, row {number}: is longer than {_LONGEST_LINE / 1e6:.0f} MB ({start!r}). "
            "Most likely a quote is opened in it and not closed: close it, or remove the quote."
        )
    return (
        f"{path.name}, row {number}: a quote is not closed, or is followed by text ({start!r}). "
        "Close it, and write a quote inside a quoted field twice."
    )
