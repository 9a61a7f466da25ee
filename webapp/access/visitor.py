"""Whoever asks."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["manager", "analyst"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Visitor:
    """Somebody who was let in.

    Attributes:
        name: How they are known here; empty where nobody has to say who they are.
        role: A manager reads; an analyst also takes lists along, sends files, names and switches runs.
        session: Their session's key; empty without one.
    """

    name: str
    role: Role
    session: str = ""


# What is worked out for no request at all is worked out for those who may do the least.
_NOBODY = Visitor("", "manager")
_current: ContextVar[Visitor] = ContextVar("visitor", default=_NOBODY)


def current() -> Visitor:
    """Whose request is being answered."""
    return _current.get()


def begin(visitor: Visitor) -> None:
    """Say whose request is answered from here on."""
    _current.set(visitor)
