"""The page that every address begins with."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.webapp.handmade import publish
from webapp.dash_app import create_app
from webapp.store import Store


@pytest.fixture(scope="module")
def page(client: TestClient) -> str:
    return client.get("/retail").text


def test_it_shows_the_frame_before_any_script_but_the_theme(page: str) -> None:
    entry, scripts = page.index('class="skeleton"'), [found.start() for found in re.finditer(r"<script src=", page)]
    assert [page[at:].split('"')[1] for at in scripts if at < entry] == ["/assets/early/theme.js"]


def test_it_asks_for_no_script_that_nothing_here_uses_and_for_plotly_first(page: str) -> None:
    scripts = re.findall(r'<script src="([^"]+)"', page)
    assert [path for path in scripts if "polyfill" in path or "dash_table" in path] == []
    assert "/assets/vendor/plotly-" in scripts[1]
    assert {"react-dom", "dash_renderer", "dash_core_components", "dash_html_components"} <= {
        name
        for name in ("react-dom", "dash_renderer", "dash_core_components", "dash_html_components")
        if any(name in path for path in scripts)
    }


def test_every_script_and_style_it_names_is_there(client: TestClient, page: str) -> None:
    paths = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_whoever_asks_while_the_first_page_is_made_gets_all_scripts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path)
    app = create_app(Store(tmp_path))
    walked, looking, past = app._walk_assets_directory, threading.Event(), threading.Event()
    # Whoever comes here has been let past what the first one does.
    app.server.before_request(lambda: past.set() if looking.is_set() else None)

    def walk() -> None:
        looking.set()
        past.wait(0.2)  # nobody can come
        walked()

    monkeypatch.setattr(app, "_walk_assets_directory", walk)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(app.server.test_client().get, "/")
        assert looking.wait(30)
        second = pool.submit(app.server.test_client().get, "/")
        pages = [asked.result(30).get_data(as_text=True) for asked in (first, second)]
    assert ["/assets/clientele.js" in page for page in pages] == [True, True]
