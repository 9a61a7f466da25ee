import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.on_disk import OnDisk


@given(st.lists(st.binary(max_size=40), max_size=9))
def test_what_was_written_is_read(parts: list[bytes]) -> None:
    kept = OnDisk(parts)
    assert os.pread(kept.descriptor, 400, 0) == b"".join(parts)


def test_it_is_closed_with_the_last_reference() -> None:
    kept = OnDisk([b"some"])
    descriptor = kept.descriptor
    del kept
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_where_there_is_room_for_a_part_it_is_refused() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # In the midst of the last part: the system writes what fits, and says how much that was.
    resource.setrlimit(resource.RLIMIT_FSIZE, (299_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            OnDisk([b"x" * 100_000] * 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_nothing_stays_open_where_the_parts_cannot_be_made() -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise ZeroDivisionError

    before = len([*Path("/proc/self/fd").iterdir()])
    with pytest.raises(ZeroDivisionError):
        OnDisk(broken())
    assert len([*Path("/proc/self/fd").iterdir()]) == before
