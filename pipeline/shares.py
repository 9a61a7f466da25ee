"""Parts as shares of their whole, where there is one."""

import pandas as pd


def of_total(parts: pd.Series) -> pd.Series:
    """Each part as a share of their sum; NaN where that is not above 0: of nothing, or of a loss, nobody has a share."""
    total = parts.sum()
    return parts / (total if total > 0 else float("nan"))
