from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import labels
from pipeline.errors import ArtifactError, InputError
from pipeline.labels import Label


def test_without_a_file_no_run_is_labelled(tmp_path: Path) -> None:
    assert labels.read(tmp_path) == {}
    assert labels.of({}, "run-1") == Label(name="", pinned=False)


def test_a_name_has_its_spaces_in_order_and_leaves_the_pin_alone(tmp_path: Path) -> None:
    labels.change(tmp_path, "run-1", labels.pinned(True))
    labels.change(tmp_path, "run-1", labels.named(" before\n Christmas "))
    assert labels.read(tmp_path) == {"run-1": Label("before Christmas", pinned=True)}


def test_the_file_says_nothing_of_runs_that_have_no_label_any_more(tmp_path: Path) -> None:
    labels.change(tmp_path, "run-1", labels.named("Christmas"))
    labels.change(tmp_path, "run-1", labels.named(""))
    assert (tmp_path / "labels.json").read_text() == "{}\n"


def test_a_name_of_60_characters_is_kept_and_a_longer_one_refused() -> None:
    assert labels.named("é" * 60)(Label()) == Label("é" * 60)
    with pytest.raises(InputError, match=r"^A run's name has at most 60 characters; this one has 61\. Shorten it\.$"):
        labels.named("é" * 61)


@pytest.mark.parametrize("name", ["a\x00b", "a\x1b[31mb", "right\u202eleft"])
def test_what_cannot_be_seen_is_no_part_of_a_name(name: str) -> None:
    with pytest.raises(InputError, match=r"^A run's name holds visible characters only; "):
        labels.named(name)


@given(st.dictionaries(st.text(max_size=5), st.builds(Label, st.text(max_size=5), st.booleans())))
def test_what_was_written_is_read(said: dict[str, Label]) -> None:
    assert labels.parsed(labels.written(said), "labels.json") == {run: label for run, label in said.items() if label != Label()}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", r"Invalid JSON: "),
        (b'{"run-1": {"name": 7}}', r"run-1: name: Input should be a valid string"),
        (b'["run-1"]', r"Input should be"),
    ],
)
def test_a_file_that_says_something_else_is_named_and_left(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "labels.json").write_bytes(content)
    for ask in (lambda: labels.read(tmp_path), lambda: labels.change(tmp_path, "run-1", labels.pinned(True))):
        with pytest.raises(ArtifactError, match=said) as refused:
            ask()
        assert str(refused.value).startswith(f"{tmp_path}/labels.json: cannot be read (")
        assert str(refused.value).endswith("). Mend it, or remove it: no run is named or pinned then.")
    assert (tmp_path / "labels.json").read_bytes() == content


def test_of_many_changes_at_once_none_is_lost(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: labels.change(tmp_path, f"run-{number}", labels.named(str(number))), range(40)))
    assert labels.read(tmp_path) == {f"run-{number}": Label(str(number)) for number in range(40)}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"labels\.json: cannot be written \(No such file or directory\)\. Make the folder writable\.$"):
        labels.change(tmp_path / "nowhere", "run-1", labels.pinned(True))
