"""Delimited text (CSV and its kin) to staged parquet, every field as text."""

import codecs
import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import InputError
from pipeline.intake.columns import Matched, match
from pipeline.intake.staged import Layout, Staged, identifier, literal, one_file

_CANDIDATES = (",", ";", "\t", "|")
_SAMPLE = 1 << 16
_CHUNK = 1 << 20
_LONGEST_LINE = 2_000_000  # bytes
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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
    text = _as_utf8(path, layout.encoding, work)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(_SAMPLE)
    if not sample.strip():
        raise InputError(f"{path.name}: is empty. Export it again.")
    delimiter = layout.delimiter or _delimiter(path, sample)
    rows = _records(sample, delimiter)
    matched = match(rows[0], layout.wanted, where=path.name, rows=rows)
    count = _stage(text, path, delimiter, matched, work)
    if count == 0:
        raise InputError(f"{path.name}: has a header and no rows. Export it again with its rows.")
    return Staged(path.name, sorted(work.glob("rows*.parquet")), matched.names, matched.renamed, matched.extra)


@dataclass(frozen=True)
class _Text:
    """A file as UTF-8 with one kind of line end; `empty_lines`: whether two line ends ever follow each other."""

    path: Path
    empty_lines: bool


def _as_utf8(path: Path, encoding: str, work: Path) -> _Text:
    """Check every byte; name the file itself when it can be read as it is, a copy otherwise."""
    encoding, start = _encoding(path, encoding)
    copy = None if encoding == "utf-8" else work / "text.csv"
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    line, last, empty_lines = 1, "\n", False
    with copy.open("w", encoding="utf-8", newline="") if copy else nullcontext() as out:
        for chunk in _decoded(path, encoding, start):
            text = ends.decode(chunk)
            if "\0" in text:
                line += text[: text.index("\0")].count("\n")
                raise InputError(f"{path.name}, line {line}: holds NUL bytes, which text never does. Export it again as CSV.")
            line += text.count("\n")
            empty_lines = empty_lines or "\n\n" in text or last == text[:1] == "\n"
            last = text[-1:] or last
            if out:
                out.write(text)
        if out:
            out.write(ends.decode("", final=True))
    if copy is None and isinstance(ends.newlines, tuple):
        copy = work / "text.csv"
        with path.open(encoding="utf-8") as mixed, copy.open("w", encoding="utf-8", newline="\n") as even:
            shutil.copyfileobj(mixed, even, _CHUNK)
    return _Text(copy or path, empty_lines)


def _encoding(path: Path, declared: str) -> tuple[str, int]:
    """What the file is written in, and at which byte it begins: a byte order mark outranks the declaration."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", len(codecs.BOM_UTF8)
    if head.startswith(_UTF16):
        return "utf-16", 0
    try:
        " ".encode(declared)  # refuses what is no encoding of text, such as 'hex'
        name = codecs.lookup(declared).name
    except LookupError:
        raise InputError(f"{path.name}: encoding {declared!r} is not known. Declare one such as 'utf-8' or 'cp1252'.") from None
    return "utf-8" if name == "utf-8-sig" else name, 0


def _decoded(path: Path, encoding: str, start: int) -> Iterator[str]:
    """The text, a piece at a time."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position = start
    with path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(_CHUNK):
            yield _decode(decoder, chunk, path, encoding, position - len(decoder.getstate()[0]))
            position += len(chunk)
    _decode(decoder, b"", path, encoding, position - len(decoder.getstate()[0]), final=True)


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, path: Path, encoding: str, start: int, *, final: bool = False) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name}: byte {start + error.start} ({error.object[error.start]:#04x}) is not valid {encoding}. "
            'Save the file as UTF-8, or declare its encoding in datasets.toml, for example encoding = "cp1252".'
        ) from None
    except UnicodeError as error:
        raise InputError(f"{path.name}: is not {encoding} ({error}). Declare its encoding in datasets.toml.") from None


def _records(sample: str, delimiter: str) -> list[list[str]]:
    """The first records of a file; the last one, which the sample may have cut, is left out."""
    records = list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))[:50]
    return [record for record in (records[:-1] if len(sample) >= _SAMPLE else records) if record] or [[""]]


def _delimiter(path: Path, sample: str) -> str:
    """The one candidate that splits anything, or that splits the header, or that splits all records alike."""
    records = {candidate: _records(sample, candidate) for candidate in _CANDIDATES}
    split = [candidate for candidate in _CANDIDATES if max(map(len, records[candidate])) > 1]
    header = [candidate for candidate in split if len(records[candidate][0]) > 1]
    even = [candidate for candidate in header if len({len(record) for record in records[candidate]}) == 1]
    for choice in (split, header, even):
        if len(choice) == 1:
            return choice[0]
    raise InputError(
        f"{path.name}: cannot tell which character separates its columns (first line: {sample.splitlines()[0][:80]!r}). "
        'Declare it in datasets.toml, for example delimiter = ";".'
    )


