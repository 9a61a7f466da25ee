"""Another run shown: POST /runs/{run}, as `python -m pipeline use` does it."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from pipeline import remote
from pipeline.errors import ClienteleError, UnknownRunError
from webapp import notice


def router(place: str, *, switched: Callable[[], None]) -> APIRouter:
    """The route, for the runs that are published in a folder or at an address; `switched` is called before the page is shown again."""
    routes = APIRouter()

    @routes.post("/runs/{run}", include_in_schema=False)
    def show(run: str) -> Response:
        """Switch, once all of the run's hashes are verified; whoever looks sees the one run or the other."""
        try:
            remote.use(place, run)
        except UnknownRunError as error:
            return notice.refused(str(error), 404)
        except ClienteleError as error:
            return notice.refused(str(error), 409)
        switched()
        return RedirectResponse("/data", 303)

    return routes
