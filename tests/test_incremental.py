import csv
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import incremental, measuring
from pipeline.errors import InputError
from pipeline.intake import fresh, partial, parts, reading
from pipeline.intake.parts import Cache
from pipeline.intake.source import Source, Sources, fingerprint
from pipeline.measuring import Measured
from pipeline.settings import ProfileDataset, TransactionsDataset
from tests.conftest import silent
from tests.intake.conftest import CLUB, EXAMPLES, SHOP

Line = tuple[Any, ...]

COLUMNS = ("who", "order", "when", "n", "each", "where")
TYPES = (pa.int64(), pa.string(), pa.timestamp("us"), pa.int32(), pa.float64(), pa.string())
SOLD: Line = (1, "1", datetime(2024, 1, 1), 1, 2.0, "France")
LINES = st.lists(
    st.tuples(
        st.none() | st.integers(1, 3),
        st.sampled_from(["1", "2", "C3"]),
        st.none() | st.integers(0, 180).map(lambda halves: datetime(2024, 1, 1) + timedelta(seconds=halves * 1_800.5)),
        st.none() | st.integers(-2, 3),
        st.none() | st.sampled_from([0.0, -1.0, 1e10]) | st.integers(1, 500).map(lambda pence: pence / 100),
        st.none() | st.sampled_from(["France", "Spain"]),
    ),
    min_size=1,
    max_size=6,
)
FILES = st.lists(st.tuples(st.sampled_from(["csv", "parquet", "texts.parquet"]), LINES), min_size=2, max_size=5)

work_folders = count()


def write(path: Path, lines: Sequence[Line]) -> Source:
    columns = list(zip(*lines, strict=True))
    if path.suffix == ".csv":
        text = io.StringIO()
        csv.writer(text).writerows([COLUMNS, *lines])
        path.write_text(text.getvalue())
    elif path.name.endswith(".texts.parquet"):
        texts = [[None if value is None else str(value) for value in column] for column in columns]
        pq.write_table(pa.table({name.upper(): pa.array(column, pa.string()) for name, column in zip(COLUMNS, texts, strict=True)}), path)
    else:
        typed = [pa.array(column, held) for column, held in zip(columns, TYPES, strict=True)]
        pq.write_table(pa.table(typed, names=list(COLUMNS)), path)
    return fingerprint(path)


def measure(folder: Path, files: Sequence[Source], dataset: TransactionsDataset = SHOP, **changes: Any) -> Measured:
    """Measured from parts below a folder; keywords change where and by what they are kept."""
    cache = Cache(**{"folder": folder / "parts", "depends": "the same", **changes})
    return incremental.measure(silent, "shop", dataset, files, folder / f"work-{next(work_folders)}", None, cache)


def published(measured: Measured, folder: Path) -> tuple[Any, ...]:
    """All that a build takes from what was measured: customers, hashes of the tables of rows, the report, the row law, the day."""
    work = measured.customers.parent
    tables = measuring.row_tables(SHOP)
    written = measuring.write_rows(silent, "shop", SHOP, measured.staged, work, folder, tables, "duckdb", measured.kept_out)
    law = (measured.findings, measured.counts, measured.as_of, measured.filled, measured.staged.columns)
    return pq.read_table(measured.customers).to_pylist(), written.tables, *law


