"""A place to send a file from, and what is seen while it is worked on; both are drawn by `assets/upload.js`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# What intake reads.
ACCEPTED = ".csv,.tsv,.txt,.xlsx,.xlsm,.parquet,.gz,.zip"


def upload(to: str, most: int, kept: Mapping[str, str] = MappingProxyType({}), *, otherwise: str = "") -> dict[str, Any]:
    """A box to choose a file in, or drop one on.

    Args:
        to: The address that it is sent to.
        most: Bytes that are taken.
        kept: What the page's address holds beside the job.
        otherwise: What to do with a larger file.
    """
    properties = {"to": to, "kept": dict(kept), "accepts": ACCEPTED, "most": most, "otherwise": otherwise}
    return {"namespace": "clientele", "type": "Upload", "props": properties}


def waiting(job: str, kept: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """How far a job is; the page, whose address holds `kept` as well, is drawn again when it is over."""
    return {"namespace": "clientele", "type": "Waiting", "props": {"kept": dict(kept), "job": job}}
