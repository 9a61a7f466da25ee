"""Where runs are published: a folder, or an address such as s3://bucket/prefix, which a folder on this machine mirrors."""

import hashlib
import os
import re
from pathlib import Path

_PASSWORD = re.compile(r"(://[^/\s:@]*):[^/\s]*@")


def is_address(place: str) -> bool:
    """Whether this is no folder but something to be reached."""
    return "://" in place


def shown(text: str) -> str:
    """A text as it may be printed: passwords in addresses are left out."""
    return _PASSWORD.sub(r"\1:***@", text)


def cache(address: str) -> Path:
    """The folder that keeps what is known of an address: in CLIENTELE_CACHE, or in `clientele` where the user's caches are."""
    # By what may be printed: a new password leads to the same storage.
    name = hashlib.sha256(shown(address.rstrip("/")).encode()).hexdigest()[:16]
    if own := os.environ.get("CLIENTELE_CACHE"):
        return Path(own).absolute() / name
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "clientele" / name


def readers_folder(place: str) -> Path:
    """The folder that readers of a place open: the place itself, or the mirror of an address."""
    return cache(place) / "mirror" if is_address(place) else Path(place)


def builders_folder(address: str) -> Path:
    """The folder in which builds for an address are at work, so that readers on the same machine see no run before it is there for all."""
    return cache(address) / "building"
