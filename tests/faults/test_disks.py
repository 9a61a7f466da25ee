"""A disk that is full, and folders that are closed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.product import page
from pipeline import artifacts, publishing
from pipeline.errors import InputError
from tests import small
from tests.conftest import ROOT
from tests.faults.clients import CALLBACKS, ask, send
from tests.faults.conftest import Mount
from tests.webapp.browser.product import running
from tests.webapp.handmade import publish

OLD = "a" * 22
PAGES = ("/", "/shop", "/customers/shop/7", "/lookup/", "/download/shop/customers.csv", "/download/shop/customers.xlsx")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue and its files."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "datasets.toml").write_text(small.CATALOGUE)
    (folder / "club.csv").write_text(small.MEMBERS)
    (folder / "shop.csv").write_text(small.LINES)
    return folder


def build(sources: Path, out: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What the command line says of a build of everything."""
    command = [sys.executable, "-m", "pipeline", "build", "--force", "--quick", "--raw", sources, "--out", out]
    return subprocess.run(
        [*map(str, command), "--catalogue", str(sources / "datasets.toml")],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def contents(root: Path) -> dict[str, bytes]:
    """All files there, but for the lock."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name != "PUBLISHING"}


def fill(disk: Path, *, room: int) -> Path:
    """A file that leaves so many bytes on a disk."""
    filler = disk / "filler"
    filler.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - room)))
    return filler


# What is left of the disk when a build begins that needs some 200 KB: it fails as it reads, as it measures, as it writes tables.
@pytest.mark.parametrize("room", [0, 8_192, 65_536, 150_000])
def test_a_disk_that_is_full_is_one_message_and_the_last_good_run_stays(mount: Mount, tmp_path: Path, sources: Path, room: int) -> None:
    (tmp_path / "disk").mkdir()
    disk = mount(tmp_path / "disk", "-t", "tmpfs", "-o", "size=4m", "tmpfs")
    out = disk / "runs"
    assert build(sources, out).returncode == 0
    before = contents(out)
    filler = fill(disk, room=room)

    failed = build(sources, out)
    *stages, said = failed.stderr.strip().splitlines()
    assert failed.returncode == InputError.exit_code
    assert said == (
        f"{out}: the disk is full. Nothing was published, and readers stay with the run that they have. "
        "Make room there, or set CLIENTELE_ARTIFACTS, or --out, to a folder on a larger disk."
    )
    assert "Traceback" not in "".join(stages)
    assert contents(out) == before

    filler.unlink()
    assert build(sources, out).returncode == 0
    run = artifacts.current(out)
    assert run is not None
    run.verify()
    assert len(artifacts.run_ids(out)) == 2
    assert {name for name in contents(out) if not name.startswith("runs/2")} == {"CURRENT"}


def test_a_switch_on_a_full_disk_is_one_message_and_readers_stay(mount: Mount, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    disk = mount(tmp_path / "disk", "-t", "tmpfs", "-o", "size=4m", "tmpfs")
    out = disk / "runs"
    publish(out, "20240311T120000Z-00000001")
    second = publish(out, "20240312T120000Z-00000002")
    fill(disk, room=0)
    with pytest.raises(InputError, match="the disk is full"):
        publishing.use(out, "20240311T120000Z-00000001")
    assert artifacts.current(out) == second


@pytest.fixture(params=["a file in its place", "a disk that is read-only"])
def closed(request: pytest.FixtureRequest, tmp_path: Path, read_only: Callable[[Path], Path]) -> None:
    """Nothing can be put where a server that logs to `tmp_path` puts the files that are sent."""
    folder = tmp_path / f"clientele-{os.getuid()}"
    if request.param == "a file in its place":
        folder.touch()
    else:
        # What is there already is a result whose time is over, and which cannot be removed.
        (folder / OLD).mkdir(parents=True)
        folder.chmod(0o700)
        os.utime(folder / OLD, (0, 0))
        read_only(folder)


@pytest.mark.usefixtures("closed")
def test_without_a_folder_for_files_pages_go_on_and_whoever_sends_one_is_told_why(tmp_path: Path) -> None:
    publish(tmp_path / "runs")
    with running(tmp_path / "runs", tmp_path / "log") as product:
        assert [(path, ask(product, path).status) for path in PAGES] == [(path, 200) for path in PAGES]
        shown = ask(product, CALLBACKS, page("/data", f"?scored={OLD}"))
        assert (shown.status, b"Send the file again" in shown.body) == (200, True)
        refused = send(product, "shop", "orders.csv", b"who,order")
        assert refused.status == 503
        assert refused.body.startswith(b'{"message":"The server could not take the file: ')
        assert ask(product, f"/scoring/jobs/{OLD}").status == 404
        assert product.log.read_text().count("no files can be scored in the browser") == 1


def test_a_build_goes_on_where_nothing_that_was_compiled_can_be_kept(
    sources: Path, tmp_path: Path, read_only: Callable[[Path], Path]
) -> None:
    (tmp_path / "cache").mkdir()
    read_only(tmp_path / "cache")
    built = build(sources, tmp_path / "runs", NUMBA_CACHE_DIR=str(tmp_path / "cache" / "numba"))
    assert (built.returncode, "Traceback" in built.stderr) == (0, False)
    run = artifacts.current(tmp_path / "runs")
    assert run is not None
    run.verify()
