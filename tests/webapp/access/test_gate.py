"""The gate before small pages; before the whole product, see `test_every_route`."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from tests.webapp.access.house import LOCAL, ORIGIN, House
from tests.webapp.asking import client_of, open_house
from webapp.access.gate import Gate, RefusalError
from webapp.access.reception import EXPORTS, SEARCHES, Reception
from webapp.access.rules import FORM, JSON, PARTS, RULES
from webapp.access.visitor import Visitor, begin

ELSEWHERE = [
    "https://evil.example",
    "null",
    "https://clientele.example.evil.example",
    "http://clientele.example",
    "https://clientele.example:8443",
]
SENDING = [rule for rule in RULES if "POST" in rule.methods]


class TestHosts:
    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "clientele.example:444", "clientele.example.", ""])
    def test_another_name_is_not_answered(self, house: House, host: str) -> None:
        answer = house.sign_in("ann").get("/", headers={"Host": host})
        assert (answer.status_code, answer.text) == (400, "This server does not go by that name.\n")

    def test_health_is_told_by_any_name(self, house: House) -> None:
        assert [house.visit().get(path, headers={"Host": "10.0.0.7"}).status_code for path in ("/healthz", "/readyz")] == [200, 200]

    @pytest.mark.parametrize("base_url", ["http://127.0.0.1:8050", "http://localhost:9999", "http://[::1]:8050"])
    def test_without_accounts_it_goes_by_the_names_of_this_machine(self, base_url: str) -> None:
        assert client_of(answering(open_house()), base_url=base_url).get("/").text == "answered"

    @pytest.mark.parametrize(
        ("base_url", "address"),
        [("http://evil.example", "127.0.0.1"), ("http://127.0.0.1:8050", "192.0.2.1"), ("http://localhost.evil.example", "127.0.0.1")],
    )
    def test_without_accounts_it_answers_nobody_else(self, base_url: str, address: str) -> None:
        assert client_of(answering(open_house()), base_url=base_url, client=(address, 50_000)).get("/").status_code == 400


class TestOtherSites:
    @pytest.mark.parametrize("origin", ELSEWHERE)
    @pytest.mark.parametrize("rule", SENDING, ids=lambda rule: rule.path)
    def test_change_nothing(self, house: House, rule: Any, origin: str) -> None:
        path = rule.path + ("x" if rule.path.endswith("/") else "")
        answer = house.sign_in("ann").post(path, headers={"Origin": origin, "Content-Type": rule.takes})
        assert (answer.status_code, answer.text) == (403, "This comes from another site. Open the page itself.\n")

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
    @pytest.mark.parametrize("rule", SENDING, ids=lambda rule: rule.path)
    def test_do_not_even_with_an_origin_of_ours(self, house: House, rule: Any, site: str) -> None:
        path = rule.path + ("x" if rule.path.endswith("/") else "")
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": site, "Content-Type": rule.takes}
        assert house.sign_in("ann").post(path, headers=headers).status_code == 403

    @pytest.mark.parametrize("headers", [{}, {"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}])
    def test_pages_of_ours_do(self, house: House, headers: dict[str, str]) -> None:
        answer = house.sign_in("ann").post("/_dash-update-component", json={}, headers=headers)
        assert answer.text == "POST /_dash-update-component for ann, analyst"

    def test_may_link_to_a_page(self, house: House) -> None:
        client = house.sign_in("ann")
        assert client.get("/retail", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
        assert client.head("/retail", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200

    @pytest.mark.parametrize("taken", [FORM, JSON, PARTS, "text/plain", ""])
    @pytest.mark.parametrize("rule", SENDING, ids=lambda rule: rule.path)
    def test_cannot_pass_one_type_off_as_another(self, house: House, rule: Any, taken: str) -> None:
        if taken == rule.takes:
            return
        path = rule.path + ("x" if rule.path.endswith("/") else "")
        assert house.sign_in("ann").post(path, content=b"", headers={"Content-Type": taken}).status_code == 415


class TestRoles:
    @pytest.mark.parametrize(
        ("method", "path", "taken"),
        [
            ("GET", "/download/shop/customers.csv", ""),
            ("GET", "/metrics", ""),
            ("GET", "/scoring/results/abc/customers.csv", ""),
            ("POST", "/scoring/shop", PARTS),
            ("POST", "/runs/20240310T120000Z-00000001", FORM),
            ("POST", "/runs/label/20240310T120000Z-00000001", FORM),
            ("POST", "/audiences/shop", FORM),
            ("GET", "/audiences/20240310T120000Z-00000001/audience.csv", ""),
            ("POST", "/scoring/campaigns/20240310T120000Z-00000001", PARTS),
            ("POST", "/reports/20240310T120000Z-00000001", JSON),
            ("GET", "/reports/jobs/20240310T120000Z-00000001", ""),
            ("GET", "/reports/files/20240310T120000Z-00000001/report.pdf", ""),
        ],
    )
    def test_some_things_are_for_analysts(self, house: House, method: str, path: str, taken: str) -> None:
        answer = house.sign_in("max").request(method, path, headers={"Content-Type": taken})
        assert (answer.status_code, answer.text) == (403, "This is for analysts. Ask whoever runs this for that role.\n")
        assert house.sign_in("ann").request(method, path, headers={"Content-Type": taken}).status_code != 403

    def test_a_manager_reads(self, house: House) -> None:
        assert house.sign_in("max").get("/retail").text == "GET /retail for max, manager"

    def test_are_asked_of_the_account_and_not_of_the_request(self, house: House) -> None:
        headers = {"X-Role": "analyst", "Cookie": "role=analyst"}
        assert house.sign_in("max").get("/download/shop/customers.csv?role=analyst", headers=headers).status_code in {401, 403}

    @pytest.mark.parametrize("path", ["//download/shop/customers.csv", "/Download/shop/customers.csv", "/./download/shop/customers.csv"])
    def test_another_spelling_of_an_address_is_another_address(self, house: House, path: str) -> None:
        answer = house.sign_in("max").get(f"{ORIGIN}{path}")
        assert "customer_id" not in answer.text
        assert "for max, manager" in answer.text or answer.status_code >= 300


class TestLimits:
    @pytest.mark.parametrize(
        "path",
        ["/download/shop/customers.csv", "/audiences/none/contacts.csv", "/reports/files/none/report.pdf", "/scoring/results/none/x.csv"],
    )
    def test_files_are_counted(self, house: House, path: str) -> None:
        client = house.sign_in("ann")
        codes = [client.get(path).status_code for _ in range(EXPORTS.most + 1)]
        assert codes == [200] * EXPORTS.most + [429]
        house.now.seconds += EXPORTS.seconds
        assert client.get(path).status_code == 200

    def test_signing_in_anew_gives_no_more(self, house: House) -> None:
        for _ in range(EXPORTS.most):
            house.sign_in("ann").get("/download/shop/customers.csv")
        assert house.sign_in("ann").get("/download/shop/customers.csv").status_code == 429

    def test_searches_are_counted_for_each_person(self, house: House) -> None:
        begin(Visitor("ann", "analyst"))
        assert [house.reception.searched("12346") for _ in range(SEARCHES.most + 1)] == [True] * SEARCHES.most + [False]
        begin(Visitor("max", "manager"))
        assert house.reception.searched("12346")

    def test_on_ones_own_machine_nothing_is(self) -> None:
        reception = open_house()
        assert all(reception.searched("12346") for _ in range(SEARCHES.most + 1))


class TestTrail:
    """What the gate notes of what was asked for, once it knows how that ended."""

    def noted(self, house: House, name: str, method: str, path: str, **more: Any) -> list[tuple[str, str]]:
        client = house.sign_in(name)
        before = len(house.trail)
        client.request(method, path, **more)
        keyed = house.reception.keyed
        lines = house.trail[before:]
        assert all((line["user"], line["object"]) == (keyed.short("user", name), keyed.short("object", path)) for line in lines)
        return [(line["action"], line["result"]) for line in lines]

    @pytest.mark.parametrize(
        ("method", "path", "taken", "noted"),
        [
            ("GET", "/download/shop/customers.csv", "", [("export", "done")]),
            ("GET", "/download/bakery/customers.csv", "", [("export", "failed")]),
            ("HEAD", "/download/shop/customers.csv", "", []),
            ("POST", "/scoring/shop", PARTS, [("upload", "done")]),
            ("POST", "/reports/none", JSON, [("report", "done")]),
            ("GET", "/reports/jobs/none", "", []),
            ("GET", "/reports/files/none/report.pdf", "", [("export", "done")]),
            ("HEAD", "/reports/files/none/report.pdf", "", []),
            ("POST", "/audiences/shop", FORM, [("campaign", "done")]),
            ("GET", "/audiences/none/audience.csv", "", [("export", "done")]),
            ("HEAD", "/audiences/none/audience.csv", "", []),
            ("POST", "/scoring/campaigns/none", PARTS, [("upload", "done")]),
            ("GET", "/campaigns/shop", "", []),
            ("POST", "/runs/none", FORM, [("run switch", "failed")]),
            ("POST", "/runs/label/none", FORM, [("run label", "failed")]),
            ("GET", "/retail", "", []),
            ("GET", "/metrics", "", []),
            ("POST", "/_dash-update-component", JSON, []),
        ],
    )
    def test_has_a_line_for_each_thing_that_matters(
        self, house: House, method: str, path: str, taken: str, noted: list[tuple[str, str]]
    ) -> None:
        assert self.noted(house, "ann", method, path, headers={"Content-Type": taken}) == noted

    @pytest.mark.parametrize(
        ("method", "path", "taken", "action"),
        [
            ("GET", "/download/shop/customers.csv", "", "export"),
            ("POST", "/scoring/shop", PARTS, "upload"),
            ("POST", "/reports/none", JSON, "report"),
            ("GET", "/reports/files/none/report.xlsx", "", "export"),
            ("POST", "/audiences/shop", FORM, "campaign"),
            ("GET", "/audiences/none/contacts.xlsx", "", "export"),
            ("POST", "/scoring/campaigns/none", PARTS, "upload"),
            ("POST", "/runs/none", FORM, "run switch"),
            ("POST", "/runs/label/none", FORM, "run label"),
        ],
    )
    def test_says_who_was_refused(self, house: House, method: str, path: str, taken: str, action: str) -> None:
        assert self.noted(house, "max", method, path, headers={"Content-Type": taken}) == [(action, "refused")]

    def test_says_who_took_too_many_files(self, house: House) -> None:
        for _ in range(EXPORTS.most):
            assert house.reception.may_export(Visitor("ann", "analyst"))
        assert self.noted(house, "ann", "GET", "/download/shop/customers.csv") == [("export", "limited")]

    def test_what_comes_from_nobody_has_none(self, house: House) -> None:
        house.visit().get("/download/shop/customers.csv")
        assert house.trail == []


class TestMetrics:
    TOKEN = "b1c2d3e4f5a6978869504132a0b9c8d7e6"

    def asked(self, token: str, given: str | None, path: str = "/metrics") -> int:
        reception = Reception(replace(LOCAL, metrics_token=token), folder=self.folder)
        client = TestClient(answering(reception), base_url=ORIGIN)
        status = client.get(path, headers=[] if given is None else [(b"authorization", given.encode("latin-1"))]).status_code
        reception.close()
        return status

    @pytest.fixture(autouse=True)
    def visitors(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "visitors"

    def test_are_told_to_whoever_has_the_token(self) -> None:
        assert self.asked(self.TOKEN, f"Bearer {self.TOKEN}") == 200

    @pytest.mark.parametrize(
        "given", [None, "", "Bearer", "Bearer ", "Bearer x", "Bearer \xe9", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"]
    )
    def test_are_told_to_nobody_else(self, given: str | None) -> None:
        assert self.asked(self.TOKEN, given) == 401

    @pytest.mark.parametrize("given", [None, "Bearer", "Bearer "])
    def test_without_a_token_nothing_is_one(self, given: str | None) -> None:
        assert self.asked("", given) == 401

    @pytest.mark.parametrize("path", ["/", "/run", "/download/shop/customers.csv"])
    def test_are_all_that_the_token_opens(self, path: str) -> None:
        assert self.asked(self.TOKEN, f"Bearer {self.TOKEN}", path) == 401


class TestAnswers:
    @pytest.mark.parametrize("path", ["/", "/retail", "/run", "/lookup/", "/_dash-layout"])
    def test_of_customers_are_not_kept_by_browsers(self, house: House, path: str) -> None:
        assert house.sign_in("ann").get(path).headers["cache-control"] == "no-store"

    def test_that_refuse_bear_all_headers(self, house: House) -> None:
        for answer in (house.visit().get("/"), house.visit().get("/", headers={"Host": "evil.example"})):
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
            assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        ("path", "kept"),
        [
            ("/assets/x.css", True),
            ("/_dash-component-suites/x.js", True),
            ("/lookup/assets/x.js", True),
            ("/lookup/static/x.css", True),
            ("/assets", False),
            ("/lookup/assetsx", False),
            ("/download/assets/", False),
        ],
    )
    def test_that_are_files_of_the_product_may_be_kept(self, house: House, path: str, kept: bool) -> None:
        cookie = f"__Host-clientele={house.sign_in('ann').cookies['__Host-clientele']}"
        answer = TestClient(answering(house.reception), base_url=ORIGIN).get(path, headers={"Cookie": cookie})
        assert (answer.text, "cache-control" not in answer.headers) == ("answered", kept)

    @pytest.mark.parametrize(
        ("path", "led"),
        [
            ("/", "/login"),
            ("/?", "/login"),
            ("/?q=1", "/login?next=%2F%3Fq%3D1"),
            ("/retail", "/login?next=%2Fretail"),
            ("/customers/shop/a%20b%26c?x=%C3%A9&y=1", "/login?next=%2Fcustomers%2Fshop%2Fa%2520b%2526c%3Fx%3D%25C3%25A9%26y%3D1"),
        ],
    )
    def test_lead_people_who_are_not_in_to_where_they_get_in(self, house: House, path: str, led: str) -> None:
        answer = house.visit(accept="text/html").get(path)
        assert (answer.status_code, answer.headers["location"], answer.headers["cache-control"]) == (303, led, "no-store")

    def test_to_scripts_of_those_who_are_not_in_are_one_line_and_take_the_number_back(self, house: House) -> None:
        answer = house.visit().get("/retail", headers={"Cookie": "__Host-clientele=old"})
        assert (answer.status_code, answer.text) == (401, "Sign in first.\n")
        assert answer.headers["set-cookie"].startswith('__Host-clientele=""; ')
        assert "retry-after" not in answer.headers

    def test_to_those_who_are_in_take_no_number_back(self, house: House) -> None:
        answer = house.sign_in("max").get("/download/shop/customers.csv")
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)

    def test_say_when_to_come_back_for_another_file(self, house: House) -> None:
        client = house.sign_in("ann")
        for _ in range(EXPORTS.most):
            assert house.reception.may_export(Visitor("ann", "analyst"))
        answer = client.get("/download/shop/customers.csv")
        assert (answer.text, answer.headers["retry-after"]) == ("Those were many files in a short time. Wait a minute.\n", "60")

    def test_name_what_an_address_does_not_take(self, house: House) -> None:
        client = house.sign_in("ann")
        refused = client.delete("/retail")
        assert (refused.status_code, refused.text) == (405, "Nothing here takes that.\n")
        assert client.post("/runs/one", json={}).text == f"Send it as {FORM}.\n"

    def test_to_people_are_pages(self, house: House) -> None:
        answer = house.sign_in("max").get("/download/shop/customers.csv", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert "This is for analysts." in answer.text

    @pytest.mark.parametrize("path", ["/logout", "/runs/20240310T120000Z-00000001"])
    def test_to_forms_of_a_session_that_is_over_lead_to_signing_in(self, house: House, path: str) -> None:
        answer = house.visit(accept="text/html").post(path, headers={"Content-Type": FORM})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")

    def test_that_ask_for_patience_say_so(self, house: House) -> None:
        client = house.sign_in("ann")
        for _ in range(EXPORTS.most):
            client.get("/download/shop/customers.csv")
        answer = client.get("/download/shop/customers.csv", headers={"Accept": "text/html"})
        assert (answer.status_code, "<h1>Wait a moment</h1>" in answer.text) == (429, True)


def test_a_refusal_is_told_by_its_message() -> None:
    refusal = RefusalError(403, "Not here.")
    assert (str(refusal), refusal.status, refusal.message) == ("Not here.", 403, "Not here.")


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands in for an application: answers anything."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"answered"})


def answering(reception: Reception) -> Gate:
    return Gate(answer, reception)


class TestWebsockets:
    def opened(
        self, reception: Reception, cookie: str = "", *, extensions: dict[str, Any] | None = None, origin: str = ORIGIN, says: bool = True
    ) -> list[Message]:
        told: list[Message] = []

        async def send(message: Message) -> None:
            told.append(message)

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        headers = [(b"host", b"clientele.example"), (b"cookie", cookie.encode()), (b"origin", origin.encode())]
        scope = {"type": "websocket", "path": "/lookup/ws", "scheme": "wss", "headers": headers, "client": ("192.0.2.1", 1)}
        if says:
            scope["extensions"] = extensions or {}
        asyncio.run(Gate(answer, reception)({**scope, "query_string": b""}, receive, send))
        return told

    def test_open_for_whoever_signed_in(self, house: House) -> None:
        cookie = f"__Host-clientele={house.sign_in('ann').cookies['__Host-clientele']}"
        assert self.opened(house.reception, cookie) == [{"type": "websocket.accept"}]

    def test_are_refused_with_401_to_anybody_else(self, house: House) -> None:
        assert self.opened(house.reception, extensions={"websocket.http.response": {}})[0]["status"] == 401

    def test_are_closed_where_the_server_cannot_say_why(self, house: House) -> None:
        assert self.opened(house.reception) == [{"type": "websocket.close", "code": 1008, "reason": "Sign in first."}]

    def test_are_closed_where_the_server_says_nothing_of_what_it_can(self, house: House) -> None:
        assert self.opened(house.reception, extensions=None, says=False) == [
            {"type": "websocket.close", "code": 1008, "reason": "Sign in first."}
        ]

    def test_are_refused_to_pages_of_other_sites(self, house: House) -> None:
        cookie = f"__Host-clientele={house.sign_in('ann').cookies['__Host-clientele']}"
        told = self.opened(house.reception, cookie, origin="https://evil.example", extensions={"websocket.http.response": {}})
        assert told[0]["status"] == 403


def test_what_is_no_request_passes(house: House) -> None:
    seen: list[str] = []

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        assert (receive, send) == (never, never)

    async def never(*_: Any) -> Any:
        raise AssertionError("was asked for")

    asyncio.run(Gate(keep, house.reception)({"type": "lifespan"}, never, never))
    assert seen == ["lifespan"]
