"""Signing in at a real OpenID provider, which runs beside the tests."""

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from os import environ
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from playwright._impl._driver import compute_driver_executable
from starlette.testclient import TestClient

from tests.webapp.access.house import ORIGIN, SECRET, House, build
from tests.webapp.ports import free_port
from webapp.access.arrivals import KEPT_SECONDS
from webapp.access.oidc import role_of
from webapp.access.settings import AccessSettings, Provider

FOLDER = Path(__file__).with_name("provider")
ROLES = {"analyst": "analyst", "manager": "manager"}
# It warns of what is no matter here, and says that it is ready.
STARTING_LINES = 20


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """Address of the provider. It is run by the Node.js that Playwright brings: a system's may be older than it needs."""
    if not (FOLDER / "node_modules").is_dir():
        missing = f"the provider is not installed: install npm, and run `npm ci` in {FOLDER}"
        if environ.get("CLIENTELE_REQUIRE_PROVIDER"):
            pytest.fail(missing)
        pytest.skip(missing)
    port = free_port()
    node, _ = compute_driver_executable()
    command = [node, "provider.mjs", str(port), f"{ORIGIN}/login/back"]
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline()]
        while said[-1] not in {"ready\n", ""} and len(said) < STARTING_LINES:
            said.append(process.stdout.readline())
        assert said[-1] == "ready\n", said
        yield f"http://127.0.0.1:{port}"
        process.kill()


def settings(issuer: str, **changes: str) -> AccessSettings:
    told = {"issuer": issuer, "client": "clientele", "secret": "a word between the two", "claim": "roles", **changes}
    return AccessSettings("oidc", ORIGIN, SECRET, provider=Provider(**told, roles=ROLES))  # type: ignore[arg-type] # texts, by name


@pytest.fixture
def elsewhere(issuer: str, tmp_path: Path) -> Iterator[House]:
    """A house whose people sign in at the provider."""
    house = build(tmp_path, settings(issuer))
    yield house
    house.reception.close()


def set_out(client: TestClient, after: str = "/") -> str:
    """Where somebody is sent who wants to sign in."""
    answer = client.get(f"/login/provider?{urlencode({'next': after})}")
    assert answer.status_code == 302
    return answer.headers["location"]


def sign_in(address: str, name: str) -> str:
    """Say at the provider who one is, agree, and return the address that it sends one back to."""
    with httpx2.Client(follow_redirects=False) as browser:
        answer = browser.get(address)
        for _ in range(12):
            if answer.is_redirect:
                there = str(answer.next_request.url) if answer.next_request else ""
                if there.startswith(ORIGIN):
                    return there
                answer = browser.get(there)
                continue
            form = dict(re.findall(r'name="(prompt)" value="([a-z]+)"', answer.text))
            action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
            assert action, answer.text
            answer = browser.post(unescape(action[1]), data={**form, "login": name, "password": "any"})
    raise AssertionError("the provider never sent anybody back")


def arrive(client: TestClient, address: str) -> httpx2.Response:
    return client.get(address.removeprefix(ORIGIN))


def with_query(address: str, **changes: str) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} | changes
    return f"{address.split('?', maxsplit=1)[0]}?{urlencode(query)}"


class TestIn:
    @pytest.mark.parametrize(("name", "role"), [("ann", "analyst"), ("max", "manager")])
    def test_somebody_whom_the_provider_knows_gets_in_with_their_role(self, elsewhere: House, name: str, role: str) -> None:
        client = elsewhere.visit()
        assert 'href="/login/provider?next=%2Fretail"' in client.get("/login?next=/retail").text
        answer = arrive(client, sign_in(set_out(client, "/retail"), name))
        assert (answer.status_code, answer.headers["location"]) == (303, "/retail")
        assert client.get("/retail").text == f"GET /retail for {name}@example.com, {role}"
        assert [line["result"] for line in elsewhere.trail] == ["done"]

    def test_the_provider_is_asked_with_pkce_state_and_nonce_for_one_address(self, elsewhere: House) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(set_out(elsewhere.visit())).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert asked["redirect_uri"] == f"{ORIGIN}/login/back"
        assert all(len(asked[name]) >= 20 for name in ("state", "nonce", "code_challenge"))
        again = {name: values[0] for name, values in parse_qs(urlsplit(set_out(elsewhere.visit())).query).items()}
        assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))

    def test_the_way_back_is_found_again_by_this_browser_alone(self, elsewhere: House) -> None:
        answer = elsewhere.visit().get("/login/provider")
        cookie = answer.headers["set-cookie"]
        assert re.fullmatch(r"__Host-clientele-arrival=[A-Za-z0-9_-]{43}; HttpOnly; Max-Age=600; Path=/; SameSite=lax; Secure", cookie)


