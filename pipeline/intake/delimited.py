"""Delimited text (CSV and its kin) to staged parquet, every field as text."""

import codecs
import csv
import io
from contextlib import nullcontext
from pathlib import Path

import duckdb

from pipeline.errors import InputError
from pipeline.intake.columns import Matched, match
from pipeline.intake.staged import Layout, Staged, identifier, literal

_CANDIDATES = (",", ";", "\t", "|")
_SAMPLE = 1 << 16
_CHUNK = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(path: Path, layout: Layout, work: Path) -> Staged:
    """Read a delimited file.

    A row with too few or too many fields is kept aside with its text; the file is refused when its bytes,
    delimiter, quotes or header cannot be trusted.

    Args:
        path: The file; its name is used in messages.
        layout: What the catalogue says of it.
        work: An empty folder for what is staged.

    Raises:
        InputError: Naming file, line and remedy.
    """
    text = _as_utf8(path, layout.encoding, work)
    with text.open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(_SAMPLE)
    delimiter = layout.delimiter or _delimiter(path, sample)
    rows = _records(sample, delimiter)
    matched = match(rows[0], layout.wanted, where=path.name, rows=rows)
    count = _stage(text, path, delimiter, matched, work)
    if count == 0:
        raise InputError(f"{path.name}: has a header and no rows. Export it again with its rows.")
    return Staged(path.name, sorted(work.glob("rows*.parquet")), matched.names, matched.renamed, matched.extra)


def _as_utf8(path: Path, encoding: str, work: Path) -> Path:
    """Check every byte; return the file itself when it is UTF-8, a UTF-8 copy otherwise."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(_UTF16):
        encoding = "utf-16"
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise InputError(f"{path.name}: encoding {encoding!r} is not known. Declare one such as 'utf-8' or 'cp1252'.") from None
    copy = None if codec.name in ("utf-8", "utf-8-sig") else work / "text.csv"
    decoder = codec.incrementaldecoder()
    position, line = 0, 1
    out = copy.open("w", encoding="utf-8", newline="") if copy else None
    with path.open("rb") as file, out or nullcontext():
        while chunk := file.read(_CHUNK):
            pending = len(decoder.getstate()[0])
            text = _decode(decoder, chunk, path, codec.name, position - pending)
            if "\0" in text:
                line += text[: text.index("\0")].count("\n")
                raise InputError(f"{path.name}, line {line}: holds NUL bytes, which text never does. Export it again as CSV.")
            line += text.count("\n")
            position += len(chunk)
            if out:
                out.write(text)
    _decode(decoder, b"", path, codec.name, position, final=True)
    return copy or path


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, path: Path, encoding: str, start: int, *, final: bool = False) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name}: byte {start + error.start} ({error.object[error.start]:#04x}) is not valid {encoding}. "
            'Save the file as UTF-8, or declare its encoding in datasets.toml, for example encoding = "cp1252".'
        ) from None


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


def _stage(text: Path, path: Path, delimiter: str, matched: Matched, work: Path) -> int:
    """Write the rows as parquet; return how many there were, the ragged ones included."""
    fields = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in matched.names)
    columns = ", ".join(identifier(name) for name in matched.names)
    good, scan = work / "rows.parquet", work / "scan.parquet"
    with duckdb.connect(config={"temp_directory": str(work)}) as connection:
        connection.execute(
            f"""COPY (SELECT row_number() OVER () AS nth, * FROM read_csv({literal(str(text))},
                auto_detect = false, header = true, delim = {literal(delimiter)}, quote = '"', escape = '"',
                all_varchar = true, nullstr = '', columns = {{{fields}}}, store_rejects = true))
                TO {literal(str(scan))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        _refuse_broken_quotes(connection, path)
        # A good row's number in the file is its place among the good ones, moved by the ragged ones before it.
        connection.execute(
            """CREATE TABLE ragged AS SELECT line, any_value(csv_line) AS text, line - row_number() OVER (ORDER BY line) AS after
               FROM reject_errors GROUP BY line"""
        )
        numbered = "(SELECT after, row_number() OVER (ORDER BY line) AS moved FROM ragged)"
        shift = f"(SELECT after, max(moved) AS moved FROM {numbered} GROUP BY after)"
        number = "1 + nth + coalesce(moved, 0)"
        connection.execute(
            f"""COPY (SELECT {literal(path.name)} AS __source, {number} AS __row, {number} AS __ordinal,
                NULL::VARCHAR AS __fault, NULL::VARCHAR AS __line, {columns}
                FROM read_parquet({literal(str(scan))}) good ASOF LEFT JOIN {shift} shift ON good.nth >= shift.after ORDER BY nth)
                TO {literal(str(good))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        connection.execute(
            f"""COPY (SELECT {literal(path.name)} AS __source, line::BIGINT AS __row, line::BIGINT AS __ordinal,
                'the row has too few or too many fields' AS __fault, text AS __line FROM ragged ORDER BY line)
                TO {literal(str(work / "rows-ragged.parquet"))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        counted = connection.execute(f"SELECT (SELECT count(*) FROM ragged) + count(*) FROM read_parquet({literal(str(good))})").fetchone()
    scan.unlink()
    return int(counted[0]) if counted else 0


def _refuse_broken_quotes(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    broken = connection.execute(
        "SELECT line, csv_line FROM reject_errors WHERE error_type NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS') ORDER BY line LIMIT 1"
    ).fetchone()
    if broken:
        line, text = broken
        start = str(text).splitlines()[0][:80] if text else ""
        raise InputError(f"{path.name}, row {line}: a quote is opened and not closed ({start!r}). Close it, or remove the quote.")
