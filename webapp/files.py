"""Scripts and styles for browsers: compressed once, with effort, and kept; their addresses change with their content."""

import logging
import re
import threading

import brotli
import flask
from flask import Flask, Response

_FILES = ("/assets/", "/_dash-component-suites/")
_TEXTS = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})
# The best but one: the best takes ten times as long for one percent.
_EFFORT = 9
_SMALL = 1_000
_log = logging.getLogger(__name__)


def keep_compressed(server: Flask) -> None:
    """Compress files on their way out, unless another does or the browser cannot take it."""
    kept: dict[str, bytes] = {}

    def compress(response: Response) -> Response:
        request = flask.request
        takes = "br" in (part.split(";")[0].strip() for part in request.headers.get("Accept-Encoding", "").split(","))
        if response.status_code != 200 or not request.path.startswith(_FILES) or response.mimetype not in _TEXTS or not takes:
            return response
        if request.path not in kept:
            response.direct_passthrough = False
            content = response.get_data()
            if len(content) < _SMALL:
                return response
            kept[request.path] = brotli.compress(content, mode=brotli.MODE_TEXT, quality=_EFFORT)
        elif close := getattr(response.response, "close", None):
            close()  # the file that Flask opened and that nobody will read
        response.direct_passthrough = False
        response.set_data(kept[request.path])
        response.headers["Content-Encoding"] = "br"
        response.headers.add("Vary", "Accept-Encoding")
        return response

    server.after_request(compress)


def compress_ahead(server: Flask, there: threading.Event) -> threading.Thread:
    """Compress what the first page asks for, before somebody does: as soon as `there` is a page."""

    def ask() -> None:
        there.wait()
        client = server.test_client()
        with client.get("/") as answer:
            page = answer.get_data(as_text=True)
        for path in re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"', page):
            with client.get(path, headers={"Accept-Encoding": "br"}) as answer:
                if answer.status_code != 200:
                    _log.warning("%s is named by the page and not there", path)

    thread = threading.Thread(target=ask, name="compress-ahead", daemon=True)
    thread.start()
    return thread
