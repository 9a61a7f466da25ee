"""Files that nobody has seen before: a block is written for each, and a build of it works."""

import csv
import itertools
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import catalogue
from pipeline.build import build
from pipeline.errors import InputError
from pipeline.init import sample
from pipeline.init.begin import Beginning, begin, keep
from pipeline.intake import reading
from pipeline.limits import Limits
from pipeline.wanted import Request
from tests.conftest import CREATED_AT, silent

Rows = list[list[Any]]


def till(date_format: str = "%Y-%m-%d", *, ids: bool = True, amount: bool = False, comma: bool = False) -> Rows:
    """Order lines under headers of their own; 40 customers, 240 lines."""
    head = ["Kunde", "Tag", *(["Beleg"] if ids else []), *(["Betrag"] if amount else ["Menge", "Preis"])]
    rows: Rows = [head]
    for at in range(240):
        price = f"{3 + at % 11}.{at % 9}5"
        worth = [price] if amount else [str(1 + at % 5), price]
        day = (date(2023, 1, 1) + timedelta(days=at * 3 % 400)).strftime(date_format)
        rows.append(
            [f"K{at * 7 % 40}", day, *([f"{at // 2}"] if ids else []), *(text.replace(".", ",") if comma else text for text in worth)]
        )
    return rows


def members() -> Rows:
    return [["ref", "balance (EUR)", "tenure", "app"], *([f"R{at}", f"{at * 37 % 900}.5", str(at % 60), "yn"[at % 2]] for at in range(120))]


