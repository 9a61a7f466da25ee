"""Where things that are named lead to: every persona, cluster and customer is a link."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from dash import html

from pipeline import formats
from webapp.theme import OTHER, persona_colours

# Pages that are about all datasets.
CUSTOMERS, CAMPAIGNS = "/customers", "/campaigns"


def personas_path(dataset: str) -> str:
    """The address of the page of all personas of a dataset."""
    return _of("/personas", dataset)


def persona_path(dataset: str, persona: str) -> str:
    """The address of a persona's page."""
    return f"/personas/{quote(dataset, safe='')}/{quote(persona, safe='')}"


def customer_path(dataset: str, customer_id: str) -> str:
    """The address of a customer's record."""
    return f"/customers/{quote(dataset, safe='')}/{quote(customer_id, safe='')}"


def cluster_path(dataset: str, cluster: int) -> str:
    """The address of the dataset's page narrowed to one cluster."""
    return f"/{quote(dataset, safe='')}?{urlencode({'cluster': cluster})}"


def download_path(dataset: str, table: str, ending: str, query: str = "") -> str:
    """The address of a file."""
    return _asked(f"/download/{quote(dataset, safe='')}/{table}.{ending}", query)


def campaigns_path(dataset: str, query: str = "") -> str:
    """The address where a campaign is begun with the customers that `query` chooses."""
    return _asked(f"{CAMPAIGNS}/{quote(dataset, safe='')}", query)


def campaign_path(campaign: str) -> str:
    """The address of a campaign."""
    return f"{CAMPAIGNS}/{quote(campaign, safe='')}"


def audience_path(dataset: str, query: str = "") -> str:
    """Where a campaign is drawn of the customers that `query` chooses."""
    return _asked(f"/audiences/{quote(dataset, safe='')}", query)


def group_path(campaign: str, name: str, ending: str) -> str:
    """The address of the list of a campaign as a file."""
    return f"/audiences/{quote(campaign, safe='')}/{name}.{ending}"


def outcomes_path(campaign: str) -> str:
    """Where the outcomes of a campaign are sent."""
    return f"/scoring/campaigns/{quote(campaign, safe='')}"


def dataset_path(dataset: str) -> str:
    """The address of a dataset's page."""
    return f"/{quote(dataset, safe='')}"


def scoring_path(dataset: str) -> str:
    """Where a file is sent to be scored."""
    return f"/scoring/{quote(dataset, safe='')}"


def result_path(job: str, file: str) -> str:
    """The address of a file that scoring one left."""
    return f"/scoring/results/{job}/{file}"


def migration_path(dataset: str) -> str:
    """The address of the page of who moved between personas."""
    return _of("/migration", dataset)


def compare_path(dataset: str) -> str:
    """The address of the page that compares two runs of a dataset."""
    return _of("/data/compare", dataset)


def run_path(run_id: str) -> str:
    """Where it is asked that a run be shown."""
    return f"/runs/{run_id}"


def label_path(run_id: str) -> str:
    """Where a run is named or pinned."""
    return f"/runs/label/{run_id}"


def quality_path(dataset: str) -> str:
    """The address of the page that says how far a dataset's segments can be trusted."""
    return _of("/quality", dataset)


@dataclass(frozen=True)
class Named:
    """Something that has a page of its own.

    Attributes:
        text: What it is called.
        href: Its address.
        colour: Of a persona, else empty.
        strong: Whether it is what a row or a list is about.
    """

    text: str
    href: str
    colour: str = ""
    strong: bool = False

    def link(self) -> html.A:
        """A link by itself; tables draw their own."""
        if self.colour:
            return html.A([dot(self.colour), self.text], href=self.href, className="chip")
        return html.A(self.text, href=self.href, className="id" if self.strong else None)


def persona(dataset: str, name: str, personas: list[str]) -> Named:
    """A persona's name with its colour, leading to its page."""
    return Named(name, persona_path(dataset, name), persona_colours(personas).get(name, OTHER))


def persona_if_known(dataset: str, name: Any, personas: list[str]) -> Named | str:
    """A persona of this run as a link; one that only another run knows as text, and nothing as -."""
    if formats.is_nothing(name):
        return formats.NOTHING
    return persona(dataset, name, personas) if name in personas else str(name)


def cluster(dataset: str, number: int) -> Named:
    """A cluster's number, leading to its customers."""
    return Named(f"Cluster {number}", cluster_path(dataset, number))


def customer(dataset: str, customer_id: str) -> Named:
    """A customer's id, leading to the record."""
    return Named(customer_id, customer_path(dataset, customer_id), strong=True)


def _of(path: str, dataset: str) -> str:
    """A page of all datasets that shows one of them."""
    return _asked(path, urlencode({"dataset": dataset}))


def _asked(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def dot(colour: str) -> html.Span:
    """A spot of colour; the name stands beside it."""
    return html.Span(className="dot", style={"backgroundColor": colour}, **{"aria-hidden": "true"})
