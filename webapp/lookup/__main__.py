"""`python -m webapp.lookup`: the lookup by itself, without the pages."""

import sys
from pathlib import Path

from fastapi.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from webapp import logs
from webapp.access.reception import Reception
from webapp.access.settings import SettingsError
from webapp.following import follow
from webapp.frame import Frame
from webapp.lookup.mount import Lookup
from webapp.serving import address, serve
from webapp.settings import Settings
from webapp.store import Store

_FONTS = Path(__file__).parents[1] / "assets" / "fonts"


def alone(settings: Settings) -> Frame:
    """A server with the lookup and nothing else."""
    store = Store(settings.artifacts)
    reception = Reception(settings.access, run_id=lambda: store.shown)
    following = follow(store, settings)
    server = Frame(store, reception=reception, lifespan=lambda _: following())
    server.mount("/assets/fonts", StaticFiles(directory=_FONTS))
    server.mount("/lookup", Lookup(store, home=False, searched=reception.searched))
    server.add_api_route("/{path:path}", lambda: RedirectResponse("/lookup/"), methods=["GET", "HEAD"])
    return server


def main() -> int:
    """Serve at `HOST` and `PORT`, or http://127.0.0.1:7860."""
    try:
        host, port = address(port=7860)
        settings = Settings.from_environment()
        logs.configure()
        app = alone(settings)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    serve(app, "Lookup", host=host, port=port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
