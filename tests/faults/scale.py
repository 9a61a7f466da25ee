"""How much is done: all of it, or a part, where `CLIENTELE_FAULTS=short` asks for less time."""

import os
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")
_PART = 4
_IS_SHORT = os.environ.get("CLIENTELE_FAULTS") == "short"


def times(many: int) -> int:
    """How often something is done that is done so often as a whole."""
    return many // _PART if _IS_SHORT else many


def some(of: Mapping[str, T]) -> dict[str, T]:
    """Those of many that are tried."""
    return dict(list(of.items())[:: _PART if _IS_SHORT else 1])
