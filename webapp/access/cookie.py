"""The cookies that hold a session's number: for this host and https alone, and for no script (RFC 6265bis, `__Host-`)."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

_SESSION = "__Host-clientele"
# Of somebody who is at their provider to sign in.
ARRIVAL = "__Host-clientele-arrival"


def of(connection: HTTPConnection, name: str = _SESSION) -> str | None:
    """What a browser holds."""
    return connection.cookies.get(name)


def put(response: Response, value: str, name: str = _SESSION, *, seconds: int | None = None) -> None:
    """Have the browser hold a number, until it is closed or for some seconds."""
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def remove(response: Response, name: str = _SESSION) -> None:
    """Have the browser forget it."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
