"""A file scored for somebody who waits elsewhere: a process of its own, whose progress and results stand in a folder.

`python -m pipeline.scoring_job RUNS RUN DATASET FILE FOLDER` leaves in FOLDER what `pipeline.job_folder` says, and removes FILE, whatever
comes of it.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline import artifacts, job, job_folder, scoring
from pipeline.exports import workbook
from pipeline.job_folder import CUSTOMERS, REJECTED, RESULT, SHOWN
from pipeline.limits import Limits
from pipeline.meter import Report


def main(runs: Path, run_id: str, name: str, file: Path, folder: Path) -> int:
    """Score `file` by a run; the exit code is that of the command line."""

    def read(report: Report, limits: Limits) -> scoring.Scored:
        return scoring.score(artifacts.open_run(runs, run_id), name, file, as_of=None, report=report, limits=limits)

    return job.run_on(file, folder, read, lambda scored: _write(scored, folder))


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


if __name__ == "__main__":
    job.yield_to_others()
    job.limit_to_upload()
    _runs, _run_id, _name, _file, _folder = sys.argv[1:]
    sys.exit(main(Path(_runs), _run_id, _name, Path(_file), Path(_folder)))