class TestNotIn:
    def refused(self, house: House, answer: httpx2.Response, status: int, words: str) -> None:
        assert (answer.status_code, words in answer.text) == (status, True)
        assert "__Host-clientele=" not in answer.headers.get("set-cookie", "")
        assert house.trail[-1]["result"] in {"failed", "refused"}

    def test_without_a_role(self, elsewhere: House) -> None:
        client = elsewhere.visit()
        self.refused(elsewhere, arrive(client, sign_in(set_out(client), "eve")), 403, "Your account has no role here.")

    def test_in_another_browser(self, elsewhere: House) -> None:
        back = sign_in(set_out(elsewhere.visit()), "ann")
        self.refused(elsewhere, arrive(elsewhere.visit(), back), 400, "begun in another window")

    def test_twice(self, elsewhere: House) -> None:
        client = elsewhere.visit()
        back, held = sign_in(set_out(client), "ann"), dict(client.cookies)
        assert arrive(client, back).status_code == 303
        again = elsewhere.visit()
        again.cookies.update(held)
        self.refused(elsewhere, arrive(again, back), 400, "took too long")

    def test_too_late(self, elsewhere: House) -> None:
        client = elsewhere.visit()
        back = sign_in(set_out(client), "ann")
        elsewhere.now.seconds += KEPT_SECONDS + 1
        self.refused(elsewhere, arrive(client, back), 400, "took too long")

    @pytest.mark.parametrize("change", [{"state": "another"}, {"code": "another"}])
    def test_with_what_the_provider_did_not_say(self, elsewhere: House, change: dict[str, str]) -> None:
        client = elsewhere.visit()
        back = with_query(sign_in(set_out(client), "ann"), **change)
        self.refused(elsewhere, arrive(client, back), 401, "did not let you in")

    def test_with_the_code_of_somebody_elses_sign_in(self, elsewhere: House) -> None:
        client, other = elsewhere.visit(), elsewhere.visit()
        theirs = parse_qs(urlsplit(sign_in(set_out(other), "max")).query)["code"][0]
        back = with_query(sign_in(set_out(client), "ann"), code=theirs)
        self.refused(elsewhere, arrive(client, back), 401, "did not let you in")

    def test_when_the_provider_says_no(self, elsewhere: House) -> None:
        client = elsewhere.visit()
        set_out(client)
        self.refused(elsewhere, arrive(client, f"{ORIGIN}/login/back?error=access_denied"), 401, "did not let you in")

    def test_when_the_token_is_for_another_sign_in(self, elsewhere: House, monkeypatch: pytest.MonkeyPatch) -> None:
        """The nonce that is expected differs from the one in the token."""
        client = elsewhere.visit()
        back = sign_in(with_query(set_out(client), nonce="a nonce that nobody sent"), "ann")
        self.refused(elsewhere, arrive(client, back), 401, "did not let you in")

    def test_with_a_password_of_ours(self, elsewhere: House) -> None:
        answer = elsewhere.visit().post("/login", data={"name": "ann", "password": "any"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")


class TestProvider:
    def test_that_is_gone_is_said_to_be(self, tmp_path: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            house = build(tmp_path, settings(f"http://127.0.0.1:{probe.getsockname()[1]}"))
            answer = house.visit().get("/login/provider")
        assert (answer.status_code, "cannot be reached" in answer.text) == (502, True)
        house.reception.close()

    def test_that_goes_by_another_name_is_not_believed(self, issuer: str, tmp_path: Path) -> None:
        house = build(tmp_path, settings(issuer.replace("127.0.0.1", "localhost")))
        assert house.visit().get("/login/provider").status_code == 502
        house.reception.close()

    def test_that_knows_another_secret_lets_nobody_in(self, issuer: str, tmp_path: Path) -> None:
        house = build(tmp_path, settings(issuer, secret="not the one"))
        client = house.visit()
        assert arrive(client, sign_in(set_out(client), "ann")).status_code == 401
        house.reception.close()


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("analyst", "analyst"),
        (["manager"], "manager"),
        (["manager", "analyst", "x"], "analyst"),
        (["Analyst"], None),
        ("analysts", None),
        (None, None),
        ([], None),
        ({"analyst": True}, None),
    ],
)
def test_the_greatest_role_that_a_claim_names_counts(said: object, role: str | None) -> None:
    assert role_of({"groups": said}, Provider("https://id.example", "c", "s", "groups", ROLES)) == role


def test_where_nobody_signs_in_elsewhere_there_is_no_way_there(house: House) -> None:
    for path in ("/login/provider", "/login/back"):
        answer = house.visit().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_sessions_of_accounts_end_when_a_provider_takes_their_place(house: House, tmp_path: Path) -> None:
    held = dict(house.sign_in("ann").cookies)
    (tmp_path / "later").mkdir()
    later = build(tmp_path / "later", settings("https://id.example"), folder=tmp_path / "visitors")
    client = later.visit()
    client.cookies.update(held)
    assert client.get("/").status_code == 401
    later.reception.close()


@pytest.mark.parametrize("said", ["no json at all", "{}", '{"issuer": "ISSUER"}'])
def test_a_provider_that_answers_like_none_is_said_to_be_unreachable(tmp_path: Path, said: str) -> None:
    class Odd(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said.replace("ISSUER", f"http://127.0.0.1:{server.server_port}").encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Odd) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        house = build(tmp_path, settings(f"http://127.0.0.1:{server.server_port}"))
        answer = house.visit().get("/login/provider")
        server.shutdown()
        thread.join()
    assert (answer.status_code, "cannot be reached" in answer.text) == (502, True)
    house.reception.close()
