import platform

import pytest

from pipeline.trimming import trim


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the system's library is not glibc")
def test_the_library_of_the_system_is_asked() -> None:
    assert trim()() in {0, 1}
