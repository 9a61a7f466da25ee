"""Every published table: its columns, their types and units, and what they mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

TEXT, FLAG, COUNT, SMALL, REAL, SINGLE = pa.string(), pa.bool_(), pa.int64(), pa.int32(), pa.float64(), pa.float32()
MOMENT = pa.timestamp("us")
LIST = pa.list_(pa.string())

# What a mean Jaccard or an adjusted Rand index, which may be below 0, is called, and from which value on (Hennig 2007, and the
# documentation of his R package fpc).
GRADES = {"unstable": -1.0, "doubtful": 0.60, "stable": 0.75, "highly stable": 0.85}
# Scores that differ less than this are the same for anybody who acts on them.
NOTICEABLE = 0.01
# What customers are worth at a time is their spend of so many days before it.
YEAR_DAYS = 365
# What became of customers since the run before.
CHANGES = CUSTOMERS_MOVED, MODEL_MOVED, NEW, GONE = "customers moved", "the model moved", "new", "gone"


@dataclass(frozen=True)
class Column:
    """One column: its name, Arrow type, meaning and unit."""

    name: str
    dtype: pa.DataType
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """One table: what a row is, the order of rows, and the columns."""

    name: str
    grain: str
    columns: tuple[Column, ...]

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema that is published."""
        return pa.schema([(column.name, column.dtype) for column in self.columns])

    def check(self, found: pa.Schema) -> None:
        """Insist on the published columns in their order.

        Raises:
            ValueError: Naming the table, and the columns that differ.
        """
        if not found.equals(self.arrow):
            ours, theirs = ({f"{field.name} {field.type}" for field in fields} for fields in (self.arrow, found))
            raise ValueError(
                f"table {self.name}: lacks {sorted(ours - theirs)}, has {sorted(theirs - ours)}, or orders its columns otherwise"
            )


# Tables that a quick build leaves empty.
TRUST = (
    *("stability", "scalings", "moves", "rules", "descriptions", "changes", "backtest_groups", "backtest", "history", "flows"),
    *("value", "value_personas", "value_model", "calibration"),
)
# Days that are looked ahead from as_of, for each customer.
VALUE_DAYS = (90, 180, 365)

# Retail measures and the units of those that have one; money is in the dataset's currency.
RFM_UNITS = {"recency_days": "days", "frequency": "", "monetary": "currency"}

_RFM_COLUMNS = (
    Column("recency_days", COUNT, "whole days from the last order to as_of", "days"),
    Column("frequency", COUNT, "distinct orders, or order lines where the catalogue says so"),
    Column("monetary", REAL, "total spend", "currency"),
    Column("orders", COUNT, "distinct orders"),
    Column("lines", COUNT, "order lines"),
    Column("items", REAL, "sum of quantities"),
    Column("first_order", MOMENT, "time of the first order"),
    Column("last_order", MOMENT, "time of the last order"),
    Column("country", TEXT, "country of the last order"),
    Column("recency_score", SMALL, "1 to 5 by quintile, 5 bought last"),
    Column("frequency_score", SMALL, "1 to 5 by quintile, 5 bought most often"),
    Column("segment", TEXT, "of the marketer's grid, by the two scores"),
)
_ASSIGNED = (
    Column("cluster", SMALL, "number of the K-Means cluster"),
    Column("persona", TEXT, "business name of the cluster"),
    Column("x", SINGLE, "place on the map"),
    Column("y", SINGLE, "place on the map"),
    Column("fit", REAL, "silhouette of the customer, -1 to 1"),
    Column("next_cluster", SMALL, "second nearest cluster"),
    Column("margin", REAL, "how much farther the second nearest centre is, 0 to 1"),
)
_REVENUE = (
    Column("revenue", REAL, "sum of monetary", "currency"),
    Column("revenue_share", REAL, "share of all revenue; empty where that is not above 0"),
)


