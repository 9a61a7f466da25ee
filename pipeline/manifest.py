"""What a run says about itself: `manifest.json`."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from pipeline.errors import ArtifactError

# A dataset of more customers than this is a crowd: an image stands for its points, and some of its figures are estimated.
CROWD = 100_000
# Beside the other fields of `manifest.json`: what tells whether any of them was altered.
SEAL = "seal"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableRecord(_Record):
    """A published table: rows, bytes, and the SHA-256 of the file."""

    rows: int
    bytes: int
    sha256: str


class SourceRecord(_Record):
    """An input file: its name, bytes, and SHA-256."""

    file: str
    bytes: int
    sha256: str


class RowsRecord(_Record):
    """Where every row went: read = kept + rejected + duplicates."""

    read: int
    kept: int
    rejected: int
    duplicates: int


class ScoresRecord(_Record):
    """Separation of the clusters, at full precision.

    Attributes:
        sample: On how many customers, drawn at random, it was measured; None for all.
        silhouette_half_interval: Half of the 95 % confidence interval of the silhouette; None if everyone was asked.
    """

    silhouette: float
    davies_bouldin: float
    calinski_harabasz: float
    sample: int | None = None
    silhouette_half_interval: float | None = None


class MapRecord(_Record):
    """How far a map can be trusted that was fitted on some customers, the others being placed by them.

    Attributes:
        fitted: How many it was fitted on.
        compared: Between how many, drawn at random from either side, neighbours are compared.
        trustworthiness_fitted: How many of a customer's 15 neighbours on the map are its neighbours in the features, 0 to 1.
        trustworthiness_placed: The same of those placed.
    """

    fitted: int
    compared: int
    trustworthiness_fitted: float
    trustworthiness_placed: float


class TrustRecord(_Record):
    """How far the segments can be trusted, in words.

    Attributes:
        recommended_k: What most scores name; the k in use where they disagree.
        k_reason: What each score names.
        scaling_reason: Which scaling is good for what.
        cutoff: The day that the back-test looks ahead from; None without one.
        missing: Why something is missing, a sentence each.
        sample: On how many customers, drawn at random, it was measured; None for all.
        value_cutoff: The day that the back-test of expected orders and spend looks ahead from; None without one.
    """

    recommended_k: int
    k_reason: str
    scaling_reason: str
    cutoff: date | None
    missing: list[str]
    sample: int | None = None
    value_cutoff: date | None = None


class DatasetRecord(_Record):
    """One dataset of a run.

    Attributes:
        fingerprint: SHA-256 over everything that the tables depend on.
        features: Name to unit, in the catalogue's order.
        words: Of features that are categories, each word with the number that stands for it.
        filled: Feature to the value that stands where the file held none.
        file_columns: The source's own columns.
        map: None if it was fitted on everyone.
        trust: None if the run was built quickly.
        seconds: Per stage.
    """

    kind: str
    title: str
    demo: bool
    fingerprint: str
    settings: dict[str, Any]
    sources: list[SourceRecord]
    file_columns: list[str]
    rows: RowsRecord
    as_of: date | None
    currency: str | None
    features: dict[str, str]
    words: dict[str, dict[str, float]]
    filled: dict[str, float]
    customers: int
    personas: int
    scores: ScoresRecord
    trust: TrustRecord | None
    seconds: dict[str, float]
    tables: dict[str, TableRecord]
    map: MapRecord | None = None


class Manifest(_Record):
    """One run.

    Attributes:
        created_at: When it was built, UTC.
        seconds: Wall clock of the whole build.
        peak_memory_bytes: The most that the building process and the reading process held, added up.
        previous: The run that readers had open when this one was built; None for the first.
        held_back: Why readers were not switched to it; empty when they were.
    """

    run_id: str
    created_at: datetime
    version: str
    libraries: dict[str, str]
    seconds: float
    peak_memory_bytes: int
    datasets: dict[str, DatasetRecord]
    previous: str | None = None
    held_back: tuple[str, ...] = ()

    def sealed(self) -> str:
        """As `manifest.json` has it."""
        content = json.loads(self.model_dump_json())
        return json.dumps({**content, SEAL: _seal(content)}, indent=2, ensure_ascii=False) + "\n"

    @model_validator(mode="before")
    @classmethod
    def _unsealed(cls, content: Any) -> Any:
        """The fields alone, once they are known to be those that were sealed; earlier versions published runs without a seal."""
        if not isinstance(content, dict) or SEAL not in content:
            return content
        fields = {name: value for name, value in content.items() if name != SEAL}
        if content[SEAL] != _seal(fields):
            raise ArtifactError("its manifest was altered after it was published")
        return fields


def _seal(fields: dict[str, Any]) -> str:
    """SHA-256 over the fields of a manifest, whatever their order and the space between them."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
