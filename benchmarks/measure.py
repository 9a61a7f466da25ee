"""What a command costs: wall-clock and peak memory of its whole process tree. Also where the figures are kept."""

import os
import platform
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

INTERVAL_SECONDS = 0.02


@dataclass(frozen=True)
class Measured:
    """What one command cost.

    Attributes:
        seconds: Wall-clock from start to exit.
        peak_bytes: Highest sum over the process tree that a sample saw.
        returncode: Exit code; negative when a signal ended it.
        output: stdout and stderr, interleaved.
    """

    seconds: float
    peak_bytes: int
    returncode: int
    output: str


@dataclass(frozen=True)
class Line:
    """One line of the table; `met` is None where there is no bar."""

    what: str
    bar: str
    measured: str
    met: bool | None = None


def run(command: list[str], *, cwd: Path, env: Mapping[str, str]) -> Measured:
    """Run a command to its end and sample the memory of its process tree meanwhile."""
    # A file, not a pipe: a full pipe would stop the command while it is being timed.
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        # Its own session: an interrupted benchmark can then end every process of the command at once.
        process = subprocess.Popen(command, cwd=cwd, env=dict(env), stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            peak_bytes = _watch(process)
            seconds = time.perf_counter() - start
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        output.seek(0)
        return Measured(seconds, peak_bytes, process.returncode, output.read().decode(errors="replace"))


def machine() -> str:
    """Size of this machine in one line: cores, memory, processor, Python."""
    memory_gib = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory_gib:.1f} GiB memory, {_processor()}, Python {platform.python_version()}"


def table(lines: list[Line]) -> str:
    """The lines as a table in markdown."""
    met = {True: "yes", False: "**no**", None: "-"}
    rows = [f"| {line.what} | {line.bar} | {line.measured} | {met[line.met]} |" for line in lines]
    return "\n".join(["| what | bar | measured | met |", "|---|---|---|---|", *rows])


def write_section(path: Path, *, title: str, body: str) -> None:
    """Replace the section `## title` of a markdown file, or add it at the end; other sections stay as they are."""
    text = path.read_text(encoding="utf-8") if path.exists() else "# Benchmark results\n"
    section = f"## {title}\n\n{body.strip()}\n"
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    owned = [at for at, part in enumerate(parts) if part.partition("\n")[0].strip() == f"## {title}"]
    if owned:
        parts[owned[0]] = section
    else:
        parts.append(section)
    path.write_text("\n\n".join(part.strip() for part in parts if part.strip()) + "\n", encoding="utf-8")


def _watch(process: subprocess.Popen[bytes]) -> int:
    """Sample until the process has ended; the highest sample, in bytes."""
    root = psutil.Process(process.pid)
    peak_bytes = 0
    while True:
        began = time.perf_counter()
        peak_bytes = max(peak_bytes, _tree_bytes(root))
        # Reading a large process takes milliseconds of the kernel; the pause grows with it, lest watching slows what is watched.
        pause = max(INTERVAL_SECONDS, 4 * (time.perf_counter() - began))
        try:
            process.wait(timeout=pause)
        except subprocess.TimeoutExpired:
            continue
        return peak_bytes


def _tree_bytes(root: psutil.Process) -> int:
    """Memory of a process and all its descendants at this moment, in bytes."""
    try:
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(_process_bytes(member) for member in tree)


def _process_bytes(process: psutil.Process) -> int:
    """Proportional share (PSS) of one process in bytes; its resident set (RSS) where the system does not tell PSS.

    PSS divides a page by the number of processes that map it, so a sum over processes counts shared pages once, where a
    sum of RSS counts them once per process. Source: the Linux kernel's Documentation/filesystems/proc.rst.
    """
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
        return next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    except (OSError, StopIteration):
        pass
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        # It ended between being listed and being read.
        return 0


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()
