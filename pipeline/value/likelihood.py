"""The largest likelihood of a model whose parameters are positive."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import optimize

# Logarithms of parameters. Beyond these the likelihood hardly changes any more: customers are all alike in what a parameter is of, or none
# of them leaves, and the model at the bound is as good as the one that it tends to.
_LEAST, _MOST = -10.0, 12.0
# The slope of the mean log-likelihood that is left at its maximum.
_FLAT = 1e-4

# The mean log-likelihood of so many customers at some parameters, and its derivatives.
Likelihood = Callable[[np.ndarray], tuple[float, np.ndarray]]


class NoFitError(Exception):
    """A model cannot be fitted; the message is a sentence that says why."""


def maximise(likelihood: Likelihood, starts: Sequence[Sequence[float]], model: str) -> np.ndarray:
    """The parameters of the largest likelihood that is found from any of the starts (L-BFGS-B on their logarithms).

    Args:
        likelihood: Of the parameters themselves, shape (parameters,).
        starts: Where to begin; all are tried, and the first of equal ends counts.
        model: What messages call it.

    Raises:
        NoFitError: If none of them leads to a maximum.
    """

    def falling(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = likelihood(np.exp(logs))
        return -value, -slope * np.exp(logs)

    bounds = [(_LEAST, _MOST)] * len(starts[0])
    options = {"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-9}
    ends = [optimize.minimize(falling, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options) for start in starts]
    best = min(ends, key=lambda end: float(end.fun))
    # At a bound, what would lead on beyond it does not count.
    left = best.x - np.clip(best.x - best.jac, _LEAST, _MOST)
    if not np.abs(left).max() < _FLAT:
        raise NoFitError(f"{model} finds no parameters that fit these orders best.")
    return np.asarray(np.exp(best.x))
