"""A place that links of the same page lead to; `assets/target.js` brings the reader there."""

from typing import Any


def target(place: str, says: str) -> dict[str, Any]:
    """Stands in the element with the id `place`, which has the focus when an address that names it after # makes it say something else."""
    return {"namespace": "clientele", "type": "Target", "props": {"place": place, "says": says}}
