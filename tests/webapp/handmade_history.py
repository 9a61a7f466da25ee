"""What the run made by hand says of the ends of months: everybody is the first persona, and two months later what they are now."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

Row = dict[str, Any]

YEAR = timedelta(days=365)


def tables(customers: Sequence[Row], orders: Sequence[Row], personas: Sequence[str], as_of: date) -> dict[str, list[Row]]:
    """The rows of `history` and of `flows`."""
    found = [row for customer in customers for row in _stretches(customer, personas[0], as_of)]
    return {"history": found, "flows": _flows(found, orders, as_of)}


def month_of(time: datetime, later: int = 0) -> datetime:
    """The first day of a month, or of one that is so many months later."""
    number = time.year * 12 + time.month - 1 + later
    return datetime(number // 12, number % 12 + 1, 1)


def _stretches(customer: Row, first: str, as_of: date) -> list[Row]:
    begun = month_of(customer["first_order"])
    stretches = [(begun, first), (month_of(begun, 2), customer["persona"])]
    changed = stretches if customer["persona"] != first else stretches[:1]
    return [
        {"customer_id": customer["customer_id"], "month": month, "persona": persona}
        for month, persona in changed
        if month_of(month, 1).date() <= as_of
    ]


def _flows(history: Sequence[Row], orders: Sequence[Row], as_of: date) -> list[Row]:
    if not history:
        return []
    month, found, before = min(row["month"] for row in history), [], dict[str, str]()
    while (end := month_of(month, 1)).date() <= as_of:
        now = {**before, **{row["customer_id"]: row["persona"] for row in history if row["month"] == month}}
        pairs = {customer_id: (before.get(customer_id), persona) for customer_id, persona in now.items()}
        spent = Counter[tuple[str | None, str]]()
        for order in orders:
            if order["customer_id"] in pairs and end - YEAR <= order["time"] < end:
                spent[pairs[order["customer_id"]]] += order["spend"]
        for (one, other), customers in sorted(Counter(pairs.values()).items(), key=lambda item: (item[0][0] is None, *map(str, item[0]))):
            row = {"month": month, "from_persona": one, "to_persona": other, "customers": customers}
            found.append({**row, "revenue": float(spent[one, other])})
        month, before = end, now
    return found
