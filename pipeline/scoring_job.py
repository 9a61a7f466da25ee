"""A file scored for somebody who waits elsewhere: a process of its own, whose progress and results stand in a folder.

`python -m pipeline.scoring_job RUNS RUN DATASET FILE FOLDER` leaves in FOLDER what `pipeline.job_folder` says, and removes FILE, whatever
comes of it.
"""

import json
import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from pipeline import artifacts, faults, job_folder, scoring
from pipeline.errors import ClienteleError, InputError
from pipeline.exports import workbook
from pipeline.job_folder import CUSTOMERS, DONE, FAILED, FAULT, REFUSED, REJECTED, RESULT, WORKING
from pipeline.limits import limit_memory, upload

# Rows of customers, and of those kept out, that the page shows.
SHOWN = 20
# Whoever waits for a page comes first.
_NICENESS = 10


def main(runs: Path, run_id: str, name: str, file: Path, folder: Path) -> int:
    """Score `file` by a run; the exit code is that of the command line."""
    try:
        try:
            run = artifacts.open_run(runs, run_id)
            limits = upload(file.stat().st_size)
            scored = scoring.score(run, name, file, as_of=None, report=partial(_working, folder), limits=limits)
        except ClienteleError as error:
            job_folder.tell(folder, REFUSED if isinstance(error, InputError) else FAILED, message=str(error))
            return error.exit_code
        finally:
            file.unlink(missing_ok=True)
        _write(scored, folder)
    except MemoryError:
        job_folder.tell(
            folder, REFUSED, message=f"{file.name}: there is no room for all its customers at once. Split it into smaller files."
        )
        return InputError.exit_code
    except Exception as error:  # noqa: BLE001 # whoever waits is told in any case, and the server's log has the rest
        job_folder.put(folder / FAULT, {"fault": faults.told(error)})
        job_folder.tell(folder, FAILED, message="The fault is ours and stands in the log.")
        return 1
    job_folder.tell(folder, DONE)
    return 0


def _write(scored: scoring.Scored, folder: Path) -> None:
    for ending in ("csv", "xlsx") if workbook.has_room(len(scored.customers)) else ("csv",):
        scoring.write(scored, folder / f"{CUSTOMERS}.{ending}")
    scoring.write_rejected(scored, folder / f"{REJECTED}.csv")
    job_folder.put(folder / RESULT, _summary(scored))


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


def _working(folder: Path, _: str, stage: str) -> None:
    job_folder.tell(folder, WORKING, stage=stage)


if __name__ == "__main__":
    os.umask(0o077)
    os.nice(_NICENESS)
    limit_memory(upload(0).memory)  # of this process too: it holds all customers of the file
    _runs, _run_id, _name, _file, _folder = sys.argv[1:]
    sys.exit(main(Path(_runs), _run_id, _name, Path(_file), Path(_folder)))
