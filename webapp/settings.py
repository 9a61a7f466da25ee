"""What the environment says: where runs are, and where the cache is."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Settings of one server.

    Attributes:
        artifacts: Folder of published runs.
        cache_url: Address of a Redis; None keeps results in memory.
    """

    artifacts: Path = Path("data/artifacts")
    cache_url: str | None = None

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read `CLIENTELE_ARTIFACTS` and `CACHE_URL`."""
        return cls(Path(os.environ.get("CLIENTELE_ARTIFACTS") or "data/artifacts"), os.environ.get("CACHE_URL") or None)