def _stage(text: _Text, path: Path, delimiter: str, matched: Matched, work: Path) -> int:
    """Write the rows as parquet; return how many there were, the ragged ones included."""
    # The file's own names come in last: DuckDB folds their case, and they may equal any of ours.
    columns = ", ".join(f"c{at} AS {identifier(name)}" for at, name in enumerate(matched.names))
    empty = _empty_lines(text.path, delimiter) if text.empty_lines else []
    good, scan = work / "rows.parquet", work / "scan.parquet"
    with duckdb.connect(config={"temp_directory": str(work)}) as connection:
        try:
            _scan(connection, text, delimiter, len(matched.names), empty, scan)
        except duckdb.Error as error:
            raise InputError(f"{path.name}: cannot be taken apart ({str(error).splitlines()[0][:160]}). Export it again as CSV.") from None
        _refuse_broken_rows(connection, path)
        _number(connection, empty)
        number = "1 + nth + coalesce(moved, 0)"
        connection.execute(
            f"""COPY (SELECT {literal(path.name)} AS __source, {number} AS __row, {number} AS __ordinal,
                NULL::VARCHAR AS __fault, NULL::VARCHAR AS __line, {columns}
                FROM read_parquet({one_file(scan)}, hive_partitioning = false) good
                ASOF LEFT JOIN shift ON good.nth >= shift.after ORDER BY nth)
                TO {literal(str(good))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        connection.execute(
            f"""COPY (SELECT {literal(path.name)} AS __source, line AS __row, line AS __ordinal,
                'the row has too few or too many fields' AS __fault, text AS __line FROM ragged ORDER BY line)
                TO {literal(str(work / "rows-ragged.parquet"))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        counted = connection.execute(f"SELECT (SELECT count(*) FROM ragged) + count(*) FROM read_parquet({one_file(good)})").fetchone()
    scan.unlink()
    return int(counted[0]) if counted else 0


def _scan(connection: duckdb.DuckDBPyConnection, text: _Text, delimiter: str, width: int, empty: list[int], scan: Path) -> None:
    """Take the rows apart: those that can be to `scan`, as nth, c0, c1 ...; the others stay in `reject_errors`."""
    fields = ", ".join(f"c{at}: 'VARCHAR'" for at in range(width))
    above_header = next((at for at, line in enumerate(empty) if line != at + 1), len(empty))
    connection.execute(
        f"""COPY (SELECT row_number() OVER () AS nth, * FROM read_csv({one_file(text.path)},
            auto_detect = false, hive_partitioning = false, header = true, skip = {above_header}, delim = {literal(delimiter)},
            quote = '"', escape = '"', all_varchar = true, nullstr = '', max_line_size = {_LONGEST_LINE},
            columns = {{{fields}}}, store_rejects = true)) TO {literal(str(scan))} (FORMAT parquet, COMPRESSION zstd)"""
    )


def _number(connection: duckdb.DuckDBPyConnection, empty: list[int]) -> None:
    """Tables `ragged` (line, text) and `shift`.

    A good row's number in the file is its place among the good ones, moved by the ragged and empty ones before it:
    `shift` says from which place on (`after`) by how many (`moved`).
    """
    connection.execute(
        """CREATE TABLE ragged AS SELECT line::BIGINT AS line, trim(any_value(csv_line), chr(13) || chr(10)) AS text
           FROM reject_errors GROUP BY line"""
    )
    connection.execute(
        """CREATE TABLE shift AS SELECT line - nth AS after, max(nth) AS moved
           FROM (SELECT line, row_number() OVER (ORDER BY line) AS nth
                 FROM (SELECT line FROM ragged UNION ALL SELECT unnest(?::BIGINT[]))) GROUP BY after""",
        [empty],
    )


def _empty_lines(text: Path, delimiter: str) -> list[int]:
    """Numbers of the empty lines that are not inside quotes; DuckDB passes over them without a word."""
    csv.field_size_limit(_LONGEST_LINE)
    with text.open(encoding="utf-8-sig", newline="") as file:
        records = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
        return [number for number, record in enumerate(records, start=1) if not record]


def _refuse_broken_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    broken = connection.execute(
        """SELECT line, csv_line, error_type = 'LINE SIZE OVER MAXIMUM' FROM reject_errors
           WHERE error_type NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS') ORDER BY line LIMIT 1"""
    ).fetchone()
    if broken:
        line, text, too_long = broken
        start = next(iter(str(text).strip().splitlines()), "")[:80] if text else ""
        if too_long:
            raise InputError(
                f"{path.name}, row {line}: is longer than {_LONGEST_LINE / 1e6:.0f} MB ({start!r}). Most likely a quote is opened in it "
                "and not closed: close it, or remove the quote."
            )
        raise InputError(
            f"{path.name}, row {line}: a quote is not closed, or is followed by text ({start!r}). "
            "Close it, and write a quote inside a quoted field twice."
        )
