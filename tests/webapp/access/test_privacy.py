"""What people are, type and send is in nothing that the server writes down: a process of its own, with accounts, and all that it wrote."""

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from pipeline.artifacts import current_id
from tests import small
from tests.webapp.access.house import CHEAP, SECRET
from tests.webapp.browser import published
from tests.webapp.browser.product import Product, running
from tests.webapp.sending import over
from webapp.access.accounts import Account
from webapp.access.keyed import Keyed
from webapp.access.rules import FORM, JSON

pytestmark = pytest.mark.slow

NAME, PASSWORD, WRONG = "persephone@shop.example", "seven green lamps sing", "bartholomew guessed this"
CUSTOMER = "Quillfeather-7"
SEARCHED, ASKED = "Fothergill", "Cholmondeley"
IN_ADDRESS, IN_QUERY, IN_HEADER = "Hortensia Pemberton", "Ignatius", "Philippa Underwood"
BAD_FILE, BAD_CELL = "Zebedee payroll.csv", "marmaduke-unreadable"
GOOD_FILE, GOOD_CELL, GOOD_COLUMN = "Ermintrude list.csv", "Thistlewood", "Salary of Barnaby"
SWITCHED = "20240702T000000Z-00000002"
BAD = f"id,age,visits\n{GOOD_CELL},{BAD_CELL},3\n"
GOOD = f"id,age,visits,{GOOD_COLUMN}\n{GOOD_CELL},30,3,4\nx,40,1,5\n"


@dataclass
class Visit:
    """Everything that was done, and everything that was written.

    Attributes:
        log: Standard output and standard error.
        trail: The audit file.
        number: That of the session.
        results: What became of both files.
        first: The run that was switched to.
    """

    log: str
    trail: str
    number: str
    results: list[dict[str, str]]
    first: str


class Browser:
    """Asks as a browser does; sends cookies by hand, which are for encrypted ways alone."""

    def __init__(self, product: Product) -> None:
        headers = {"X-Customer": IN_HEADER, "User-Agent": IN_HEADER, "Referer": f"{product.url}/{IN_HEADER}", "Origin": product.url}
        self._client = httpx2.Client(base_url=product.url, headers=headers, timeout=60)
        self.number = ""

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, method: str, path: str, expected: int, **more: Any) -> httpx2.Response:
        headers = {**more.pop("headers", {}), **({"Cookie": f"__Host-clientele={self.number}"} if self.number else {})}
        answer = self._client.request(method, path, headers=headers, **more)
        assert answer.status_code == expected, answer.text
        return answer

    def get(self, path: str) -> httpx2.Response:
        return self.ask("GET", path, 200)

    def sign_in(self, password: str, expected: int) -> None:
        answer = self.ask("POST", "/login", expected, data={"name": NAME, "password": password, "next": f"/customers/{IN_ADDRESS}"})
        if held := re.match(r"__Host-clientele=([^;]+)", answer.headers.get("set-cookie", "")):
            self.number = held[1]

    def score(self, name: str, content: str) -> dict[str, str]:
        job = self.ask("POST", "/scoring/club", 202, files={"file": (name, content)}).json()["id"]
        return over(self, job)


def do_all(browser: Browser, first: str) -> list[dict[str, str]]:
    """Each thing that leaves a line in the trail once, and some that leave none; returns what became of the files."""
    browser.ask("GET", f"/customers/club/{CUSTOMER}", 401)
    browser.sign_in(WRONG, 401)
    browser.sign_in(PASSWORD, 303)
    browser.get(f"/customers/club/{CUSTOMER}?q={IN_QUERY}")
    browser.get(f"/{IN_ADDRESS}/{IN_ADDRESS}?{IN_ADDRESS}={IN_QUERY}")
    asked = {"id": "search", "property": "value"}
    found = {"output": "search-results.children", "outputs": {"id": "search-results", "property": "children"}}
    browser.ask(
        "POST", "/_dash-update-component", 200, json={**found, "inputs": [{**asked, "value": SEARCHED}], "changedPropIds": ["search.value"]}
    )
    listed = browser.get(f"/download/club/customers.csv?customer={CUSTOMER}&note={IN_QUERY}")
    assert CUSTOMER in listed.text
    results = [browser.score(BAD_FILE, BAD), browser.score(GOOD_FILE, GOOD)]
    browser.ask("POST", f"/runs/{first}", 303, headers={"Content-Type": FORM})
    asked_lookup = {"data": ["club", ASKED], "fn_index": 0, "session_hash": IN_QUERY}
    browser.ask("POST", "/lookup/gradio_api/run/predict", 200, json=asked_lookup, headers={"Content-Type": JSON})
    browser.ask("POST", "/scoring/club", 415, content=BAD_CELL, headers={"Content-Type": "text/plain"})
    browser.ask("POST", "/logout", 303, headers={"Content-Type": FORM})
    browser.ask("GET", f"/customers/club/{CUSTOMER}", 401)
    return results


