from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from pipeline import outcomes
from pipeline.campaigns import Campaigns
from pipeline.errors import InputError
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

    def measured(content: str | Path, name: str = "told.csv") -> Outcome:
        file = content if isinstance(content, Path) else tmp_path / name
        if isinstance(content, str):
            file.write_text(content)
        return outcomes.measure(campaign, campaigns.assignment(campaign), file, report=silent, limits=ANY_FILE)

    return measured


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
        book = openpyxl.Workbook()
        for row in (("who", "bought"), (1, True), (10, False)):
            book.active.append(row)
        book.save(tmp_path / "told.xlsx")
        found = measure(tmp_path / "told.xlsx")
        assert (found.contact.converted, found.control.named) == (1, 1)


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
