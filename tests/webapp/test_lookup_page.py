"""The page of the lookup: what Gradio sends, and what it is asked."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from pipeline.artifacts import Run
from tests.webapp.asking import client_of, open_house
from tests.webapp.conftest import Clock
from tests.webapp.handmade import BUYERS, buyer, publish, rewrite
from webapp.frame import Frame
from webapp.lookup.__main__ import alone
from webapp.lookup.answer import examples
from webapp.lookup.blocks import MOST_POINTS
from webapp.lookup.mount import Lookup
from webapp.lookup.page import dress
from webapp.metrics import REGISTRY
from webapp.settings import Settings
from webapp.store import RECHECK_SECONDS, Store
from webapp.views import segments
from webapp.views.scope import Scope

FIRST, SECOND = "20240310T120000Z-00000001", "20240311T120000Z-00000002"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lookup")
    many = [buyer(str(at), at % 300, 1 + at % 7, 10.0 + at, cluster=at % 3) for at in range(MOST_POINTS + 1)]
    publish(folder, FIRST, buyers=many, demo=True)
    return folder


@pytest.fixture(scope="module")
def page(root: Path) -> Iterator[TestClient]:
    """The lookup in a server of its own."""
    with served(Store(root)) as client:
        yield client


def served(store: Store, **options: Any) -> TestClient:
    app = Frame(store, reception=open_house())
    app.mount("/lookup", Lookup(store, **options))
    return client_of(app)


def faults_counted() -> float:
    return REGISTRY.get_sample_value("clientele_faults_total") or 0


def ask(client: TestClient, dataset: str, customer_id: str | None, *, at: int = 0, **body: Any) -> list[Any]:
    """What the browser gets when a customer is asked for: record, map, buttons. `at` is the number of the event."""
    message = {"data": [dataset, customer_id], "fn_index": at, "session_hash": "s", **body}
    answer = client.post("/lookup/gradio_api/run/predict", json=message)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


class TestPage:
    def test_every_script_has_the_nonce_of_the_header(self, page: TestClient) -> None:
        answer = page.get("/lookup/")
        (nonce,) = re.findall(r"script-src 'self' 'nonce-([^']+)';", answer.headers["content-security-policy"])
        scripts = re.findall(r"<script[^>]*>", answer.text)
        assert len(scripts) >= 5
        assert {re.findall(r'nonce="([^"]+)"', script)[0] for script in scripts} == {nonce}

    def test_each_request_has_its_own_nonce_and_is_not_kept(self, page: TestClient) -> None:
        first, second = page.get("/lookup/"), page.get("/lookup/")
        assert first.headers["content-security-policy"] != second.headers["content-security-policy"]
        assert first.headers["cache-control"] == "no-store"

    def test_nothing_in_it_calls_out(self, page: TestClient) -> None:
        text = page.get("/lookup/").text
        head = text[: text.index("window.gradio_config")] + text[text.index("</script>") :]
        hosts = set(re.findall(r"https?://([a-z0-9.-]+)", head))
        assert hosts <= {"127.0.0.1", "www.w3.org"}  # itself, and the name of SVG
        assert not re.search(r"manifest|preconnect|og:|twitter:|fonts\.g", head)

    def test_analytics_are_off(self, page: TestClient) -> None:
        assert '"analytics_enabled":false' in page.get("/lookup/").text

    def test_events_need_no_queue_and_are_no_api(self, page: TestClient) -> None:
        text = page.get("/lookup/").text
        assert set(re.findall(r'"queue":(true|false)', text)) == {"false"}
        assert set(re.findall(r'"api_visibility":"(\w+)"', text)) == {"private"}

    def test_there_is_a_tab_per_dataset_and_a_label_on_each_input(self, page: TestClient) -> None:
        text = page.get("/lookup/").text
        assert re.findall(r'"label":"(Shop|Gym)"', text) == ["Shop", "Gym"]
        assert text.count('"label":"Customer id"') == 2

    def test_made_up_data_is_called_so(self, page: TestClient) -> None:
        assert "<b>Made-up data:</b> Shop and Gym." in page.get("/lookup/").text

    def test_the_header_says_when_it_was_built_and_leads_back(self, page: TestClient) -> None:
        text = page.get("/lookup/").text
        assert "Built 10 Mar 2024 · data to 1 Mar 2024" in text
        assert '<a class="lk-back" href="/">' in text
        assert "Sign out" not in text

    def test_whoever_is_signed_in_can_leave(self, root: Path) -> None:
        text = dress("<head></head><gradio-app>", Store(root).snapshot(), nonce="n", theme=None, home=True, who="<ann>")
        assert '<form class="lk-leaving" method="post" action="/logout">' in text
        assert 'aria-label="Sign out &lt;ann&gt;"' in text
        assert "<ann>" not in text

    @pytest.mark.parametrize(
        ("cookie", "query", "theme"), [("dark", "", "dark"), ("light", "", "light"), (None, "", None), ("dark", "?__theme=light", None),
                                       ('"><script>', "", None)],
    )  # fmt: skip
    def test_the_theme_is_that_of_the_application(self, root: Path, cookie: str | None, query: str, theme: str | None) -> None:
        client = served(Store(root))
        text = client.get(f"/lookup/{query}", headers={"Cookie": f"theme={cookie}"} if cookie else {}).text
        assert re.findall(r'<gradio-app theme_mode="(\w+)"', text) == ([theme] if theme else [])

    def test_titles_are_text(self, tmp_path: Path) -> None:
        run = publish(tmp_path, demo=True)
        rewrite(run.folder, lambda manifest: manifest["datasets"]["shop"].update(title="</script><script>alert(1)</script>"))
        text = served(Store(tmp_path)).get("/lookup/").text
        assert "alert(1)" in text
        assert not re.search(r"<script[^>]*>alert", text)

    def test_files_are_kept_by_browsers_as_their_names_change(self, page: TestClient) -> None:
        (script,) = re.findall(r'type="module" crossorigin src="\./(assets/[^"]+)"', page.get("/lookup/").text)
        answer = page.get(f"/lookup/{script}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")

    @pytest.mark.parametrize(
        "path",
        ["config", "gradio_api/info", "gradio_api/queue/data", "gradio_api/file=/etc/passwd", "gradio_api/heartbeat/x", "login",
         "monitoring", "manifest.json", "gradio_api/runs", "assets/../config"],
    )  # fmt: skip
    def test_the_rest_of_gradio_is_closed(self, page: TestClient, path: str) -> None:
        assert page.get(f"/lookup/{path}").status_code == 404

    @pytest.mark.parametrize("path", ["gradio_api/upload", "gradio_api/queue/join", "gradio_api/call/search", "gradio_api/run/other", ""])
    def test_nothing_but_questions_can_be_sent(self, page: TestClient, path: str) -> None:
        assert page.post(f"/lookup/{path}", json={}).status_code == 405

    def test_a_question_has_a_largest_size(self, page: TestClient) -> None:
        answer = page.post("/lookup/gradio_api/run/predict", json={"data": ["shop", "7" * 20_000], "fn_index": 0})
        assert answer.status_code == 413

    def test_other_sites_may_not_read_the_answers(self, page: TestClient) -> None:
        message = {"data": ["shop", "7"], "fn_index": 0}
        answer = page.post("/lookup/gradio_api/run/predict", json=message, headers={"Origin": "https://elsewhere.example"})
        assert [name for name in answer.headers if name.startswith("access-control")] == []

    def test_websockets_are_refused(self, page: TestClient) -> None:
        with pytest.raises(WebSocketDisconnect), page.websocket_connect("/lookup/"):
            pass


class TestAsking:
    def test_a_known_id_gives_the_record_and_the_map(self, page: TestClient) -> None:
        record, plot, buttons = ask(page, "shop", "7")
        assert "Customer <b>7</b>" in record
        assert (plot["visible"], plot["value"]["type"]) == (True, "plotly")
        assert buttons["label"] == "Examples"

    def test_the_map_is_thinned_beyond_what_can_be_drawn(self, page: TestClient) -> None:
        assert "a dot stands for one customer in 2;" in ask(page, "shop", "7")[0]

    def test_an_unknown_id_hides_the_map_and_offers_others(self, page: TestClient) -> None:
        record, plot, buttons = ask(page, "gym", "11")
        assert "No customer 11" in record
        assert plot["visible"] is False
        assert (buttons["label"], buttons["samples"]) == ("Ids that look most like it", [["1"], ["10"], ["2"]])

    @pytest.mark.parametrize("text", ["", None])
    def test_an_empty_box_asks_for_an_id(self, page: TestClient, text: str | None) -> None:
        assert "Type a customer id, or choose an example." in ask(page, "shop", text)[0]

    def test_a_button_looks_its_id_up_and_shows_it_in_the_box(self, page: TestClient) -> None:
        chosen = {"index": 0, "value": ["7\u2003Churn Risk"], "selected": True}
        box, record, plot, _ = ask(page, "shop", None, at=1, data=["shop"], event_data=chosen)
        assert (box, plot["visible"]) == ("7", True)
        assert "Customer <b>7</b>" in record

    @pytest.mark.parametrize("theme", ["dark", "light"])
    def test_the_map_has_the_theme_of_the_page(self, root: Path, theme: str) -> None:
        client = served(Store(root))
        client.cookies.set("lookup_theme", theme)
        ink = {"dark": "#e6eaf0", "light": "#1c2430"}[theme]
        assert ink in ask(client, "shop", "7")[1]["value"]["plot"]

    def test_what_is_worked_out_of_everybody_is_there_before_somebody_asks(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(scope: Scope) -> None:
            raise AssertionError("asked of everybody")

        with served(Store(root)) as client:
            assert client.get("/lookup/").status_code == 200
            for name in ("personas", "clusters", "average"):
                monkeypatch.setattr(segments, name, fail)
            assert "Customer <b>7</b>" in ask(client, "shop", "7")[0]

    def test_a_fault_is_written_down_once_and_told_without_what_it_says(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def fail(*_: Any) -> None:
            raise ValueError("customer 17850")

        before = faults_counted()
        message = {"data": ["shop", "1"], "fn_index": 0, "session_hash": "s"}
        with served(Store(root)) as client:
            assert client.get("/lookup/").status_code == 200
            monkeypatch.setattr("webapp.lookup.blocks.find", fail)
            answer = client.post("/lookup/gradio_api/run/predict", json=message)
        assert (answer.status_code, answer.json()["error"]) == (500, "The fault is ours and stands in the log.")
        assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == ["the lookup failed"]
        assert (capfd.readouterr(), faults_counted() - before) == (("", ""), 1)

    def test_the_dataset_is_the_one_that_the_page_names(self, page: TestClient) -> None:
        # Event 0 belongs to the first tab now; a page from before may have had another one there.
        assert "Customer <b>10</b>" in ask(page, "gym", "10", at=0)[0]


class TestRuns:
    def test_a_new_run_is_seen_without_a_restart(self, tmp_path: Path, clock: Clock) -> None:
        publish(tmp_path, FIRST)
        client = served(Store(tmp_path, clock=clock))
        assert "No customer 99" in ask(client, "shop", "99")[0]
        publish(tmp_path, SECOND, buyers=[*BUYERS, buyer("99", 3, 1, 10.0)])
        clock.now += RECHECK_SECONDS
        assert "Customer <b>99</b>" in ask(client, "shop", "99")[0]

    def test_a_page_from_before_learns_that_its_dataset_is_gone(self, tmp_path: Path, clock: Clock) -> None:
        publish(tmp_path, FIRST)
        client = served(Store(tmp_path, clock=clock))
        assert client.get("/lookup/").text.count('"label":"Customer id"') == 2
        only_shop(publish(tmp_path, SECOND))
        clock.now += RECHECK_SECONDS
        assert re.findall(r'"label":"(Shop|Gym)"', client.get("/lookup/").text) == ["Shop", "Gym"]  # the second is hidden
        assert "holds Shop. Reload the page" in ask(client, "gym", "10", at=2)[0]

    def test_examples_are_those_of_the_run(self, tmp_path: Path, clock: Clock) -> None:
        publish(tmp_path, FIRST)
        client = served(Store(tmp_path, clock=clock))
        publish(tmp_path, SECOND, buyers=[buyer(f"new{at}", at, 1 + at, 10.0 * at, cluster=at % 3) for at in range(1, 7)])
        clock.now += RECHECK_SECONDS
        assert re.search(r"new\d\u2003Churn Risk", client.get("/lookup/").text)


def only_shop(run: Run) -> None:
    """Take the gym out of a published run."""
    rewrite(run.folder, lambda manifest: manifest["datasets"].pop("gym"))


@pytest.fixture(scope="module")
def by_itself(root: Path) -> TestClient:
    return client_of(alone(Settings(artifacts=root)))


class TestAlone:
    def test_every_address_leads_to_the_lookup(self, by_itself: TestClient) -> None:
        answer = by_itself.get("/customers/shop/7", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (307, "/lookup/")
        assert "<h1>Customer lookup</h1>" in by_itself.get("/").text

    def test_nothing_links_to_pages_that_are_not_there(self, by_itself: TestClient) -> None:
        assert 'href="/"' not in by_itself.get("/lookup/").text
        assert "Open the full record" not in ask(by_itself, "shop", "7")[0]

    def test_the_font_comes_from_here(self, by_itself: TestClient) -> None:
        assert by_itself.get("/assets/fonts/inter.woff2").status_code == 200


@pytest.mark.slow
class TestTheWholeProduct:
    def test_the_record_links_to_the_page_of_the_customer(self, client: TestClient, store: Store) -> None:
        (customer_id, _), *_ = examples(Scope(store.snapshot(), "retail"))
        record = ask(client, "retail", customer_id)[0]
        (address,) = re.findall(r'href="(/customers/[^"]+)"', record)
        assert address == f"/customers/retail/{customer_id}"
        assert client.get(address).status_code == 200

    @pytest.mark.parametrize("dataset", ["mall", "retail"])
    def test_every_example_is_found(self, client: TestClient, store: Store, dataset: str) -> None:
        offered = examples(Scope(store.snapshot(), dataset))
        assert len(offered) == 4
        for customer_id, persona in offered:
            assert f"</span>{persona}</h2>" in ask(client, dataset, customer_id)[0]


@pytest.mark.slow
def test_an_answer_loads_nothing_to_draw_with_in_a_window(root: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from starlette.testclient import TestClient
from webapp.lookup.mount import Lookup
from webapp.store import Store
client = TestClient(Lookup(Store(Path({str(root)!r}))))
answer = client.post("/gradio_api/run/predict", json={{"data": ["shop", "1"], "fn_index": 0, "session_hash": "x"}})
assert answer.status_code == 200, answer.text
sys.exit(bool({{"matplotlib"}} & {{*sys.modules}}))
"""
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)
