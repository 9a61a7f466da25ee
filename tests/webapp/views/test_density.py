import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.views import density

_bounds = st.floats(-1e6, 1e6)


@given(_bounds, _bounds, st.floats(-1e6, 1e6, width=32))
@example(0.1, 0.3, float(np.float32(0.1)))
@example(0.3, 0.1, float(np.float32(0.1)))
@example(0.5, 0.7, float(np.float32(0.7)))
@example(0.5, 0.5, 0.5)
def test_between_short_bounds_lie_the_same_short_numbers(low: float, high: float, number: float) -> None:
    least, most = density._short(low, high)
    assert np.float32(least) == least
    assert np.float32(most) == most
    assert (least <= number <= most) == (low <= number <= high)
