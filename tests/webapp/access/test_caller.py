from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webapp.access.house import LOCAL, ORIGIN
from webapp.access import caller
from webapp.access.settings import AccessSettings

NONE = AccessSettings()
ADDRESSES = st.lists(st.ip_addresses().map(str), max_size=6)


def asked(*headers: tuple[str, str], client: Any = ("192.0.2.1", 1), **more: Any) -> dict[str, Any]:
    """A request."""
    encoded = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "method": "GET", "scheme": "https", "path": "/", "headers": encoded, "client": client, **more}


class TestAddress:
    @given(made_up=ADDRESSES, real=st.lists(st.ip_addresses().map(str), min_size=1, max_size=5))
    def test_is_what_the_outermost_proxy_saw_whatever_was_made_up(self, made_up: list[str], real: list[str]) -> None:
        header = ("x-forwarded-for", ", ".join([*made_up, *real]))
        assert caller.address(asked(header), len(real)) == real[0]

    def test_headers_said_twice_are_read_as_one(self) -> None:
        assert caller.address(asked(("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "203.0.113.1, 10.0.0.1")), 2) == "203.0.113.1"

    @given(ADDRESSES)
    def test_without_proxies_is_that_of_the_connection(self, made_up: list[str]) -> None:
        assert caller.address(asked(("x-forwarded-for", ", ".join(made_up))), 0) == "192.0.2.1"

    @pytest.mark.parametrize(
        "headers", [[], [("x-forwarded-for", "")], [("x-forwarded-for", " , 10.0.0.1")], [("x-forwarded-for", "1.2.3.4")]]
    )
    def test_is_that_of_the_connection_where_fewer_proxies_spoke(self, headers: list[tuple[str, str]]) -> None:
        assert caller.address(asked(*headers), 2) == "192.0.2.1"

    @pytest.mark.parametrize("client", [None, ()])
    def test_is_unknown_without_a_connection(self, client: Any) -> None:
        assert caller.address(asked(client=client), 0) == "unknown"


class TestHosts:
    @pytest.mark.parametrize(("host", "ours"), [("clientele.example", True), ("CLIENTELE.example", True), ("clientele.example:443", False),
                                                ("localhost", False), ("", False)])  # fmt: skip
    def test_with_accounts_the_one_that_people_open_is_ours(self, host: str, ours: bool) -> None:
        assert caller.is_ours(asked(("host", host), client=("127.0.0.1", 1)), LOCAL) is ours

    @pytest.mark.parametrize("settings", [LOCAL, NONE])
    def test_none_or_two_are_never_ours(self, settings: AccessSettings) -> None:
        host = ("host", "clientele.example" if settings.mode == "local" else "localhost")
        assert caller.is_ours(asked(host, client=("127.0.0.1", 1)), settings)
        assert not caller.is_ours(asked(host, host, client=("127.0.0.1", 1)), settings)
        assert not caller.is_ours(asked(client=("127.0.0.1", 1)), settings)

    @pytest.mark.parametrize("host", ["localhost", "localhost:8050", "LOCALHOST", "127.0.0.1:80", "[::1]:8050"])
    def test_without_accounts_this_machines_are_ours(self, host: str) -> None:
        assert caller.is_ours(asked(("host", host), client=("::1", 1)), NONE)

    @pytest.mark.parametrize("host", ["evil.example", "localhost.", "[::1", "::1]:x", "localhost@evil.example", ""])
    def test_without_accounts_others_are_not(self, host: str) -> None:
        assert not caller.is_ours(asked(("host", host), client=("127.0.0.1", 1)), NONE)

    @pytest.mark.parametrize("client", [("192.0.2.1", 1), None])
    def test_without_accounts_other_machines_are_answered_by_no_name(self, client: Any) -> None:
        assert not caller.is_ours(asked(("host", "localhost"), client=client), NONE)


class TestElsewhere:
    @pytest.mark.parametrize(
        ("headers", "elsewhere"),
        [
            ([], False),
            ([("origin", ORIGIN)], False),
            ([("origin", ORIGIN.upper())], False),
            ([("origin", "null")], True),
            ([("origin", "")], True),
            ([("origin", f"{ORIGIN}:444")], True),
            ([("origin", ORIGIN.replace("https", "http"))], True),
            ([("sec-fetch-site", "same-origin")], False),
            ([("sec-fetch-site", "none")], False),
            ([("sec-fetch-site", "same-site")], True),
            ([("sec-fetch-site", "cross-site")], True),
            ([("sec-fetch-site", "")], True),
            ([("sec-fetch-site", "cross-site"), ("origin", ORIGIN)], True),
            ([("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], True),
        ],
    )
    def test_is_what_browsers_say(self, headers: list[tuple[str, str]], elsewhere: bool) -> None:
        # A proxy took the encryption away, and the host is not what decides.
        assert caller.is_from_elsewhere(asked(("host", "10.0.0.7"), *headers, scheme="http"), LOCAL) is elsewhere

    @pytest.mark.parametrize(
        ("scheme", "origin", "elsewhere"),
        [
            ("http", "http://localhost:8050", False),
            ("http", "http://LocalHost:8050", False),
            ("ws", "http://localhost:8050", False),
            ("wss", "https://localhost:8050", False),
            ("https", "https://localhost:8050", False),
            ("http", "http://localhost:9999", True),
            ("http", "https://localhost:8050", True),
            ("ws", "https://localhost:8050", True),
        ],
    )
    def test_without_accounts_pages_of_the_host_that_is_named_are_ours(self, scheme: str, origin: str, elsewhere: bool) -> None:
        request = asked(("host", "localhost:8050"), ("origin", origin), scheme=scheme)
        assert caller.is_from_elsewhere(request, NONE) is elsewhere

    def test_without_a_host_no_page_is_ours(self) -> None:
        assert caller.is_from_elsewhere(asked(("origin", "http://localhost"), scheme="http"), NONE)
        assert not caller.is_from_elsewhere(asked(("origin", "http://"), scheme="http"), NONE)


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ([], ""),
        (["application/json"], "application/json"),
        (["Application/JSON; charset=utf-8"], "application/json"),
        ([" text/plain ; a=b; c=d"], "text/plain"),
        (["application/json", "text/plain"], ""),
    ],
)
def test_a_type_of_content_is_read_without_what_describes_it(said: list[str], taken: str) -> None:
    assert caller.content_type(asked(*(("content-type", value) for value in said))) == taken


@pytest.mark.parametrize(
    ("accept", "more", "wants"),
    [
        ("text/html,application/xhtml+xml", {}, True),
        ("*/*", {}, False),
        ("", {}, False),
        ("text/html", {"method": "POST"}, True),
        ("text/html", {"type": "websocket"}, False),
    ],
)
def test_a_page_is_for_whoever_looks_at_it(accept: str, more: dict[str, str], wants: bool) -> None:
    assert caller.wants_page(asked(("accept", accept), **more)) is wants
    assert not caller.wants_page(asked(**more))


@pytest.mark.parametrize(
    ("said", "token"),
    [
        (None, ""),
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Bearer a b", "a b"),
        ("Basic abc", ""),
        ("abc", ""),
        ("Bearer", ""),
    ],
)
def test_a_token_is_read_from_where_it_belongs(said: str | None, token: str) -> None:
    assert caller.bearer(asked(*([("authorization", said)] if said else []))) == token
