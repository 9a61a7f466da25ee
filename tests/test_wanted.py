from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline import catalogue, wanted
from pipeline.errors import ArtifactError, InputError
from pipeline.wanted import Request
from tests.intake.conftest import SHOP
from tests.publishing import publish

CATALOGUE = """
[shop]
kind = "profile"
file = "shop.csv"
customer_id = "id"
features = [{ name = "age", column = "age" }]

[club]
kind = "profile"
file = "club"
customer_id = "id"
features = [{ name = "age", column = "age" }]
"""


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    """A file, a folder of two, and nothing published."""
    (tmp_path / "shop.csv").write_text("id,age\n1,20\n")
    (tmp_path / "club").mkdir()
    for name in ("a", "b"):
        (tmp_path / "club" / f"{name}.csv").write_text(f"id,age\n{name},20\n")
    return Request(catalogue.parse(CATALOGUE, tmp_path), tmp_path, tmp_path / "runs")


def fingerprints(request: Request) -> dict[str, str]:
    return {name: item.fingerprint for name, item in wanted.inputs(request).items()}


class TestPartsDependOn:
    def test_how_rows_are_read_and_not_what_is_done_with_customers(self) -> None:
        before = wanted.parts_depend_on(SHOP, None)
        later = {"k": 3, "scaling": "log", "seed": 1, "title": "Another", "frequency": "lines", "features": ("monetary",)}
        assert wanted.parts_depend_on(SHOP.model_copy(update=later), None) == before
        for changes in ({"returns": "net"}, {"time_zone": "Europe/Paris"}, {"currency": "JPY"}, {"cancellation_prefix": "X"}):
            assert wanted.parts_depend_on(SHOP.model_copy(update=changes), None) != before
        assert wanted.parts_depend_on(SHOP, date(2024, 1, 1)) != before


class TestFingerprint:
    def test_is_the_same_for_the_same_and_of_each_dataset(self, request_: Request) -> None:
        found = fingerprints(request_)
        assert found == fingerprints(replace(request_, force=True, accept=True, out=Path("elsewhere")))
        assert len(set(found.values())) == 2
        assert fingerprints(replace(request_, only="club")) == {"club": found["club"]}

    @pytest.mark.parametrize("changes", [{"demo": True}, {"as_of": date(2024, 1, 1)}])
    def test_changes_with_what_is_asked_for(self, request_: Request, changes: dict[str, object]) -> None:
        before, after = fingerprints(request_), fingerprints(replace(request_, **changes))
        assert all(before[name] != after[name] for name in before)

    def test_changes_with_a_setting_of_its_dataset_alone(self, request_: Request, tmp_path: Path) -> None:
        changed = replace(request_, catalogue=catalogue.parse(CATALOGUE.replace('"shop.csv"', '"shop.csv"\nk = 3'), tmp_path))
        assert [name for name, found in fingerprints(changed).items() if found != fingerprints(request_)[name]] == ["shop"]

    @pytest.mark.parametrize("name", ["a.csv", "c.csv"])
    def test_changes_with_a_file_of_its_folder_and_with_one_more(self, request_: Request, tmp_path: Path, name: str) -> None:
        before = fingerprints(request_)
        (tmp_path / "club" / name).write_text("id,age\nc,30\n")
        assert [name for name, found in fingerprints(request_).items() if found != before[name]] == ["club"]

    def test_of_a_file_that_is_not_there_is_that_of_made_up_data(self, request_: Request, tmp_path: Path) -> None:
        (tmp_path / "shop.csv").unlink()
        assert wanted.inputs(request_)["shop"].sources is None
        assert fingerprints(request_)["shop"] == fingerprints(replace(request_, demo=True))["shop"]


class TestPrevious:
    def test_is_what_readers_have_open(self, request_: Request) -> None:
        assert wanted.previous(request_) is None
        run = publish(request_.out, "one")
        assert wanted.previous(request_) == run

    def test_is_none_where_it_cannot_be_opened_unless_something_of_it_is_to_be_taken_over(self, request_: Request) -> None:
        publish(request_.out, "one")
        (request_.out / "CURRENT").write_bytes(b"\xff\xfe\0")
        assert wanted.previous(request_) is None
        with pytest.raises(ArtifactError, match="cannot be opened"):
            wanted.previous(replace(request_, only="club"))


class TestCarried:
    def test_are_those_that_only_leaves_out_and_the_run_holds(self, request_: Request) -> None:
        run = publish(request_.out, "one")
        assert wanted.carried(request_, run) == []
        assert wanted.carried(replace(request_, only="club"), None) == []
        assert wanted.carried(replace(request_, only="club"), run) == ["shop"]
        assert wanted.carried(replace(request_, only="shop"), run) == []

    def test_that_are_damaged_are_refused(self, request_: Request) -> None:
        run = publish(request_.out, "one")
        run.table("shop", "second").unlink()
        with pytest.raises(
            InputError, match=r"second\.parquet: the table is missing, so it cannot be taken over\. Build without --only\.$"
        ):
            wanted.carried(replace(request_, only="club"), run)
