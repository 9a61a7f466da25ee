from dataclasses import replace
from pathlib import Path

from pipeline.intake import parts
from pipeline.intake.parts import Cache, Part, SeenFile


def seen(name: str, sha256: str, place: int = 0) -> SeenFile:
    return SeenFile(name, sha256, place, ("who",), (), (), (), (), None)


def part(*files: SeenFile) -> Part:
    return Part("settings", "shape", {}, files, (), (), {}, {}, None, None, 0, {})


def keep(folder: Path, made: Part, at: int = 0) -> Path:
    scratch = folder / f"scratch-{at}"
    scratch.mkdir()
    return parts.keep(made, scratch, Cache(folder / "parts", "settings")).folder


class TestKnown:
    def test_a_part_is_read_back_as_it_was_kept(self, tmp_path: Path) -> None:
        made = part(seen("a", "1"))
        folder = keep(tmp_path, made)
        assert parts.known(Cache(tmp_path / "parts", "settings")) == {folder: made}

    def test_parts_of_other_settings_and_where_all_is_to_be_made_anew_are_none(self, tmp_path: Path) -> None:
        keep(tmp_path, part(seen("a", "1")))
        assert parts.known(Cache(tmp_path / "parts", "others")) == {}
        assert parts.known(Cache(tmp_path / "parts", "settings", anew=True)) == {}
        assert parts.known(Cache(tmp_path / "nothing", "settings")) == {}


class TestUsable:
    def places(self, files: list[SeenFile], *there: Part, shape: str = "shape") -> list[tuple[int, ...]]:
        return [kept.places for kept in parts.usable({Path(str(at)): one for at, one in enumerate(there)}, shape, files)]

    def test_files_are_found_where_they_are_now(self) -> None:
        files = [seen("a", "1"), seen("b", "2"), seen("c", "3")]
        assert self.places(files, part(seen("b", "2"), seen("c", "3", 1))) == [(1, 2)]

    def test_a_part_with_a_file_that_is_gone_or_changed_is_not(self) -> None:
        both = part(seen("a", "1"), seen("b", "2", 1))
        assert self.places([seen("a", "1")], both) == []
        assert self.places([seen("a", "1"), seen("b", "3")], both) == []

    def test_a_part_whose_files_have_changed_places_is_not(self) -> None:
        both = part(seen("x", "1"), seen("y", "2", 1))
        assert self.places([seen("y", "2"), seen("x", "1")], both) == []

    def test_no_file_is_in_two_parts(self) -> None:
        files = [seen("a", "1"), seen("b", "2")]
        assert self.places(files, part(files[0]), part(*files)) == [(0,)]

    def test_equal_files_are_each_in_one(self) -> None:
        same = seen("a", "1")
        assert self.places([same, replace(same, place=1)], part(same), part(same), part(same)) == [(0,), (1,)]

    def test_a_part_of_another_shape_is_not(self) -> None:
        assert self.places([seen("a", "1")], part(seen("a", "1")), shape="another") == []
