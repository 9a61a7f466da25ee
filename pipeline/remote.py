"""Places that runs are published in, whether folders or addresses: what is done the same with both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import artifacts, labels, locking, publishing
from pipeline.address import builders_folder, is_address, readers_folder
from pipeline.artifacts import BUILD_COMMAND, Run
from pipeline.errors import ArtifactError, BusyError
from pipeline.labels import Change, Labels
from pipeline.manifest import Manifest
from pipeline.mirror import Mirror, own_cache
from pipeline.storage import StorageError

_RUNS_COMMAND = "python -m pipeline runs"


class Building:
    """A build's hold on a place.

    Attributes:
        folder: Where the build finds the current run, and publishes.
    """

    def __init__(self, folder: Path, mirror: Mirror | None = None, seen: str | None = None) -> None:
        """Build in `folder`; what is done there is brought to where `mirror` is of, if readers have not gone on from `seen`."""
        self.folder, self._mirror, self._seen = folder, mirror, seen

    def bring(self, run: Run, *, held_back: bool) -> None:
        """Bring the run to its readers: tables, manifest, and the switch to it last. In a folder it is there already.

        Args:
            run: What was built, or what there was nothing to change about.
            held_back: Leave readers with the run that they have.

        Raises:
            StorageError: Naming the step that failed; readers stay with the run that they have.
            BusyError: If readers were switched to another run meanwhile.
        """
        if self._mirror is None:
            return
        storage, run_id, where = self._mirror.storage, run.manifest.run_id, self._mirror.name
        stay = f"Readers stay with {f'run {self._seen}' if self._seen else 'nothing'}. Once that is mended, run `{BUILD_COMMAND}` again."
        with _step(f"Run {run_id} is not published: uploading its tables failed.", stay):
            if self._mirror.has(run_id):
                tables = []
            else:
                tables = [str(path.relative_to(run.folder)) for path in sorted(run.folder.rglob("*.parquet"))]
                storage.upload([f"runs/{run_id}/{table}" for table in tables], run.folder.parents[1])
        if tables:
            with _step(f"Run {run_id} is not published: uploading its manifest failed.", stay):
                storage.write(f"runs/{run_id}/manifest.json", (run.folder / "manifest.json").read_bytes())
        if held_back:
            return
        with _step(f"Run {run_id} is at {where}, and switching readers to it failed.", f"`{_RUNS_COMMAND}` says whether they were."):
            now = self._mirror.named()
            if now not in (self._seen, run_id):
                raise BusyError(
                    f"Run {run_id} is at {where}, and readers were not switched to it: meanwhile they were switched to run {now}. "
                    f"Run `{BUILD_COMMAND}` again, or `python -m pipeline use {run_id}`."
                )
            if now != run_id:
                storage.write("CURRENT", f"{run_id}\n".encode())


@contextmanager
def building(place: str, *, only: str | None, say: Callable[[str], None]) -> Iterator[Building]:
    """Where a build for a place is at work, with the current run in it.

    Args:
        place: A folder or an address.
        only: The one dataset that is built; the others are taken over from the current run.
        say: Called with what the build goes on in spite of.

    Raises:
        StorageError: If the storage cannot be reached.
        ArtifactError: If the current run is damaged, and something is to be taken over from it.
        BusyError: If another build for this address is at work on this machine.
        InputError: If the cache cannot be written.
    """
    if not is_address(place):
        yield Building(Path(place))
        return
    mirror = Mirror(place, builders_folder(place))
    with locking.held(own_cache(place) / "BUILDING", busy=f"Another build for {mirror.name} is at work. Wait until it is done."):
        seen = mirror.named()
        try:
            mirror.pull()
        except ArtifactError as error:
            if only:
                raise
            # As in a folder, a damaged run does not stop the build that replaces it.
            say(str(error))
            (mirror.folder / "CURRENT").unlink(missing_ok=True)
        yield Building(mirror.folder, mirror, seen)


def current(place: str) -> Run | None:
    """The run that readers of a place open; None when nothing was ever published.

    Raises:
        StorageError: If the storage cannot be reached.
        ArtifactError: If the run cannot be read, or differs from its manifest.
    """
    folder = readers_folder(place)
    if not is_address(place):
        return artifacts.current(folder)
    named = Mirror(place, folder).pull()
    return None if named is None else artifacts.open_run(folder, named)


def manifests(place: str) -> tuple[list[Manifest], str | None]:
    """What all runs in a place say of themselves, oldest first, and the id of the one that readers open.

    Raises:
        StorageError: If the storage cannot be reached.
        ArtifactError: If one of them cannot be read.
    """
    if not is_address(place):
        folder = Path(place)
        now = artifacts.current(folder)
        return [artifacts.open_run(folder, run_id).manifest for run_id in artifacts.run_ids(folder)], now.manifest.run_id if now else None
    mirror = Mirror(place, readers_folder(place))
    return mirror.manifests(), mirror.named()


def use(place: str, run_id: str) -> None:
    """Switch readers of a place to another published run, once its hashes are verified.

    Raises:
        UnknownRunError: If there is no such run.
        StorageError: If the storage cannot be reached.
        ArtifactError: If it is damaged.
        BusyError: If a build is at work in the folder.
    """
    if not is_address(place):
        publishing.use(Path(place), run_id)
        return
    mirror = Mirror(place, readers_folder(place))
    _refuse_unknown(run_id, mirror)
    with mirror.held():
        mirror.fetch(run_id)
        mirror.storage.write("CURRENT", f"{run_id}\n".encode())
        artifacts.switch(mirror.folder, run_id)


def labels_of(place: str) -> Labels:
    """What is said of the runs in a place.

    Raises:
        StorageError: If the storage cannot be reached.
        ArtifactError: If it cannot be understood.
    """
    return Mirror(place, readers_folder(place)).labels() if is_address(place) else labels.read(Path(place))


def label(place: str, run_id: str, change: Change) -> None:
    """Change what is said of a run.

    Raises:
        UnknownRunError: If there is no such run.
        StorageError: If the storage cannot be reached.
        ArtifactError: If what is said there cannot be understood.
        InputError: If it cannot be written.
    """
    if is_address(place):
        mirror = Mirror(place, readers_folder(place))
        _refuse_unknown(run_id, mirror)
        mirror.label(run_id, change)
        return
    artifacts.refuse_unknown(Path(place), run_id)
    labels.change(Path(place), run_id, change)


def _refuse_unknown(run_id: str, mirror: Mirror) -> None:
    if not mirror.has(run_id):
        raise artifacts.unknown(run_id, [manifest.run_id for manifest in mirror.manifests()])


@contextmanager
def _step(failed: str, then: str) -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        raise StorageError(f"{failed} {error} {then}") from error
