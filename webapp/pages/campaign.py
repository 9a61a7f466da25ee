"""One campaign: its groups, the outcomes that are sent, and what they show."""

from typing import Any

from dash import html

from pipeline import formats
from pipeline.campaigns import Campaign
from pipeline.errors import ClienteleError
from pipeline.job_folder import DONE, REFUSED, WORKING
from webapp.components import links, upload
from webapp.components.card import panel, tiles
from webapp.components.downloads import lists
from webapp.components.trail import trail
from webapp.pages.ask import Ask
from webapp.pages.effect import effect

_FILES = (("audience", "everyone with their group"), ("contacts", "those to be contacted"))
_OUTCOMES = "Leave out the columns that are not needed."


def matches(ask: Ask) -> bool:
    """Whether the address is that of a campaign; there may be none of that id."""
    return len(ask.parts) == 2 and ask.parts[0] == "campaigns"


def title(ask: Ask) -> str:
    """The page's title."""
    return "Campaign"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view`."""
    return [html.Div(view(ask), id="view")]


def view(ask: Ask) -> list[Any]:
    """The campaign, and what is known of its outcomes."""
    try:
        campaign = ask.campaigns.find(ask.parts[1])
        result = ask.campaigns.result(campaign) if campaign else None
    except ClienteleError as error:
        return [html.H1(title(ask)), panel("The campaign cannot be read", html.P(str(error), className="trouble", role="alert"))]
    if campaign is None:
        return [html.H1("There is no such campaign"), html.P(html.A("All campaigns", href=links.CAMPAIGNS))]
    is_analyst = ask.role == "analyst"
    return [
        trail([("Campaigns", links.campaigns_path(campaign.dataset) if campaign.dataset in ask.snapshot.datasets else links.CAMPAIGNS)]),
        html.H1(campaign.name),
        _groups(ask, campaign),
        *([html.Div(_sent(ask, campaign), id="scored")] if is_analyst else []),
        *(effect(ask, campaign, result) if result else [_awaited()]),
        *([_send(ask, campaign)] if is_analyst else []),
    ]


def _groups(ask: Ask, campaign: Campaign) -> html.Section:
    everyone = campaign.contact + campaign.control
    by = f" by {campaign.created_by}" if campaign.created_by else ""
    items = [
        ("To be contacted", formats.count(campaign.contact), formats.share(campaign.contact / everyone)),
        ("Control group", formats.count(campaign.control), formats.share(campaign.control / everyone)),
        ("Drawn", formats.day(campaign.created_at), f"{campaign.created_at:%H:%M} UTC{by}"),
    ]
    of = ask.snapshot.datasets[campaign.dataset].title if campaign.dataset in ask.snapshot.datasets else campaign.dataset
    said = f"{of}: {campaign.choice}. Drawn from run {campaign.run_id} with seed {campaign.seed}."
    offered = html.Div([_offered(campaign, name, what) for name, what in _FILES], className="offered for-analysts")
    return panel("The groups", [tiles(items), html.P(said, className="note"), offered])


def _offered(campaign: Campaign, name: str, what: str) -> html.Div:
    """A list of the campaign as files."""
    files = lists(lambda ending: links.group_path(campaign.id, name, ending), what=what)
    return html.Div([html.Span(what[:1].upper() + what[1:], className="label"), files], className="audience")


def _awaited() -> html.Section:
    text = "Once the campaign is over, send what its customers did. Until then there is nothing to compare."
    return panel("No outcomes so far", html.P(text))


def _sent(ask: Ask, campaign: Campaign) -> list[Any]:
    """How far outcomes are that were sent, or why nothing came of them."""
    job = ask.jobs.find(ask.params["scored"]) if ask.params.get("scored") else None
    if job is None or job.campaign != campaign.id:
        return []
    status = job.status
    if status["state"] == WORKING:
        return [panel(f"Reading {job.file}", upload.waiting(job.id))]
    if status["state"] == DONE:
        return []
    heading = f"{job.file} was refused" if status["state"] == REFUSED else f"{job.file} could not be read"
    return [panel(heading, html.P(status["message"], className="trouble", role="alert"))]


def _send(ask: Ask, campaign: Campaign) -> html.Section:
    if not ask.upload_bytes:
        return panel("Send the outcomes", html.P("No files are taken here. Whoever runs this can allow it: CLIENTELE_UPLOAD_MB."))
    text = (
        "A file of what the campaign's customers did since, of both groups. Whoever it does not name counts as not converted, so a list of "
        "orders is enough; several rows of one customer are added up."
    )
    note = (
        f"CSV, XLSX or parquet up to {formats.size(ask.upload_bytes)}, with the customer id (as {campaign.id_column}, or customer_id) "
        "and either amount, or converted with yes and no. The file is deleted as soon as it is read; what comes of it is kept with the "
        "campaign, in the place of what was sent before."
    )
    sent_to = links.outcomes_path(campaign.id)
    return panel(
        "Send the outcomes", [html.P(text), upload.upload(sent_to, ask.upload_bytes, otherwise=_OUTCOMES), html.P(note, className="note")]
    )
