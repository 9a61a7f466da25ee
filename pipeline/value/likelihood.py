"""The largest likelihood of a model whose parameters are positive."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import optimize

# Parameters beyond these say that the data have no need of the model's spread, or of its end.
_LEAST, _MOST = -10.0, 12.0
# The slope of the mean log-likelihood that is left at its maximum.
_FLAT = 1e-4

# The mean log-likelihood of so many customers at some parameters, and its derivatives.
Likelihood = Callable[[np.ndarray], tuple[float, np.ndarray]]


class NoFitError(Exception):
    """A model cannot be fitted; the message is a sentence that says why."""


def maximise(likelihood: Likelihood, names: Sequence[str], starts: Sequence[Sequence[float]], model: str) -> np.ndarray:
    """The parameters of the largest likelihood that is found from any of the starts (L-BFGS-B on their logarithms).

    Args:
        likelihood: Of the parameters themselves, shape (parameters,).
        names: What they are called.
        starts: Where to begin; all are tried, and the first of equal ends counts.
        model: What messages call it.

    Raises:
        NoFitError: If there is no maximum inside the bounds.
    """

    def falling(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = likelihood(np.exp(logs))
        return -value, -slope * np.exp(logs)

    bounds = [(_LEAST, _MOST)] * len(names)
    options = {"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-9}
    ends = [optimize.minimize(falling, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options) for start in starts]
    best = min(ends, key=lambda end: float(end.fun))
    stuck = [name for name, log in zip(names, best.x, strict=True) if not _LEAST + 1e-3 < log < _MOST - 1e-3]
    if stuck or not np.abs(best.jac).max() < _FLAT:
        at = f": the likelihood grows for as long as {' and '.join(stuck)} moves on" if stuck else ""
        raise NoFitError(f"{model} finds no parameters that fit these orders best{at}.")
    return np.asarray(np.exp(best.x))
