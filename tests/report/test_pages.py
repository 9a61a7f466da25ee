from dataclasses import replace

import pytest
from matplotlib.text import Text

from pipeline import formats, moving, verdict
from pipeline.artifacts import Run
from pipeline.report import content, making, pdf, pictures, wording
from pipeline.report.content import Content
from pipeline.report.sheet import Sheet
from pipeline.report.style import FONT, look
from tests.report.looking import texts, trouble, words


def set_(contents: list[Content], run: Run) -> list[Sheet]:
    with look():
        return pdf.pages(contents, run.manifest)


def titles(sheets: list[Sheet]) -> list[str]:
    """The largest text of each page."""
    return [max(texts(sheet), key=Text.get_fontsize).get_text() for sheet in sheets]


def test_no_text_leaves_a_page_or_lies_on_another(hard: list[Content], small: Run) -> None:
    found = {at: trouble(sheet) for at, sheet in enumerate(set_(hard, small), 1)}
    assert {at: said for at, said in found.items() if said} == {}


def test_nor_does_any_in_a_figure(hard: list[Content], small: Run) -> None:
    with look():
        found = [said for content in hard for _, sheet in pictures.drawn(content, small.manifest) for said in trouble(sheet)]
    assert found == []


def test_every_text_is_set_in_the_font_that_ships(hard: list[Content], small: Run) -> None:
    assert {name for sheet in set_(hard, small) for text in texts(sheet) for name in text.get_fontfamily()} == {FONT}


class TestADataset:
    def test_has_a_page_that_says_the_figures_of_its_tables(self, shop: Content, small: Run) -> None:
        said = words(set_([shop], small)[0]).split("\n")
        assert {"20", formats.money(shop.personas["revenue"].sum(), "EUR"), "120"} <= {*said}
        for row in shop.personas.itertuples():
            assert {row.persona, f"{row.customers:,}", row.actions[0]} <= {*said}
        assert f"{shop.record.scores.silhouette:.3f}" in said

    def test_with_orders_comes_first_and_the_method_last(self, small: Run) -> None:
        assert titles(set_(making.contents(small), small)) == ["Shop", "Club", "Method"]

    def test_alone_has_a_page_and_its_method(self, small: Run) -> None:
        pages = set_(making.contents(small, only="club"), small)
        assert titles(pages) == ["Club", "Method"]
        assert "1 of 2" in words(pages[0])

    def test_without_orders_says_nothing_of_revenue(self, club: Content, small: Run) -> None:
        assert "evenue" not in words(set_([club], small)[0])


class TestWithoutRevenue:
    def test_nothing_is_said_of_shares_of_it_and_all_is_drawn(self, unpaid: Run) -> None:
        contents = making.contents(unpaid)
        with look():
            figures = [sheet for content in contents for _, sheet in pictures.drawn(content, unpaid.manifest)]
            sheets = [*pdf.pages(contents, unpaid.manifest), *figures]
            assert [said for sheet in sheets for said in trouble(sheet)] == []
        assert [words(sheet) for sheet in sheets if "of revenue" in words(sheet) or "nan" in words(sheet)] == []

    def test_revenue_itself_is_told(self, unpaid: Run) -> None:
        shop = making.contents(unpaid)[0]
        total = shop.personas["revenue"].sum()
        assert total <= 0
        assert formats.money(total, "EUR") in words(set_([shop], unpaid)[0]).split("\n")
        assert shop.personas["revenue_share"].isna().all()
        assert shop.clusters["revenue_share"].isna().all()


def test_a_persona_that_gave_back_more_than_it_bought_has_a_bar_to_the_left(shop: Content, small: Run) -> None:
    revenue = shop.personas["revenue"].to_list()
    revenue[0] = -revenue[1] / 4
    lost = replace(shop, personas=shop.personas.assign(revenue=revenue, revenue_share=[part / sum(revenue) for part in revenue]))
    with look():
        (sheet,) = [sheet for name, sheet in pictures.drawn(lost, small.manifest) if name == "shares"]
        assert trouble(sheet) == []
    (axes,) = sheet.figure.axes
    low, high = axes.get_xlim()
    ends = [bar.get_width() for bars in axes.containers for bar in bars]
    assert min(ends) == pytest.approx(lost.personas["revenue_share"].min())
    assert low < min(ends) < 0 < max(ends) < high
    assert formats.share(min(ends)) in words(sheet)


class TestTrust:
    def test_is_said_in_plain_words(self, trusted: Run) -> None:
        shop = making.contents(trusted)[0]
        page, method = set_([shop], trusted)
        assert shop.whole is not None
        assert f"{shop.whole[1]} when customers are drawn anew" in words(page)
        assert "Of two customers, one who came back within" in words(method).replace("\n", " ")

    def test_of_a_quick_build_is_said_to_be_missing(self, shop: Content, small: Run) -> None:
        page, method = set_([shop], small)
        assert "Found again" not in words(page)
        assert "was not worked out: the run was built with --quick." in words(method).replace("\n", " ")
        assert "What is expected, and who moved" not in words(method)

    def test_of_two_datasets_with_all_that_is_known_there_is_one_page_of_method(self, trusted: Run) -> None:
        assert len(set_(making.contents(trusted), trusted)) == 3

    def test_of_what_is_expected_stands_beside_what_came_of_it_before(self, trusted: Run) -> None:
        shop = making.contents(trusted)[0]
        _, method = set_([shop], trusted)
        said = words(method).replace("\n", " ")
        assert f"Tried on the past: {verdict.came_true(shop.foretold)}. {verdict.against_other_ways(shop.foretold)}." in said
        assert moving.PLACED in said

    def test_of_personas_that_are_not_found_again_is_a_finding(self, trusted: Run) -> None:
        shop = making.contents(trusted)[0]
        doubtful = shop.stability.assign(grade="doubtful")
        assert wording.doubtful(replace(shop, stability=doubtful))[0].text.startswith("Not surely found again")
        assert wording.doubtful(replace(shop, stability=shop.stability.assign(grade="stable"))) == []


@pytest.mark.parametrize("at", [0, 1, 2])
def test_made_up_data_is_called_so_on_every_page(made_up: Run, at: int) -> None:
    assert wording.MADE_UP in words(set_(making.contents(made_up), made_up)[at])


def test_rows_kept_out_are_counted_with_their_reasons(shop: Content) -> None:
    rows = shop.record.rows.model_copy(update={"read": 123, "rejected": 3, "kept": 120})
    checks = shop.checks.assign(rows=0, outcome="warned")
    checks.loc[0, ["check", "rows", "outcome"]] = ["the row is blank", 3, "rejected"]
    said = wording.reading(replace(shop, record=shop.record.model_copy(update={"rows": rows}), checks=checks))
    assert said[-2:] == [
        "123 rows read: 120 used (98 %), 3 kept out, 0 removed as repeats.",
        "They were kept out because: the row is blank (3).",
    ]


def test_who_moved_in_the_last_month_is_told_where_it_is_known(trusted: Run, small: Run) -> None:
    told = words(set_([content.read(trusted, "shop")], trusted)[0]).split("\n")
    # One customer, who spent 100 in the year before.
    at = told.index("Who moved in February 2024")
    assert told[at + 1 : at + 5] == ["Loyal High Spenders", "1", "Churn Risk", "£100"]
    quick = words(set_([content.read(small, "shop")], small)[0])
    assert "Who moved" not in quick
