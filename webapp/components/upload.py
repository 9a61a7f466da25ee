"""A place to send a file from, and what is seen while it is worked on; both are drawn by `assets/upload.js`."""

from typing import Any

# What intake reads.
ACCEPTED = ".csv,.tsv,.txt,.xlsx,.xlsm,.parquet,.gz,.zip"


def upload(dataset: str, most: int) -> dict[str, Any]:
    """A box to choose a file in, or drop one on, that is scored by a dataset's clusters; `most` is in bytes."""
    return {"namespace": "clientele", "type": "Upload", "props": {"dataset": dataset, "accepts": ACCEPTED, "most": most}}


def waiting(dataset: str, job: str) -> dict[str, Any]:
    """How far a job is; the page is drawn again when it is over."""
    return {"namespace": "clientele", "type": "Waiting", "props": {"dataset": dataset, "job": job}}
