"""Campaigns that hold out a control group: who is in which group, and what came of it. They stand beside the runs, and outlive them.

campaigns/<id>/manifest.json         what the campaign is; never changed, and written last
campaigns/<id>/assignment.parquet    one row per customer: customer_id, persona, group
campaigns/<id>/result.json           what came of it, by the outcomes that were sent last
campaigns/.<id>                      the same, being written, or fetched from an address
"""

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from pipeline import artifacts
from pipeline.errors import ArtifactError
from pipeline.replacing import replacing
from pipeline.schema import TEXT, Column, Table
from pipeline.storage import Storage, StorageError

CONTACT, CONTROL = "contact", "control"
LEAST_SHARE, MOST_SHARE = 0.05, 0.5
# Of each group: of one customer alone no spread can be known.
LEAST = 2
LONGEST_NAME = 80
ASSIGNMENT = Table(
    "assignment",
    "one row per customer of the campaign",
    (
        Column("customer_id", TEXT, "as in the file"),
        Column("persona", TEXT, "when the groups were drawn"),
        Column("group", TEXT, f"{CONTACT}: to be contacted; {CONTROL}: drawn at random to be left alone"),
    ),
)
_MANIFEST, _ASSIGNMENT, _RESULT = "manifest.json", f"{ASSIGNMENT.name}.parquet", "result.json"
# What is begun stands for no longer than this, unless whoever began it was killed.
_LEFT_SECONDS = 24 * 60 * 60
_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")


