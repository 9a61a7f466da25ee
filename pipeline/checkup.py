"""Intake alone: what a file's rows would come to, without building anything."""

import tempfile
from pathlib import Path

from pipeline import engine
from pipeline.catalogue import Dataset
from pipeline.intake import reading
from pipeline.intake.admission import Admitted, admit
from pipeline.intake.source import fingerprint


def check_file(dataset: Dataset, file: Path, *, as_of: str | None) -> Admitted:
    """Read and check a file as a build would.

    Args:
        dataset: Its settings.
        file: Any file of that shape.
        as_of: ISO date that no order line may reach; None for no limit.

    Returns:
        Its counts and findings; the tables of rows are gone with the temporary folder.

    Raises:
        InputError: If the file would be refused.
    """
    fingerprint(file)
    with tempfile.TemporaryDirectory() as folder, reading.reader() as reader, engine.connect(Path(folder)) as connection:
        staged = reading.result(reader.submit(dataset, file, Path(folder) / "staged"), file)
        return admit(connection, staged, dataset, work=Path(folder), as_of=as_of)
