import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.webapp.access.house import CHEAP, PASSWORDS, House, attempt, build
from webapp.access import accounts as module
from webapp.access.login import BY_ACCOUNT, BY_ADDRESS, local
from webapp.access.sessions import IDLE_SECONDS, WHOLE_SECONDS

WRONG = "it is not this one"
COOKIE = re.compile(r"__Host-clientele=([A-Za-z0-9_-]{43}); HttpOnly; Path=/; SameSite=lax; Secure")


class TestIn:
    def test_leads_to_where_somebody_wanted_to_go(self, house: House) -> None:
        asked = house.visit(accept="text/html").get("/retail?persona=Churn+Risk")
        assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=%2Fretail%3Fpersona%3DChurn%2BRisk")
        form = house.visit().get(asked.headers["location"])
        assert '<input type="hidden" name="next" value="/retail?persona=Churn+Risk">' in form.text
        client = house.sign_in("ann", after="/retail?persona=Churn+Risk")
        assert client.get("/retail").text == "GET /retail for ann, analyst"

    def test_gives_a_number_that_no_script_and_no_other_site_sees(self, house: House) -> None:
        cookie = attempt(house.visit(), "ann", PASSWORDS["ann"]).headers["set-cookie"]
        assert COOKIE.fullmatch(cookie)

    def test_takes_names_without_regard_to_case(self, house: House) -> None:
        assert attempt(house.visit(), " Ann ", PASSWORDS["ann"]).status_code == 303
        attempt(house.visit(), "ANN", WRONG)
        assert [line["user"] for line in house.trail] == [house.trail[0]["user"]] * 2

    @pytest.mark.parametrize(
        ("name", "password"), [("ann", WRONG), ("nobody", WRONG), ("ann", PASSWORDS["max"]), ("", ""), ("ann", "x" * 600)]
    )
    def test_with_anything_else_is_refused_in_the_same_words(self, house: House, name: str, password: str) -> None:
        answer = attempt(house.visit(), name, password)
        assert (answer.status_code, "Name or password is wrong." in answer.text) == (401, True)
        assert "set-cookie" not in answer.headers
        assert house.trail[-1]["result"] == "failed"

    def test_with_a_wrong_password_keeps_the_name_and_nothing_else(self, house: House) -> None:
        said = attempt(house.visit(), '"><script>', WRONG).text
        assert 'id="name" name="name" value="&quot;&gt;&lt;script&gt;"' in said
        assert "<script>" not in said
        assert WRONG not in said

    def test_checks_a_password_for_a_name_that_nobody_has_as_well(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        checked: list[str] = []
        accounts = house.reception.accounts
        assert accounts is not None
        monkeypatch.setattr(accounts, "_fixed", {"ann": module.made("ann", "analyst", PASSWORDS["ann"])})

        class Hasher:
            def verify(self, hashed: str, password: str) -> None:
                checked.append(hashed)
                raise module.VerifyMismatchError

        monkeypatch.setattr(module, "_HASHER", Hasher())
        assert [attempt(house.visit(), name, WRONG).status_code for name in ("ann", "nobody")] == [401, 401]
        assert len(set(checked)) == 2
        # The same work for both: memory, passes and lanes are part of the hash.
        assert len({hashed.split("$")[3] for hashed in checked}) == 1

    def test_anew_gives_another_number_and_ends_the_one_before(self, house: House, refused: Callable[[str, int], None]) -> None:
        refused("replays of an ended session", 1)
        client = house.sign_in("ann")
        before = dict(client.cookies)
        house.sign_in("max", client=client)
        assert dict(client.cookies) != before
        replay = house.visit()
        replay.cookies.update(before)
        assert replay.get("/").status_code == 401

    def test_is_passed_over_by_whoever_is_in(self, house: House) -> None:
        answer = house.sign_in("ann").get("/login?next=/retail")
        assert (answer.status_code, answer.headers["location"]) == (303, "/retail")

    def test_takes_no_number_that_somebody_else_chose(self, house: House) -> None:
        client = house.visit()
        client.cookies.set("__Host-clientele", "A" * 43)
        house.sign_in("ann", client=client)
        fixed = house.visit()
        fixed.cookies.set("__Host-clientele", "A" * 43)
        assert fixed.get("/").status_code == 401


@given(st.text())
def test_nobody_is_led_elsewhere_after_signing_in(address: str) -> None:
    led = local(address)
    assert led == "/" or (led == address and re.match(r"/([^/\\]|$)", led))


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:f()", "/\t/evil.example", "", None]
)
def test_these_addresses_lead_to_the_overview(address: str | None) -> None:
    assert local(address) == "/"


