"""What is said of scalings; that trust is built, and left out, is tested with builds."""

from typing import Any

import pandas as pd
import pytest

from pipeline import trust

STANDARD = {"silhouette": 0.50, "adjusted_rand": 0.832, "largest_share": 0.45}
LOG = {"silhouette": 0.29, "adjusted_rand": 0.841, "largest_share": 0.18}


def foretold(standard: float, log: float) -> pd.DataFrame:
    """AUC of the clusters 180 days ahead, beside what does not count."""
    rows = [("standard", "cluster", 180, "auc", standard), ("log", "cluster", 180, "auc", log)]
    rows += [(name, "cluster", 90, "auc", 0.9) for name in ("standard", "log")] + [("log", "persona", 180, "auc", 0.1)]
    return pd.DataFrame(rows, columns=["segmentation", "level", "horizon_days", "measure", "value"])


def said(measured: dict[str, dict[str, float]], overall: pd.DataFrame | None) -> list[str]:
    found: Any = measured
    return trust._compared(found, overall).removesuffix(".").split(". ")


def test_each_measure_says_which_scaling_is_ahead_and_by_how_much() -> None:
    assert said({"standard": STANDARD, "log": LOG}, foretold(0.758, 0.784)) == [
        "Standard separates clusters better: silhouette 0.50 against 0.29",
        "Neither is found again more surely: adjusted Rand index 0.83 and 0.84",
        "Log foretells better who comes back: AUC 0.78 against 0.76",
        "Log is the more even: its largest cluster holds 18 % of customers, against 45 %",
        "For acting on who comes back, log; for setting apart who differs most, standard",
    ]


@pytest.mark.parametrize(
    ("overall", "last"),
    [
        (foretold(0.80, 0.75), "For acting on who comes back and for setting apart who differs most, standard"),
        (foretold(0.755, 0.757), "Log is the more even: its largest cluster holds 18 % of customers, against 45 %"),
        (None, "Log is the more even: its largest cluster holds 18 % of customers, against 45 %"),
        (foretold(0.7, 0.8).iloc[:1], "Log is the more even: its largest cluster holds 18 % of customers, against 45 %"),
    ],
    ids=["one for both", "no difference", "no back-test", "a back-test of one alone"],
)
def test_advice_is_only_given_where_the_figures_differ(overall: pd.DataFrame | None, last: str) -> None:
    assert said({"standard": STANDARD, "log": LOG}, overall)[-1] == last


def test_what_is_ahead_depends_on_the_figures_alone() -> None:
    mirrored = said({"standard": LOG, "log": STANDARD}, foretold(0.784, 0.758))
    swapped = {"Standard": "Log", "Log": "Standard", "standard": "log", "log": "standard"}
    expected = said({"standard": STANDARD, "log": LOG}, foretold(0.758, 0.784))
    assert [
        " ".join(swapped.get(word.strip(",;"), word.strip(",;")) for word in text.split()) for text in mirrored if "Rand" not in text
    ] == [" ".join(word.strip(",;") for word in text.split()) for text in expected if "Rand" not in text]


def test_one_scaling_alone_is_not_compared() -> None:
    assert said({"standard": STANDARD}, None) == ["There is no other scaling to compare with"]
