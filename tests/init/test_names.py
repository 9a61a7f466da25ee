from pathlib import Path

import pytest

from pipeline import catalogue
from pipeline.catalogue import RESERVED
from pipeline.init.begin import begin
from pipeline.init.block import name_for
from tests.conftest import silent


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Kasse 2024.csv", "kasse_2024"),
        ("2024.csv.gz", "data_2024_csv"),
        ("orders/2024-*.csv", "data_2024"),
        ("customers.xlsx", "own_customers"),
        ("Data", "own_data"),
        ("???", "own_data"),
    ],
)
def test_a_dataset_is_called_as_its_file_unless_a_page_of_the_web_is(file: str, name: str) -> None:
    assert name_for(Path(file)) == name


def test_no_file_gives_a_name_that_the_catalogue_refuses() -> None:
    assert not {name_for(Path(f"{name}.csv")) for name in RESERVED} & RESERVED


def test_of_a_folder_the_first_file_is_looked_at_and_the_block_is_tried_on_all(tmp_path: Path) -> None:
    (tmp_path / "customers").mkdir()
    for name, start in {"a": 0, "b": 60}.items():
        rows = [f"R{at},{at * 37 % 900}.5,{at % 60}" for at in range(start, start + 60)]
        (tmp_path / "customers" / f"{name}.csv").write_text("ref,balance,tenure\n" + "\n".join(rows) + "\n")
    found = begin(
        tmp_path / "customers",
        raw=tmp_path,
        catalogue_file=tmp_path / "datasets.toml",
        name=None,
        kind=None,
        time_format=None,
        report=silent,
    )
    assert (found.name, found.counts.kept) == ("own_customers", 120)
    assert catalogue.parse(found.text, tmp_path)["own_customers"].file == "customers"
