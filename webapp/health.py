"""What those ask who look after the server: whether it lives, whether it is ready, what it counted; and what an open page asks."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from webapp import metrics
from webapp.store import NoRunError, Store

# These answer without a run.
WITHOUT_RUN = ("/healthz", "/readyz", "/metrics")
_NO_STORE = {"Cache-Control": "no-store"}


def router(store: Store) -> APIRouter:
    """The routes on the runs of `store`; the first two say nothing of them, and anybody may ask."""
    routes = APIRouter()

    @routes.api_route("/healthz", methods=["GET", "HEAD"])
    def alive() -> Response:
        return PlainTextResponse("ok\n")

    @routes.api_route("/readyz", methods=["GET", "HEAD"])
    def ready() -> Response:
        try:
            store.snapshot()
        except NoRunError:
            return PlainTextResponse("not ready\n", 503)
        return PlainTextResponse("ready\n")

    @routes.get("/metrics")
    def counted() -> Response:
        return Response(metrics.exposed(store), media_type=CONTENT_TYPE_LATEST, headers=_NO_STORE)

    @routes.get("/run")
    def shown() -> Response:
        return PlainTextResponse(store.snapshot().run_id, headers=_NO_STORE)

    return routes
