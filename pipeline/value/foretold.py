"""All that is foretold of one dataset: models fitted, tested on the past, and written; runs in a process of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline import clustering, parquet
from pipeline.manifest import TableRecord
from pipeline.schema import Table
from pipeline.value import known, purchases, spend, worth
from pipeline.value.backtest import Backtest, backtest
from pipeline.value.cut import Cut
from pipeline.value.forecast import Model
from pipeline.value.likelihood import NoFitError


@dataclass(frozen=True)
class Asked:
    """What is to be foretold.

    Attributes:
        customers: Parquet file: one row per customer, by customer_id, as `features.transactions.customers` has them.
        persona: Place of each customer's among `personas`, shape (customers,).
        personas: In the order that they are published in.
        as_of: The day that is looked ahead from.
        cut: What a back-test is made of, or why there is none.
        seed: Draws those who stand for all where they are many.
        table: The columns of `value`.
        folder: Where it goes.
    """

    customers: Path
    persona: np.ndarray
    personas: Sequence[str]
    as_of: date
    cut: Cut | str
    seed: int
    table: Table
    folder: Path


@dataclass(frozen=True)
class Foretold:
    """What came of it.

    Attributes:
        value: The table `value`, which is written; None if there is none.
        tables: `value_personas`, `value_model` and `calibration`, those that there are.
        missing: Why something is missing, a sentence each.
        cutoff: The day that the back-test looks ahead from; None without one.
    """

    value: TableRecord | None
    tables: dict[str, pd.DataFrame]
    missing: tuple[str, ...]
    cutoff: date | None = None


def foretell(asked: Asked) -> Foretold:
    """Fit, test and write; what cannot be is left out, with the reason."""
    # Sums of matrices depend on how many threads share them.
    with clustering.one_thread():
        customers = known.some(asked.customers, known.COLUMNS, seed=asked.seed)
        past, spent = known.past(customers, asked.as_of), customers["monetary"].to_numpy()
        try:
            model = known.fit(past, spent)
        except NoFitError as refusal:
            return Foretold(None, {}, (f"What customers will order and spend is not foretold. {refusal}",))
        measures, tables, missing = _parameters(model, len(customers)), {}, []
        try:
            tested = _tested(asked)
            measures |= tested.measures
            tables["calibration"] = tested.calibration
        except NoFitError as refusal:
            missing.append(f"There is no back-test of what customers will order and spend. {refusal}")
        by_persona = worth.ByPersona(asked.persona, asked.personas)
        written = parquet.write(asked.folder, asked.table, _batches(asked, model, by_persona))
        rows = [(part, measure, value) for (part, measure), value in measures.items()]
        tables |= {"value_model": pd.DataFrame(rows, columns=["part", "measure", "value"]), "value_personas": by_persona.table()}
        cutoff = asked.cut.cutoff if isinstance(asked.cut, Cut) and "calibration" in tables else None
        return Foretold(written, tables, tuple(missing), cutoff)


def _tested(asked: Asked) -> Backtest:
    if isinstance(asked.cut, str):
        raise NoFitError(asked.cut)
    return backtest(asked.cut, seed=asked.seed)


def _parameters(model: Model, asked: int) -> dict[tuple[str, str], float]:
    """By part and measure: parameters, and of how many customers they are."""
    parts = {"bg_nbd": (purchases.NAMES, model.purchases), "gamma_gamma": (spend.NAMES, model.spend)}
    found = {(part, name): float(getattr(of, name)) for part, (names, of) in parts.items() for name in names}
    return {("bg_nbd", "customers"): float(asked), **found}


def _batches(asked: Asked, model: Model, by_persona: worth.ByPersona) -> Iterator[pa.RecordBatch]:
    for frame in worth.parts(asked.customers, model, asked.as_of):
        by_persona.add(frame)
        yield from pa.Table.from_pandas(frame, schema=asked.table.arrow, preserve_index=False).replace_schema_metadata(None).to_batches()
