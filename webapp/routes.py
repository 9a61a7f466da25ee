"""From an address to a page."""

from types import ModuleType
from typing import Any

from dash import dcc

from webapp.components import states
from webapp.components.links import dataset_path
from webapp.pages import campaign, campaigns, compare, customer, customers, data, dataset, migration, overview, persona, personas, quality
from webapp.pages.ask import Ask

PAGES: tuple[ModuleType, ...] = (
    overview,
    data,
    compare,
    quality,
    migration,
    dataset,
    personas,
    persona,
    customers,
    customer,
    campaigns,
    campaign,
)
# Of these all but the heading is made anew when the address changes; a dataset's page knows better what changed.
VIEWED = (overview, data, compare, quality, migration, personas, persona, campaign)
# Where something can be supposed, which the address holds too.
SUPPOSING = (persona, customer, campaigns)
# What a page supposes beside what it shows, by the name that this has in the address.
SUPPOSED_BESIDE: dict[ModuleType | None, tuple[str, ...]] = {persona: (persona.SUPPOSED,)}
NAME = "Clientele"


def page_of(ask: Ask) -> ModuleType | None:
    """The page that answers to an address; None for a wrong one."""
    return next((page for page in PAGES if page.matches(ask)), None)


def depends_on_run_alone(ask: Ask) -> bool:
    """Whether a page says the same for as long as the run is shown: other runs come, and files are sent, meanwhile."""
    return page_of(ask) not in (data, compare, campaigns, campaign)


def layout(ask: Ask) -> tuple[list[Any], str]:
    """The whole page and its title."""
    page = page_of(ask)
    if page is None:
        titles = [(record.title, dataset_path(name)) for name, record in ask.snapshot.datasets.items()]
        return [states.not_found(ask.path, titles)], f"No such page · {NAME}"
    # Beside `#view`, what it was made of: only a change of that makes it anew.
    beside = [dcc.Store(id="viewed", data=viewed(ask))] if page in VIEWED else []
    return [*page.layout(ask), *beside], f"{page.title(ask)} · {NAME}"


def view(ask: Ask) -> list[Any] | None:
    """What the address changes on a page that is there already; None where there is nothing of the kind."""
    page = page_of(ask)
    return page.view(ask) if page in VIEWED else None


def viewed(ask: Ask) -> str:
    """The address as far as `view` follows it: without what is supposed beside it."""
    return ask.href(**dict.fromkeys(SUPPOSED_BESIDE.get(page_of(ask), ())))


def supposed(ask: Ask) -> list[Any] | None:
    """What would be, by what the address supposes; None where nothing can be supposed."""
    page = page_of(ask)
    return page.supposed(ask) if page in SUPPOSING else None
