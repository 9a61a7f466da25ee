import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import shares


@given(st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=20))
def test_shares_come_to_one_and_of_no_gain_there_are_none(parts: list[int]) -> None:
    found = shares.of_total(pd.Series(parts, dtype=float))
    if sum(parts) > 0:
        assert found.sum() == pytest.approx(1)
        assert all(share * sum(parts) == pytest.approx(part) for share, part in zip(found, parts, strict=True))
    else:
        assert all(map(math.isnan, found))
