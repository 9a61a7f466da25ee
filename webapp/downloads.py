"""Lists as files: `/download/{dataset}/{list}.csv` and `.xlsx`, narrowed as the address says."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, islice
from typing import IO
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from pipeline.exports import csv, workbook
from pipeline.exports.listing import Listing
from webapp.exports.about import about
from webapp.exports.lists import RefusedError, listing
from webapp.snapshot import Snapshot
from webapp.store import NoRunError, Store
from webapp.views.scope import Scope

_TYPES = {"csv": "text/csv; charset=utf-8; header=present", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_CHUNK = 1 << 16


def router(store: Store) -> APIRouter:
    """The routes of downloads; each response is made of one snapshot."""
    routes = APIRouter()

    @routes.get("/download/{dataset}/{file}", include_in_schema=False)
    def download(dataset: str, file: str, request: Request) -> Response:
        try:
            response = _answer(store.snapshot(), dataset, file, request.url.query)
        except NoRunError as error:
            response = PlainTextResponse(f"{error}\n", 503)
        except RefusedError as error:
            response = PlainTextResponse(f"{error}\n", error.status)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return routes


def _answer(snapshot: Snapshot, dataset: str, file: str, query: str) -> Response:
    name, _, ending = file.rpartition(".")
    if dataset not in snapshot.datasets:
        raise RefusedError(404, f"No dataset is called {dataset!r}. There are: {', '.join(snapshot.datasets)}.")
    if ending not in _TYPES:
        raise RefusedError(404, f"A list leaves as .csv or .xlsx; {file!r} is neither.")
    scope = Scope(snapshot, dataset).narrowed(query)
    found = listing(scope, name, dict(parse_qsl(query, keep_blank_values=True)))
    headers = {"Content-Disposition": _disposition(f"{dataset}-{name}-{snapshot.run.manifest.created_at:%Y%m%d}.{ending}")}
    if ending == "csv":
        return StreamingResponse(_begun(csv.write(found)), media_type=_TYPES[ending], headers=headers)
    file_made, size = _workbook(scope, name, found)
    return StreamingResponse(_chunks(file_made), media_type=_TYPES[ending], headers={**headers, "Content-Length": str(size)})


def _begun(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same parts; the header and the first rows are made now, while a failure can still be an answer of its own."""
    opening = list(islice(parts, 2))
    return chain(opening, parts)


def _workbook(scope: Scope, name: str, found: Listing) -> tuple[IO[bytes], int]:
    """A temporary file at its beginning, and its size; it has no name, and is gone when it is closed."""
    if not workbook.has_room(found.rows):
        room = f"a sheet holds {workbook.MOST_ROWS:,} rows below its header"
        raise RefusedError(413, f"{found.rows:,} rows are too many: {room}. Take {name}.csv, or narrow the list.")
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        workbook.write(found, sheet=name, about=about(scope, name, found), into=file)
        size = file.tell()
        file.seek(0)
        stack.pop_all()
    return file, size


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _disposition(name: str) -> str:
    """The header that names the file (RFC 6266): in ASCII, and in full where that loses something."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    full = f"; filename*=UTF-8''{quote(name, safe='')}" if plain != name else ""
    return f'attachment; filename="{plain}"{full}'
