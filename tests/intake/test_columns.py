import pytest

from pipeline.intake.columns import Matched, match
from tests.intake.conftest import Refusal

WANTED = {"customer_id": "CustomerID", "age": "Age", "annual_income": "Annual Income (k$)"}
HEADER = ["CustomerID", "Age", "Annual Income (k$)"]


def test_a_header_written_exactly_so_is_taken_as_it_is() -> None:
    assert match(HEADER, WANTED, where="a.csv") == Matched(tuple(HEADER), (), ())


def test_order_does_not_matter_and_columns_that_nothing_asked_for_are_named() -> None:
    assert match(["Note", "Age", "Annual Income (k$)", "CustomerID"], WANTED, where="a.csv") == Matched(
        ("Note", "Age", "Annual Income (k$)", "CustomerID"), (), ("Note",)
    )


def test_case_spaces_and_underscores_are_forgiven_and_reported() -> None:
    assert match([" customer_id ", "AGE", "annual  income\n(K$)"], WANTED, where="a.csv") == Matched(
        tuple(HEADER), ("customer_id -> CustomerID", "AGE -> Age", "annual income (K$) -> Annual Income (k$)"), ()
    )


def test_a_known_alias_is_taken_and_reported() -> None:
    assert match(["Client ID", "Age", "Income"], WANTED, where="a.csv") == Matched(
        tuple(HEADER), ("Client ID -> CustomerID", "Income -> Annual Income (k$)"), ()
    )


def test_the_catalogues_name_outranks_an_alias() -> None:
    found = match(["Customer", "CustomerID", "Age", "Annual Income (k$)"], WANTED, where="a.csv")
    assert (found.names, found.extra) == (("Customer", "CustomerID", "Age", "Annual Income (k$)"), ("Customer",))


def test_an_alias_never_takes_a_column_that_another_one_names(refusal: Refusal) -> None:
    wanted = {"customer_id": "Client", "segment": "Customer"}
    assert refusal(match, ["Customer", "Age"], wanted, where="a.csv").startswith("a.csv: no column 'Client' (for customer_id).")
    assert match(["Customer", "Customer No"], wanted, where="a.csv").renamed == ("Customer No -> Client",)


def test_two_wanted_columns_never_share_an_alias() -> None:
    wanted = {"order_id": "Bill", "time": "When"}
    found = match(["Invoice", "Invoice Date"], wanted, where="a.csv")
    assert found.names == ("Bill", "When")


def test_a_column_without_a_name_is_called_by_its_place() -> None:
    assert match([*HEADER, "", " "], WANTED, where="a.csv").extra == ("column 4", "column 5")


def test_a_missing_column_is_refused_with_the_closest_name(refusal: Refusal) -> None:
    assert refusal(match, ["CustomerID", "Agge", "Annual Income (k$)"], WANTED, where="a.csv") == (
        "a.csv: no column 'Age' (for age). The closest is 'Agge'. "
        "The file has: CustomerID, Agge, Annual Income (k$). Name the right one in datasets.toml."
    )


def test_all_missing_columns_are_named(refusal: Refusal) -> None:
    assert refusal(match, ["CustomerID", "x", "y"], WANTED, where="a.csv") == (
        "a.csv: no column 'Age' (for age). Also missing: 'Annual Income (k$)'. "
        "The file has: CustomerID, x, y. Name the right one in datasets.toml."
    )


@pytest.mark.parametrize("again", ["Age", "age", " A ge", "AGE_"])
def test_the_same_name_twice_is_refused(refusal: Refusal, again: str) -> None:
    name = " ".join(again.split())
    assert refusal(match, [*HEADER, again], WANTED, where="a.csv") == (
        f"a.csv: columns 2 and 4 are both called {name!r}. Rename or remove one."
    )


def test_even_a_column_that_nothing_asked_for_may_not_stand_twice(refusal: Refusal) -> None:
    assert refusal(match, [*HEADER, "Note", "note"], WANTED, where="a.csv") == (
        "a.csv: columns 4 and 5 are both called 'note'. Rename or remove one."
    )


@pytest.mark.parametrize("name", ["__row", "__SOURCE", "__line"])
def test_a_name_that_the_reader_itself_uses_is_refused(refusal: Refusal, name: str) -> None:
    assert refusal(match, [*HEADER, name], WANTED, where="a.csv") == (
        f"a.csv: column 4 is called {name!r}, a name that the reader itself uses. Rename it."
    )


def test_title_rows_above_the_header_are_refused_with_the_likely_row(refusal: Refusal) -> None:
    rows = [["Customers of 2024"], ["as of May", ""], ["customerid", "age", "income"], ["1", "20", "30"]]
    assert refusal(match, rows[0], WANTED, where="a.csv", rows=rows) == (
        "a.csv: row 1 is not the header; row 3 looks like it. Delete the rows above it."
    )
