"""Customers placed by their nearest centre, as an expression that any engine can run: `clustering.assign` for those too many to hold."""

from functools import reduce
from math import inf
from operator import add

import ibis
import ibis.expr.types as ir

from pipeline.model import Model


def placed(customers: ir.Table, model: Model) -> ir.Table:
    """The customers with the columns cluster, next_cluster and margin, as `clustering.Assignment` has them.

    Args:
        customers: One row per customer, with the features in raw units.
        model: Of at least two clusters.
    """
    numbers = [int(number) for number in model.centres.index]
    # Step by step: what stands in a column is worked out once.
    scaled = customers.mutate(**{f"_{name}": value for name, value in model.scaler.expressed(customers).items()})
    measured = scaled.mutate(**{_distance(number): _squared(scaled, model, number) for number in numbers})
    first = measured.mutate(_first=ibis.least(*(measured[_distance(number)] for number in numbers)))
    chosen = first.mutate(cluster=_which(first, numbers, "_first"))
    # Of equal ones the lowest number is nearest, and the next is the second nearest.
    others = chosen.mutate(
        **{_distance(number): ibis.ifelse(chosen.cluster == number, inf, chosen[_distance(number)]) for number in numbers}
    )
    second = others.mutate(_second=ibis.least(*(others[_distance(number)] for number in numbers)))
    near, far = second["_first"].sqrt(), second["_second"].sqrt()
    return second.select(
        *customers.columns,
        "cluster",
        next_cluster=_which(second, numbers, "_second"),
        # Both are 0 only where two centres coincide, and then nothing decides between them.
        margin=ibis.ifelse(far > 0, (far - near) / far, 0.0),
    )


def _distance(number: int) -> str:
    return f"_distance_{number}"


def _squared(scaled: ir.Table, model: Model, number: int) -> ir.NumericValue:
    """The squared distance to a centre."""
    apart = [scaled[f"_{name}"] - float(centre) for name, centre in model.centres.loc[number].items()]
    return reduce(add, (value * value for value in apart))


def _which(measured: ir.Table, numbers: list[int], distance: str) -> ir.NumericValue:
    """The lowest number of the centres that are at a distance."""
    return ibis.cases(*((measured[_distance(number)] == measured[distance], number) for number in numbers)).cast("int32")
