"""What pages say of what customers are worth, of the run made by hand."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.artifacts import Run
from tests.webapp.handmade import BUYERS, alter, publish
from tests.webapp.pages.test_every_page import ask, page
from webapp.store import Store

OFTEN = next(row["customer_id"] for row in BUYERS if row["orders"] > 1)
ONCE = next(row["customer_id"] for row in BUYERS if row["orders"] == 1)


def said(run: Run, path: str, query: str = "") -> list[str]:
    return page(ask(Store(run.folder.parents[1]), path, query))[0]


def begin(found: list[str], text: str) -> bool:
    return any(one.startswith(text) for one in found)


def without(run: Run, *, measures: str) -> Run:
    """Measures of the back-test left out, by how their names begin."""
    content = pq.read_table(run.table("shop", "value_model"))
    alter(run, "shop", "value_model", content.filter([not row["measure"].startswith(measures) for row in content.to_pylist()]))
    return run


class TestCustomer:
    def test_is_told_what_to_expect_between_which_bounds(self, tmp_path: Path) -> None:
        found = said(publish(tmp_path), f"/customers/shop/{OFTEN}")
        assert "What to expect: 4 orders and £40 within 365 days" in found
        assert {"80 %", "0 to 3", "£0 to £30", "3 to 6", "£30 to £60"} <= set(found)
        assert not begin(found, "This customer has ordered once")
        assert "/quality?dataset=shop" in found

    def test_with_one_order_is_not_called_active(self, tmp_path: Path) -> None:
        found = said(publish(tmp_path), f"/customers/shop/{ONCE}")
        assert begin(found, "This customer has ordered once, and to the model all who did are alike")
        assert "not known" in found
        assert "100 %" not in found[found.index("not known") - 2 : found.index("not known") + 2]

    def test_of_whom_nothing_is_foretold_has_no_panel(self, tmp_path: Path) -> None:
        assert not begin(said(publish(tmp_path / "quick", quick=True), f"/customers/shop/{OFTEN}"), "What to expect")
        assert not begin(said(publish(tmp_path / "whole"), "/customers/gym/1"), "What to expect")


class TestOverview:
    def test_what_is_at_risk_is_said_with_what_it_means(self, tmp_path: Path) -> None:
        found = said(publish(tmp_path), "/", "?dataset=shop")
        # 40 expected of each who ordered more than once, active with 0.8: 50 if they surely were.
        often = sum(row["orders"] > 1 for row in BUYERS)
        assert f"£{10 * often} of the next 365 days is at risk" in found
        assert begin(found, f"£{10 * often} of the next 365 days is at risk, ")
        assert any("if all of them were surely still active, less what is expected as it is" in text for text in found)

    def test_without_a_forecast_nothing_is_said_of_risk(self, tmp_path: Path) -> None:
        found = said(publish(tmp_path, quick=True), "/", "?dataset=shop")
        assert not [text for text in found if "is at risk" in text]


def test_a_persona_says_what_is_expected_of_it(tmp_path: Path) -> None:
    found = said(publish(tmp_path), "/personas/shop/Churn%20Risk")
    theirs = sum(row["persona"] == "Churn Risk" for row in BUYERS)
    assert found[found.index("Expected, 365 days") + 1 :].index(f"£{40 * theirs}") < 10
    assert begin(found, f"in {4 * theirs} orders; £")


class TestQuality:
    def test_the_back_test_says_how_far_off_the_model_was(self, tmp_path: Path) -> None:
        found = said(publish(tmp_path), "/quality", "?dataset=shop")
        assert "55 orders were expected within 180 days, and 69 came: the model is 20 % below" in found
        assert "The model is nearer to what each ordered than the same days a year before, not nearer than the days just before" in found
        assert begin(found, "The model of expected orders and spend, fitted as of 3 Sep 2023 and looking 180 days ahead for 50 customers")

    def test_the_fitted_models_are_told_in_words(self, tmp_path: Path) -> None:
        words = (
            "Fitted to 50 customers, in days. BG/NBD: r 0.6, alpha 48, a 0.1, b 2.2; while active they order 4.56 times a year on average, "
            "and after a repeat order 4.3 % leave. Gamma-Gamma: p 1.8, q 3.9, v 603"
        )
        assert f"{words}; an order is worth £374 on average." in said(publish(tmp_path / "whole"), "/quality", "?dataset=shop")
        assert not begin(said(publish(tmp_path / "quick", quick=True), "/quality", "?dataset=shop"), "Fitted to 50")

    def test_an_order_without_a_mean_is_not_given_one(self, tmp_path: Path) -> None:
        run = publish(tmp_path)
        content = pq.read_table(run.table("shop", "value_model")).to_pylist()
        heavy = [row | {"value": 0.9} if row["measure"] == "q" else row for row in content]
        alter(run, "shop", "value_model", pa.Table.from_pylist(heavy, schema=pq.read_schema(run.table("shop", "value_model"))))
        assert any(text.endswith("Gamma-Gamma: p 1.8, q 0.9, v 603.") for text in said(run, "/quality", "?dataset=shop"))

    def test_without_a_year_before_that_is_said(self, tmp_path: Path) -> None:
        found = said(without(publish(tmp_path), measures="year"), "/quality", "?dataset=shop")
        assert "The model is not nearer than the days just before" in found
        assert any("Orders do not go back far enough to compare with the same days a year before." in text for text in found)

    def test_without_a_back_test_there_is_no_chart(self, tmp_path: Path) -> None:
        assert "calibration" not in said(publish(tmp_path / "quick", quick=True), "/quality", "?dataset=shop")
        assert "calibration" not in said(publish(tmp_path / "whole"), "/quality", "?dataset=gym")
