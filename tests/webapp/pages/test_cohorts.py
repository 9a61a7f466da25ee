from pathlib import Path

from pipeline import publishing
from tests.webapp.handmade import buyer, publish, rewrite
from tests.webapp.pages.test_every_page import ask, page
from webapp.store import Store


def said(root: Path, query: str = "") -> list[str]:
    return page(ask(Store(root), "/shop", f"?lens=cohorts{query}"))[0]


def test_new_customers_are_those_after_the_first_month_and_that_is_said(tmp_path: Path) -> None:
    # Of November: one. New in December: 20 who come back in January, 20 who do not. New in January: 30 who do not come back.
    people = [("first", 100, 1), *((f"a{at}", 42, 2) for at in range(20)), *((f"b{at}", 70, 1) for at in range(20))]
    people += [*((f"c{at}", 30, 1) for at in range(30)), ("last", 5, 1)]
    publish(tmp_path, buyers=[buyer(name, recency, orders, 10.0) for name, recency, orders in people])
    found = said(tmp_path)
    assert "Of 100 new customers, 29 buy in the month after their first order" in found
    sentence = "November 2023 is the first month of the data: customers who had bought before it are among its cohort"
    assert any(sentence in text for text in found)
    assert not any("is not over in the data" in text for text in found)


def test_the_cohorts_that_came_back_most_and_least_are_named(tmp_path: Path) -> None:
    # New in November: 30 who never come back. New in December: 30 who come back in January, 30 who do not. Both have seen two months more.
    people = [("first", 130, 1), *((f"a{at}", 42, 2) for at in range(30)), *((f"b{at}", 89, 1) for at in range(30))]
    people += [*((f"c{at}", 120, 1) for at in range(30)), ("last", 5, 1)]
    publish(tmp_path, buyers=[buyer(name, recency, orders, 10.0) for name, recency, orders in people])
    best = "Customers new in December 2023 came back most: 25 % bought in an average month of the first 2"
    assert f"{best}; least those of November 2023, 0 %" in said(tmp_path)


def test_a_month_that_is_not_over_is_named_and_alone_makes_no_cohort(tmp_path: Path) -> None:
    run = publish(tmp_path, buyers=[buyer("a", 40, 2, 10.0), buyer("b", 5, 1, 10.0, cluster=2)])
    rewrite(run.folder, lambda manifest: manifest["datasets"]["shop"].update(as_of="2024-02-26"))
    publishing.use(tmp_path, run.manifest.run_id)
    assert any("February 2024 is not over in the data, and is left out." in text for text in said(tmp_path))
    words = "All of these customers ordered first in February 2024, which is not over in the data: there is no cohort yet."
    assert words in said(tmp_path, "&persona=Churn+Risk")


def test_one_cohort_alone_is_shown_without_comparison(tmp_path: Path) -> None:
    publish(tmp_path, buyers=[buyer("a", 10, 1, 10.0)])
    found = said(tmp_path)
    assert "1 cohort, 1 customer: the share that bought again, month by month" in found
    assert "No cohort of new customers has seen a whole month after its first" in found
