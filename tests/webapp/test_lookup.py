"""What the lookup says of a customer."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

import webapp.lookup
from tests.webapp.handmade import BUYERS, MEMBERS, buyer, member, publish
from webapp.lookup import card
from webapp.lookup.answer import Found, Nothing, Standing, examples, find
from webapp.lookup.blocks import place
from webapp.snapshot import Snapshot
from webapp.views.scope import Scope

NASTY = "<script>alert(1)</script> & **bold** $$x$$ ${1+1}"


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return Snapshot(publish(tmp_path))


def found(snapshot: Snapshot, dataset: str, customer_id: str) -> Found:
    answer = find(snapshot, dataset, customer_id)
    assert isinstance(answer, Found)
    return answer


def text_of(html: str) -> list[str]:
    """What a reader sees, piece by piece."""
    return [unescape(part).replace("\u00a0", " ") for part in re.split(r"<[^>]*>", html) if part.strip()]


class TestFind:
    def test_a_buyer_comes_with_persona_cluster_and_standing(self, snapshot: Snapshot) -> None:
        answer = found(snapshot, "shop", " 7 ")
        assert answer.customer["customer_id"] == "7"
        assert (answer.persona["persona"], list(answer.persona["actions"])) == ("Loyal High Spenders", ["first", "second"])
        assert (answer.cluster["cluster"], answer.cluster["customers"], answer.cluster["share"]) == (0, 2, 0.4)
        assert answer.personas == ["Loyal High Spenders", "Churn Risk"]
        assert answer.standings == [
            Standing("Recency", "1 day", 0.9, "more recent than 90 % of customers"),
            Standing("Frequency", "4", 0.9, "above 90 % of customers"),
            Standing("Monetary", "£400.00", 0.9, "above 90 % of customers"),
        ]

    def test_a_member_comes_with_words_for_codes(self, snapshot: Snapshot) -> None:
        assert found(snapshot, "gym", "10").standings[-1] == Standing("Gender", "Female", None, "like 67 % of customers")

    def test_the_ends_are_named_instead_of_a_hundred_percent(self, tmp_path: Path) -> None:
        many = [buyer(str(at), 1 + at, 1, 100.0 + at) for at in range(200)]
        snapshot = Snapshot(publish(tmp_path, buyers=many))
        words = {name: [row.words for row in found(snapshot, "shop", name).standings] for name in ("0", "199")}
        assert words == {
            "0": ["among the most recent 0.2 %", "above 50 % of customers", "among the lowest 0.2 %"],
            "199": ["among the least recent 0.2 %", "above 50 % of customers", "among the highest 0.2 %"],
        }

    @pytest.mark.parametrize(
        ("fit", "words"), [(0.71, "Very sure"), (0.51, "Sure"), (0.26, "Fairly sure"), (0.25, "A border case"), (-0.1, "A border case")]
    )
    def test_how_sure_follows_the_silhouette(self, tmp_path: Path, fit: float, words: str) -> None:
        snapshot = Snapshot(publish(tmp_path, members=[*MEMBERS, member("3", 25.0, 30.0, 0.0, fit=fit, margin=0.4)]))
        assert found(snapshot, "gym", "3").sure == (
            f"{words}: fit {fit:.3f} on a scale from -1 to 1. "
            "The next-best cluster is 1 (Budget Conscious); the customer is 40 % nearer to its own."
        )

    def test_a_next_cluster_of_the_same_persona_is_called_so(self, snapshot: Snapshot) -> None:
        assert "The next-best cluster is 1 (Loyal High Spenders, the same persona)" in found(snapshot, "shop", "7").sure

    def test_the_only_customer_of_a_cluster_has_no_fit(self, snapshot: Snapshot) -> None:
        assert found(snapshot, "gym", "10").sure == "A case by itself: nobody else is in this cluster."

    @pytest.mark.parametrize("text", ["", "   ", "\n"])
    def test_no_id_asks_for_one(self, snapshot: Snapshot, text: str) -> None:
        assert find(snapshot, "shop", text) == Nothing("Which customer?", "Type a customer id, or choose an example.")

    def test_an_unknown_id_comes_with_those_most_like_it(self, snapshot: Snapshot) -> None:
        assert find(snapshot, "shop", "1001") == Nothing(
            "No customer 1001", "Shop has no customer with this id. Ids that look most like it stand above.", ("100", "12", "7", "8", "9")
        )

    @pytest.mark.parametrize("text", ["x" * 100_000, "\ud800", "\x00", "' OR 1=1 --", "%"])
    def test_no_text_is_too_odd_to_be_unknown(self, snapshot: Snapshot, text: str) -> None:
        answer = find(snapshot, "shop", text)
        assert isinstance(answer, Nothing)
        assert len(answer.heading) < 60

    def test_a_dataset_that_is_gone_is_explained(self, snapshot: Snapshot) -> None:
        assert find(snapshot, "club", "7") == Nothing(
            "This data is not there any more", "The run that is published now holds Shop and Gym. Reload the page to look there."
        )

    def test_examples_are_typical_for_the_largest_personas(self, snapshot: Snapshot) -> None:
        found = examples(Scope(snapshot, "shop"))
        assert [persona for _, persona in found] == ["Loyal High Spenders", "Churn Risk"]
        assert {row["customer_id"]: row["persona"] for row in BUYERS}.items() >= set(found)


class TestCard:
    def test_the_record_reads_from_persona_to_reason(self, snapshot: Snapshot) -> None:
        assert text_of(card.record(found(snapshot, "shop", "9"), home=True)) == [
            "Customer ", "9", " · cluster 1 (1 customer, 20 % of all)", "Loyal High Spenders", "stable", "words",
            "What to do", "first", "second",
            "Against all customers", "Recency", "20 days", "more recent than 50 % of customers",
            "Frequency", "1", "above 30 % of customers", "Monetary", "£150.00", "above 50 % of customers",
            "1 order · first 10 Feb 2024, last 10 Feb 2024 · France",
            "How sure", "A case by itself: nobody else is in this cluster.",
            "Why this persona", "words",
            "On the map a dot stands for each customer; those near each other are alike.",
            "Open the full record",
        ]  # fmt: skip

    def test_without_the_application_there_is_nothing_to_open(self, snapshot: Snapshot) -> None:
        assert "<a " not in card.record(found(snapshot, "shop", "9"), home=False)

    def test_the_grade_of_the_persona_says_what_it_means_and_leads_to_its_figures(self, snapshot: Snapshot) -> None:
        html = card.record(found(snapshot, "shop", "12"), home=True)
        assert 'title="When customers are drawn anew and segmented again, it comes back in part,' in html
        assert 'href="/quality?dataset=shop">stability doubtful</a>' in html
        assert ">stability doubtful</span>" in card.record(found(snapshot, "shop", "12"), home=False)

    def test_a_run_that_was_built_quickly_has_no_grades(self, tmp_path: Path) -> None:
        assert "lk-grade" not in card.record(found(Snapshot(publish(tmp_path, quick=True)), "shop", "12"), home=True)

    def test_a_thinned_map_says_so(self, snapshot: Snapshot) -> None:
        assert "a dot stands for one customer in 3;" in card.record(found(snapshot, "shop", "9"), home=True, every=3)

    def test_an_id_is_text_and_never_markup(self, tmp_path: Path) -> None:
        snapshot = Snapshot(publish(tmp_path, buyers=[*BUYERS, buyer(NASTY, 5, 1, 10.0)]))
        html = card.record(found(snapshot, "shop", NASTY), home=True)
        assert "<script" not in html
        assert NASTY in text_of(html)
        assert 'href="/customers/shop/%3Cscript%3Ealert%281%29%3C%2Fscript%3E%20%26%20%2A%2Abold' in html

    def test_an_unknown_id_is_text_too(self, snapshot: Snapshot) -> None:
        answer = find(snapshot, "shop", NASTY)
        assert isinstance(answer, Nothing)
        html = card.nothing(answer)
        assert "<script" not in html
        assert text_of(html)[0] == f"No customer {NASTY[:40]}…"

    def test_no_line_break_ends_the_html(self, tmp_path: Path) -> None:
        snapshot = Snapshot(publish(tmp_path, buyers=[*BUYERS, buyer("a\n\n# b", 5, 1, 10.0, country="U\n\nK")]))
        html = card.record(found(snapshot, "shop", "a\n\n# b"), home=True)
        assert "\n" not in html
        assert "a # b" in text_of(html)


class TestPlace:
    def test_the_customer_is_marked_with_its_id(self, snapshot: Snapshot) -> None:
        answer = found(snapshot, "shop", "12")
        figure = place(answer, "dark")
        assert [note["text"] for note in figure["layout"]["annotations"]] == ["<b>12</b>"]
        assert [(trace["x"], trace["y"]) for trace in figure["data"][-2:]] == [([5.0], [5.0])] * 2

    def test_it_is_drawn_without_webgl(self, snapshot: Snapshot) -> None:
        answer = found(snapshot, "shop", "12")
        assert {trace["type"] for trace in place(answer, "light")["data"]} == {"scatter"}

    def test_ids_are_no_tags_on_the_map(self, tmp_path: Path) -> None:
        name = '<a href="https://elsewhere.example">x</a>'
        snapshot = Snapshot(publish(tmp_path, buyers=[*BUYERS, buyer(name, 5, 1, 10.0)]))
        answer = found(snapshot, "shop", name)
        figure = place(answer, "light")
        written = [trace.get("text") for trace in figure["data"]] + [note["text"] for note in figure["layout"]["annotations"]]
        assert "&lt;a " in str(written)
        assert "<a " not in str(written)


def test_the_package_turns_analytics_off_and_imports_nothing_heavy() -> None:
    code = "import os, sys, webapp.lookup; print(os.environ['GRADIO_ANALYTICS_ENABLED'], 'gradio' in sys.modules)"
    root = Path(webapp.lookup.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout == "False False\n"
