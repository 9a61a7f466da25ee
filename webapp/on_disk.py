"""Bytes that are kept on disk for as long as somebody refers to them: what is not looked at takes no memory."""

import tempfile
import weakref
from collections.abc import Iterable
from contextlib import ExitStack


class OnDisk:
    """A file without a name, closed with the last reference to this.

    Attributes:
        descriptor: To read it by.
    """

    def __init__(self, parts: Iterable[bytes]) -> None:
        """Write the parts one after another.

        Raises:
            OSError: If the disk has no room for them.
        """
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile())
            for part in parts:
                file.write(part)
            file.flush()
            self.descriptor = file.fileno()
            weakref.finalize(self, stack.pop_all().close)
