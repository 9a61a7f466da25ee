"""The campaigns that there were, those of datasets that are not there any more among them."""

from typing import Any

from dash import html

from pipeline import formats
from pipeline.campaigns import Campaign
from pipeline.errors import ClienteleError
from webapp.components import links
from webapp.components.card import panel
from webapp.components.links import Named
from webapp.components.table import Column, table
from webapp.pages.ask import Ask
from webapp.views.scope import Scope


def drawn(ask: Ask, scope: Scope) -> list[html.Section]:
    """The campaigns of a dataset, and those whose dataset the run does not hold."""
    heading = f"Campaigns with customers of {scope.record.title}"
    try:
        found = ask.campaigns.all()
        own = [campaign for campaign in found if campaign.dataset == scope.name]
        others = [campaign for campaign in found if campaign.dataset not in ask.snapshot.datasets]
        listed = panel(heading, _table(ask, own, heading) if own else html.P("None was drawn so far."))
        return [listed, *([_elsewhere(ask, others)] if others else [])]
    except ClienteleError as error:
        return [panel(heading, html.P(str(error), className="trouble", role="alert"))]


def _elsewhere(ask: Ask, campaigns: list[Campaign]) -> html.Section:
    heading = "Campaigns of datasets that this run does not hold"
    return panel(heading, _table(ask, campaigns, heading, with_dataset=True))


def _table(ask: Ask, campaigns: list[Campaign], caption: str, *, with_dataset: bool = False) -> dict[str, Any]:
    columns: list[Column | str] = ["Campaign", *(["Dataset"] if with_dataset else []), "Drawn", "Audience"]
    columns += [*(Column(word, numeric=True) for word in ("Contact", "Control")), "Outcomes"]
    return table(columns, [_row(ask, campaign, with_dataset=with_dataset) for campaign in campaigns], caption=caption)


def _row(ask: Ask, campaign: Campaign, *, with_dataset: bool) -> list[Any]:
    return [
        Named(campaign.name, links.campaign_path(campaign.id), strong=True),
        *([campaign.dataset] if with_dataset else []),
        formats.day(campaign.created_at),
        campaign.choice,
        formats.count(campaign.contact),
        formats.count(campaign.control),
        "measured" if ask.campaigns.result(campaign) is not None else "awaited",
    ]