@pytest.fixture(scope="module", params=["json", "text"])
def visit(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    folder = tmp_path_factory.mktemp("privacy")
    first = small.publish(folder, members=small.MEMBERS.replace("\n7,", f"\n{CUSTOMER},")).manifest.run_id
    published.copy(folder / "runs", folder / "runs", SWITCHED, "2024-07-02T00:00:00Z")
    log, trail = folder / "server" / "log", folder / "audit"
    log.parent.mkdir()
    account = Account(NAME, "analyst", CHEAP.hash(PASSWORD))
    environment = {
        "CLIENTELE_AUTH": "local", "CLIENTELE_SECRET": SECRET, "CLIENTELE_USERS": account.line,
        "CLIENTELE_USERS_FILE": str(folder / "none"), "CLIENTELE_AUDIT": str(trail), "CLIENTELE_LOG": request.param,
    }  # fmt: skip
    with running(folder / "runs", log, **environment) as product, Browser(product) as browser:
        results = do_all(browser, first)
        assert current_id(folder / "runs") == first
    return Visit(log.read_text(), trail.read_text(), browser.number, results, first)


def test_what_is_planted_was_really_sent_and_answered(visit: Visit) -> None:
    assert len(visit.number) == 43
    bad, good = visit.results
    assert bad["state"] == "refused"
    assert BAD_CELL in bad["message"]
    assert good["state"] == "done"
    assert "/customers/*" in visit.log


@pytest.mark.parametrize(
    "planted",
    [NAME, "persephone", PASSWORD, WRONG, CUSTOMER, "Quillfeather", SEARCHED, ASKED, "Hortensia", "Pemberton", IN_QUERY, "Philippa",
     "Underwood", "Zebedee", BAD_CELL, "Ermintrude", GOOD_CELL, "Barnaby", SECRET, "$argon2id"],
)  # fmt: skip
def test_nothing_personal_is_written_down(visit: Visit, planted: str) -> None:
    for written in (visit.log, visit.trail):
        assert planted.lower() not in written.lower()


def test_the_number_of_a_session_is_not_written_down(visit: Visit) -> None:
    stored = Keyed(SECRET).name("session", visit.number)
    for written in (visit.log, visit.trail):
        assert visit.number not in written
        assert stored not in written


def test_each_thing_that_was_done_has_one_line_with_its_result(visit: Visit) -> None:
    keyed = Keyed(SECRET)
    lines = [json.loads(line) for line in visit.trail.splitlines()]
    assert [(line["action"], line["result"]) for line in lines] == [
        ("login", "failed"),
        ("login", "done"),
        ("search", "done"),
        ("export", "done"),
        ("upload", "done"),
        ("upload", "done"),
        ("run switch", "done"),
        ("search", "done"),
        ("logout", "done"),
    ]
    assert {line["user"] for line in lines} == {keyed.short("user", NAME)}
    things = ["-", "-", SEARCHED, "/download/club/customers.csv", *["/scoring/club"] * 2, f"/runs/{visit.first}", ASKED, "-"]
    assert [line["object"] for line in lines] == [thing if thing == "-" else keyed.short("object", thing) for thing in things]
    assert [line["run_id"] for line in lines][:6] == [SWITCHED] * 6
    # Each belongs to a request of its own.
    assert len({line["request_id"] for line in lines}) == len(lines)
