"""The id of the request that is being answered: in every line that is written meanwhile."""

import secrets
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="-")


def begin() -> str:
    """Make an id for the request that comes now; never one that somebody else says."""
    made = secrets.token_hex(8)
    _current.set(made)
    return made


def current() -> str:
    """The id; - where no request is being answered."""
    return _current.get()
