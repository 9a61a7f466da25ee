from pathlib import Path

import pytest

from pipeline import engine

# As Arrow passes on what DuckDB says while an answer is taken.
NO_ROOM = "Out of Memory Error: ArrowBuffer: failed to allocate 4194304 bytes"


def test_want_of_memory_is_told_as_such_also_where_arrow_tells_it(tmp_path: Path) -> None:
    with pytest.raises(MemoryError, match="failed to allocate"), engine.connect(tmp_path):
        raise OSError(NO_ROOM)


def test_other_failures_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"^no such file$"), engine.connect(tmp_path):
        raise OSError("no such file")