def tables(kind: str, features: Mapping[str, str], file_columns: Iterable[str]) -> dict[str, Table]:
    """The tables of a dataset, by name.

    Args:
        kind: "profile" or "transactions".
        features: Feature name to its unit, in the catalogue's order.
        file_columns: The source's own columns.
    """
    transactions = kind == "transactions"
    measured = tuple(Column(name, REAL, f"mean {name}", unit) for name, unit in features.items())
    described = _RFM_COLUMNS if transactions else tuple(Column(name, REAL, "as in the file", unit) for name, unit in features.items())
    revenue = _REVENUE if transactions else ()
    counted = (Column("customers", COUNT, "customers in it"), Column("share", REAL, "share of all customers, 0 to 1"))
    found = [
        Table("customers", "one row per customer, by customer_id", (Column("customer_id", TEXT, "as in the file"), *described, *_ASSIGNED)),
        Table(
            "clusters",
            "one row per cluster, by cluster",
            (*_ASSIGNED[:2], *counted, *measured, Column("fit", REAL, "mean silhouette"), *revenue),
        ),
        Table("personas", "one row per persona, in the order of the rules", (*_PERSONA, *counted, *revenue)),
        Table("scores", "one row per score and k", _SCORES),
        Table("stability", "one row per scaling and cluster, persona, or the whole", _STABILITY),
        Table("scalings", "one row per scaling and measure", _SCALINGS),
        Table("moves", "one row per customer and feature that would move them to another persona, by customer", _MOVES),
        Table("rules", "one row per persona, rule and feature", _RULES),
        Table("descriptions", "one row per persona", _DESCRIPTIONS),
        Table("changes", "one row per reason and pair of personas", _CHANGES),
        Table("centres", "one row per feature and cluster", _CENTRES),
        Table("rejected", "one row per row kept out, in the order of the file", _rejected(file_columns)),
        Table("quality", "one row per check, in the order of checking", _QUALITY),
    ]
    if transactions:
        found.append(Table("orders", "one row per order, by customer_id and time", _ORDERS))
        found.append(Table("backtest_groups", "one row per segmentation, level, horizon and group", _BACKTEST_GROUPS))
        found.append(Table("backtest", "one row per segmentation, level, horizon and measure", _BACKTEST))
        found.append(
            Table("history", "one row per customer and month in which the persona became another, by customer_id and month", _HISTORY)
        )
        found.append(Table("flows", "one row per month and pair of personas, those who stayed among them, by month", _FLOWS))
        found.append(Table("value", "one row per customer, by customer_id", _VALUE))
        found.append(Table("value_personas", "one row per persona, in the order of the rules", _VALUE_PERSONAS))
        found.append(Table("value_model", "one row per part and measure", _VALUE_MODEL))
        found.append(Table("calibration", "one row per tenth of customers by expected orders, from the fewest", _CALIBRATION))
    return {table.name: table for table in found}


