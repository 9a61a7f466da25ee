"""Public data sets downloaded for the first steps."""

import http.client
import os
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from pipeline.errors import InputError

RETAIL_URL = "https://archive.ics.uci.edu/static/public/502/online+retail+ii.zip"
RETAIL_FILE = "online_retail_II.xlsx"
MALL_FILE = "Mall_Customers.csv"
_PATIENCE_SECONDS = 30


def fetch_retail(raw: Path, *, url: str = RETAIL_URL) -> str:
    """Download Online Retail II (UCI Machine Learning Repository no. 502, CC BY 4.0) into `raw`.

    The file appears whole or not at all; one that is there already is left as it is.

    Returns:
        What was done, and what is still to do for the mall file.

    Raises:
        InputError: If there is no network, or what came is not the data set.
    """
    target = raw / RETAIL_FILE
    if target.exists():
        done = f"{target} is there already and was left as it is."
    else:
        _download(url, target)
        done = f"Saved {target} ({target.stat().st_size / 1e6:,.0f} MB; Chen, Sain and Guo 2012, CC BY 4.0)."
    return f"{done}\n{_mall_advice(raw)}"


def _mall_advice(raw: Path) -> str:
    target = raw / MALL_FILE
    if target.exists():
        return f"{target} is there already."
    return f"{MALL_FILE} needs a Kaggle account: download 'Mall Customer Segmentation Data' (vjchoudhary7) and save it as {target}."


def _download(url: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the last step is a rename and not a copy.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as folder:
        archive, member = Path(folder) / "archive.zip", Path(folder) / RETAIL_FILE
        try:
            with urllib.request.urlopen(url, timeout=_PATIENCE_SECONDS) as answer, archive.open("wb") as file:  # nosec B310 # a constant of ours
                shutil.copyfileobj(answer, file)
            with zipfile.ZipFile(archive) as container, container.open(RETAIL_FILE) as packed, member.open("wb") as file:
                shutil.copyfileobj(packed, file)
                os.fsync(file.fileno())
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise InputError(
                f"{url}: could not be downloaded ({reason}). Nothing was changed. "
                f"Download it on a machine with a network and save the workbook as {target}."
            ) from None
        except (zipfile.BadZipFile, KeyError) as error:
            raise InputError(f"{url}: did not send the data set ({error}). Nothing was changed. Try again later.") from None
        member.rename(target)