def at_once(folder: Path, files: Sequence[Source]) -> tuple[Any, ...]:
    measured = measuring.measure(silent, "shop", SHOP, [file.path for file in files], folder / f"work-{next(work_folders)}", None)
    return published(measured, folder / f"tables-{next(work_folders)}")


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that readers are given."""
    read: list[str] = []
    stage = reading.stage

    def noted(path: Path, *rest: Any) -> Any:
        read.append(path.name)
        return stage(path, *rest)

    monkeypatch.setattr(reading, "stage", noted)
    return read


@dataclass(frozen=True)
class Two:
    """Two files that were measured, their part below `folder`; and what comes of reading both at once."""

    folder: Path
    files: list[Source]
    whole: Measured
    at_once: tuple[Any, ...]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Two:
    """Measured once for all tests, which copy the part."""
    folder = tmp_path_factory.mktemp("two")
    files = [write(folder / f"{at}.csv", [SOLD]) for at in range(2)]
    return Two(folder, files, measure(folder, files), at_once(folder, files))


class TestTheSameAsAtOnce:
    @pytest.mark.slow
    @settings(max_examples=max(3, EXAMPLES // 10), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(FILES, st.randoms(use_true_random=False), st.sampled_from([0, 1 << 20]))
    def test_files_that_come_in_any_order_give_the_tables_of_all_files(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
        contents: list[tuple[str, list[Line]]],
        dice: Any,
        part_bytes: int,
    ) -> None:
        folder = tmp_path_factory.mktemp("law")
        monkeypatch.setattr(fresh, "PART_BYTES", part_bytes)
        # Somebody buys in every file, or it would be refused.
        files = [write(folder / f"{at}.{ending}", [SOLD, *lines]) for at, (ending, lines) in enumerate(contents)]
        coming = dice.sample(files, len(files))
        there: list[Source] = []
        while coming:
            step = dice.randint(1, len(coming))
            there, coming = [*there, *coming[:step]], coming[step:]
            there.sort(key=lambda file: file.path)
            measured = measure(folder, there)
        assert published(measured, folder / "tables") == at_once(folder, files)

    def test_an_order_in_two_files_is_one_order(self, tmp_path: Path) -> None:
        later = (1, "1", datetime(2024, 1, 2), 3, 0.5, "Spain")
        files = [write(tmp_path / "a.parquet", [SOLD]), write(tmp_path / "b.parquet", [later])]
        measure(tmp_path, files[:1])
        (customer,) = pq.read_table(measure(tmp_path, files).customers).to_pylist()
        assert {name: customer[name] for name in ("frequency", "lines", "items", "monetary", "last_order", "country")} == {
            "frequency": 1,
            "lines": 2,
            "items": 4.0,
            "monetary": 3.5,
            "last_order": datetime(2024, 1, 2),
            "country": "Spain",
        }

    def test_rows_are_repeats_across_files_too(self, tmp_path: Path) -> None:
        other, undated = (2, *SOLD[1:]), (*SOLD[:2], None, *SOLD[3:])
        earlier = (1, "0", datetime(2023, 1, 1), 1, 2.0, "France")
        contents = [[earlier, earlier], [SOLD, undated], [SOLD, other, undated, undated]]
        files = [write(tmp_path / f"{at}.parquet", lines) for at, lines in enumerate(contents)]
        for upto in (1, 2, 3):
            measured = measure(tmp_path, files[:upto])
        repeats = next(found for found in measured.findings if found.check == "the row repeats an earlier one exactly")
        assert (repeats.rows, repeats.outcome) == (4, "warned")

    def test_a_column_that_a_new_file_holds_as_text_is_text_in_all(self, tmp_path: Path) -> None:
        files = [write(tmp_path / "a.parquet", [SOLD]), write(tmp_path / "b.texts.parquet", [SOLD])]
        before = measure(tmp_path, files[:1])
        after = measure(tmp_path, files)
        assert set(before.parts).isdisjoint(after.parts)
        assert published(after, tmp_path / "tables") == at_once(tmp_path, files)

    def test_a_column_of_files_of_text_is_one_column_however_each_spells_it(self, tmp_path: Path) -> None:
        for name, header in (("a", "Note"), ("b", "note")):
            (tmp_path / f"{name}.csv").write_text(
                f"who,order,when,n,each,where,{header}\n1,1,2024-01-01,1,2,France,of {name}\n,1,2024-01-01,1,2,France,kept out of {name}\n"
            )
        files = [fingerprint(tmp_path / f"{name}.csv") for name in ("a", "b")]
        measure(tmp_path, files[:1])
        found = published(measure(tmp_path, files), tmp_path / "tables")
        assert found == at_once(tmp_path, files)
        rows = pq.read_table(tmp_path / "tables" / "rejected.parquet")["row"].to_pylist()
        assert [row["Note"] for row in rows] == ["kept out of a", "kept out of b"]


class TestWhatIsRead:
    def test_only_a_new_file_is_and_those_in_parts_need_not_be_there(self, tmp_path: Path, staged: list[str]) -> None:
        files = [write(tmp_path / f"{name}", [SOLD]) for name in ("a.csv", "b.parquet")]
        measure(tmp_path, files)
        for file in files:
            file.path.unlink()
        staged.clear()
        measured = measure(tmp_path, [*files, write(tmp_path / "c.csv", [SOLD])])
        assert staged == ["c.csv"]
        assert measured.counts.read == 3
        assert len(measured.parts) == 2

    def test_a_changed_file_is_with_those_that_shared_its_part(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: list[str]
    ) -> None:
        contents = {"a.csv": [SOLD], "b.csv": [SOLD], "c.csv": [SOLD] * 100}
        files = [write(tmp_path / name, lines) for name, lines in contents.items()]
        monkeypatch.setattr(fresh, "PART_BYTES", files[0].size + files[1].size)
        first = measure(tmp_path, files)
        staged.clear()
        # As long as it was, so that the two still go into one part.
        second = measure(tmp_path, [files[0], write(tmp_path / "b.csv", [(2, *SOLD[1:])]), files[2]])
        assert staged == ["b.csv", "a.csv"]
        assert len(first.parts) == len(second.parts) == 2
        assert len({*first.parts, *second.parts}) == 3
        assert pq.read_table(second.customers)["customer_id"].to_pylist() == ["1", "2"]

    def test_a_file_that_is_gone_counts_no_more(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fresh, "PART_BYTES", 0)
        files = [write(tmp_path / f"{at}.csv", [SOLD]) for at in range(3)]
        measure(tmp_path, files)
        assert measure(tmp_path, files[1:]).counts.read == 2

    @pytest.mark.parametrize("changes", [{"depends": "another setting"}, {"anew": True}])
    def test_all_files_are_by_other_settings_and_where_that_is_asked_for(
        self, tmp_path: Path, staged: list[str], changes: dict[str, Any]
    ) -> None:
        files = [write(tmp_path / f"{at}.csv", [SOLD]) for at in range(2)]
        measure(tmp_path, files)
        staged.clear()
        measure(tmp_path, files, **changes)
        assert staged == ["0.csv", "1.csv"]

    @pytest.mark.parametrize("table", [*parts.TABLES, "part"])
    def test_a_damaged_part_is_made_again(self, tmp_path: Path, staged: list[str], two: Two, table: str) -> None:
        shutil.copytree(two.folder / "parts", tmp_path / "parts")
        (damaged,) = (tmp_path / two.whole.parts[0].relative_to(two.folder)).glob(f"{table}.*")
        content = bytearray(damaged.read_bytes())
        content[len(content) // 2] ^= 1
        damaged.write_bytes(content)
        again = measure(tmp_path, two.files)
        assert staged == ["0.csv", "1.csv"]
        assert published(again, tmp_path / "again") == two.at_once


class TestWhatIsKept:
    def test_nothing_of_a_build_that_dies_before_a_part_is_whole(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def die(*_: object) -> None:
            raise KeyboardInterrupt

        files = [write(tmp_path / "a.csv", [SOLD])]
        monkeypatch.setattr(Path, "rename", die)
        with pytest.raises(KeyboardInterrupt):
            measure(tmp_path, files)
        assert list((tmp_path / "parts").iterdir()) == []

    def test_nothing_of_a_file_that_changes_while_it_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        counted = partial.count

        def grow_then_count(*arguments: Any) -> partial.Counted:
            write(tmp_path / "a.csv", [SOLD, SOLD])
            return counted(*arguments)

        monkeypatch.setattr(partial, "count", grow_then_count)
        with pytest.raises(InputError, match=r"^a\.csv: was changed while it was being read\."):
            measure(tmp_path, [write(tmp_path / "a.csv", [SOLD])])
        assert not (tmp_path / "parts").exists()


class TestWhatIsRefused:
    def test_files_of_which_none_can_be_used_name_the_first_and_the_last(self, tmp_path: Path) -> None:
        nobody: Line = (None, *SOLD[1:])
        files = [write(tmp_path / f"{at}.csv", [nobody]) for at in range(3)]
        with pytest.raises(InputError, match=r"^3 files from 0\.csv to 2\.csv: none of its 3 rows can be used\. In 3, who is missing"):
            measure(tmp_path, files)

    def test_a_file_of_nobody_among_others_is_not(self, tmp_path: Path) -> None:
        files = [write(tmp_path / "a.csv", [(None, *SOLD[1:])]), write(tmp_path / "b.csv", [SOLD])]
        measure(tmp_path, files[1:])
        assert measure(tmp_path, files).counts.rejected == 1

    def test_a_column_that_is_unreadable_in_all_files_together(self, tmp_path: Path) -> None:
        bad: Line = (*SOLD[:3], "some", *SOLD[4:])
        files = [write(tmp_path / "a.csv", [SOLD] * 10), write(tmp_path / "b.csv", [bad])]
        measure(tmp_path, files[:1])
        with pytest.raises(InputError, match=r"n is not a number in 1 rows, 9\.1% of them \(first: b\.csv, row 2: some\)"):
            measure(tmp_path, files)

    def test_lines_none_of_which_is_a_purchase(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"^a\.csv: none of its 1 usable lines is a purchase"):
            measure(tmp_path, [write(tmp_path / "a.csv", [(*SOLD[:3], -1, *SOLD[4:])])])


def sources(path: Path, *files: str) -> Sources:
    return Sources(path, tuple(Source(Path(file), 1, 1, file) for file in files))


@pytest.mark.parametrize(
    ("dataset", "found", "engine", "expected"),
    [
        (SHOP, sources(Path("lines"), "lines/a.csv"), "duckdb", True),
        (SHOP, sources(Path("lines/*.csv"), "lines/a.csv", "lines/b.csv"), "duckdb", True),
        (SHOP, sources(Path("a.csv"), "a.csv"), "duckdb", False),
        (SHOP, sources(Path("lines"), "lines/a.csv"), "spark", False),
        (SHOP.model_copy(update={"duplicates": "drop"}), sources(Path("lines"), "lines/a.csv"), "duckdb", False),
        (CLUB, sources(Path("club"), "club/a.csv"), "duckdb", False),
    ],
)
def test_parts_are_kept_of_order_lines_of_a_folder_whose_rows_do_not_depend_on_other_files(
    dataset: TransactionsDataset | ProfileDataset, found: Sources, engine: Any, expected: bool
) -> None:
    assert incremental.applies(dataset, found, engine) is expected