_PERSONA = (
    Column("persona", TEXT, "business name"),
    Column("summary", TEXT, "who they are, in a sentence"),
    Column("reason", TEXT, "the rule that gave the name, with its numbers"),
    Column("actions", LIST, "what to do"),
    Column("use_cases", LIST, "where to use the segment"),
    Column("avoid", LIST, "what not to do"),
)
_SCORES = (
    Column("k", SMALL, "number of clusters"),
    Column("score", TEXT, "which score"),
    Column("value", REAL, "its value; of a sample where the manifest names one"),
)
_CENTRES = (
    Column("cluster", SMALL, "number of the cluster"),
    Column("feature", TEXT, "which feature"),
    Column("centre", REAL, "the centre, scaled"),
    Column("mean", REAL, "the scaler's mean of the feature"),
    Column("spread", REAL, "the scaler's standard deviation of the feature"),
)
_STABILITY = (
    Column("scaling", TEXT, "standard or log"),
    Column("level", TEXT, "cluster, persona or whole"),
    Column("name", TEXT, "number of the cluster, or persona, or all"),
    Column("measure", TEXT, "jaccard, or adjusted_rand of the whole"),
    Column("value", REAL, "mean over resamples, 1 is always found again"),
    Column("grade", TEXT, f"how surely it is found again: {', '.join(GRADES)}"),
)
_SCALINGS = (
    Column("scaling", TEXT, "standard or log"),
    Column("measure", TEXT, "which measure"),
    Column("value", REAL, "its value"),
)
_MOVES = (
    Column("customer_id", TEXT, "as in the file"),
    Column("feature", TEXT, "the one feature that changes"),
    Column("value", REAL, "as it is"),
    Column("reached", REAL, "the nearest value that moves the customer; one step less does not"),
    Column("distance", REAL, "between the two, in standard deviations of the scaled feature"),
    Column("persona", TEXT, "the persona that is reached"),
)
_RULES = (
    Column("persona", TEXT, "business name"),
    Column("rule", SMALL, "number of the rule; it holds where all its bounds do"),
    Column("feature", TEXT, "which feature"),
    Column("least", REAL, "lowest value, included; empty for no bound"),
    Column("most", REAL, "highest value, included; empty for no bound"),
)
_DESCRIPTIONS = (
    Column("persona", TEXT, "business name"),
    Column("rules", COUNT, "how many; whoever one of them holds for is covered"),
    Column("covered", COUNT, "customers covered"),
    Column("recall", REAL, "share of the persona that is covered, 0 to 1"),
    Column("precision", REAL, "share of the covered who belong to it, 0 to 1"),
    Column("accuracy", REAL, "share of all customers who are covered and belong, or neither, 0 to 1"),
)
_CHANGES = (
    Column("reason", TEXT, f"what became of them: {', '.join(CHANGES)}"),
    Column("from_persona", TEXT, "in the run before; empty for those who are new"),
    Column("to_persona", TEXT, "now; empty for those who are gone"),
    Column("customers", COUNT, "how many"),
)
_BACKTEST_GROUPS = (
    Column("segmentation", TEXT, "standard, log, rfm_grid or spending_deciles"),
    Column("level", TEXT, "cluster, persona, segment or decile"),
    Column("horizon_days", COUNT, "days looked ahead", "days"),
    Column("group", TEXT, "which one"),
    Column("customers", COUNT, "customers in it at the cut-off"),
    Column("returned_share", REAL, "share of them who bought within the horizon, 0 to 1"),
    Column("mean_spend", REAL, "mean spend of all of them within it", "currency"),
)
_BACKTEST = (
    Column("segmentation", TEXT, "standard, log, rfm_grid or spending_deciles"),
    Column("level", TEXT, "cluster, persona, segment or decile"),
    Column("horizon_days", COUNT, "days looked ahead", "days"),
    Column("measure", TEXT, "auc, variance_explained, lift_returned or lift_spend"),
    Column("value", REAL, "its value"),
)
_HISTORY = (
    Column("customer_id", TEXT, "as in the file"),
    Column("month", MOMENT, "first day of a month at whose end the persona is another than a month before, or of the first month told of"),
    Column("persona", TEXT, "persona at its end, by the centres of this run and what was known then"),
)
_FLOWS = (
    Column("month", MOMENT, "the first day of the month"),
    Column("from_persona", TEXT, "persona at the end of the month before; empty for those who first bought in this one"),
    Column("to_persona", TEXT, "persona at the end of the month"),
    Column("customers", COUNT, "how many"),
    Column("revenue", REAL, f"what they spent in the {YEAR_DAYS} days up to the end of the month", "currency"),
)
_VALUE = (
    Column("customer_id", TEXT, "as in the file"),
    Column("active", SINGLE, "probability of being active at as_of, 0 to 1; 1 for whoever has one order"),
    *(
        column
        for days in VALUE_DAYS
        for column in (
            Column(f"orders_{days}", SINGLE, f"expected orders in the {days} days from as_of on"),
            Column(f"orders_{days}_low", SMALL, "at most a tenth of outcomes is below: orders are whole numbers"),
            Column(f"orders_{days}_high", SMALL, "at most a tenth of outcomes is above"),
            Column(f"spend_{days}", SINGLE, f"expected spend in these {days} days", "currency"),
            Column(f"spend_{days}_low", SINGLE, "a tenth of outcomes is below", "currency"),
            Column(f"spend_{days}_high", SINGLE, "a tenth of outcomes is above", "currency"),
        )
    ),
)
_VALUE_PERSONAS = (
    Column("persona", TEXT, "business name"),
    Column("customers", COUNT, "customers in it"),
    Column("left", COUNT, "customers whose probability of being active is below 0.5"),
    Column("once", COUNT, "customers with one order, who by the model cannot have left"),
    Column("orders", REAL, f"expected orders in the {max(VALUE_DAYS)} days from as_of on"),
    Column("spend", REAL, "expected spend in these days", "currency"),
    Column("at_risk", REAL, "what more would be expected if everyone were surely active", "currency"),
)
_VALUE_MODEL = (
    Column("part", TEXT, "bg_nbd, gamma_gamma, backtest, backtest_orders or backtest_spend"),
    Column("measure", TEXT, "parameter of the model (time in days), or measure of the back-test"),
    Column("value", REAL, "its value"),
)
_CALIBRATION = (
    Column("tenth", SMALL, "1 for the fewest expected orders, 10 for the most"),
    Column("customers", COUNT, "customers in it"),
    Column("expected_orders", REAL, "mean of expected orders"),
    Column("actual_orders", REAL, "mean of orders"),
    Column("expected_spend", REAL, "mean of expected spend", "currency"),
    Column("actual_spend", REAL, "mean of spend", "currency"),
)
_QUALITY = (
    Column("check", TEXT, "what was looked for"),
    Column("outcome", TEXT, "rejected, removed, warned or normalised"),
    Column("rows", COUNT, "rows concerned"),
    Column("share", REAL, "share of the rows read, 0 to 1"),
    Column("example", TEXT, "the first of them"),
    Column("customers", COUNT, "customers to whom these rows belong; empty where it is not asked"),
    Column("revenue", REAL, "what these rows come to; empty without orders", "currency"),
)
_ORDERS = (
    Column("customer_id", TEXT, "as in the file"),
    Column("order_id", TEXT, "as in the file"),
    Column("time", MOMENT, "time of the last line"),
    Column("items", REAL, "sum of quantities"),
    Column("spend", REAL, "sum of line amounts", "currency"),
)


def _rejected(file_columns: Iterable[str]) -> tuple[Column, ...]:
    return (
        Column("source", TEXT, "file, or sheet"),
        Column("source_row", COUNT, "number of the row in it, the header being row 1"),
        Column("reason", TEXT, "the first check that it failed"),
        Column("row", pa.struct([(name, TEXT) for name in file_columns]), "the row as it was read"),
        Column("line", TEXT, "its text, where it could not be taken apart"),
    )
