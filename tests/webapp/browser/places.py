"""Every page of the product, for the tests and for the screenshots."""

from collections.abc import Mapping
from dataclasses import dataclass

UNKNOWN_ID = "no-such-id"


@dataclass(frozen=True)
class Place:
    """One page.

    Attributes:
        name: Of the test and of the screenshot.
        path: Its address; {mall} and {retail} stand for the id of a customer.
        heading: Its first heading, with the same.
        charts: How many it draws; None where that depends on how many runs there are.
        has_map: Whether one of them is a map.
    """

    name: str
    path: str
    heading: str
    charts: int | None = 0
    has_map: bool = False

    def of(self, ids: Mapping[str, str]) -> "Place":
        """The same with ids in their places."""
        return Place(self.name, self.path.format(**ids), self.heading.format(**ids), self.charts, self.has_map)


PLACES = (
    Place("overview", "/", "Overview", 2),
    Place("mall", "/mall", "Mall customers", 3, True),
    Place("retail", "/retail", "Online retail", 3, True),
    Place("retail-segments", "/retail?lens=segments", "Online retail", 3, True),
    Place("retail-cohorts", "/retail?lens=cohorts", "Online retail", 5, True),
    Place("personas", "/personas", "Personas"),
    Place("personas-mall", "/personas?dataset=mall", "Personas"),
    Place("persona-mall", "/personas/mall/Young%20High%20Spenders", "Young High Spenders", 2),
    Place("persona-retail", "/personas/retail/Churn%20Risk", "Churn Risk", 2),
    Place("persona-compared", "/personas/retail/Churn%20Risk?with=Lost+Customers", "Churn Risk", 2),
    Place("migration", "/migration", "Migration", 2),
    Place("migration-year", "/migration?from=2010-11-01&to=2011-11-01", "Migration", 2),
    Place("customers", "/customers", "Customers"),
    Place("customer-mall", "/customers/mall/{mall}", "Customer {mall}", 3, True),
    Place("customer-retail", "/customers/retail/{retail}", "Customer {retail}", 5, True),
    Place("campaigns", "/campaigns/retail?persona=Churn+Risk", "Campaigns"),
    Place("unknown-campaign", "/campaigns/nothing", "There is no such campaign"),
    Place("compare", "/data/compare?dataset=retail", "Compare runs", None),
    Place("quality-retail", "/quality?dataset=retail", "Quality", 5),
    Place("quality-mall", "/quality?dataset=mall", "Quality", 3),
    Place("data", "/data", "Data", 1),
    Place("data-retail", "/data?dataset=retail", "Data", 1),
    Place("unknown-address", "/no/such/page", "There is no such page"),
    Place("unknown-customer", f"/customers/mall/{UNKNOWN_ID}", f"No customer {UNKNOWN_ID}"),
    Place("unknown-persona", "/personas/retail/Nobody", "There is no such page"),
)
