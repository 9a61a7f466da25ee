"""Headers on every response: what a page may load, and what it may ask of the browser."""

import secrets
from collections.abc import Callable, Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALLOWED = "clientele.script_sources"
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_A_YEAR = "max-age=31536000"


def policy(script_sources: Iterable[str]) -> str:
    """The content security policy: everything from here, scripts only from files or by the hashes and nonces that are given.

    Styles may stand in the page: Dash, AG Grid, Plotly and Gradio all set them on elements.
    """
    directives = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *script_sources]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def allow_nonce(scope: Scope) -> str:
    """A nonce that scripts in the page of this request may carry; no other request has it."""
    nonce = secrets.token_urlsafe(18)
    scope[_ALLOWED].append(f"'nonce-{nonce}'")
    return nonce


class SecurityHeaders:
    """Puts the headers on whatever the application inside answers, errors too."""

    def __init__(self, app: ASGIApp, *, script_hashes: Callable[[], Iterable[str]] = tuple, is_https: bool = False) -> None:
        """Surround `app`; `script_hashes` names the inline scripts that its pages hold at the time of the response.

        With `is_https` browsers are told to stay with it even where the last proxy asked without.
        """
        self._app, self._script_hashes, self._is_https = app, script_hashes, is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        allowed: list[str] = []
        scope[_ALLOWED] = allowed

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # A page with a nonce is not one of those that the hashes are for.
                headers["Content-Security-Policy"] = policy(allowed or self._script_hashes())
                for name, value in _FIXED.items():
                    headers[name] = value
                if self._is_https or scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = _A_YEAR
            await send(message)

        await self._app(scope, receive, send_with_headers)
