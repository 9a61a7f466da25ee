from pathlib import Path
from typing import Any

from ibis.backends.duckdb import Backend

from tests.intake.cases import SHOP_HEADER, SOUND, outcomes, shop
from tests.intake.conftest import SHOP, admit_text, csv_text

IDS: dict[str, Any] = {
    "C489449": "C489449",
    "00123": "00123",
    "123": "123",
    "1234567890123456789012345": "1234567890123456789012345",
    "12346.0": "12346.0",
    " 12347 ": "12347",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "=1+1": "=1+1",
    "客户 7": "客户 7",
    "x" * 64: "x" * 64,
    "x" * 65: "who is longer than 64 characters",
    "": "who is missing",
    " \t ": "who is missing",
}


def test_ids_are_text_kept_as_they_are_but_for_the_space_around_them(connection: Backend, tmp_path: Path) -> None:
    assert outcomes(shop(connection, tmp_path, "who", list(IDS)), list(IDS), "customer_id") == IDS


def test_ids_that_look_the_same_are_the_same_and_those_changed_are_counted(connection: Backend, tmp_path: Path) -> None:
    same = ["Jos\u00e9", "Jose\u0301", " Jos\u00e9 ", "\u212b1", "\u00c51"]
    result = shop(connection, tmp_path, "who", same)
    assert [result.kept[row]["customer_id"] for row in range(2, 2 + len(same))] == [*["Jos\u00e9"] * 3, *["\u00c51"] * 2]
    found = result.found("who was trimmed, or its letters spelt in one way")
    assert (found.outcome, found.rows, found.example) == ("normalised", 3, "shop.csv, row 3: Jose\u0301")


def test_the_first_check_to_fail_names_the_reason(connection: Backend, tmp_path: Path) -> None:
    rows = [
        ["", "", "", "", "", ""],
        ["", "", "soon", "x", "-1", ""],
        ["a", "", "soon", "x", "-1", ""],
        ["a", "1", "soon", "x", "-1", ""],
        ["a", "1", "2024-01-01", "x", "-1", ""],
        ["a", "1", "2024-01-01", "1", "-1", ""],
    ]
    sound = [["a", str(at), "2024-01-01", "1", "1", ""] for at in range(SOUND)]
    result = admit_text(connection, tmp_path / "shop", csv_text([SHOP_HEADER, *rows, *sound]), SHOP)
    assert list(result.rejected.values()) == [
        "the row is blank",
        "who is missing",
        "order is missing",
        "when is not a time",
        "n is not a number",
        "each is negative",
    ]
