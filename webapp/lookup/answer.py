"""What is known of the customer that was asked for. Knows neither Gradio nor HTML."""

from dataclasses import dataclass
from typing import Any

from pipeline import formats
from pipeline.sql import identifier
from webapp import findings, reasons
from webapp.snapshot import Snapshot
from webapp.views import customers, segments
from webapp.views.scope import Scope

# An id that is longer than this is none.
LONGEST_ID = 200
_EXAMPLES = 4


@dataclass(frozen=True)
class Standing:
    """One feature of a customer.

    Attributes:
        name: In words.
        value: With its unit.
        ahead: Share of all customers with less, or for days since the last order with more; None where more and less mean nothing.
        words: The same as a sentence.
    """

    name: str
    value: str
    ahead: float | None
    words: str


@dataclass(frozen=True)
class Found:
    """A customer.

    Attributes:
        scope: The dataset.
        customer: Everything published of the customer.
        persona: The persona's words: summary, reason, actions, ...
        personas: All names, in the order of the rules.
        cluster: Its size and share.
        standings: One per feature.
        sure: How clearly the customer belongs to the cluster.
        grade: How surely the persona is found again; None if the run was built quickly.
    """

    scope: Scope
    customer: dict[str, Any]
    persona: dict[str, Any]
    personas: list[str]
    cluster: dict[str, Any]
    standings: list[Standing]
    sure: str
    grade: reasons.Grade | None


@dataclass(frozen=True)
class Nothing:
    """No customer: why, and the ids that may have been meant."""

    heading: str
    text: str
    ids: tuple[str, ...] = ()


def find(snapshot: Snapshot, dataset: str, text: str) -> Found | Nothing:
    """The customer of a dataset whose id is `text`, spaces around it aside."""
    if dataset not in snapshot.datasets:
        there = formats.listed(record.title for record in snapshot.datasets.values())
        return Nothing("This data is not there any more", f"The run that is published now holds {there}. Reload the page to look there.")
    # A browser may send half a character while one is typed.
    scope, customer_id = Scope(snapshot, dataset), text.encode("utf-8", "replace").decode().strip()[:LONGEST_ID]
    if not customer_id:
        return Nothing("Which customer?", "Type a customer id, or choose an example.")
    customer = customers.record(scope, customer_id)
    if customer is None:
        shown = customer_id if len(customer_id) <= 40 else f"{customer_id[:40]}…"
        text = f"{scope.record.title} has no customer with this id. Ids that look most like it stand above."
        return Nothing(f"No customer {shown}", text, tuple(customers.nearest(scope, customer_id)))
    clusters = segments.by_number(scope)
    stability = segments.grades(scope).get(customer["persona"])
    return Found(
        scope,
        customer,
        segments.by_name(scope)[customer["persona"]],
        segments.persona_names(scope),
        clusters[customer["cluster"]],
        [_standing(scope, row) for row in customers.standing(scope, customer)],
        findings.sure(customer, clusters),
        reasons.grade(*stability) if stability else None,
    )


def examples(scope: Scope) -> list[tuple[str, str]]:
    """Ids with their personas: the most typical customer of each of the largest personas."""
    personas = segments.personas(scope).sort_values("customers", ascending=False, kind="stable")
    typical = [(name, customers.typical(scope, name, 1)) for name in personas["persona"].head(_EXAMPLES)]
    return [(frame["customer_id"].iloc[0], name) for name, frame in typical if len(frame)]


def _standing(scope: Scope, row: dict[str, Any]) -> Standing:
    name, value = row["feature"], row["value"]
    words = formats.words(name)
    if name in scope.fields.categories:
        said = {code: word for word, code in scope.fields.categories[name].items()}.get(value, formats.NOTHING)
        return Standing(words, said, None, f"like {formats.share(_alike(scope, name, value))} of customers")
    recent = name == "recency_days"
    ahead = 1 - row["below"] if recent else row["below"]
    return Standing(words, formats.exact_measure(value, scope.units[name], scope.currency), ahead, findings.rank(row["below"], name))


def _alike(scope: Scope, feature: str, value: float) -> float:
    """Share of customers with the same value."""
    same = f"SELECT avg(({identifier(feature)} = ?)::INTEGER) AS share FROM {scope.table('customers')}"
    return float(scope.snapshot.once(("alike", scope.name, feature, str(value)), lambda: scope.snapshot.rows(same, [value])[0]["share"]))
