"""The Dash application: the frame around the pages, and how its files are sent."""

import re
import threading
from collections.abc import Callable
from typing import Any

import flask
from dash import Dash
from flask_compress import Compress

from pipeline.campaigns import Campaigns
from webapp import callbacks, files, routes
from webapp.access import visitor
from webapp.components.shell import shell
from webapp.jobs import Jobs
from webapp.memo import Memo
from webapp.settings import Settings
from webapp.store import Store

_YEAR = 365 * 24 * 3600
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="preload" href="/assets/fonts/inter.woff2" as="font" type="font/woff2" crossorigin>
<script src="/assets/early/theme.js"></script>
<link rel="stylesheet" href="/assets/vendor/bootstrap-5.3.9.min.css">
<link rel="preload" href="/assets/vendor/plotly-4.1.1.min.js" as="script">
{%css%}
</head>
<body>
{%app_entry%}
<footer>{%config%}<script src="/assets/vendor/plotly-4.1.1.min.js"></script><script src="/assets/early/session.js"></script>
{%scripts%}{%renderer%}</footer>
<noscript>Clientele needs JavaScript.</noscript>
</body>
</html>"""

# What is seen until React takes its place: the frame, and shapes of a page.
_ENTRY = """<div id="react-entry-point"><div class="app" aria-hidden="true">
<div class="rail"><span class="brand"><span class="brand-mark"></span><span>Clientele</span></span></div>
<div class="column"><div class="top"></div><div class="main"><div class="skeleton">
<div class="bone title"></div><div class="bone row"></div><div class="two"><div class="bone wide"></div><div class="bone wide"></div></div>
</div></div></div></div></div>"""


# What browsers too old for Plotly lack, put in the place of what all others have; and tables that are not ours.
_UNUSED = re.compile(r'<script src="[^"]*/(?:deps/polyfill@|dash_table/)[^"]*"></script>')


class _Application(Dash):  # type: ignore[misc] # Dash says nothing of its types
    """Dash, with something to see while its scripts come, and none of those that nothing here asks for."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self._setting_up = threading.RLock()
        super().__init__(*given, **more)

    def _setup_server(self) -> None:
        """The first request finds out which scripts there are. Whoever asks meanwhile waits: Dash itself would send a page without them."""
        with self._setting_up:
            super()._setup_server()

    def interpolate_index(self, **parts: str) -> str:
        """The page that every address begins with."""
        scripts = _UNUSED.sub("", parts["scripts"])
        return str(super().interpolate_index(**{**parts, "app_entry": _ENTRY, "scripts": scripts}))


def create_app(
    store: Store,
    settings: Settings | None = None,
    jobs: Jobs | None = None,
    campaigns: Campaigns | None = None,
    *,
    searched: Callable[[str], bool] = lambda text: True,
) -> Dash:
    """The application on a store, with what the environment says, the files that were sent, and the campaigns that were drawn.

    `searched` is told of what is searched for, and says whether it may be.
    """
    settings, jobs = settings or Settings(), jobs or Jobs()
    campaigns = campaigns or Campaigns(settings.artifacts, settings.address)
    app = _Application(
        "webapp",
        assets_folder="assets",
        # The page itself names what has to come early or before the rest.
        assets_path_ignore=["early", "icons", "fonts", "vendor"],
        suppress_callback_exceptions=True,
        title=routes.NAME,
        update_title=None,  # None: the title stays while something is worked out
        index_string=_INDEX,
        serve_locally=True,
    )
    _send_well(app.server)
    app.layout = lambda: shell(store.snapshot(), callbacks.theme_of(flask.request.cookies.get("theme")), visitor.current())
    answers = callbacks.Answers(store, Memo(app.server, url=settings.cache_url), jobs, campaigns, settings.upload_bytes)
    callbacks.add_pages(app, answers)
    callbacks.add_datasets(app, answers)
    callbacks.add_below(app, answers)
    callbacks.add_supposed(app, answers)
    callbacks.add_search(app, store, searched)
    callbacks.add_browser_side(app)
    return app


def _send_well(server: flask.Flask) -> None:
    """Compress what is sent, let browsers keep what never changes, and leave faults to what stands around it."""
    server.config.update(
        PROPAGATE_EXCEPTIONS=True,  # to whoever writes all faults down; Flask would write the address into the log
        SEND_FILE_MAX_AGE_DEFAULT=_YEAR,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=1,
        COMPRESS_LEVEL=1,
        COMPRESS_MIN_SIZE=1_000,
        COMPRESS_MIMETYPES=["text/html", "text/css", "application/json", "text/javascript", "application/javascript", "image/svg+xml"],
    )
    Compress(server)
    # Functions after a request run last first: files are compressed before the other looks at them.
    files.keep_compressed(server)
