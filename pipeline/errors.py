"""What can go wrong, by who has to act: the message is all that a user sees."""

from collections.abc import Iterator
from contextlib import contextmanager


class ClienteleError(Exception):
    """A failure with a message that names the problem, the evidence and the remedy."""

    exit_code = 1


class InputError(ClienteleError):
    """A file, or a setting, is at fault; nothing was published."""

    exit_code = 2


class UnknownRunError(InputError):
    """No run is called that."""


class HeldBackError(InputError):
    """What was built differs too much from what readers see: it is kept aside until it is accepted."""


class BusyError(ClienteleError):
    """Another build holds the artifacts folder."""

    exit_code = 3


class ArtifactError(ClienteleError):
    """A published run is missing, incomplete or altered."""


class UndeclaredError(InputError):
    """A file that could be read if the catalogue said more; `setting` is what it would have to say."""

    def __init__(self, message: str, setting: str) -> None:
        """Refuse a file for want of a setting."""
        super().__init__(message)
        self.setting = setting

    def __reduce__(self) -> tuple[type["UndeclaredError"], tuple[str, str]]:
        """It comes from the process that reads."""
        return UndeclaredError, (str(self), self.setting)


def first_line(error: Exception) -> str:
    """What a library says of a failure, short enough to stand in a message."""
    return (str(error).splitlines() or [type(error).__name__])[0][:160]


@contextmanager
def about(file: str) -> Iterator[None]:
    """Have what is raised of the input within the block name its file."""
    try:
        yield
    except InputError as refusal:
        raise InputError(f"{file}: {refusal}") from None
