"""The folder of what is done for somebody who waits elsewhere, a file scored or a report made: what stands in it, told and read.

status.json has state, stage and message; scored.json what came of a file, for a page. The lists are customers.csv, customers.xlsx where a
sheet has the room, and rejected.csv; a report is report.pdf and report.xlsx. fault.json holds a fault of ours, for the log and nobody else.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

STATUS, RESULT, FAULT = "status.json", "scored.json", "fault.json"
CUSTOMERS, REJECTED = "customers", "rejected"
# Rows of a list that a page shows: of customers, of those kept out.
SHOWN = 20
PDF, WORKBOOK = "report.pdf", "report.xlsx"
WORKING, DONE, REFUSED, FAILED = "working", "done", "refused", "failed"


def tell(folder: Path, state: str, *, stage: str = "", message: str = "") -> None:
    """Say how it stands: one of the four states, the stage while it is worked on, the reason if nothing came of it."""
    put(folder / STATUS, {"state": state, "stage": stage, "message": message})


def put(path: Path, content: dict[str, Any]) -> None:
    """Write JSON in one step, under a name of its own meanwhile: others may have something to write too."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", encoding="utf-8", delete=False) as begun:
        json.dump(content, begun, ensure_ascii=False)
    Path(begun.name).replace(path)


def read(path: Path) -> dict[str, Any] | None:
    """JSON as `put` wrote it; None if nothing is there, or not any more."""
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return found
