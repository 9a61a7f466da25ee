from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from pipeline import outcomes
from pipeline.campaigns import Campaigns
from pipeline.errors import InputError
from pipeline.intake import reading
from pipeline.job_folder import SHOWN
from pipeline.lift import Spend, means, proportions
from pipeline.limits import ANY_FILE
from pipeline.outcomes import Group, Outcome
from tests.campaign import draw, groups
from tests.conftest import silent

Measure = Callable[..., Outcome]


@pytest.fixture
def measure(tmp_path: Path) -> Measure:
    """What a file says of the campaign of a hundred customers, of whom 10, 20 and so on are held out."""
    campaigns = Campaigns(tmp_path)
    campaign = campaigns.keep(draw(), groups)

    def measured(content: str | bytes | Path, name: str = "told.csv", **written: Any) -> Outcome:
        """`written` is how files of the campaign's dataset are."""
        file = content if isinstance(content, Path) else tmp_path / name
        if not isinstance(content, Path):
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return outcomes.measure(campaign.model_copy(update=written), campaigns.assignment(campaign), file, report=silent, limits=ANY_FILE)

    return measured


def workbook(folder: Path, **sheets: list[tuple[Any, ...]]) -> Path:
    """A workbook of these sheets, each its rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "told.xlsx")
    return folder / "told.xlsx"


class TestAmounts:
    def test_everyone_counts_in_their_group_whether_the_file_names_them_or_not(self, measure: Measure) -> None:
        found = measure("who,amount\n1,10\n2,5.5\n3,0\n10,4\n20,0\n")
        assert (found.contact, found.control) == (Group(90, 3, 2, 15.5), Group(10, 2, 1, 4.0))
        assert found.conversion == proportions(2, 90, 1, 10)
        spent = [10, 5.5, *[0] * 88]
        variance = sum((one - 15.5 / 90) ** 2 for one in spent) / 89
        expected = means(Spend(90, 15.5 / 90, variance), Spend(10, 0.4, 1.6))
        assert found.spend is not None
        assert (found.spend.difference, found.spend.low, found.spend.high) == pytest.approx(
            (expected.difference, expected.low, expected.high)
        )

    def test_rows_of_one_customer_are_added_up_equal_ones_too(self, measure: Measure) -> None:
        found = measure("who,amount\n1,10\n1,10\n1,-20\n2,3\n")
        assert (found.contact, found.added) == (Group(90, 2, 1, 3.0), 2)

    def test_customers_in_neither_group_are_named_and_not_counted(self, measure: Measure) -> None:
        found = measure("who,amount\n1,10\n" + "".join(f"x{number},5\n" for number in range(30)))
        assert (found.contact, found.control) == (Group(90, 1, 1, 10.0), Group(10, 0, 0, 0.0))
        assert (found.outside, len(found.first_outside)) == (30, 20)
        assert list(found.first_outside)[:3] == ["x0", "x1", "x2"]

    def test_rows_that_cannot_be_used_are_kept_out_for_a_reason(self, measure: Measure) -> None:
        found = measure("who,amount\n" + "1,1\n" * 40 + "2,\n,5\n3,lots\n")
        assert (found.counts.read, found.counts.kept, found.counts.rejected) == (43, 40, 3)
        assert found.rejected["reason"].to_pylist() == ["amount is missing", "who is missing", "amount is not a number"]

    def test_the_audience_file_may_come_back_with_a_column_more(self, measure: Measure) -> None:
        found = measure("customer_id,persona,group,Spend\n1,Churn Risk,contact,7\n")
        assert (found.contact, found.column) == (Group(90, 1, 1, 7.0), "Spend")


class TestAnswers:
    @pytest.mark.parametrize(("yes", "no"), [("yes", "no"), ("Y", "N"), ("TRUE", "false"), ("1", "0")])
    def test_one_yes_is_enough(self, measure: Measure, yes: str, no: str) -> None:
        found = measure(f"who,converted\n1,{yes}\n1,{no}\n2,{no}\n10,{yes}\n")
        assert (found.contact, found.control, found.spend) == (Group(90, 2, 1, 0.0), Group(10, 1, 1, 0.0), None)
        assert found.conversion == proportions(1, 90, 1, 10)

    def test_amounts_come_before_answers(self, measure: Measure) -> None:
        assert measure("who,converted,amount\n1,yes,0\n").contact == Group(90, 1, 0, 0.0)

    def test_a_workbook_is_read_as_well(self, measure: Measure, tmp_path: Path) -> None:
        found = measure(workbook(tmp_path, told=[("who", "bought"), (1, True), (10, False)]))
        assert (found.contact.converted, found.control.named) == (1, 1)


class TestAsFilesOfItsDataset:
    def test_decimals_stand_behind_a_comma(self, measure: Measure) -> None:
        assert measure("who;amount\n1;1.234,5\n10;2,25\n", decimal=",").contact.spent == 1234.5

    def test_the_cells_of_a_workbook_hold_numbers_already(self, measure: Measure, tmp_path: Path) -> None:
        assert measure(workbook(tmp_path, told=[("who", "amount"), (1, 1.5), (10, 2)]), decimal=",").contact.spent == 1.5

    def test_so_do_those_of_parquet(self, measure: Measure, tmp_path: Path) -> None:
        pd.DataFrame({"who": ["1", "10"], "amount": [1.5, 2.0]}).to_parquet(tmp_path / "told.parquet")
        assert measure(tmp_path / "told.parquet", decimal=",", encoding="cp1252", sheets="all").contact.spent == 1.5

    def test_any_character_stands_between_columns(self, measure: Measure) -> None:
        told = "who~amount\n1~5\n"
        assert measure(told, delimiter="~").contact.spent == 5
        with pytest.raises(InputError, match="cannot tell which character separates its columns"):
            measure(told)

    def test_text_is_in_its_encoding_and_in_utf_8_as_well(self, measure: Measure) -> None:
        content = "who,amount\n1,5\nZoë,1\n"
        for sent in (content.encode("cp1252"), content.encode(), content.encode("utf-8-sig")):
            found = measure(sent, encoding="cp1252")
            assert (found.contact.spent, list(found.first_outside)) == (5, ["Zoë"])
        with pytest.raises(InputError, match="is not valid utf-8"):
            measure(content.encode("cp1252"))

    def test_all_its_sheets_are_read_where_several_fit(self, measure: Measure, tmp_path: Path) -> None:
        book = workbook(tmp_path, spring=[("who", "amount"), (1, 5)], autumn=[("who", "amount"), (1, 7)])
        assert measure(book, sheets="all").contact.spent == 12
        assert measure(book, sheets=("autumn",)).contact.spent == 7
        with pytest.raises(InputError, match="2 of its 2 sheets have the columns"):
            measure(book)

    def test_a_sheet_of_another_name_is_read_where_it_alone_fits(self, measure: Measure, tmp_path: Path) -> None:
        book = workbook(tmp_path, audience=[("who", "amount"), (1, 5)], about=[("Campaign", "Spring letter")])
        assert measure(book, sheets=("Year 2009-2010",)).contact.spent == 5

    def test_what_is_wrong_in_either_way_is_said_of_the_file(self, measure: Measure) -> None:
        with pytest.raises(InputError, match=r"told\.csv: no column 'who'"):
            measure("id,amount\n1,1\n", delimiter=";", encoding="cp1252")
        with pytest.raises(InputError, match="is not valid cp1252"):
            measure(b"who,amount\n\x81,1\n", encoding="cp1252")


class TestFew:
    def test_the_file_is_taken_apart_once(self, measure: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
        staged, calls = reading.stage, []
        monkeypatch.setattr(reading, "stage", lambda *given: calls.append(given) or staged(*given))
        measure("who,amount\n1,1\n", decimal=",", encoding="cp1252")
        assert len(calls) == 1

    def test_of_rows_kept_out_the_first_are_brought_and_all_are_counted(self, measure: Measure) -> None:
        lines = [f"{at}," if at % 2 else f"{at},1" for at in range(1, 101)]
        found = measure("who,amount\n" + "\n".join(lines) + "\n")
        assert found.counts.rejected == 50
        assert found.rejected["source_row"].to_pylist() == [*range(2, 2 + 2 * SHOWN, 2)]
        assert found.rejected.column_names == ["source", "source_row", "reason", "row", "line"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "who,amount\nx,1\ny,2\n",
            "told.csv: none of its 2 customers is in the campaign 'Spring letter'. Send the outcomes of its customers",
        ),
        (
            "who,age\n1,1\n",
            "told.csv: has no column of outcomes. Call one of amounts 'amount', or one of yes and no 'converted'. The file has: who, age.",
        ),
        ("id,amount\n1,1\n", "told.csv: no column 'who' (for customer_id)."),
        ("who,amount\n1,lots\n", "told.csv: amount is not a number in 1 rows"),
        ("who,converted\n1,perhaps\n", "told.csv: converted is none of no, n, false, 0, yes, y, true, 1 in 1 rows"),
        ("", "told.csv: is empty."),
        ("who,amount\n", "told.csv: has a header and no rows."),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_remedy(measure: Measure, content: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        measure(content)
    assert str(refused.value).startswith(said)
