"""The buttons that have the report of a run made, and bring its files; drawn by `assets/report.js`."""

from typing import Any

from pipeline.job_folder import PDF, WORKBOOK

_FILES = {PDF: "PDF", WORKBOOK: "Workbook"}


def report(run_id: str) -> dict[str, Any]:
    """A button for each file of the report of a run."""
    files = [{"name": name, "word": word} for name, word in _FILES.items()]
    return {"namespace": "clientele", "type": "Report", "props": {"run": run_id, "files": files}}
