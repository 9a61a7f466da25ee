from pathlib import Path
from typing import Any

from ibis.backends.duckdb import Backend

from tests.intake.cases import club, outcomes
from tests.intake.conftest import CLUB

NUMBERS: dict[str, Any] = {
    "0.5": 0.5,
    " 12 ": 12.0,
    "+3": 3.0,
    "-7": -7.0,
    "1.": 1.0,
    ".25": 0.25,
    "1e3": 1000.0,
    "1E-2": 0.01,
    "00123": 123.0,
    "1000000000": 1e9,
    "1000000001": "age is beyond 1e9",
    "-1e10": "age is beyond 1e9",
    "1e999": "age is beyond 1e9",
    "": "age is missing",
    "  ": "age is missing",
    "nan": "age is not a number",
    "inf": "age is not a number",
    "-Infinity": "age is not a number",
    "0x10": "age is not a number",
    "1_000": "age is not a number",
    "1,5": "age is not a number",
    "1 000": "age is not a number",
    "£5": "age is not a number",
    "1e": "age is not a number",
    "--1": "age is not a number",
    "\uff11\uff12": "age is not a number",
    "#N/A": "age is not a number",
}


def test_numbers_are_plain_finite_and_at_most_a_thousand_million(connection: Backend, tmp_path: Path) -> None:
    result = club(connection, tmp_path, "age", list(NUMBERS))
    assert outcomes(result, list(NUMBERS), "age") == NUMBERS
    assert result.found("age is not a number").example == "club.csv, row 17: nan"


COMMAS: dict[str, Any] = {
    "12,5": 12.5,
    "1.234,50": 1234.5,
    "-1.234.567": -1234567.0,
    "12": 12.0,
    ",25": 0.25,
    "1,5e3": 1500.0,
    "1.5": "age is not a number",
    "1,234.50": "age is not a number",
    "1.23,4": "age is not a number",
    ",": "age is not a number",
    "1,2,3": "age is not a number",
    "": "age is missing",
}


def test_numbers_have_a_decimal_comma_where_it_is_declared(connection: Backend, tmp_path: Path) -> None:
    dataset = CLUB.model_copy(update={"decimal": ","})
    result = club(connection, tmp_path, "age", list(COMMAS), dataset)
    assert outcomes(result, list(COMMAS), "age") == COMMAS
    assert result.found("age is not a number").example == "club.csv, row 8: 1.5"
