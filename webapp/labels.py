"""Which kind of address a request is for: what may be written down, where the address itself may hold a customer's id."""

from collections.abc import Collection

_DASH = frozenset({"_dash-component-suites", "_dash-dependencies", "_dash-layout", "_dash-update-component"})
_PAGES = frozenset({"campaigns", "customers", "data", "migration", "personas", "quality"})
_OTHERS = frozenset(
    {"assets", "audiences", "download", "healthz", "login", "logout", "lookup", "metrics", "readyz", "reports", "run", "runs", "scoring"}
)
_KNOWN = _DASH | _PAGES | _OTHERS
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


def route_of(path: str, datasets: Collection[str]) -> str:
    """The beginning of a path, with `*` for the rest; all of it is `*` unless it begins like an address of ours.

    Args:
        path: As it was asked for, without the query.
        datasets: Names that pages are called by.

    Returns:
        One of a small number of texts, such as `/retail`, `/customers/*` or `/*`.
    """
    first, more, _ = path.removeprefix("/").partition("/")
    if path == "/":
        return "/"
    if first not in _KNOWN and first not in datasets:
        return "/*"
    return f"/{first}/*" if more else f"/{first}"


def method_of(method: str) -> str:
    """A method of HTTP; `OTHER` for what else somebody sends."""
    return method if method in _METHODS else "OTHER"
