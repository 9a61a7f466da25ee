"""What a request says of where it comes from, and how far that can be believed."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from webapp.access.settings import AccessSettings, is_loopback

# Schemes of the pages that a websocket is opened by.
_PAGES = {"ws": "http", "wss": "https"}


def address(scope: Scope, proxies: int) -> str:
    """The address that our outermost proxy was asked from: what stands before it in the header is anybody's word."""
    said = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    if proxies and len(said) >= proxies and said[-proxies].strip():
        return said[-proxies].strip()
    return str((scope.get("client") or ("unknown",))[0])


def is_ours(scope: Scope, settings: AccessSettings) -> bool:
    """Whether a request names a host that this server is: another may be a page of somebody else's that was led here (DNS rebinding)."""
    hosts = Headers(scope=scope).getlist("host")
    if len(hosts) != 1:
        return False
    if settings.mode != "none":
        return hosts[0].lower() == urlsplit(settings.origin).netloc
    return is_loopback(_name(hosts[0])) and is_loopback(str((scope.get("client") or ("",))[0]))


def is_from_elsewhere(scope: Scope, settings: AccessSettings) -> bool:
    """Whether a page of another site sent a request: browsers say so (Fetch Metadata), and older ones where it comes from.

    What says neither comes from no page; a browser that holds a session always says one of them with what changes something.
    """
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    own = settings.origin or f"{_PAGES.get(scope['scheme'], scope['scheme'])}://{headers.get('host', '')}"
    return (origin is not None and origin.lower() != own.lower()) or (site is not None and site not in {"same-origin", "none"})


def content_type(scope: Scope) -> str:
    """The type of what is sent, without what describes it further; empty if there is not just one."""
    said = Headers(scope=scope).getlist("content-type")
    return said[0].split(";")[0].strip().lower() if len(said) == 1 else ""


def wants_page(scope: Scope) -> bool:
    """Whether somebody looks for a page, and not a script for data."""
    return scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")


def bearer(scope: Scope) -> str:
    """The token that a request carries; empty without one."""
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
