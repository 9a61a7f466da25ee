"""Files that stay within every limit of size and of packing, and would be read for minutes."""

import gzip
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.hostile_files import HEADER

BYTES = 24_000_000


def packed_almost_too_well(path: Path) -> None:
    """Six gigabytes of rows, packed to a 250th: text as it is packed to a 400th is refused."""
    dice = random.Random(0)

    def row() -> bytes:
        return f"{dice.randrange(10**9)},{dice.randrange(99)},{dice.randrange(99)}\n".encode() if dice.random() < 0.0015 else b"1,20,3\n"

    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    packed = packer.compress(b"".join(row() for _ in range(1 << 17))) + packer.flush()
    path.write_bytes(gzip.compress(HEADER) + packed * (BYTES // len(packed)))


def nothing_but_ends_of_lines(path: Path) -> None:
    path.write_bytes(HEADER + b"\n" * BYTES)


def quotes_at_every_end_of_a_line(path: Path) -> None:
    path.write_bytes(HEADER + b'"\n' * (BYTES // 2))


def long_texts_stored_once(path: Path) -> None:
    """Eight gigabytes of ids in a few kilobytes: a column of one text is a text and a count."""
    table = pa.table({"id": pa.array(["x" * 10_000] * 20_000), "age": [1] * 20_000, "visits": [1] * 20_000})
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(39):
            writer.write_table(table)


def as_many_customers_as_there_is_room_for(path: Path) -> None:
    path.write_bytes(HEADER + b"".join(b"%d,1,1\n" % at for at in range(2_100_000)))


BOMBS: dict[str, Callable[[Path], None]] = {
    "packed.csv.gz": packed_almost_too_well,
    "lines.csv": nothing_but_ends_of_lines,
    "quotes.csv": quotes_at_every_end_of_a_line,
    "texts.parquet": long_texts_stored_once,
    "customers.csv": as_many_customers_as_there_is_room_for,
}
