import pandas as pd

from pipeline import moving

RECENCY = {"Loyal": 10.0, "Regular": 40.0, "Lost": 300.0}
COLUMNS = ["from_persona", "to_persona", "customers", "revenue"]


def flows(*rows: tuple[str | None, str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


MANY = flows(
    ("Loyal", "Loyal", 90, 9_000.0),
    ("Loyal", "Regular", 30, 300.0),
    ("Loyal", "Lost", 2, 800.0),
    ("Lost", "Regular", 1, 50.0),
    (None, "Lost", 7, 70_000.0),
)


def test_those_who_stayed_and_the_new_did_not_move() -> None:
    assert moving.moved(MANY)["customers"].tolist() == [30, 2, 1]


def test_the_largest_move_is_the_one_worth_most() -> None:
    assert moving.largest(MANY, "GBP") == "Loyal to Lost: 2 customers, £800 a year"
    assert moving.largest(MANY.head(1), "GBP") == "Nobody moved from one persona to another"


def test_findings_are_the_largest_move_away_and_the_largest_back() -> None:
    assert moving.findings(MANY, RECENCY, "GBP", last="2011-11-01") == [
        "In November 2011 2 customers slipped away, from Loyal to Lost: they spent £800 in the year before.",
        "In November 2011 1 customer came nearer, from Lost to Regular: they spent £50 in the year before.",
    ]


def test_nothing_is_said_of_moves_that_are_worth_nothing() -> None:
    assert moving.findings(flows(("Lost", "Regular", 4, 0.0)), RECENCY, "GBP", last="2011-11-01") == []
