import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.campaigns import Campaign, Campaigns
from tests.campaign import ID, draw, groups
from tests.webapp.handmade import buyer, publish
from tests.webapp.pages.test_every_page import texts
from webapp import payload, routes
from webapp.access.visitor import Role
from webapp.jobs import Jobs
from webapp.pages.ask import Ask
from webapp.store import Store

BUYERS = [buyer(str(at), at, 1, 100.0, cluster=2 if at % 2 else 0) for at in range(1, 101)]
EFFECT = {
    "contact": 0.2,
    "control": 0.1,
    "difference": 0.1,
    "low": 0.02,
    "high": 0.18,
    "relative": 1.0,
    "relative_low": 0.2,
    "relative_high": None,
}
RESULT: dict[str, Any] = {
    "file": "told.csv",
    "column": "amount",
    "is_amount": True,
    "counts": {"read": 5, "kept": 4, "rejected": 1, "duplicates": 0},
    "added": 1,
    "outside": 30,
    "first_outside": ["x1", "x2"],
    "contact": {"customers": 90, "named": 20, "converted": 18, "spent": 900.0},
    "control": {"customers": 10, "named": 1, "converted": 1, "spent": 20.0},
    "conversion": EFFECT,
    "spend": {**EFFECT, "contact": 10.0, "control": 2.0, "difference": 8.0, "low": -1.0, "high": 17.0},
    "rejected": [{"source": "told.csv", "source_row": 4, "reason": "amount is missing"}],
    "sent_at": "2024-04-11T09:00:00+00:00",
    "sent_by": "ann",
}


@pytest.fixture
def campaigns(tmp_path: Path) -> Campaigns:
    publish(tmp_path, buyers=BUYERS)
    return Campaigns(tmp_path)


@pytest.fixture
def campaign(campaigns: Campaigns) -> Campaign:
    return campaigns.keep(draw(created_by="ann"), groups)


def said(campaigns: Campaigns, tmp_path: Path, path: str, query: str = "", role: Role = "analyst", **more: Any) -> list[str]:
    """The texts of a page."""
    store = Store(tmp_path)
    asked = Ask(store, store.snapshot(), path, query, "light", campaigns=campaigns, role=role, jobs=Jobs(tmp_path / "jobs"), **more)
    assert not routes.depends_on_run_alone(asked)
    return texts(json.loads(payload.dump(routes.layout(asked)[0])))


