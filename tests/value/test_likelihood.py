import numpy as np
import pytest

from pipeline.value.likelihood import NoFitError, maximise


def hill(values: np.ndarray) -> tuple[float, np.ndarray]:
    """Highest at 2 and 50."""
    apart = np.log(values) - np.log([2.0, 50.0])
    return float(-(apart**2).sum()), -2 * apart / values


def test_the_top_is_found_from_anywhere() -> None:
    for start in ([1.0, 1.0], [100.0, 0.1]):
        assert maximise(hill, [start], "It") == pytest.approx([2.0, 50.0], rel=1e-5)


def test_the_highest_of_several_ends_counts() -> None:
    def two(values: np.ndarray) -> tuple[float, np.ndarray]:
        # Two hills along the logarithm, at 0 and, twice as high, at 5.
        log = np.log(values)
        low, high = np.exp(-(log**2)), 2 * np.exp(-((log - 5) ** 2))
        return float((low + high).sum()), (-2 * log * low - 2 * (log - 5) * high) / values

    assert maximise(two, [[1.1], [100.0]], "It") == pytest.approx([np.exp(5)], rel=1e-4)
    assert maximise(two, [[1.1]], "It") == pytest.approx([1.0], rel=1e-4)


def test_a_likelihood_that_only_grows_ends_at_the_bound() -> None:
    def slope(values: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = hill(values[:2])
        return value + float(np.log(values[2])), np.array([*gradient, 1 / values[2]])

    assert maximise(slope, [[1.0, 1.0, 1.0]], "It") == pytest.approx([2.0, 50.0, np.exp(12)], rel=1e-4)


def test_without_a_top_there_is_no_model() -> None:
    def wrong(values: np.ndarray) -> tuple[float, np.ndarray]:
        return float(np.log(values).sum()), -1 / values

    with pytest.raises(NoFitError, match=r"^It finds no parameters that fit these orders best\.$"):
        maximise(wrong, [[1.0]], "It")
