from pathlib import Path

import pytest

from pipeline import console
from pipeline.intake.findings import Counts, Finding


def quality(capsys: pytest.CaptureFixture[str], *findings: Finding) -> list[str]:
    """The lines of the report, each space once."""
    console.show_quality(Path("shop.csv"), Counts(10, 8, 2, 0), findings)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line.strip(" ─")]


QUIET = Finding("n is missing", "rejected", 0, 0.0, "")


def test_a_report_says_whose_rows_a_check_concerns_and_what_they_come_to(capsys: pytest.CaptureFixture[str]) -> None:
    said = quality(capsys, Finding("[n] is bad", "rejected", 2, 0.2, "row 3: [x]", 1, 1234.5), Finding("y", "warned", 1, 0.1, ""), QUIET)
    assert said == [
        "check outcome rows share customers revenue first",
        "[n] is bad rejected 2 20.00% 1 1,234.50 row 3: [x]",
        "y warned 1 10.00%",
        "shop.csv: 10 rows read = 8 kept + 2 rejected + 0 removed as duplicates.",
        "1 of 3 checks found nothing.",
    ]


def test_what_no_finding_says_is_no_column(capsys: pytest.CaptureFixture[str]) -> None:
    said = quality(capsys, Finding("id is missing", "rejected", 2, 0.2, "row 3: nothing"))
    assert said[0] == "check outcome rows share first"


def test_where_nothing_was_found_there_is_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(quality(capsys, QUIET)) == 2
