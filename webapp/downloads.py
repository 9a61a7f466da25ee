"""Lists as files: `/download/{dataset}/{list}.csv` and `.xlsx`, narrowed as the address says."""

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from webapp.as_file import as_file
from webapp.exports.about import about
from webapp.exports.lists import RefusedError, listing
from webapp.media import LISTS
from webapp.snapshot import Snapshot
from webapp.store import NoRunError, Store
from webapp.views.scope import Scope


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
    if ending not in LISTS:
        raise RefusedError(404, f"A list leaves as .csv or .xlsx; {file!r} is neither.")
    scope = Scope(snapshot, dataset).narrowed(query)
    found = listing(scope, name, dict(parse_qsl(query, keep_blank_values=True)))
    file_name = f"{dataset}-{name}-{snapshot.run.manifest.created_at:%Y%m%d}"
    return as_file(found, ending, file=file_name, sheet=name, about=about(scope, name, found))
