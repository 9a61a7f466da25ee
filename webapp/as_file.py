"""A list sent as a file: CSV as it is read, XLSX once it is written."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from typing import IO, Any

from starlette.responses import Response, StreamingResponse

from pipeline.exports import csv, workbook
from pipeline.exports.listing import Listing
from webapp.exports.lists import RefusedError
from webapp.media import disposition, type_of

_CHUNK = 1 << 16


def as_file(found: Listing, ending: str, *, file: str, sheet: str, about: Sequence[tuple[Any, ...]]) -> Response:
    """A list as a file of that ending, one of `media.LISTS`.

    Args:
        found: The list.
        ending: Of its name.
        file: Its name, without the ending.
        sheet: What a workbook calls it.
        about: What a workbook says of itself.

    Raises:
        RefusedError: If a sheet has no room for it.
    """
    headers = {"Content-Disposition": disposition(f"{file}.{ending}")}
    if ending == "csv":
        return StreamingResponse(_begun(csv.write(found)), media_type=type_of(ending), headers=headers)
    made, size = _workbook(found, sheet, about)
    return StreamingResponse(_chunks(made), media_type=type_of(ending), headers={**headers, "Content-Length": str(size)})


def _begun(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same parts; the header and the first rows are made now, while a failure can still be an answer of its own."""
    opening = list(islice(parts, 2))
    return chain(opening, parts)


def _workbook(found: Listing, sheet: str, about: Sequence[tuple[Any, ...]]) -> tuple[IO[bytes], int]:
    """A temporary file at its beginning, and its size; it has no name, and is gone when it is closed."""
    if not workbook.has_room(found.rows):
        room = f"a sheet holds {workbook.MOST_ROWS:,} rows below its header"
        raise RefusedError(413, f"{found.rows:,} rows are too many: {room}. Take {sheet}.csv, or narrow the list.")
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        workbook.write(found, sheet=sheet, about=about, into=file)
        size = file.tell()
        file.seek(0)
        stack.pop_all()
    return file, size


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
