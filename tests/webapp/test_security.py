import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from webapp.security import SecurityHeaders, allow_nonce, policy

FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": (
        "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("plain")(scope, receive, send)


async def with_nonce(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(allow_nonce(scope))(scope, receive, send)


async def nested(scope: Scope, receive: Receive, send: Send) -> None:
    # Routers hand a copy of the scope on.
    await with_nonce(dict(scope), receive, send)


def asked(app: ASGIApp, url: str = "http://test/", **options: Any) -> Any:
    return TestClient(SecurityHeaders(app, **options)).get(url)


def test_the_policy_allows_what_comes_from_here_and_no_text_as_code() -> None:
    assert policy(["'sha256-abc='", "'nonce-xyz'"]) == (
        "default-src 'self'; script-src 'self' 'sha256-abc=' 'nonce-xyz'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def test_every_header_is_on_the_answer() -> None:
    headers = asked(plain).headers
    assert {name: headers.get(name) for name in FIXED} == FIXED
    assert headers["content-security-policy"] == policy([])
    assert "strict-transport-security" not in headers


def test_browsers_are_told_to_stay_with_https_once_they_are_there() -> None:
    assert asked(plain, "https://test/").headers["strict-transport-security"] == "max-age=31536000"


def test_hashes_are_asked_for_with_each_answer() -> None:
    hashes: list[str] = []
    client = TestClient(SecurityHeaders(plain, script_hashes=lambda: hashes))
    before = client.get("/").headers["content-security-policy"]
    hashes.append("'sha256-late='")
    after = client.get("/").headers["content-security-policy"]
    assert (before, after) == (policy([]), policy(["'sha256-late='"]))


@pytest.mark.parametrize("app", [with_nonce, nested])
def test_a_page_with_a_nonce_allows_that_nonce_alone(app: ASGIApp) -> None:
    answer = asked(app, script_hashes=lambda: ["'sha256-other='"])
    assert answer.headers["content-security-policy"] == policy([f"'nonce-{answer.text}'"])


def test_no_two_requests_have_the_same_nonce() -> None:
    client = TestClient(SecurityHeaders(with_nonce))
    nonces = {client.get("/").text for _ in range(5)}
    assert len(nonces) == 5
    assert min(map(len, nonces)) >= 22  # 128 bits and more


def test_what_an_answer_says_of_itself_gives_way() -> None:
    async def lax(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("", headers={"Content-Security-Policy": "default-src *", "Referrer-Policy": "unsafe-url"})(
            scope, receive, send
        )

    headers = asked(lax).headers
    assert headers.get_list("content-security-policy") == [policy([])]
    assert headers.get_list("referrer-policy") == ["same-origin"]


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_what_is_not_a_request_passes_unchanged(kind: str) -> None:
    seen: list[Scope] = []

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    never: Callable[..., Any] = pytest.fail
    asyncio.run(SecurityHeaders(keep)({"type": kind}, never, never))
    assert seen == [{"type": kind}]
