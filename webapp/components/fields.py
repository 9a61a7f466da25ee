"""Fields to type into, whose values go into the address, or leave with a form; drawn by `assets/fields.js`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        name: Of the parameter in the address, or of the form.
        label: What stands above it.
        value: What it holds now.
        kind: "number", "text" or "choice".
        least: The lowest number; None for no bound.
        most: The highest number; of a text, the most characters.
        step: Between numbers; "any" for all.
        options: Of a choice: words and their values.
        is_live: Whether it goes into the address as soon as it is changed.
        standard: The value for which the address says nothing.
    """

    name: str
    label: str
    value: float | str
    kind: str = "number"
    least: float | None = None
    most: float | None = None
    step: float | str = "any"
    options: tuple[tuple[str, str], ...] = ()
    is_live: bool = True
    standard: float | str = ""


def fields(given: Sequence[Field], *, action: str = "", button: str = "") -> dict[str, Any]:
    """Fields beside each other; with an `action`, a form that is sent there by a button."""
    properties = {"fields": [asdict(field) for field in given], "action": action, "button": button}
    return {"namespace": "clientele", "type": "Fields", "props": properties}


def number(text: str, *, least: float | None = None, most: float | None = None) -> float | None:
    """A number as the address has it; None if it is none, or beyond the bounds."""
    try:
        found = float(text)
    except ValueError:
        return None
    is_within = (least is None or found >= least) and (most is None or found <= most)
    return found if is_within and abs(found) < 1e15 else None
