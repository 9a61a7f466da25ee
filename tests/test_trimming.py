import platform

import pytest

from pipeline.trimming import trim


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the system's library is not glibc")
def test_what_is_free_amid_what_is_held_goes_back_to_the_system() -> None:
    # Each too small to be asked of the system by itself; every other one stays, so that the end of the heap is not free.
    held = [bytearray(60_000) for _ in range(2_000)]
    del held[::2]
    assert trim()
