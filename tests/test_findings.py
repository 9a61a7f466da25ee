import pandas as pd
import pytest

from pipeline import findings, shares
from pipeline.findings import Finding


def personas(*revenue: float) -> pd.DataFrame:
    """Churn Risk, Loyal and Lost: 60, 30 and 10 customers, and what they spent."""
    found = pd.DataFrame({"persona": ["Churn Risk", "Loyal", "Lost"], "customers": [60, 30, 10], "share": [0.6, 0.3, 0.1]})
    spent = pd.Series(revenue, dtype=float)
    return found.assign(revenue=spent, revenue_share=shares.of_total(spent))


def clusters(*fits: float) -> pd.DataFrame:
    """As many clusters of two customers each."""
    return pd.DataFrame({"cluster": range(len(fits)), "persona": "Loyal", "customers": 2, "share": 0.2, "fit": fits})


def said(*revenue: float) -> list[str]:
    return [finding.text for finding in findings.of_segments(personas(*revenue), clusters(0.9), "EUR")]


def test_the_largest_comes_first() -> None:
    assert said(100, 700, 200) == [
        "30 customers, 30 %, bring 70 % of revenue (€700): Loyal.",
        "Largest group: Churn Risk, 60 customers, 60 % of all.",
        "60 customers at risk of leaving spent €100 so far, 10 % of revenue.",
    ]


@pytest.mark.parametrize("revenue", [(0, 0, 0), (-5, 2, 1), (-5, 5, 0)])
def test_of_revenue_that_is_not_above_0_no_share_is_told(revenue: tuple[float, ...]) -> None:
    assert said(*revenue) == ["Largest group: Churn Risk, 60 customers, 60 % of all."]


def test_a_persona_that_gave_back_more_than_it_bought_stops_no_sentence() -> None:
    assert "10 customers, 10 %, bring 100 % of revenue (€200): Lost." in said(-100, 100, 200)


def test_the_part_at_risk_need_not_be_most_of_it() -> None:
    value = pd.DataFrame({"persona": ["Loyal", "Lost", "Churn Risk"], "spend": [500.0, 200.0, 200.0], "at_risk": [40.0, 30.0, 30.0]})
    assert findings.of_value(value, "EUR") == [
        Finding(
            "€100 of the next 365 days is at risk, 10 % of what customers would spend if all were still active; the largest part with "
            "Loyal: €40.",
            "Loyal",
            0.1,
        )
    ]
    assert findings.of_value(value.assign(at_risk=0.0), "EUR") == findings.of_value(pd.DataFrame(), "EUR") == []


def test_what_overlaps_is_told() -> None:
    (found,) = [one for one in findings.of_segments(personas(1, 1, 1), clusters(0.9, 0.1), "EUR") if "overlaps" in one.text]
    assert found.text.startswith("Cluster 1 (Loyal, 2 customers) overlaps its neighbours: fit 0.100.")
