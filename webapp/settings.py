"""What the environment says: where runs are, where the cache is, and who may come in."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.address import is_address, readers_folder
from webapp.access.settings import AccessSettings, SettingsError


@dataclass(frozen=True)
class Settings:
    """Settings of one server.

    Attributes:
        artifacts: Folder of published runs.
        address: Where runs are published, when `artifacts` only mirrors it.
        cache_url: Address of a Redis; None keeps results in memory.
        upload_bytes: The largest file that is taken to be scored; 0 takes none.
        access: Who may come in.
    """

    artifacts: Path = Path("data/artifacts")
    cache_url: str | None = None
    upload_bytes: int = 25_000_000
    access: AccessSettings = field(default_factory=AccessSettings)
    address: str | None = field(default=None, repr=False)  # it may hold a password

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read `CLIENTELE_ARTIFACTS`, `CACHE_URL`, `CLIENTELE_UPLOAD_MB`, and what says who may come in.

        Raises:
            SettingsError: If something is missing, weak, or does not fit; the message says what to do.
        """
        megabytes = os.environ.get("CLIENTELE_UPLOAD_MB")
        if megabytes and not re.fullmatch(r"[0-9]{1,4}", megabytes):
            raise SettingsError(
                f"CLIENTELE_UPLOAD_MB={megabytes!r} is no number of megabytes. Set it to 0 (none is taken) to 9999, or leave it out."
            )
        place = os.environ.get("CLIENTELE_ARTIFACTS") or "data/artifacts"
        return cls(
            readers_folder(place),
            os.environ.get("CACHE_URL") or None,
            int(megabytes) * 1_000_000 if megabytes else cls.upload_bytes,
            AccessSettings.from_environment(os.environ),
            place if is_address(place) else None,
        )
