import pandas as pd
import pytest

from pipeline import verdict
from pipeline.stability import GRADES


def graded(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["level", "grade"])


SURE = graded(("persona", "stable"), ("cluster", "highly stable"), ("cluster", "stable"))
MIXED = graded(("persona", "doubtful"), ("cluster", "stable"), ("cluster", "unstable"), ("cluster", "doubtful"))


@pytest.mark.parametrize(
    ("silhouette", "words"),
    [
        (0.51, "reasonable structure: on average a customer is much closer"),
        (0.5, "weak structure: on average a customer is closer"),
        (0.1, "no substantial structure: on average a customer is closer"),
    ],
)
def test_separation_is_graded(silhouette: float, words: str) -> None:
    assert words in verdict.separation(silhouette)


def test_what_is_reliable_is_the_upper_half_of_the_grades() -> None:
    assert tuple(GRADES)[2:] == verdict.RELIABLE
    assert verdict.unreliable(MIXED)["grade"].to_list() == ["doubtful", "unstable", "doubtful"]


@pytest.mark.parametrize(
    ("grade", "found", "sentence"),
    [
        ("stable", SURE, "is stable, and no cluster or persona is doubtful."),
        ("stable", MIXED, "is stable, but 2 of 3 clusters and 1 of 1 persona are not surely found again."),
        ("doubtful", MIXED, "is doubtful, and 2 of 3 clusters and 1 of 1 persona are not surely found again."),
        ("stable", graded(("cluster", "stable"), ("persona", "doubtful")), "is stable, but 1 of 1 persona is not surely found again."),
    ],
)
def test_stability_counts_what_is_not_found_again(grade: str, found: pd.DataFrame, sentence: str) -> None:
    assert verdict.stability(grade, found) == f"When customers are drawn anew, the segmentation as a whole {sentence}"


@pytest.mark.parametrize(
    ("area", "than"),
    [(0.80, "better than the recency-frequency grid"), (0.789, "as well as the recency"), (0.74, "less well than the recency")],
)
def test_foretelling_is_held_against_the_better_simple_way(area: float, than: str) -> None:
    said = verdict.foretelling(area, "rfm_grid", 0.785, 180)
    assert than in said
    assert "within 180 days" in said


def test_the_heading_says_how_many_clusters_need_care() -> None:
    assert verdict.heading(0.6, "stable", MIXED) == "Reasonable structure, stable as a whole, 2 of 3 clusters to be used with care"
    assert verdict.heading(0.8, "highly stable", SURE) == "Strong structure, highly stable as a whole, all 2 clusters found again"


NEARER = "nearer to what each ordered than"


def backtest(**errors: float) -> verdict.Measures:
    orders = {"expected": 90.4, "actual": 100.0, "error": 1.2, **errors}
    return {"backtest": {"days": 180.0}, "backtest_orders": orders}


@pytest.mark.parametrize(
    ("expected", "actual", "words"),
    [
        (90.4, 100, "90 orders were expected within 180 days, and 100 came: the model is 9.6 % below"),
        (3, 2, "50 % above"),
        (3, 0, "0 came"),
    ],
)
def test_what_was_foretold_is_set_against_what_came(expected: float, actual: float, words: str) -> None:
    assert verdict.came_true(backtest(expected=expected, actual=actual)).endswith(words)


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        (
            {"year_error": 1.3, "before_error": 1.1},
            f"{NEARER} the same days a year before, not nearer than the days just before",
        ),
        ({"year_error": 1.3, "before_error": 1.3}, f"{NEARER} the same days a year before and the days just before"),
        ({"before_error": 1.2}, "not nearer than the days just before"),
    ],
)
def test_the_model_is_set_against_doing_what_was_done_before(errors: dict[str, float], words: str) -> None:
    assert verdict.against_other_ways(backtest(**errors)) == f"The model is {words}"


def test_measures_stand_by_their_part() -> None:
    table = pd.DataFrame([("bg_nbd", "r", 0.2), ("bg_nbd", "a", 0.8), ("backtest", "days", 180.0)], columns=["part", "measure", "value"])
    assert verdict.measures(table) == {"bg_nbd": {"r": 0.2, "a": 0.8}, "backtest": {"days": 180.0}}
    assert verdict.measures(table.head(0)) == {}
