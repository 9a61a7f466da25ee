"""A campaign of a hundred customers, 1 to 100, of whom every tenth is held out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from pipeline.campaigns import ASSIGNMENT, CONTACT, CONTROL, Draw

ID = "20240311T090000Z-0000abcd"
DRAWN_AT = datetime(2024, 3, 11, 9, 0, tzinfo=UTC)


def draw(**changes: Any) -> Draw:
    """What is drawn."""
    given: dict[str, Any] = {
        "id": ID,
        "name": "Spring letter",
        "dataset": "shop",
        "run_id": "20240310T120000Z-00000001",
        "created_at": DRAWN_AT,
        "created_by": "",
        "seed": 7,
        "share": 0.1,
        "choice": "all customers",
        "query": "",
        "id_column": "who",
        "currency": "GBP",
        "as_of": None,
    }
    return Draw(**{**given, **changes})


def groups(customers: int = 100) -> Iterator[pa.RecordBatch]:
    """Who is in which group, in two parts."""
    rows = [
        {"customer_id": str(number), "persona": "Churn Risk", "group": CONTACT if number % 10 else CONTROL}
        for number in range(1, customers + 1)
    ]
    for part in (rows[:50], rows[50:]):
        yield pa.RecordBatch.from_pylist(part, schema=ASSIGNMENT.arrow)
