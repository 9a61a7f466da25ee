"""Files at an address, of any storage that fsspec knows; most often object storage. Whatever fails there is one clear message."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.address import shown
from pipeline.errors import InputError, first_line

# s3fs tries again, and the client inside of it does so each time: two times two tries. Storage that does not answer is told about within a
# minute, and whoever follows it asks again anyway.
_TRIES = 2
_S3 = {"config_kwargs": {"connect_timeout": 5, "read_timeout": 10, "retries": {"total_max_attempts": _TRIES}}}
_OPTIONS: dict[str, dict[str, Any]] = {"s3": _S3, "s3a": _S3, "file": {"auto_mkdir": True}, "local": {"auto_mkdir": True}}
_KEYS = (
    "Check the credentials in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY for S3), and that they may read, write and list it."
)
_REACH = "Check the address, the credentials in the environment, and AWS_ENDPOINT_URL if the storage is not Amazon's."


class StorageError(InputError):
    """The storage cannot be reached, or does not allow what is asked."""


class Storage:
    """The files below one address.

    Attributes:
        name: The address as it may be printed.
    """

    def __init__(self, address: str) -> None:
        """Get ready to reach `address`; nothing is asked of it yet.

        Raises:
            StorageError: If no file system is known, or installed, for it.
        """
        self.name = shown(address)
        with self._told():
            import fsspec

            # Neither is what was listed kept, for others publish there too, nor the connection shared with anybody.
            options = {"skip_instance_cache": True, "use_listings_cache": False, **_OPTIONS.get(address.split("://", maxsplit=1)[0], {})}
            self._files, root = fsspec.core.url_to_fs(address, **options)
            self._root = root.rstrip("/")
            if hasattr(self._files, "retries"):
                self._files.retries = _TRIES

    def read(self, path: str) -> bytes | None:
        """What a file holds; None if there is no such file.

        Raises:
            StorageError: If that cannot be found out.
        """
        with self._told():
            try:
                content: bytes = self._files.cat_file(self._at(path))
            except FileNotFoundError:
                self._refuse_without_bucket()
                return None
            return content

    def read_each(self, paths: Sequence[str]) -> list[bytes]:
        """What files hold, read beside each other; those that are not there are left out.

        Raises:
            StorageError: If one that is there cannot be read.
        """
        with self._told():
            found = self._files.cat([self._at(path) for path in paths], on_error="return") if paths else {}
            for content in found.values():
                if isinstance(content, Exception) and not isinstance(content, FileNotFoundError):
                    raise content
        return [content for content in found.values() if isinstance(content, bytes)]

    def write(self, path: str, content: bytes) -> None:
        """Put a file there, in place of one that is.

        Raises:
            StorageError: If it cannot be put there.
        """
        with self._told():
            self._files.pipe_file(self._at(path), content)

    def remove(self, path: str) -> None:
        """Have no file there.

        Raises:
            StorageError: If it cannot be removed.
        """
        with self._told(), suppress(FileNotFoundError):
            self._files.rm_file(self._at(path))

    def folders(self, path: str) -> list[str]:
        """The names of the folders in a folder, sorted; none if it is not there.

        Raises:
            StorageError: If that cannot be found out.
        """
        with self._told():
            try:
                found = self._files.ls(self._at(path), detail=True)
            except FileNotFoundError:
                self._refuse_without_bucket()
                return []
        return sorted(entry["name"].rstrip("/").rsplit("/", 1)[-1] for entry in found if entry["type"] == "directory")

    def download(self, paths: Iterable[str], folder: Path) -> None:
        """Copy files to where they belong below a folder on this machine.

        Args:
            paths: Relative to this address, and to `folder`.
            folder: On this machine.

        Raises:
            StorageError: If one of them cannot be had.
        """
        with self._told():
            self._files.get([self._at(path) for path in paths], [str(folder / path) for path in paths])

    def upload(self, paths: Iterable[str], folder: Path) -> None:
        """Copy files from below a folder on this machine to where they belong here.

        Args:
            paths: Relative to `folder`, and to this address.
            folder: On this machine.

        Raises:
            StorageError: If one of them cannot be put there.
        """
        with self._told():
            self._files.put([str(folder / path) for path in paths], [self._at(path) for path in paths])

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _refuse_without_bucket(self) -> None:
        """Tell a bucket that is not there from one without the file: both are said to be "not found"."""
        # Storages without buckets have paths that begin with a slash.
        bucket = self._root.split("/", 1)[0]
        if bucket and not self._files.exists(bucket):
            raise StorageError(f"{self.name}: there is no bucket {bucket!r}. Make it, or set CLIENTELE_ARTIFACTS to the right address.")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except StorageError:
            raise
        except Exception as error:  # each storage fails in ways of its own; nothing but calls of fsspec stands in these blocks
            remedy = _KEYS if isinstance(error, PermissionError) else _REACH
            raise StorageError(f"{self.name}: {_reason(error)}. {remedy}") from error


def _reason(error: Exception) -> str:
    said = shown(first_line(error)).rstrip(".")
    # A missing module, or key, is not clear from what it is called alone.
    return said if " " in said else f"{type(error).__name__}: {said}"
