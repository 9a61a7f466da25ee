"""Which of a dataset's files have to be read, and which are in parts that were kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.intake import parts, reading
from pipeline.intake.parts import Cache, Kept, Part, SeenFile
from pipeline.intake.source import Source
from pipeline.intake.staged import Layout, Staged

# Files that are new at once go into one part up to so many bytes: to make one takes half a second, however small it is.
PART_BYTES = 1 << 26


@dataclass(frozen=True)
class Fresh:
    """A file that has to be read, its reader done with it."""

    source: Source
    seen: SeenFile
    staged: Staged


@dataclass(frozen=True)
class Plan:
    """The files of a dataset.

    Attributes:
        whole: All that was staged of them but their rows.
        shape: What `parts.shape_of` says of them.
        kept: Parts that hold what some of them came to.
        fresh: All others.
    """

    whole: Staged
    shape: str
    kept: tuple[Kept, ...]
    fresh: tuple[Fresh, ...]

    def rows(self, files: Sequence[Fresh]) -> Staged:
        """Some of the fresh files as one, among all files."""
        together = reading.together([file.staged for file in files], [file.seen.name for file in files])
        return replace(together, file=self.whole.file, columns=self.whole.columns, epoch=self.whole.epoch)

    def bundles(self) -> Iterator[list[Fresh]]:
        """The fresh files in their order, as many together as make a part."""
        bundle: list[Fresh] = []
        for file in self.fresh:
            if bundle and sum(one.source.size for one in bundle) + file.source.size > PART_BYTES:
                yield bundle
                bundle = []
            bundle.append(file)
        if bundle:
            yield bundle


def plan(files: Sequence[Source], layout: Layout, cache: Cache, work: Path) -> Plan:
    """Look what parts there are, and stage what is in none.

    Args:
        files: In their order.
        layout: What the catalogue says of them.
        cache: Where parts are kept.
        work: Folder for what readers leave.

    Raises:
        InputError: If one of them, or its header, is at fault.
    """
    known = parts.known(cache)
    staged: dict[int, Staged] = {}

    def stage(place: int) -> Staged:
        if place not in staged:
            folder = work / f"file-{place:05}"
            folder.mkdir()
            staged[place] = reading.stage(files[place].path, replace(layout, place=place), folder)
        return staged[place]

    before = _by_content(known.values())
    seen = [
        replace(before[key], place=place) if (key := (file.path.name, file.sha256)) in before else SeenFile.of(file, stage(place), place)
        for place, file in enumerate(files)
    ]
    whole = reading.together([file.staged() for file in seen], [file.name for file in seen])
    shape = parts.shape_of(seen, whole)
    kept = parts.usable(known, shape, seen)
    covered = {place for part in kept for place in part.places}
    left = [place for place in range(len(files)) if place not in covered]
    return Plan(whole, shape, tuple(kept), tuple(Fresh(files[place], seen[place], stage(place)) for place in left))


def _by_content(known: Iterable[Part]) -> dict[tuple[str, str], SeenFile]:
    return {(file.name, file.sha256): file for part in known for file in part.files}
