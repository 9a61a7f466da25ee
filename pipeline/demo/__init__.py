"""Made-up data of the same shape as a dataset of the catalogue, written as a file that the ordinary intake reads."""

import csv
import io
from pathlib import Path

import numpy as np

from pipeline.demo import orders, profiles
from pipeline.demo.cells import Texts
from pipeline.errors import InputError
from pipeline.settings import Dataset, ProfileDataset


def write(dataset: Dataset, folder: Path) -> Path:
    """Write a made-up file that fits `dataset`; the same settings give the same bytes.

    Args:
        dataset: Whose columns, delimiter, encoding and seed are used. The file that it names is not touched.
        folder: Where to write; made if need be.

    Returns:
        Path of the CSV, one row per customer or one per order line, some of them faulty on purpose.

    Raises:
        InputError: If the declared encoding is unknown, or cannot spell a column or a code of the catalogue.
    """
    rng = np.random.default_rng(dataset.seed)
    texts = profiles.cells(dataset, rng) if isinstance(dataset, ProfileDataset) else orders.cells(dataset, rng)
    if dataset.decimal == ",":
        texts |= {name: np.array([text.replace(".", ",") for text in texts[name]], dtype=object) for name in _numbers(dataset)}
    table = {header: texts[canonical] for canonical, header in dataset.source_columns.items()}
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=dataset.delimiter or ",", lineterminator="\n")
    if dataset.header:
        writer.writerow(table)
    else:
        table = _by_position(table)
    writer.writerows(zip(*table.values(), strict=True))
    try:
        content = buffer.getvalue().encode(dataset.encoding)
    except LookupError:
        raise InputError(f"[{dataset.name}] encoding = {dataset.encoding!r} is not known. Declare one such as 'utf-8'.") from None
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise InputError(
            f"[{dataset.name}] encoding = {dataset.encoding!r} has no {letter!r}, which a column or code is spelt with. Declare 'utf-8'."
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dataset.name}_demo.csv"
    path.write_bytes(content)
    return path


def _by_position(table: dict[str, Texts]) -> dict[str, Texts]:
    """The columns where their names, `column 2` and the like, say that they stand; what nobody asked for between them is empty."""
    nothing = np.full(len(next(iter(table.values()))), "", dtype=object)
    last = max(int(name.removeprefix("column ")) for name in table)
    return {name: table.get(name, nothing) for name in (f"column {at}" for at in range(1, last + 1))}


def _numbers(dataset: Dataset) -> list[str]:
    """The canonical columns that hold numbers."""
    if isinstance(dataset, ProfileDataset):
        return [feature.name for feature in dataset.features if not feature.words]
    return ["quantity", "unit_price", "amount"]