class TestBeginning:
    def test_those_who_are_chosen_are_told_and_what_could_be_shown(self, campaigns: Campaigns, tmp_path: Path) -> None:
        found = said(campaigns, tmp_path, "/campaigns/shop", "?persona=Loyal+High+Spenders&share=20&usual-rate=50")
        assert "50 customers: persona is Loyal High Spenders." in found
        assert "/audiences/shop?persona=Loyal+High+Spenders" in found
        hint = next(text for text in found if "would be contacted" in text)
        assert hint.startswith("40 would be contacted and 10 held out. If 50 % convert uncontacted, a rise of ")

    def test_too_few_are_told_that_they_show_nothing(self, campaigns: Campaigns, tmp_path: Path) -> None:
        found = said(campaigns, tmp_path, "/campaigns/shop", "?recency_days=~8&share=50&usual-rate=99")
        assert any("That is too few to show any effect" in text for text in found)
        found = said(campaigns, tmp_path, "/campaigns/shop", "?recency_days=~2")
        assert "They are too few to be dealt into two groups." in found

    def test_how_many_convert_anyway_is_that_of_the_back_test_where_it_knows(self, campaigns: Campaigns, tmp_path: Path) -> None:
        found = said(campaigns, tmp_path, "/campaigns/shop", "?persona=Churn+Risk")
        assert any("In the back-test 0 % of Churn Risk ordered again within 90 days" in text for text in found)
        assert any("10 % convert uncontacted is a guess" in text for text in said(campaigns, tmp_path, "/campaigns/shop", ""))

    @pytest.mark.parametrize("query", ["?share=1000&usual-rate=-1", "?share=x&usual-rate=nan", "?persona="])
    def test_what_cannot_be_understood_is_passed_over(self, campaigns: Campaigns, tmp_path: Path, query: str) -> None:
        assert "100 customers: all customers." in said(campaigns, tmp_path, "/campaigns", query)

    def test_managers_see_campaigns_and_begin_none(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        found = said(campaigns, tmp_path, "/campaigns/shop", "", role="manager")
        assert "Hold out a control group" not in found
        assert {"Spring letter", f"/campaigns/{ID}", "awaited"} <= set(found)

    def test_those_that_were_measured_say_so(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        campaigns.conclude(campaign, RESULT)
        assert "measured" in said(campaigns, tmp_path, "/campaigns/shop", "")
        assert "None was drawn so far." in said(campaigns, tmp_path, "/campaigns/gym", "")

    def test_one_that_cannot_be_read_is_told(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        (tmp_path / "campaigns" / ID / "manifest.json").write_text("{}")
        for path in ("/campaigns", f"/campaigns/{ID}"):
            assert any("its manifest.json cannot be read" in text for text in said(campaigns, tmp_path, path))

    def test_the_dataset_that_is_shown_keeps_whom_and_what_was_typed(self, campaigns: Campaigns, tmp_path: Path) -> None:
        query = "?persona=Churn+Risk&share=20"
        found = said(campaigns, tmp_path, "/campaigns/shop", query)
        assert {f"/campaigns/shop{query}", "/campaigns/gym"} <= set(found)

    def test_a_range_of_customers_is_not_taken_for_how_many_convert(self, campaigns: Campaigns, tmp_path: Path) -> None:
        """A feature may be called rate."""
        found = said(campaigns, tmp_path, "/campaigns/shop", "?rate=50")
        assert any("10 % convert uncontacted is a guess" in text for text in found)

    def test_those_whose_dataset_is_gone_are_listed_wherever_one_looks(
        self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path
    ) -> None:
        other = campaigns.keep(draw(id="20240312T090000Z-00000002", dataset="bakery", name="Bread"), groups)
        for path in ("/campaigns", "/campaigns/shop", "/campaigns/gym"):
            found = said(campaigns, tmp_path, path)
            assert {"Campaigns of datasets that this run does not hold", "bakery", "Bread", f"/campaigns/{other.id}"} <= set(found)
        assert "Spring letter" not in said(campaigns, tmp_path, "/campaigns/gym")
        # From there the way back leads to a page that is there.
        assert {"Bread", "/campaigns"} <= set(said(campaigns, tmp_path, f"/campaigns/{other.id}"))


class TestCampaign:
    def test_its_groups_are_offered_and_outcomes_are_awaited(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        found = said(campaigns, tmp_path, f"/campaigns/{ID}")
        assert {"Spring letter", "90", "10", "90 %", "10 %", "09:00 UTC by ann", "No outcomes so far"} <= set(found)
        assert {f"/audiences/{ID}/audience.csv", f"/audiences/{ID}/contacts.xlsx", f"/scoring/campaigns/{ID}"} <= set(found)

    def test_managers_see_what_came_of_it_and_send_nothing(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        campaigns.conclude(campaign, RESULT)
        found = said(campaigns, tmp_path, f"/campaigns/{ID}", role="manager")
        assert f"/scoring/campaigns/{ID}" not in found
        assert "Contacting raised conversion: 20 % of those contacted, 10 % of the control group" in found

    def test_an_interval_that_holds_0_is_no_difference(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        campaigns.conclude(campaign, RESULT)
        found = said(campaigns, tmp_path, f"/campaigns/{ID}")
        assert "The data does not show a difference in spend per customer: the interval holds 0" in found
        assert {"10.0 points (95 %: 2.0 to 18.0)", "+100 % (95 %: +20 % to no bound)", "£8.00 (95 %: -£1.00 to £17.00)"} <= set(found)

    def test_less_is_said_as_plainly(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        campaigns.conclude(campaign, {**RESULT, "conversion": {**EFFECT, "low": -0.2, "high": -0.1}, "spend": None})
        found = said(campaigns, tmp_path, f"/campaigns/{ID}")
        assert "Contacting lowered conversion: 20 % of those contacted, 10 % of the control group" in found

    def test_without_an_interval_nothing_is_claimed(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        none = dict.fromkeys(("low", "high", "relative", "relative_low", "relative_high"))
        campaigns.conclude(campaign, {**RESULT, "spend": {**EFFECT, **none, "contact": 0.0, "control": 0.0, "difference": 0.0}})
        found = said(campaigns, tmp_path, f"/campaigns/{ID}")
        assert "Whether spend per customer differs cannot be told: within the groups everyone did the same" in found
        assert "cannot be told: the control group's figure is not above 0" in found

    @pytest.mark.parametrize(
        ("contact", "control", "why"),
        [
            (5.0, -2.0, "the control group's figure is not above 0"),
            (-3.0, 2.0, "the figure of those contacted is below 0"),
            (4.0, 2.0, "within the groups everyone did the same"),
        ],
    )
    def test_why_nothing_is_relative_to_the_control_group_is_said(
        self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path, contact: float, control: float, why: str
    ) -> None:
        none = dict.fromkeys(("relative", "relative_low", "relative_high"))
        spend = {**EFFECT, **none, "contact": contact, "control": control, "difference": contact - control}
        campaigns.conclude(campaign, {**RESULT, "spend": spend})
        assert f"cannot be told: {why}" in said(campaigns, tmp_path, f"/campaigns/{ID}")

    def test_what_was_not_counted_is_named(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        campaigns.conclude(campaign, RESULT)
        found = said(campaigns, tmp_path, f"/campaigns/{ID}")
        assert "30 customers are in neither group and not counted, the first 2: x1 and x2." in found
        assert "1 row was added to an earlier one of the same customer." in found
        assert {"4 of 5 rows used", "told.csv, row 4", "amount is missing", "told.csv, sent on 2024-04-11 by ann."} <= set(found)

    def test_of_many_rows_that_were_kept_out_the_first_are_told_as_the_first(
        self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path
    ) -> None:
        campaigns.conclude(campaign, {**RESULT, "counts": {"read": 150, "kept": 13, "rejected": 137, "duplicates": 0}})
        assert "137 rows kept out, the first 1:" in said(campaigns, tmp_path, f"/campaigns/{ID}")
        campaigns.conclude(campaign, RESULT)
        assert "1 row kept out:" in said(campaigns, tmp_path, f"/campaigns/{ID}")

    def test_a_refusal_says_why(self, campaigns: Campaigns, campaign: Campaign, tmp_path: Path) -> None:
        job = Jobs(tmp_path / "jobs").begin("shop", "told.csv", ID)
        job.tell("refused", "told.csv: is empty.")
        found = said(campaigns, tmp_path, f"/campaigns/{ID}", f"?scored={job.id}")
        assert {"told.csv was refused", "told.csv: is empty."} <= set(found)
        # It is none of the files to be scored.
        assert "This result is no longer kept" in said_of_data(tmp_path, job.id)

    def test_of_another_id_there_is_none(self, campaigns: Campaigns, tmp_path: Path) -> None:
        assert "There is no such campaign" in said(campaigns, tmp_path, "/campaigns/nothing")


def said_of_data(tmp_path: Path, job_id: str) -> list[str]:
    store = Store(tmp_path)
    asked = Ask(store, store.snapshot(), "/data", f"?dataset=shop&scored={job_id}", "light", jobs=Jobs(tmp_path / "jobs"), role="analyst")
    return texts(json.loads(payload.dump(routes.layout(asked)[0])))
