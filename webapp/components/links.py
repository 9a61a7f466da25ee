"""Where things that are named lead to: every persona, cluster and customer is a link."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from dash import html

from webapp.theme import OTHER, persona_colours


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
    return f"/download/{quote(dataset, safe='')}/{table}.{ending}{'?' + query if query else ''}"


def campaigns_path(dataset: str, query: str = "") -> str:
    """The address where a campaign is begun with the customers that `query` chooses."""
    return f"/campaigns/{quote(dataset, safe='')}{'?' + query if query else ''}"


def campaign_path(campaign: str) -> str:
    """The address of a campaign."""
    return f"/campaigns/{quote(campaign, safe='')}"


def dataset_path(dataset: str) -> str:
    """The address of a dataset's page."""
    return f"/{quote(dataset, safe='')}"


def scoring_path(dataset: str) -> str:
    """Where a file is sent to be scored."""
    return f"/scoring/{quote(dataset, safe='')}"


def quality_path(dataset: str) -> str:
    """The address of the page that says how far a dataset's segments can be trusted."""
    return f"/quality?{urlencode({'dataset': dataset})}"


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


def cluster(dataset: str, number: int) -> Named:
    """A cluster's number, leading to its customers."""
    return Named(f"Cluster {number}", cluster_path(dataset, number))


def customer(dataset: str, customer_id: str) -> Named:
    """A customer's id, leading to the record."""
    return Named(customer_id, customer_path(dataset, customer_id), strong=True)


def dot(colour: str) -> html.Span:
    """A spot of colour; the name stands beside it."""
    return html.Span(className="dot", style={"backgroundColor": colour}, **{"aria-hidden": "true"})