def write(path: Path, rows: Rows, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        book.save(path)
    elif path.suffix == ".parquet":
        pq.write_table(pa.table({name: [row[at] for row in rows[1:]] for at, name in enumerate(rows[0])}), path)
    else:
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


Begin = Callable[..., Beginning]


@pytest.fixture
def begun(tmp_path: Path) -> Begin:
    def run(file: Path, **told: Any) -> Beginning:
        given = {"name": None, "kind": None, "time_format": None, **told}
        return begin(file, raw=tmp_path, catalogue_file=tmp_path / "datasets.toml", report=silent, **given)

    return run


FILES: dict[str, tuple[Rows, str, dict[str, str]]] = {
    "plain": (till(), "csv", {}),
    "german": (till("%d.%m.%Y", comma=True), "csv", {"delimiter": ";"}),
    "american, tabs": (till("%m/%d/%Y"), "csv", {"delimiter": "\t"}),
    "with a clock": (till("%d-%m-%Y 10:30"), "csv", {"delimiter": "|"}),
    "amounts": (till(amount=True), "csv", {}),
    "amounts, no order ids, commas": (till("%d/%m/%Y", ids=False, amount=True, comma=True), "csv", {"delimiter": ";"}),
    "workbook": (till("%d.%m.%Y", ids=False), "xlsx", {}),
    "parquet": (till(amount=True), "parquet", {}),
    "members": (members(), "csv", {"delimiter": ";"}),
    "members, workbook": (members(), "xlsx", {}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_nobody_has_seen_is_built_from_the_block_that_is_written(tmp_path: Path, begun: Begin, name: str) -> None:
    rows, ending, written = FILES[name]
    found = begun(write(tmp_path / f"New file 1.{ending}", rows, **written))
    assert found.name == "new_file_1"
    assert found.counts.kept == found.counts.read == len(rows) - 1
    assert not (tmp_path / "datasets.toml").exists()
    keep(found, tmp_path / "datasets.toml")
    settings = catalogue.load(tmp_path / "datasets.toml")
    run = build(Request(settings, tmp_path, tmp_path / "out", quick=True), created_at=CREATED_AT, report=silent).run
    assert run.manifest.datasets["new_file_1"].customers == len({row[0] for row in rows[1:]})
    assert not run.manifest.datasets["new_file_1"].demo


def test_the_block_is_added_below_what_is_there_and_says_what_it_means(tmp_path: Path, begun: Begin) -> None:
    old = '# Ours.\n[club]\nkind = "profile"\nfile = "c.csv"\ncustomer_id = "id"\nfeatures = [{ name = "age", column = "age" }]\n'
    (tmp_path / "datasets.toml").write_text(old)
    found = begun(write(tmp_path / "Kasse 2023.csv", till("%d.%m.%Y", ids=False, comma=True), delimiter=";"), name="till")
    keep(found, tmp_path / "datasets.toml")
    text = (tmp_path / "datasets.toml").read_text()
    assert text.startswith(f"{old}\n[till]\n")
    remarks = dict(line.split("#", 1) for line in found.block.splitlines() if "#" in line)
    said = {setting.split(" = ")[0].strip(): (setting.split(" = ")[1].strip(), remark.strip()) for setting, remark in remarks.items()}
    assert said["kind"] == ('"transactions"', "a row is an order line")
    assert said["decimal"] == ('","', "numbers are written 1.234,50")
    assert said["currency"] == ('"EUR"', "a guess: the file does not say")
    assert said["order_per"][0] == '"day"'
    assert found.rows[0] == ["Kunde", "Tag", "Menge", "Preis"]
    assert found.rows[1] == ["K0", "01.01.2023", "1", "3,05"]


def test_a_name_that_is_taken_is_refused(tmp_path: Path, begun: Begin) -> None:
    file = write(tmp_path / "clients.csv", members())
    keep(begun(file), tmp_path / "datasets.toml")
    with pytest.raises(InputError, match=r"has a dataset 'clients' already\. Give this one another name with --name NAME"):
        begun(file)
    assert list(catalogue.parse(begun(file, name="more").text, tmp_path)) == ["clients", "more"]


def test_a_file_elsewhere_is_named_in_full(tmp_path: Path, begun: Begin, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = write(tmp_path_factory.mktemp("elsewhere") / "clients.csv", members())
    assert f'file = "{file.resolve()}"' in begun(file).block


def test_text_that_is_not_utf_8_is_tried_as_what_it_is_most_often(tmp_path: Path, begun: Begin) -> None:
    rows = members()
    rows[1][0] = "Müller"
    assert 'encoding = "cp1252"' in begun(write(tmp_path / "clients.csv", rows, encoding="cp1252")).block


def test_sheets_of_the_same_columns_are_stacked(tmp_path: Path, begun: Begin) -> None:
    book = openpyxl.Workbook()
    rows = members()
    for sheet, part in ((book.worksheets[0], rows[1:60]), (book.create_sheet("More"), rows[60:])):
        for row in itertools.chain(rows[:1], part):
            sheet.append(row)
    book.save(tmp_path / "clients.xlsx")
    found = begun(tmp_path / "clients.xlsx")
    assert 'sheets = "all"' in found.block
    assert found.counts.read == len(rows) - 1


def test_headers_of_any_kind_become_names_that_may_be_used(tmp_path: Path, begun: Begin) -> None:
    rows = [
        ["id", "Fit", "1st year", "über", "Fit (%)", "x y"],
        *([f"{at}", *(str(at * step % 50) for step in (1, 3, 7, 9, 11))] for at in range(60)),
    ]
    dataset = catalogue.parse(begun(write(tmp_path / "clients.csv", rows)).text, tmp_path)["clients"]
    assert dataset.feature_names == ("fit_value", "feature_1st_year", "uber", "fit_value_2", "x_y")
    assert list(dataset.source_columns.values()) == rows[0]


def test_a_file_that_intake_refuses_is_refused_alike(tmp_path: Path, begun: Begin) -> None:
    (tmp_path / "clients.csv").write_text("")
    with pytest.raises(InputError, match=r"^clients\.csv: is empty"):
        begun(tmp_path / "clients.csv")


@pytest.mark.own_process
def test_a_file_is_never_taken_apart_in_this_process(tmp_path: Path, begun: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise AssertionError("read here")

    monkeypatch.setattr(reading, "stage", fail)
    assert begun(write(tmp_path / "clients.csv", members())).counts.kept == 120


@pytest.mark.own_process
def test_a_file_that_takes_too_long_to_look_at_is_refused(tmp_path: Path, begun: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "ANY_FILE", Limits(1 << 30, seconds=0.001))
    with pytest.raises(InputError, match=r"^clients\.csv: reading it was stopped after 0\.001 seconds"):
        begun(write(tmp_path / "clients.csv", members()))
