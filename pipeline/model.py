"""A clustering that was found: how features are scaled, and where the centres lie. It needs neither what finds it nor what asks it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipeline.errors import InputError
from pipeline.settings import Scaling

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class Scaler:
    """How raw features become comparable.

    Attributes:
        scaling: "standard": as they are; "log": log(1 + x) first.
        mean: Per feature, after the logarithm if any.
        spread: Per feature, the population standard deviation after the logarithm.
    """

    scaling: Scaling
    mean: pd.Series
    spread: pd.Series

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Raw features, shape (customers, at least these features), to scaled ones, shape (customers, features)."""
        names = list(self.mean.index)
        # One feature after another: of millions of customers what lies between the two is held of one only.
        scaled = np.empty((len(names), len(features)))
        for at, name in enumerate(names):
            values = features[name]
            column = _logarithms(values) if self.scaling == "log" else values.to_numpy(dtype="float64")
            np.subtract(column, self.mean[name], out=scaled[at])
            scaled[at] /= self.spread[name]
        return pd.DataFrame(scaled.T, index=features.index, columns=names, copy=False)

    def expressed(self, customers: "ir.Table") -> "dict[str, ir.NumericValue]":
        """What `transform` does, feature by feature, for the engine to do."""
        return {
            name: (logged_expression(customers[name], self.scaling) - float(self.mean[name])) / float(self.spread[name])
            for name in self.mean.index
        }


@dataclass(frozen=True)
class Model:
    """A clustering that can place any customer.

    Attributes:
        scaler: From raw features to the space of the centres.
        centres: Shape (clusters, features), scaled; row number is cluster number.
    """

    scaler: Scaler
    centres: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row per cluster and feature: cluster, feature, centre (scaled), mean and spread of the scaler."""
        rows = self.centres.rename_axis("cluster").reset_index().melt("cluster", var_name="feature", value_name="centre")
        rows["mean"] = rows["feature"].map(self.scaler.mean)
        rows["spread"] = rows["feature"].map(self.scaler.spread)
        return rows.assign(feature=rows["feature"].astype("str")).reset_index(drop=True)

    @staticmethod
    def from_table(rows: pd.DataFrame, scaling: Scaling) -> "Model":
        """Undo `table`; features keep the order they stand in."""
        order = list(dict.fromkeys(rows["feature"]))
        centres = rows.pivot(index="cluster", columns="feature", values="centre")[order]
        scaler = rows.drop_duplicates("feature").set_index("feature")
        return Model(Scaler(scaling, scaler["mean"], scaler["spread"]), centres)


def logged(features: pd.DataFrame, scaling: Scaling) -> pd.DataFrame:
    """The features, or with `log` their logarithms log(1 + x), as float64.

    Raises:
        InputError: If a logarithm is asked of a value of -1 or less.
    """
    if scaling == "standard":
        return features.astype("float64")
    refuse_without_logarithm(features.min())
    # log: spend spans four orders of magnitude and K-Means follows scale.
    return pd.DataFrame(np.log1p(features.astype("float64")))


def _logarithms(values: pd.Series) -> np.ndarray:
    """What `logged` does to one feature: without a frame, which takes longer to make than the logarithms of a thousand customers."""
    if (least := values.min()) <= -1:
        refuse_without_logarithm(pd.Series({values.name: least}))
    return np.asarray(np.log1p(np.ascontiguousarray(values, dtype="float64")))


def logged_expression(values: "ir.NumericColumn", scaling: Scaling) -> "ir.NumericColumn":
    """What `logged` does to one feature, for the engine to do."""
    numbers = values.cast("float64")
    return (numbers + 1.0).ln() if scaling == "log" else numbers


def refuse_without_logarithm(least: pd.Series) -> None:
    """Insist that every feature has a logarithm.

    Args:
        least: Per feature, its lowest value, raw.

    Raises:
        InputError: If one is -1 or less.
    """
    too_low = least <= -1
    if too_low.any():
        column = too_low.idxmax()
        raise InputError(f'{column} goes down to {least[column]:,.2f}, which has no logarithm. Use scaling = "standard" in datasets.toml.')


def nothing_differs(features: Iterable[str]) -> InputError:
    """What is raised where every feature is constant."""
    return InputError(
        f"Every feature ({', '.join(features)}) is the same for all customers: there is nothing to segment by. "
        "Name features that differ in datasets.toml."
    )
