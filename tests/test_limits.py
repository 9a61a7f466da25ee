import os
import resource
from pathlib import Path

import pytest

from pipeline import limits
from pipeline.limits import duckdb_settings


def limited(monkeypatch: pytest.MonkeyPatch, memory: int, cores: int) -> dict[str, str]:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (memory, memory))
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    return duckdb_settings()


def test_the_machine_is_no_larger_than_the_container_that_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "memory.max"
    monkeypatch.setattr(limits, "_CONTAINER", (told, tmp_path / "absent"))
    whole = limits.machine_memory()
    assert whole == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    told.write_text("536870912\n")
    assert limits.machine_memory() == 512 << 20
    for unlimited in ("max\n", f"{whole * 2}\n"):
        told.write_text(unlimited)
        assert limits.machine_memory() == whole


def test_a_file_that_anybody_made_may_take_less_than_one_of_the_catalogue_and_not_for_ever() -> None:
    sent = limits.upload(1)
    assert sent.memory <= limits.ANY_FILE.memory
    assert sent.seconds is not None
    assert limits.ANY_FILE.seconds is not None
    assert sent.seconds < limits.ANY_FILE.seconds


def test_a_larger_file_that_was_sent_may_be_computed_on_for_longer() -> None:
    asked = [limits.upload(size).processor_seconds for size in (0, 25_000_000, 25_000_001, 250_000_000)]
    assert asked == [10, 10, 20, 100]


class TestDuckDB:
    def test_is_left_alone_without_a_limit(self) -> None:
        assert duckdb_settings() == {}

    def test_has_a_fifth_of_much_memory_and_of_little_what_it_needs_to_spill(self, monkeypatch: pytest.MonkeyPatch) -> None:
        given = {gib: int(limited(monkeypatch, gib << 30, cores=2)["memory_limit"].removesuffix("B")) for gib in (10, 4, 2)}
        assert given == {10: 2 << 30, 4: (4 << 30) // 5, 2: 512 << 20}

    def test_has_no_more_than_half_and_threads_that_find_room_in_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert limited(monkeypatch, 1 << 30, cores=64) == {"memory_limit": f"{512 << 20}B", "threads": "4"}
        assert limited(monkeypatch, 1 << 30, cores=2)["threads"] == "2"
        assert limited(monkeypatch, 1 << 20, cores=2)["threads"] == "1"
