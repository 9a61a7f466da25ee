"""A file scored for somebody who waits elsewhere: a process of its own, whose progress and results stand in a folder.

`python -m pipeline.scoring_job RUNS RUN DATASET FILE FOLDER` leaves in FOLDER
    status.json      state (working, done, refused or failed), stage, message
    scored.json      what came of it, for a page
    customers.csv, customers.xlsx where a sheet has the room, rejected.csv
and removes FILE, whatever comes of it.
"""

import json
import logging
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline import artifacts, scoring
from pipeline.errors import ClienteleError, InputError
from pipeline.exports import workbook
from pipeline.limits import UPLOAD
from pipeline.replacing import replacing

STATUS, RESULT = "status.json", "scored.json"
# Rows of customers, and of those kept out, that the page shows.
SHOWN = 20
# Whoever waits for a page comes first.
_NICENESS = 10


def main(runs: Path, run_id: str, name: str, file: Path, folder: Path) -> int:
    """Score `file` by a run; the exit code is that of the command line."""
    try:
        try:
            run = artifacts.open_run(runs, run_id)
            scored = scoring.score(run, name, file, as_of=None, report=lambda _, stage: _tell(folder, "working", stage), limits=UPLOAD)
        except ClienteleError as error:
            _tell(folder, "refused" if isinstance(error, InputError) else "failed", message=str(error))
            return error.exit_code
        finally:
            file.unlink(missing_ok=True)
        _write(scored, folder)
    except Exception:
        logging.getLogger(__name__).exception("scoring %s failed", name)
        _tell(folder, "failed", message="The fault is ours and stands in the log.")
        return 1
    _tell(folder, "done")
    return 0


def _write(scored: scoring.Scored, folder: Path) -> None:
    # The header of a sheet is one of its rows.
    fits = len(scored.customers) < workbook.MOST_ROWS
    for ending in ("csv", "xlsx") if fits else ("csv",):
        scoring.write(scored, folder / f"customers.{ending}")
    scoring.write_rejected(scored, folder / "rejected.csv")
    _put(folder / RESULT, _summary(scored))


def _summary(scored: scoring.Scored) -> dict[str, Any]:
    """What a page says of it: groups, a preview and the first rows kept out."""
    preview = scored.customers.head(SHOWN)
    return {
        "run_id": scored.run_id,
        "file": scored.file,
        "as_of": scored.as_of.isoformat() if scored.as_of else None,
        "rows": asdict(scored.counts),
        "groups": [asdict(group) for group in scoring.groups(scored)],
        "columns": [column.name for column in scored.columns],
        "customers": json.loads(preview.to_json(orient="values", date_format="iso")),
        "rejected": scored.rejected.slice(0, SHOWN).to_pylist(),
    }


def _tell(folder: Path, state: str, stage: str = "", message: str = "") -> None:
    _put(folder / STATUS, {"state": state, "stage": stage, "message": message})


def _put(path: Path, content: dict[str, Any]) -> None:
    with replacing(path, remedy="Free some room.") as begun:
        begun.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    os.umask(0o077)
    os.nice(_NICENESS)
    _runs, _run_id, _name, _file, _folder = sys.argv[1:]
    sys.exit(main(Path(_runs), _run_id, _name, Path(_file), Path(_folder)))
