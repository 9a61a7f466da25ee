import statistics
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from pipeline.intake.findings import Finding
from pipeline.settings import ProfileDataset
from tests.intake.cases import club, outcomes
from tests.intake.conftest import CLUB, Refusal, admit_text, csv_text


def test_categories_are_coded_whatever_their_case(connection: Backend, tmp_path: Path) -> None:
    values = ["F", "m", " M ", "", "x", "1"]
    assert outcomes(club(connection, tmp_path, "sex", values), values, "sex") == {
        "F": 1.0,
        "m": 0.0,
        " M ": 0.0,
        "": "sex is missing",
        "x": "sex is none of F, M",
        "1": "sex is none of F, M",
    }


TIERS = ProfileDataset.model_validate(
    CLUB.model_dump() | {"features": [{"name": "age", "column": "age"}, {"name": "tier", "column": "sex", "one_hot": ["Gold", "Tin can"]}]}
)


def test_a_category_may_be_a_yes_or_no_per_word(connection: Backend, tmp_path: Path) -> None:
    result = club(connection, tmp_path, "sex", ["gold", "TIN CAN", "", "wood"], _all_gold(TIERS))
    assert TIERS.feature_names == ("age", "tier_gold", "tier_tin_can")
    assert [(result.kept[row]["tier_gold"], result.kept[row]["tier_tin_can"]) for row in (2, 3)] == [(1, 0), (0, 1)]
    assert (result.rejected[4], result.rejected[5]) == ("sex is missing", "sex is none of Gold, Tin can, F")


def _all_gold(dataset: ProfileDataset) -> ProfileDataset:
    """The sound rows say F."""
    tier = dataset.features[1].model_copy(update={"one_hot": ("Gold", "Tin can", "F")})
    return dataset.model_copy(update={"features": (dataset.features[0], tier)})


class TestMissingValues:
    def test_are_filled_with_the_median_and_the_most_frequent_word(self, connection: Backend, tmp_path: Path) -> None:
        text = "id,age,sex\na,20,F\nb,30,F\nc,,M\nd,70,\ne,old,M\n" + "".join(f"x{at},{20 if at % 2 else 30},F\n" for at in range(60))
        result = admit_text(connection, tmp_path / "club", text, CLUB.model_copy(update={"missing": "median"}))
        assert result.filled == {"age": 30.0, "sex": 1.0}
        assert (result.kept[4]["age"], result.kept[5]["sex"]) == (30.0, 1.0)
        assert result.rejected == {6: "age is not a number"}
        found = result.found("age was missing and is filled in")
        assert found == Finding(found.check, "normalised", 1, 1 / 65, "club.csv, row 4: nothing", 1)

    def test_are_filled_with_what_is_told_and_not_with_what_the_file_would_say(self, connection: Backend, tmp_path: Path) -> None:
        text = "id,age,sex\na,20,F\nb,,F\nc,,M\n"
        result = admit_text(connection, tmp_path / "club", text, CLUB, filled={"age": 41.5, "sex": 0.0})
        assert [row["age"] for row in result.kept.values()] == [20.0, 41.5, 41.5]

    def test_of_a_column_without_any_value_keep_their_rows_out(self, connection: Backend, tmp_path: Path, refusal: Refusal) -> None:
        said = refusal(admit_text, connection, tmp_path / "club", "id,age,sex\na,,F\n", CLUB.model_copy(update={"missing": "median"}))
        assert said.startswith("club.csv: none of its 1 rows can be used. In 1, age is missing")

    @pytest.mark.slow
    @given(ages=st.lists(st.none() | st.integers(-1000, 1000), min_size=1, max_size=30).filter(any))
    @settings(max_examples=20, deadline=None)
    def test_are_counted_and_never_move_the_median(self, connection: Backend, ages: list[int | None]) -> None:
        rows = [["id", "age", "sex"], *([f"c{at}", "" if age is None else str(age), "F"] for at, age in enumerate(ages))]
        with tempfile.TemporaryDirectory() as folder:
            dataset = CLUB.model_copy(update={"missing": "median"})
            result = admit_text(connection, Path(folder) / "club", csv_text(rows), dataset)
        there = sorted(age for age in ages if age is not None)
        assert result.filled["age"] == statistics.median(there)
        assert statistics.median(row["age"] for row in result.kept.values()) == statistics.median(there)
        assert result.counts.kept == len(ages)
