"""Another run shown: POST /runs/{run}, as `python -m pipeline use` does it."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from pipeline import artifacts
from pipeline.errors import ArtifactError, BusyError, InputError
from webapp import notice


def router(root: Path) -> APIRouter:
    """The route, for the runs that are published in `root`."""
    routes = APIRouter()

    @routes.post("/runs/{run}", include_in_schema=False)
    def show(run: str) -> Response:
        """Switch, once all of the run's hashes are verified; whoever looks sees the one run or the other."""
        try:
            artifacts.use(root, run)
        except InputError as error:
            return notice.refused(str(error), 404)
        except (ArtifactError, BusyError) as error:
            return notice.refused(str(error), 409)
        return RedirectResponse("/data", 303)

    return routes
