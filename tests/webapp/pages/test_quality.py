from collections.abc import Callable

import pyarrow.parquet as pq
import pytest

from pipeline.artifacts import Run
from tests.webapp.handmade import alter, publish, rewrite
from tests.webapp.pages.test_every_page import ask, page
from webapp.store import Store

Said = Callable[..., list[str]]
NO_BACK_TEST = "There is no back-test: there are no orders."


@pytest.fixture
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """The texts of the page, of the run made by hand."""

    def texts(query: str = "", changed: Callable[[Run], None] | None = None, **made: bool | str) -> list[str]:
        folder = tmp_path_factory.mktemp("runs")
        run = publish(folder, **made)  # type: ignore[arg-type] # of several types, by name
        if changed:
            changed(run)
        found, title = page(ask(Store(folder), "/quality", query))
        assert title == "Quality · Clientele"
        return found

    return texts


def keep(table: str, kept: Callable[[dict[str, object]], bool]) -> Callable[[Run], None]:
    """Change a run: only some rows of a table of the shop stay."""

    def change(run: Run) -> None:
        content = pq.read_table(run.table("shop", table))
        alter(run, "shop", table, content.filter([kept(row) for row in content.to_pylist()]))

    return change


def without_back_test(run: Run) -> None:
    for table in ("backtest", "backtest_groups"):
        keep(table, lambda row: False)(run)
    rewrite(run.folder, lambda manifest: manifest["datasets"]["shop"]["trust"].update(cutoff=None, missing=[NO_BACK_TEST]))


def test_the_verdict_comes_first_with_its_figures(said: Said) -> None:
    found = said()
    assert "Weak structure, stable as a whole, 2 of 3 clusters to be used with care" in found
    assert {"0.500", "0.800", "1 of 3", "no other is recommended"} <= set(found)
    assert "180 days ahead; recency-frequency grid 0.820" in found
    assert found.index("Not to be relied on by themselves") < found.index("Standard or log scaling")
    assert {"Cluster 1 of Loyal High Spenders", "Cluster 2 of Churn Risk"} <= set(found)
    assert "Cluster 0 of Loyal High Spenders" not in found


def test_what_was_asked_of_a_sample_is_said_to_be(said: Said) -> None:
    def asked_of_four(run: Run) -> None:
        rewrite(run.folder, lambda manifest: manifest["datasets"]["shop"]["trust"].update(sample=4))

    assert not [text for text in said() if text.startswith("Measured on")]
    assert [text for text in said(changed=asked_of_four) if text.startswith("Measured on")] == [
        "Measured on 4 of 5 customers, drawn at random."
    ]


def test_another_k_is_recommended_in_a_gym(said: Said) -> None:
    assert {"2", "recommended: 3"} <= set(said("?dataset=gym"))


@pytest.mark.parametrize(
    ("score", "finding"),
    [
        ("", "Silhouette is best (highest) at k = 3, the k in use: 0.500"),
        ("davies_bouldin", "Davies-Bouldin is best (lowest) at k = 3, the k in use: 0.600"),
        ("calinski_harabasz", "Calinski-Harabasz is best (highest) at k = 3, the k in use: 100"),
        ("inertia", "From 2 to 3 clusters inertia falls by 62 %"),
        ("gap", "Gap is widest at k = 3, the k in use: 0.500"),
        ("nonsense", "Silhouette is best (highest) at k = 3, the k in use: 0.500"),
    ],
)
def test_the_address_chooses_the_score(said: Said, score: str, finding: str) -> None:
    assert finding in said(f"?dataset=shop&score={score}")


def test_a_k_in_use_that_is_not_the_best_or_was_not_tried_is_said(said: Said) -> None:
    assert "Silhouette is best (highest) at k = 3: 0.500; at the k in use, 2, it is 0.400" in said("?dataset=gym")
    changed = keep("scores", lambda row: row["k"] != 3)
    assert "Silhouette is best (highest) at k = 2: 0.400; the k in use, 3, was not tried" in said("", changed)
    assert "Inertia falls with every further cluster" in said("?score=inertia", changed)


def test_the_address_chooses_how_far_to_look_ahead(said: Said) -> None:
    finding = "100 % of Loyal High Spenders came back within {} days, 0 % of Churn Risk"
    assert finding.format(180) in said()
    found = said("?days=90")
    assert finding.format(90) in found
    assert any(text.startswith("As of 3 Sep 2023, looking 90 days ahead; nothing from that day on was known") for text in found)
    assert "Best at telling who comes back: log, clusters (AUC 0.780)" in found


def test_members_foretell_nothing_and_nothing_is_said_to_be_missing(said: Said) -> None:
    found = said("?dataset=gym")
    assert {"foretold", "What is missing", "Foretells who returns (AUC)", "Back-test"}.isdisjoint(found)


def test_what_is_missing_is_said(said: Said) -> None:
    found = said("", without_back_test)
    assert NO_BACK_TEST in found
    assert "Do the segments foretell?" in found
    assert "foretold" not in found


def test_segments_that_cannot_be_tested_leave_the_others_to_compare(said: Said) -> None:
    def change(run: Run) -> None:
        for table in ("backtest", "backtest_groups"):
            keep(table, lambda row: row["segmentation"] != "standard")(run)

    found = said("", change)
    assert "foretold" not in found
    assert "Best at telling who comes back: log, clusters (AUC 0.830)" in found
    assert "Days ahead" in found


def test_a_measure_that_is_not_defined_has_no_column(said: Said) -> None:
    found = said("", keep("backtest", lambda row: row["measure"] != "variance_explained"))
    assert "Spend explained" not in found
    assert "Lift, spend" in found


def test_a_quick_run_says_how_to_build_the_rest_and_shows_what_it_has(said: Said) -> None:
    found = said(quick=True)
    assert "How far these segments can be trusted is not known yet" in found
    assert "python -m pipeline build" in found
    assert "silhouettes" in found
    assert {"stability", "scores-by-k", "foretold"}.isdisjoint(found)


def test_nobody_misplaced_is_said_too(said: Said) -> None:
    assert "No customer is nearer to another cluster than to the own" in said()
