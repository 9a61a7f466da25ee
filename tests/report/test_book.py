import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest
from openpyxl import Workbook
from openpyxl.utils import range_boundaries

from pipeline.artifacts import Run
from pipeline.exports import workbook
from pipeline.report import book, content, making
from pipeline.report.content import Content
from tests.webapp.handmade import buyer
from tests.webapp.handmade import publish as publish_by_hand


@pytest.fixture(scope="module")
def path(small: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook of the small run."""
    path = tmp_path_factory.mktemp("book") / "report.xlsx"
    book.write(making.contents(small), small, path)
    return path


@pytest.fixture(scope="module")
def made(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


def rows(made: Workbook, sheet: str) -> list[tuple[Any, ...]]:
    """What stands in a sheet below its header."""
    return list(made[sheet].iter_rows(min_row=2, values_only=True))


def table(run: Run, dataset: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(run.table(dataset, name))


def same(found: list[tuple[Any, ...]], expected: pd.DataFrame) -> None:
    """Compare rows with a table, numbers in as many digits as a spreadsheet has."""
    for row, one in zip(found, expected.itertuples(index=False, name=None), strict=True):
        assert [pytest.approx(value, rel=1e-14) if isinstance(value, float) else value for value in one] == list(row)


def test_each_dataset_has_four_sheets_between_what_it_is_and_what_columns_mean(made: Workbook) -> None:
    kinds = ("personas", "clusters", "quality", "customers")
    assert made.sheetnames == ["About", *(f"{name} {kind}" for name in ("shop", "club") for kind in kinds), "Columns"]


class TestNumbers:
    def test_of_customers_are_those_of_the_table_all_of_them(self, small: Run, made: Workbook) -> None:
        expected = table(small, "shop", "customers")
        found = pd.DataFrame(rows(made, "shop customers"), columns=list(expected.columns))
        assert len(found) == 20
        pd.testing.assert_frame_equal(found, expected.astype({"country": object}).replace({float("nan"): None}), check_dtype=False)

    def test_of_personas_are_those_of_the_table(self, small: Run, made: Workbook) -> None:
        expected = table(small, "shop", "personas")
        columns = ["persona", "customers", "share", "revenue", "revenue_share"]
        same([row[:5] for row in rows(made, "shop personas")], expected[columns])
        assert [row[7] for row in rows(made, "shop personas")] == ["\n".join(actions) for actions in expected["actions"]]

    def test_of_clusters_are_those_of_the_table(self, small: Run, made: Workbook) -> None:
        expected = table(small, "club", "clusters")
        names = ["cluster", "persona", "customers", "share", "age", "visits", "fit"]
        same(rows(made, "club clusters"), expected[names])

    def test_of_quality_stand_with_the_most_rows_first(self, small: Run, made: Workbook) -> None:
        found, expected = rows(made, "shop quality"), table(small, "shop", "quality")
        assert [row[2] for row in found] == sorted(expected["rows"], reverse=True)
        assert {row[0] for row in found} == {*expected["check"]}

    def test_are_shown_as_what_they_are(self, made: Workbook) -> None:
        shown = {cell.value: made["shop personas"].cell(2, cell.column).number_format for cell in made["shop personas"][1]}
        assert [shown[name] for name in ("Customers", "Share of customers", "Revenue")] == ["#,##0", "0.0%", '"€"#,##0']


def test_categories_stand_as_words(trusted: Run, tmp_path: Path) -> None:
    book.write(making.contents(trusted), trusted, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["gym customers"]
    at = [cell.value for cell in sheet[1]].index("Gender")
    assert {row[at] for row in sheet.iter_rows(min_row=2, values_only=True)} == {"Female", "Male"}


def test_headers_stay_and_every_column_has_a_filter(made: Workbook) -> None:
    for sheet in made.worksheets[1:]:
        assert sheet.freeze_panes in {"A2", "B2", "C2"}
        assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, sheet.max_column).column_letter}{sheet.max_row}"
        assert all(sheet.column_dimensions[cell.column_letter].width >= 9 for cell in sheet[1])


def test_charts_are_made_of_cells_that_hold_something(path: Path, made: Workbook) -> None:
    with ZipFile(path) as file:
        charts = [file.read(name).decode() for name in file.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
    # Personas and clusters of both datasets; no check concerns a row of the one.
    assert len(charts) >= 4
    references = [reference for chart in charts for reference in re.findall(r"<(?:c:)?f>'([^']+)'!(\S+?)</", chart)]
    assert len(references) >= 2 * len(charts)
    for sheet, cells in references:
        left, top, right, bottom = range_boundaries(cells.replace("$", ""))
        area = made[sheet].iter_rows(min_row=top, max_row=bottom, min_col=left, max_col=right, values_only=True)
        assert all(value is not None for row in area for value in row)


def test_without_revenue_no_cell_and_no_chart_is_of_shares_of_it(unpaid: Run, tmp_path: Path) -> None:
    book.write(making.contents(unpaid), unpaid, tmp_path / "report.xlsx")
    found = openpyxl.load_workbook(tmp_path / "report.xlsx")
    for sheet in ("shop personas", "shop clusters"):
        at = [cell.value for cell in found[sheet][1]].index("Share of revenue")
        assert {row[at] for row in rows(found, sheet)} == {None}
    (chart,) = found["shop personas"]._charts
    assert len(chart.series) == 1


def test_text_that_looks_like_a_formula_is_text(tmp_path: Path, refused: Callable[[str, int], None]) -> None:
    hostile = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-2+3"]
    buyers = [buyer(text, 10 * at, 1, 100.0, cluster=at % 3, country=text) for at, text in enumerate(hostile, 1)]
    run = publish_by_hand(tmp_path / "runs", buyers=buyers)
    book.write(making.contents(run, only="shop"), run, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["shop customers"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value in hostile]
    assert len(cells) == 8
    assert all(cell.data_type != "f" and cell.quotePrefix for cell in cells)
    refused("cells that a spreadsheet would compute", len(cells))


def test_of_more_customers_than_a_sheet_holds_the_first_are_there_and_it_says_so(
    small: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 7)
    book.write(making.contents(small, only="club"), small, tmp_path / "a.xlsx")
    found = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [row[0] for row in rows(found, "club customers")] == table(small, "club", "customers")["customer_id"].head(7).to_list()
    assert any("A sheet holds 7 rows" in str(cell) for row in rows(found, "About") for cell in row)


def test_made_up_data_is_called_so(made_up: Run, tmp_path: Path) -> None:
    book.write(making.contents(made_up), made_up, tmp_path / "a.xlsx")
    said = [row[1] for row in rows(openpyxl.load_workbook(tmp_path / "a.xlsx"), "About") if row[0] == "Caution"]
    assert said == ["Made-up data: these customers do not exist."] * 2


def test_its_times_are_those_of_the_run(path: Path, small: Run, made: Workbook) -> None:
    built = datetime(2024, 7, 1)
    assert (made.properties.created, made.properties.modified) == (built, built)
    with ZipFile(path) as file:
        assert {datetime(*entry.date_time) for entry in file.infolist()} == {built}


def test_the_same_run_gives_the_same_bytes(path: Path, small: Run, tmp_path: Path) -> None:
    book.write(making.contents(small), small, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_no_two_sheets_have_one_name_and_none_is_too_long(shop: Content) -> None:
    alike = [content.Content(**{**_fields(shop), "name": "customers_of_all_our_shops_and_" + end}) for end in ("berlin", "bern")]
    names = list(book.sheet_names(alike).values())
    assert len({*names}) == len(names) == 8
    assert max(map(len, names)) <= 31


def _fields(found: Content) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Content.__dataclass_fields__}


def test_an_empty_list_of_actions_is_an_empty_cell(small: Run, tmp_path: Path) -> None:
    found = content.read(small, "club")
    found.personas.at[0, "avoid"] = []
    book.write([found], small, tmp_path / "a.xlsx")
    assert rows(openpyxl.load_workbook(tmp_path / "a.xlsx"), "club personas")[0][-1] in {None, ""}
