from collections import Counter
from datetime import date

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from webapp.bought import Bought

_LISTS = pa.list_(pa.struct([("month", pa.int16()), ("spent", pa.float64())]))
# Of each customer, what they spent by month: 1970 comes after some.
_spent = st.dictionaries(st.dates(date(1969, 11, 1), date(1970, 4, 30)).map(lambda day: day.replace(day=1)), st.floats(-9, 9), max_size=4)


def kept(customers: list[dict[date, float]], *, at_once: int) -> Bought:
    lists = [[{"month": 12 * (day.year - 1970) + day.month - 1, "spent": spent} for day, spent in one.items()] for one in customers]
    parts = [lists[start : start + at_once] for start in range(0, len(lists), at_once)]
    return Bought.of(pa.record_batch({"months": pa.array(part, _LISTS)}) for part in parts)


@given(customers=st.lists(_spent, max_size=40), data=st.data())
def test_of_some_customers_all_that_they_spent_is_found_and_nothing_else(customers: list[dict[date, float]], data: st.DataObject) -> None:
    rows = sorted(data.draw(st.sets(st.integers(0, len(customers) - 1)))) if customers else []
    told = kept(customers, at_once=data.draw(st.integers(1, 50)))
    found = [
        (place, told.months[month].astype("datetime64[D]").item(), amount)
        for part in told.by(np.array(rows, np.int64))
        for place, month, amount in zip(*(numbers.tolist() for numbers in part), strict=True)
    ]
    assert [place for place, *_ in found] == sorted(place for place, *_ in found)
    assert Counter(found) == Counter((at, month, spent) for at, row in enumerate(rows) for month, spent in customers[row].items())


def test_months_without_orders_are_among_them() -> None:
    told = kept([{date(2024, 3, 1): 1.0}, {}, {date(2023, 12, 1): 2.0}], at_once=2)
    assert told.months.astype("datetime64[D]").tolist() == [date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
