"""A report made for somebody who waits elsewhere: a process of its own, whose progress and files stand in a folder.

`python -m pipeline.report_job RUNS RUN FOLDER` leaves in FOLDER what `pipeline.job_folder` says, each file as soon as it is made.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline import artifacts, job, job_folder
from pipeline.artifacts import Run
from pipeline.job_folder import WORKING
from pipeline.meter import Report
from pipeline.report import making
from pipeline.report.content import Content

_NO_ROOM = "There is not enough memory for the report. Run `python -m pipeline report` on a machine with more."


def main(runs: Path, run_id: str, folder: Path) -> int:
    """Make the report of a run; the exit code is that of the command line."""

    def read(report: Report) -> tuple[Run, Sequence[Content]]:
        report(run_id, "reading")
        run = artifacts.open_run(runs, run_id)
        return run, making.contents(run)

    return job.run(folder, read, lambda found: _write(*found, folder), no_room=_NO_ROOM)


def _write(run: Run, found: Sequence[Content], folder: Path) -> None:
    job_folder.tell(folder, WORKING, stage="pages")
    making.write_pdf(found, run.manifest, folder)
    job_folder.tell(folder, WORKING, stage="workbook")
    making.write_workbook(found, run, folder)


if __name__ == "__main__":
    job.yield_to_others()
    _runs, _run_id, _folder = sys.argv[1:]
    sys.exit(main(Path(_runs), _run_id, Path(_folder)))
