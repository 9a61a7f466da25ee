"""Customers dealt into those to be contacted and a control group, at random and the same way every time."""

from collections.abc import Iterator

import pyarrow as pa

from pipeline.campaigns import CONTACT, CONTROL
from webapp.views.scope import Scope

# Of the hash, as `pipeline.campaigns.Draw` says; more would not fit into a whole number of 64 bits.
_NUMBER = "('0x' || substr(sha256(? || customer_id), 1, 15))::BIGINT"


def size(scope: Scope) -> int:
    """How many customers are looked at."""
    chosen, values = scope.chosen
    found: int = scope.snapshot.rows(f"SELECT count(*) AS customers FROM {chosen}", values)[0]["customers"]
    return found


def control_of(customers: int, share: float) -> int:
    """How many of so many are the control group."""
    return round(customers * share)


def groups(scope: Scope, key: str, control: int) -> Iterator[pa.RecordBatch]:
    """One row per customer that is looked at, as lists stand: customer_id, persona, group; a part at a time.

    Args:
        scope: Whom to deal.
        key: What tells this draw from others, see `pipeline.campaigns.Draw`.
        control: How many customers the control group is to hold; at least one.
    """
    chosen, values = scope.chosen_by_id
    numbered = f"SELECT {_NUMBER} AS number FROM {chosen}"
    last = scope.snapshot.rows(f"SELECT number FROM ({numbered}) ORDER BY number LIMIT 1 OFFSET ?", [key, *values, control - 1])[0][
        "number"
    ]
    # Those of a crowd stand in this order already.
    order = "" if scope.crowd else f"ORDER BY {scope.in_order}"
    sql = f"""SELECT customer_id, persona, CASE WHEN {_NUMBER} <= ? THEN '{CONTROL}' ELSE '{CONTACT}' END AS "group"
              FROM {chosen} {order}"""
    return scope.snapshot.batches(sql, [key, last, *values])