class Draw(BaseModel):
    """What is drawn, and by what: the same again gives the same groups.

    A customer's number is the first 15 hexadecimal digits of the SHA-256 of `key` and the customer's id; those with the lowest numbers are
    the control group.

    Attributes:
        id: Of the campaign.
        name: What people call it.
        dataset: Whose customers.
        run_id: The run that they are customers of.
        created_at: When it was drawn, UTC.
        created_by: Who did; empty where nobody has to say.
        seed: Chosen at random.
        share: Of the control group, 0 to 1.
        choice: Which customers, in words.
        query: The same as in an address; empty for all.
        id_column: What the dataset's file calls the customer's id.
        currency: Of amounts; None without one.
        as_of: The day that the run's recency is counted to; None without orders.
        sheets: Of the dataset's files, as its settings say; a file of outcomes that leaves it open is read so too.
        delimiter: The same.
        encoding: The same.
        decimal: What stands before decimals in text files of the dataset, and of outcomes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    dataset: str
    run_id: str
    created_at: datetime
    created_by: str
    seed: int
    share: float
    choice: str
    query: str
    id_column: str
    currency: str | None
    as_of: date | None
    # Campaigns that were drawn by earlier versions do not say.
    sheets: str | tuple[str, ...] | None = None
    delimiter: str | None = None
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."

    @property
    def key(self) -> str:
        """What tells this draw from others."""
        return f"{self.run_id}/{self.name}/{self.seed}/"


class Campaign(Draw):
    """A draw that was made: how many customers are in each group, and the SHA-256 of the file that says which."""

    contact: int
    control: int
    sha256: str


class Campaigns:
    """The campaigns of a folder of runs, or of the address that it mirrors."""

    def __init__(self, runs: Path, address: str | None = None) -> None:
        """Keep them beside `runs`, and where those are published at an address, there as well; nothing is asked of it yet."""
        self._folder, self._address = runs / "campaigns", address

    @cached_property
    def _storage(self) -> Storage | None:
        return Storage(self._address) if self._address else None

    def keep(self, draw: Draw, groups: Callable[[], Iterable[pa.RecordBatch]]) -> Campaign:
        """Keep who is in which group, and say so once it is kept.

        Args:
            draw: What is drawn.
            groups: Rows of `ASSIGNMENT`, a part at a time.

        Raises:
            OSError: If the folder cannot be written.
            StorageError: If the address cannot.
        """
        begun, final = self._folder / f".{draw.id}", self._folder / draw.id
        self._sweep(draw.created_at)
        begun.mkdir(parents=True)
        try:
            counts = _written(begun / _ASSIGNMENT, groups())
            digest = artifacts.sha256(begun / _ASSIGNMENT)
            campaign = Campaign(**draw.model_dump(), contact=counts[CONTACT], control=counts[CONTROL], sha256=digest)
            content = (campaign.model_dump_json(indent=2) + "\n").encode()
            (begun / _MANIFEST).write_bytes(content)
            begun.rename(final)
        finally:
            shutil.rmtree(begun, ignore_errors=True)
        if self._storage:
            self._bring(self._storage, draw.id, content)
        return campaign

    def _bring(self, storage: Storage, campaign_id: str, manifest: bytes) -> None:
        """Bring a campaign to the address, all of it or nothing."""
        assignment, said = (f"campaigns/{campaign_id}/{name}" for name in (_ASSIGNMENT, _MANIFEST))
        try:
            storage.upload([assignment], self._folder.parent)
            storage.write(said, manifest)
        except BaseException:
            shutil.rmtree(self._folder / campaign_id, ignore_errors=True)
            # The manifest first: without it there is no campaign, with it alone one that nobody can use.
            with suppress(StorageError):
                storage.remove(said)
                storage.remove(assignment)
            raise

    def _sweep(self, now: datetime) -> None:
        """Remove what draws, and fetches, left that were killed."""
        for path in self._folder.glob(".*"):
            with suppress(FileNotFoundError):  # somebody else sweeps, or is done
                if now.timestamp() - path.stat().st_mtime > _LEFT_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)

    def all(self) -> list[Campaign]:
        """All of them, the newest first.

        Raises:
            StorageError: If the address cannot be reached.
            ArtifactError: If one cannot be read.
        """
        names = self._storage.folders("campaigns") if self._storage else [path.name for path in self._folder.glob("[!.]*")]
        return [campaign for name in sorted(names, reverse=True) if (campaign := self.find(name))]

    def of(self, dataset: str) -> list[Campaign]:
        """Those of a dataset, as `all` has them."""
        return [campaign for campaign in self.all() if campaign.dataset == dataset]

    def find(self, campaign_id: str) -> Campaign | None:
        """One of them; None if there is none of that id.

        Raises:
            StorageError: If the address cannot be reached.
            ArtifactError: If it cannot be read.
        """
        content = self._read(campaign_id, _MANIFEST)
        try:
            return Campaign.model_validate_json(content) if content else None
        except ValueError:
            raise ArtifactError(f"Campaign {campaign_id}: its {_MANIFEST} cannot be read. Put back what was there, or remove it.") from None

    def assignment(self, campaign: Campaign) -> Path:
        """Where the rows of `ASSIGNMENT` are, by id as they were drawn; fetched if need be.

        Raises:
            StorageError: If the address cannot be reached.
            ArtifactError: If the file is missing, or was altered.
        """
        path = self._folder / campaign.id / _ASSIGNMENT
        if not _is_of(campaign, path) and not (self._storage and self._fetched(self._storage, campaign, path)):
            raise ArtifactError(
                f"Campaign {campaign.id}: its {_ASSIGNMENT} is missing or was altered, so nobody can tell who is in which group. "
                "Put back what was there."
            )
        return path

    def _fetched(self, storage: Storage, campaign: Campaign, path: Path) -> bool:
        """Fetch it aside and put it in its place in one step, if it is what the manifest says: others may be at the same."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{campaign.id}-", dir=self._folder) as aside:
            name = f"campaigns/{campaign.id}/{_ASSIGNMENT}"
            storage.download([name], Path(aside))
            if found := _is_of(campaign, Path(aside) / name):
                (Path(aside) / name).replace(path)
            return found

    def result(self, campaign: Campaign) -> dict[str, Any] | None:
        """What came of it; None before anything was sent.

        Raises:
            StorageError: If the address cannot be reached.
        """
        content = self._read(campaign.id, _RESULT)
        found: dict[str, Any] | None = json.loads(content) if content else None
        return found

    def conclude(self, campaign: Campaign, result: dict[str, Any]) -> None:
        """Keep what came of it, in the place of what was kept before.

        Raises:
            InputError: If it cannot be kept.
        """
        content = json.dumps(result, ensure_ascii=False, indent=2).encode()
        if self._storage:
            self._storage.write(f"campaigns/{campaign.id}/{_RESULT}", content)
            return
        with replacing(self._folder / campaign.id / _RESULT, remedy="Let the server write there, and send the file again.") as begun:
            begun.write_bytes(content)

    def _read(self, campaign_id: str, name: str) -> bytes | None:
        if not _ID.fullmatch(campaign_id):
            return None
        if self._storage:
            return self._storage.read(f"campaigns/{campaign_id}/{name}")
        path = self._folder / campaign_id / name
        return path.read_bytes() if path.is_file() else None


def _is_of(campaign: Campaign, path: Path) -> bool:
    """Whether a file is there, and the one that was drawn."""
    return path.is_file() and artifacts.sha256(path) == campaign.sha256


def _written(path: Path, batches: Iterable[pa.RecordBatch]) -> dict[str, int]:
    """Write rows of `ASSIGNMENT`, and count each group."""
    counts = {CONTACT: 0, CONTROL: 0}
    with pq.ParquetWriter(path, ASSIGNMENT.arrow, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(ASSIGNMENT.arrow))
            for counted in batch.column("group").value_counts().to_pylist():
                counts[counted["values"]] += counted["counts"]
    return counts
