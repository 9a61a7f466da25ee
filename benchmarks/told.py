"""What a whole build of the real orders tells of months and of the days ahead, as lines of the benchmark's table."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.measure import Line
from tests.value import simulated

# The day that the method's author looked ahead from: both horizons lie within the data then.
CUTOFF, HORIZON = date(2011, 6, 9), 180
HISTORY_SECONDS, HISTORY_MB = 30, 10
TOTAL, PARAMETERS = 0.15, 0.01
# Fader, Hardie and Lee 2005, table 2, time in weeks.
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}


def lines(run: Path, record: dict[str, Any]) -> list[Line]:
    """Of one dataset with orders: months, orders foretold, and the models' parameters of published data.

    Args:
        run: Folder of the dataset's tables.
        record: What the manifest says of it.
    """
    return [*_foresight(run, record), *_months(run, record), *_foretold(run), _cdnow()]


def _foresight(run: Path, record: dict[str, Any]) -> list[Line]:
    """The back-test of the real orders, at the day that the method's author looked ahead from."""
    from pipeline import backtest, catalogue, holdout
    from pipeline.settings import TransactionsDataset

    dataset = catalogue.from_settings(record["settings"])
    assert isinstance(dataset, TransactionsDataset)
    orders, as_of = run / "orders.parquet", date.fromisoformat(record["as_of"])
    with tempfile.TemporaryDirectory() as work:
        held_out = holdout.measure(lambda *told: None, dataset, orders, as_of, Path(work), cutoff=CUTOFF)
    found = backtest.run(held_out, dataset).overall
    areas = found[(found["measure"] == "auc") & (found["horizon_days"] == HORIZON)].set_index(["segmentation", "level"])["value"]
    baselines = ", ".join(f"{name.replace('_', ' ')} {areas[name].iloc[0]:.3f}" for name in ("rfm_grid", "spending_deciles"))
    return [
        _at_least(f"AUC of coming back within {HORIZON} days of {CUTOFF}, standard", 0.75, float(areas["standard", "cluster"])),
        _at_least("the same, log", 0.78, float(areas["log", "cluster"])),
        Line("the same, baselines", "-", baselines),
    ]


def _at_least(what: str, bar: float, value: float) -> Line:
    return Line(what, f">= {bar:g}", f"{value:.4f}", value >= bar)


def _months(run: Path, record: dict[str, Any]) -> list[Line]:
    flows = pd.read_parquet(run / "flows.parquet")
    months, seconds = flows["month"].nunique(), record["seconds"]["history"]
    size = sum(record["tables"][name]["bytes"] for name in ("history", "flows")) / 1e6
    unequal = sum(_unequal(flows, month) for month in sorted(flows["month"].unique())[1:])
    return [
        Line(
            f"retail: history of {months} months, of the engine", f"<= {HISTORY_SECONDS} s", f"{seconds:.1f} s", seconds <= HISTORY_SECONDS
        ),
        Line("retail: its tables", f"<= {HISTORY_MB} MB", f"{size:.2f} MB", size <= HISTORY_MB),
        Line("retail: months whose outflow is not the inflow of the one before", "0", str(unequal), unequal == 0),
    ]


def _unequal(flows: pd.DataFrame, month: pd.Timestamp) -> bool:
    before = flows[flows["month"] == month - pd.DateOffset(months=1)].groupby("to_persona")["customers"].sum()
    out = flows[(flows["month"] == month) & flows["from_persona"].notna()].groupby("from_persona")["customers"].sum()
    return bool(before.to_dict() != out.to_dict())


def _foretold(run: Path) -> list[Line]:
    found = pd.read_parquet(run / "value_model.parquet").set_index(["part", "measure"])["value"]
    days, orders, spend = int(found["backtest", "days"]), found["backtest_orders"], found["backtest_spend"]
    off, spent_off = (of["expected"] / of["actual"] - 1 for of in (orders, spend))
    return [
        Line(
            f"retail: orders of {days} days foretold, against those that came",
            f"within {TOTAL:.0%}",
            f"{orders['expected']:,.0f} of {orders['actual']:,.0f}, {off:+.1%}",
            bool(abs(off) <= TOTAL),
        ),
        Line(
            "retail: mean absolute error per customer, orders; of the same days a year before",
            "no more than it",
            f"{orders['error']:.3f}; {orders['year_error']:.3f}",
            bool(orders["error"] <= orders["year_error"]),
        ),
        Line("retail: the same, of the days just before", "-", f"{orders['before_error']:.3f}"),
        Line("retail: spend foretold, against what came; error per customer, a year before, days before", "-",
             f"{spent_off:+.1%}; {spend['error']:.0f}, {spend['year_error']:.0f}, {spend['before_error']:.0f} GBP"),
    ]  # fmt: skip


def _cdnow() -> Line:
    from pipeline.value import purchases

    found = purchases.fit(simulated.cdnow_past())
    values = {name: float(getattr(found, name)) for name in PUBLISHED}
    furthest = max(abs(values[name] / published - 1) for name, published in PUBLISHED.items())
    said = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
    what = "CDNOW: BG/NBD parameters, furthest from the published ones"
    return Line(what, f"within {PARAMETERS:.0%}", f"{said}; {furthest:.2%}", furthest <= PARAMETERS)
