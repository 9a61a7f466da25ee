import json
from pathlib import Path

import pytest

from tests.webapp.handmade import publish
from tests.webapp.pages.test_every_page import texts
from webapp import payload, routes
from webapp.pages.ask import Ask
from webapp.store import Store


def said(root: Path, path: str, query: str = "", *, only_supposed: bool = False) -> list[str]:
    """The texts of a page, or of what is supposed on it."""
    store = Store(root)
    asked = Ask(store, store.snapshot(), path, query, "light")
    return texts(json.loads(payload.dump(routes.supposed(asked) if only_supposed else routes.layout(asked)[0])))


class TestCustomer:
    def test_the_page_of_an_address_says_what_the_change_of_it_does(self, tmp_path: Path) -> None:
        publish(tmp_path)
        query = "?recency_days=150&frequency=1&monetary=75"
        alone = said(tmp_path, "/customers/shop/7", query, only_supposed=True)
        assert {"They would be ", "Churn Risk", " instead of Loyal High Spenders, in cluster 2."} <= set(alone)
        whole = said(tmp_path, "/customers/shop/7", query)
        assert set(alone) - {"Div", "dash_html_components"} <= set(whole)

    def test_with_their_own_figures_it_is_as_it_is(self, tmp_path: Path) -> None:
        publish(tmp_path)
        found = said(tmp_path, "/customers/shop/12", only_supposed=True)
        assert {"As it is: ", ", cluster 2. Change a figure to see what follows."} <= set(found)
        assert any(text.startswith("The next persona is Loyal High Spenders: its nearest centre is ") for text in found)
        assert "Back to their own figures" not in found

    @pytest.mark.parametrize("query", ["?recency_days=-5", "?recency_days=x", "?monetary=inf", "?frequency=0", "?recency_days=5~9"])
    def test_what_no_customer_can_have_is_passed_over(self, tmp_path: Path, query: str) -> None:
        publish(tmp_path)
        assert "As it is: " in said(tmp_path, "/customers/shop/12", query, only_supposed=True)

    def test_words_are_chosen_by_the_number_that_stands_for_them(self, tmp_path: Path) -> None:
        publish(tmp_path)
        assert "Back to their own figures" in said(tmp_path, "/customers/gym/1", "?gender=0", only_supposed=True)
        assert "Back to their own figures" not in said(tmp_path, "/customers/gym/1", "?gender=7", only_supposed=True)

    def test_of_an_unknown_customer_nothing_is_supposed(self, tmp_path: Path) -> None:
        publish(tmp_path)
        found = said(tmp_path, "/customers/shop/nobody", "?recency_days=5", only_supposed=True)
        assert [text for text in found if " " in text] == []


class TestPersona:
    def test_a_share_brings_what_the_back_test_says_and_its_assumptions_are_listed(self, tmp_path: Path) -> None:
        """Two of two came back in the back-test: there is nobody to win back."""
        publish(tmp_path)
        found = said(tmp_path, "/personas/shop/Loyal%20High%20Spenders", "?back=50", only_supposed=True)
        assert any("50 % is more than there are to win back" in text for text in found)
        assert any("who were Loyal High Spenders on " in text and "100 % within 90 days" in text for text in found)
        assert any("Nothing is taken off for what it costs" in text for text in found)

    def test_where_nobody_came_back_no_figure_is_made_up(self, tmp_path: Path) -> None:
        publish(tmp_path)
        found = said(tmp_path, "/personas/shop/Churn%20Risk", "?back=10", only_supposed=True)
        assert "Nobody of Churn Risk came back within 180 days in the back-test: there is no figure to go by." in found

    def test_a_quick_run_says_what_is_missing(self, tmp_path: Path) -> None:
        publish(tmp_path, quick=True)
        found = said(tmp_path, "/personas/shop/Churn%20Risk")
        assert any("This run was built quickly, without a back-test" in text for text in found)

    def test_of_those_who_do_not_buy_nothing_is_asked(self, tmp_path: Path) -> None:
        publish(tmp_path)
        assert not any("won back" in text for text in said(tmp_path, "/personas/gym/Budget%20Conscious"))


@pytest.mark.parametrize(
    ("path", "query", "other", "is_same"),
    [
        ("/personas/shop/Churn%20Risk", "?back=10", "?back=20", True),
        ("/personas/shop/Churn%20Risk", "", "?back=20", True),
        ("/personas/shop/Churn%20Risk", "?back=10&with=Loyal+High+Spenders", "?back=10", False),
        ("/personas", "?back=10", "?back=20", False),
    ],
)
def test_what_a_page_shows_stays_where_only_what_is_supposed_is_another(
    tmp_path: Path, path: str, query: str, other: str, is_same: bool
) -> None:
    publish(tmp_path)
    store = Store(tmp_path)
    found = [routes.viewed(Ask(store, store.snapshot(), path, search, "light")) for search in (query, other)]
    assert (found[0] == found[1]) == is_same


def test_elsewhere_nothing_is_supposed(tmp_path: Path) -> None:
    publish(tmp_path)
    store = Store(tmp_path)
    assert routes.supposed(Ask(store, store.snapshot(), "/shop", "?back=10", "light")) is None
