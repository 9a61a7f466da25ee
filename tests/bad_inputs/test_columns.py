"""Headers and columns that are not as the catalogue of datasets says."""

from pathlib import Path

import pytest

from pipeline.intake.findings import Counts, Finding
from tests.bad_inputs.conftest import check, club, kept_out, refuse, take, text_file
from tests.intake.conftest import CLUB

RENAMED, UNUSED = "a column is understood under another name", "a column is not used"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            "id,agee,sex\n1,20,F\n",
            "no column 'age' (for age). The closest is 'agee'. The file has: id, agee, sex. Name the right one in datasets.toml.",
            id="missing, with the closest name",
        ),
        pytest.param(
            "id,note\n1,x\n",
            "no column 'age' (for age). Also missing: 'sex'. The file has: id, note. Name the right one in datasets.toml.",
            id="several missing",
        ),
        pytest.param("id,age,sex,age\n1,20,F,21\n", "columns 2 and 4 are both called 'age'. Rename or remove one.", id="twice the same"),
        pytest.param(
            "id,age,sex,AGE \n1,20,F,21\n", "columns 2 and 4 are both called 'AGE'. Rename or remove one.", id="twice the same but for case"
        ),
        pytest.param(
            "Members,,\nas of May,,\nid,age,sex\n1,20,F\n",
            "row 1 is not the header; row 3 looks like it. Delete the rows above it.",
            id="title rows above the header",
        ),
    ],
)
def test_header_is_refused(tmp_path: Path, content: str, said: str) -> None:
    assert refuse(text_file(tmp_path, content), CLUB) == f"club.csv: {said}"


@pytest.mark.parametrize(
    ("header", "renamed"),
    [
        pytest.param("Client ID,age,sex", "Client ID -> id", id="renamed, a known alias"),
        pytest.param("id, AGE ,Sex", "AGE -> age, Sex -> sex", id="case and spaces"),
    ],
)
def test_header_is_understood_and_reported(tmp_path: Path, header: str, renamed: str) -> None:
    taken = take(text_file(tmp_path, f"{header}\n1,20,F\n"), CLUB)
    assert taken.findings == {RENAMED: Finding(RENAMED, "normalised", 0, 0.0, renamed)}
    assert taken.customers["1"]["age"] == 20


def test_renamed_by_the_catalogues_mapping(tmp_path: Path) -> None:
    dataset = CLUB.model_copy(update={"customer_id": "Mitglied"})
    taken = take(text_file(tmp_path, "Mitglied,age,sex\n1,20,F\n"), dataset)
    assert (list(taken.customers), taken.findings) == (["1"], {})


def test_extra(tmp_path: Path) -> None:
    checked = check(text_file(tmp_path, "id,note,age,sex,\n1,x,20,F,y\n"), CLUB)
    assert checked.findings == {UNUSED: Finding(UNUSED, "warned", 0, 0.0, "note, column 5")}
    assert checked.counts == Counts(1, 1, 0, 0)


class TestUnreadable:
    def test_more_than_5_percent(self, tmp_path: Path) -> None:
        assert refuse(text_file(tmp_path, club("1,old,F", "2,very old,M", "3,young,F", sound=40)), CLUB) == (
            "club.csv: age is not a number in 3 rows, 7.0% of them (first: club.csv, row 2: old). "
            "Correct the column, or declare how it is written in datasets.toml."
        )

    def test_less(self, tmp_path: Path) -> None:
        checked = check(text_file(tmp_path, club("1,old,F", "2,very old,M", sound=40)), CLUB)
        assert checked.counts == Counts(42, 40, 2, 0)
        assert checked.findings == {"age is not a number": Finding("age is not a number", "rejected", 2, 2 / 42, "club.csv, row 2: old")}

    def test_less_are_kept_as_they_were(self, tmp_path: Path) -> None:
        assert kept_out(text_file(tmp_path, club("1,old,F", "2, very old,M", sound=40)), CLUB) == {
            2: {"id": "1", "age": "old", "sex": "F"},
            3: {"id": "2", "age": " very old", "sex": "M"},
        }

    def test_a_category_that_is_not_declared(self, tmp_path: Path) -> None:
        assert refuse(text_file(tmp_path, club("1,20,female", sound=10)), CLUB) == (
            "club.csv: sex is none of F, M in 1 rows, 9.1% of them (first: club.csv, row 2: female). "
            "Correct the column, or declare how it is written in datasets.toml."
        )