class TestFloods:
    def test_the_sixth_failure_of_an_account_from_an_address_is_429(self, house: House, refused: Callable[[str, int], None]) -> None:
        refused("logins of a flood", 3)
        client = house.visit()
        answers = [attempt(client, "ann", WRONG) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        assert answers[-1].headers["retry-after"] == "900"
        # Not even the right one is tried any more.
        assert attempt(client, "ann", PASSWORDS["ann"]).status_code == 429

    def test_other_addresses_and_other_accounts_still_get_in(self, house: House) -> None:
        client = house.visit()
        for _ in range(6):
            attempt(client, "ann", WRONG)
        assert attempt(house.visit("192.0.2.2"), "ann", PASSWORDS["ann"]).status_code == 303
        assert attempt(client, "max", PASSWORDS["max"]).status_code == 303

    def test_an_address_has_fifty_whatever_the_accounts(
        self, house: House, monkeypatch: pytest.MonkeyPatch, refused: Callable[[str, int], None]
    ) -> None:
        refused("logins of a flood", 2)
        monkeypatch.setattr(module, "_NOBODYS", CHEAP.hash("nobody has this password"))
        client = house.visit()
        answers = [attempt(client, f"name{number}", WRONG).status_code for number in range(51)]
        assert answers == [401] * 50 + [429]
        assert attempt(client, "ann", PASSWORDS["ann"]).status_code == 429

    def test_after_a_quarter_of_an_hour_one_may_try_again(self, house: House) -> None:
        client = house.visit()
        for _ in range(6):
            attempt(client, "ann", WRONG)
        house.now.seconds += BY_ACCOUNT.seconds - 1
        assert attempt(client, "ann", PASSWORDS["ann"]).status_code == 429
        house.now.seconds += 1
        assert attempt(client, "ann", PASSWORDS["ann"]).status_code == 303

    def test_who_gets_in_has_used_nothing_up(self, house: House) -> None:
        for _ in range(BY_ACCOUNT.most + 2):
            house.sign_in("ann")

    def test_many_at_once_count_as_many(self, house: House, monkeypatch: pytest.MonkeyPatch, refused: Callable[[str, int], None]) -> None:
        refused("logins of a flood", 15)
        tried, together = [], threading.Barrier(20)
        accounts = house.reception.accounts
        assert accounts is not None
        monkeypatch.setattr(accounts, "check", lambda name, password: tried.append(name))

        def knock(_: int) -> int:
            together.wait()
            return attempt(house.visit(), "ann", WRONG).status_code

        with ThreadPoolExecutor(20) as threads:
            codes = sorted(threads.map(knock, range(20)))
        assert (codes, len(tried)) == ([401] * 5 + [429] * 15, 5)

    def test_another_worker_counts_on(self, house: House, tmp_path: Path) -> None:
        for _ in range(BY_ACCOUNT.most):
            attempt(house.visit(), "ann", WRONG)
        (tmp_path / "other").mkdir()
        other = build(tmp_path / "other", folder=tmp_path / "visitors")
        assert attempt(other.visit(), "ann", PASSWORDS["ann"]).status_code == 429
        other.reception.close()

    def test_an_address_that_somebody_made_up_changes_nothing(self, house: House) -> None:
        client = house.visit()
        codes = [attempt(client, "ann", WRONG, **{"X-Forwarded-For": f"203.0.113.{number}"}).status_code for number in range(6)]
        assert codes == [401] * 5 + [429]

    def test_the_page_takes_no_more_than_it_needs(self, house: House) -> None:
        assert attempt(house.visit(), "ann", "x" * 10_000).status_code == 413

    def test_the_limits_are_those_that_are_promised(self) -> None:
        assert (BY_ACCOUNT.most, BY_ADDRESS.most, BY_ACCOUNT.seconds, BY_ADDRESS.seconds) == (5, 50, 900, 900)


class TestTime:
    def test_a_session_ends_after_half_an_hour_of_nothing(self, house: House) -> None:
        client = house.sign_in("ann")
        house.now.seconds += IDLE_SECONDS
        assert client.get("/").status_code == 200
        house.now.seconds += IDLE_SECONDS + 1
        assert client.get("/").status_code == 401

    def test_what_a_page_does_by_itself_keeps_nobody_in(self, house: House) -> None:
        client = house.sign_in("ann")
        house.now.seconds += IDLE_SECONDS - 60
        assert client.get("/run").status_code == 200
        house.now.seconds += 61
        assert client.get("/run").status_code == 401

    def test_nobody_stays_for_more_than_eight_hours(self, house: House) -> None:
        client = house.sign_in("ann")
        for _ in range(int(WHOLE_SECONDS // 1200)):
            house.now.seconds += 1200
            assert client.get("/").status_code == 200
        house.now.seconds += 1
        assert client.get("/").status_code == 401

    def test_a_session_outlives_the_process(self, house: House, tmp_path: Path) -> None:
        client = house.sign_in("ann")
        (tmp_path / "other").mkdir()
        other = build(tmp_path / "other", folder=tmp_path / "visitors")
        again = other.visit()
        again.cookies.update(dict(client.cookies))
        assert again.get("/").text == "GET / for ann, analyst"
        other.reception.close()


def sign_out(client: TestClient) -> Response:
    """Send the form of signing out, which has no fields."""
    return client.post("/logout", headers={"Content-Type": "application/x-www-form-urlencoded"})


class TestOut:
    def test_ends_it_everywhere(self, house: House, refused: Callable[[str, int], None]) -> None:
        refused("replays of an ended session", 5)
        client = house.sign_in("ann")
        held = dict(client.cookies)
        answer = sign_out(client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert "__Host-clientele" not in client.cookies
        replay = house.visit()
        replay.cookies.update(held)
        for method, path, options in [
            ("GET", "/", {}),
            ("POST", "/_dash-update-component", {"json": {}}),
            ("GET", "/lookup/", {}),
            ("POST", "/lookup/gradio_api/run/predict", {"json": {}}),
            ("GET", "/download/shop/customers.csv", {}),
        ]:
            assert replay.request(method, path, **options).status_code == 401

    def test_leaves_the_others_of_the_same_person(self, house: House) -> None:
        here, there = house.sign_in("ann"), house.sign_in("ann", client=house.visit("192.0.2.2"))
        sign_out(here)
        assert there.get("/").status_code == 200
