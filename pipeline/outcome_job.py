"""The outcomes of a campaign read for somebody who waits elsewhere: a process of its own, whose progress and results stand in a folder.

`python -m pipeline.outcome_job CAMPAIGN ASSIGNMENT FILE FOLDER`, CAMPAIGN being its manifest, leaves in FOLDER what `pipeline.job_folder`
says, but for the last word: whoever started it keeps the result first. FILE is removed, whatever comes of it.
"""

import sys
from dataclasses import asdict
from pathlib import Path

from pipeline import job, job_folder, outcomes
from pipeline.campaigns import Campaign
from pipeline.job_folder import RESULT
from pipeline.limits import Limits
from pipeline.meter import Report
from pipeline.outcomes import Outcome


def main(campaign: Campaign, assignment: Path, file: Path, folder: Path) -> int:
    """Read the outcomes in `file`; the exit code is that of the command line."""

    def read(report: Report, limits: Limits) -> Outcome:
        return outcomes.measure(campaign, assignment, file, report=report, limits=limits)

    def write(found: Outcome) -> None:
        rejected = found.rejected.to_pylist()
        summary = {key: value for key, value in vars(found).items() if key != "rejected"}
        plain = {key: asdict(value) if hasattr(value, "__dataclass_fields__") else value for key, value in summary.items()}
        job_folder.put(folder / RESULT, {**plain, "rejected": rejected})

    return job.run_on(file, folder, read, write, is_all=False)


if __name__ == "__main__":
    job.yield_to_others()
    job.limit_to_upload()
    _campaign, *_paths = sys.argv[1:]
    sys.exit(main(Campaign.model_validate_json(_campaign), *map(Path, _paths)))
