"""What a process that reads a file may take of the machine."""

import math
import os
import re
import resource
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError

_GIB = 1 << 30
_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}
# Less does not hold the libraries and what the engine needs to spill.
_LEAST = 10**9
# What DuckDB may have of a process's memory: it spills to disk at that, and the rest is for what cannot. More saves little time; of little
# memory it needs a larger share to spill at all.
_DUCKDB_SHARE, _DUCKDB_SHARE_OF_LITTLE, _LITTLE = 0.2, 0.5, _GIB // 2
_DUCKDB_THREAD = _GIB // 4
# How many times the memory of this process may be mapped.
_mapped = 1
# Where Linux tells the memory of a container, in versions 2 and 1 of its control groups.
_CONTAINER = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True)
class Limits:
    """What a process may take.

    Attributes:
        memory: Bytes.
        seconds: That anybody waits for one thing that it does; None: as long as it takes.
        processor_seconds: Of computing, on all cores together, for all that it does; None: as many as it takes.
        customers: That are placed at once, which another process holds; None: however many there are.
        mapped: How many times its memory may be mapped: what DuckDB's allocator keeps for later counts as well, though nobody uses it.
    """

    memory: int
    seconds: float | None
    processor_seconds: int | None = None
    customers: int | None = None
    mapped: int = 1


def machine_memory() -> int:
    """Bytes of memory of this machine, or of the container that it is."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    told = (path.read_text(encoding="ascii").strip() for path in _CONTAINER if path.is_file())
    return min([there, *(int(text) for text in told if text.isdigit())])


def bytes_of(text: str) -> int:
    """An amount of memory, such as 4GB, in bytes.

    Raises:
        InputError: If it is none, or too little to read a file in.
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]I?B)", text.strip().upper())
    if found is None or found[2] not in _UNITS:
        raise InputError(f"{text!r} is no amount of memory. Write it as 4GB.")
    if (amount := int(float(found[1]) * _UNITS[found[2]])) < _LEAST:
        raise InputError(f"{text!r} is too little to read a file in. Give it 1GB or more.")
    return amount


# A file of the catalogue is its owner's; any other may be made to do harm. The other half is for who does the numerics.
def of_catalogue(memory: int) -> Limits:
    """What reading a file of the catalogue may take, which is as much time as it takes."""
    return Limits(memory, seconds=None, mapped=2)


CATALOGUE = of_catalogue(max(machine_memory() // 2, _GIB))
ANY_FILE = Limits(memory=max(machine_memory() // 2, _GIB), seconds=600)
# Order lines of 25 MB take 2 to 4 seconds of computing.
_UPLOAD_BYTES, _UPLOAD_PROCESSOR_SECONDS = 25_000_000, 10
# Fewer than a sheet has room for.
_UPLOAD_CUSTOMERS = 1_000_000


def upload(size: int) -> Limits:
    """What reading a file of `size` bytes may take that somebody sent.

    On a machine that does other things as well an honest file takes as long as a bomb; what is computed for them tells them apart.
    """
    computed = _UPLOAD_PROCESSOR_SECONDS * max(1, math.ceil(size / _UPLOAD_BYTES))
    return Limits(memory=_GIB, seconds=60, processor_seconds=computed, customers=_UPLOAD_CUSTOMERS)


def keep_within(limits: Limits) -> None:
    """Hold this process to what it may take of memory and of computing; the system ends it with SIGXCPU when it has computed too long."""
    global _mapped  # noqa: PLW0603 # the limit is the process's, and so is this
    _mapped = limits.mapped
    limit_memory(limits.memory * limits.mapped)
    if limits.processor_seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (limits.processor_seconds, limits.processor_seconds + 1))
        # The signal would leave all that it held on the disk.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_memory(most: int) -> None:
    """Let allocations of this process fail once it holds `most` bytes, and libraries that are loaded later take no more than they use.

    It is writable memory of its own that is counted (RLIMIT_DATA), not addresses (RLIMIT_AS), of which allocators reserve far more. macOS
    knows the limit and may not hold to it.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    # Arrow's allocator would take a GiB at its first use, and OpenBLAS a stack per core, which count whether they are used or not.
    os.environ |= {"MIMALLOC_ARENA_EAGER_COMMIT": "0", "OPENBLAS_NUM_THREADS": "1"}


def heap() -> int:
    """Bytes for the heap of a Java that this process starts, which has the same limit: the rest is for what is not on it."""
    most, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return (machine_memory() // 2 if most == resource.RLIM_INFINITY else most // _mapped) // 2


def duckdb_settings() -> dict[str, str]:
    """How DuckDB keeps within the memory of this process; nothing where it has no limit."""
    most, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if most == resource.RLIM_INFINITY:
        return {}
    memory = most / _mapped
    share = max(memory * _DUCKDB_SHARE, min(memory * _DUCKDB_SHARE_OF_LITTLE, _LITTLE))
    threads = min(os.cpu_count() or 1, max(1, most // _DUCKDB_THREAD))
    return {"memory_limit": f"{int(share)}B", "threads": str(threads)}
