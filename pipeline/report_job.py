"""A report made for somebody who waits elsewhere: a process of its own, whose progress and files stand in a folder.

`python -m pipeline.report_job RUNS RUN FOLDER` leaves in FOLDER what `pipeline.job_folder` says, each file as soon as it is made.
"""

import os
import sys
from pathlib import Path

from pipeline import artifacts, faults, job_folder
from pipeline.errors import ClienteleError
from pipeline.job_folder import DONE, FAILED, FAULT, WORKING
from pipeline.report import making

# Whoever waits for a page comes first.
_NICENESS = 10


def main(runs: Path, run_id: str, folder: Path) -> int:
    """Make the report of a run; the exit code is that of the command line."""
    try:
        _make(runs, run_id, folder)
    except ClienteleError as error:
        job_folder.tell(folder, FAILED, message=str(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001 # whoever waits is told in any case, and the server's log has the rest
        job_folder.put(folder / FAULT, {"fault": faults.told(error)})
        job_folder.tell(folder, FAILED, message="The fault is ours and stands in the log.")
        return 1
    job_folder.tell(folder, DONE)
    return 0


def _make(runs: Path, run_id: str, folder: Path) -> None:
    job_folder.tell(folder, WORKING, stage="reading")
    run = artifacts.open_run(runs, run_id)
    found = making.contents(run)
    job_folder.tell(folder, WORKING, stage="pages")
    making.write_pdf(found, run.manifest, folder)
    job_folder.tell(folder, WORKING, stage="workbook")
    making.write_workbook(found, run, folder)


if __name__ == "__main__":
    os.umask(0o077)
    os.nice(_NICENESS)
    _runs, _run_id, _folder = sys.argv[1:]
    sys.exit(main(Path(_runs), _run_id, Path(_folder)))
