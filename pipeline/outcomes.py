"""What customers of a campaign did: a file of outcomes joined to the groups that were drawn, and the effect that it shows."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import beside, engine, lift, measuring
from pipeline.campaigns import CONTACT, CONTROL, Campaign
from pipeline.errors import InputError
from pipeline.intake import reading
from pipeline.intake.findings import Counts
from pipeline.intake.source import open_all
from pipeline.intake.staged import Layout
from pipeline.lift import Effect, Spend
from pipeline.limits import Limits
from pipeline.meter import Report
from pipeline.settings import ProfileDataset, ProfileFeature

# What a column of outcomes is called, the first that is there.
AMOUNTS = ("amount", "spend", "revenue", "sales", "total")
ANSWERS = ("converted", "bought", "ordered", "responded", "outcome")
_WORDS = {word: float(means) for means, words in enumerate((("no", "n", "false", "0"), ("yes", "y", "true", "1"))) for word in words}
# Of customers who are in neither group, those that are named.
_NAMED = 20


class _Outcomes(ProfileDataset):
    """Outcomes are read like attributes of customers, who may have several rows."""

    one_row_each: ClassVar[bool] = False

    kind: Literal["profile"] = "profile"


@dataclass(frozen=True)
class Group:
    """One group: its customers, those of them that the file names, those who converted, and what they spent (0 without amounts)."""

    customers: int
    named: int
    converted: int
    spent: float


@dataclass(frozen=True)
class Outcome:
    """What came of a campaign.

    Attributes:
        file: Name of the file.
        column: Its column of outcomes.
        is_amount: Whether that holds amounts; otherwise it holds yes and no.
        counts: The row law of the file.
        rejected: The rows kept out, as the table `rejected` has them.
        added: Rows that were added to an earlier one of the same customer.
        outside: Customers of the file who are in neither group.
        first_outside: The first ids of these.
        contact: Those contacted.
        control: The control group.
        conversion: The effect on the share that converts: whose amounts come to more than 0, or one of whose answers is yes.
        spend: The effect on spend per customer; None without amounts.
    """

    file: str
    column: str
    is_amount: bool
    counts: Counts
    rejected: pa.Table
    added: int
    outside: int
    first_outside: Sequence[str]
    contact: Group
    control: Group
    conversion: Effect
    spend: Effect | None


@dataclass(frozen=True)
class _Joined:
    """Outcomes joined to groups: one row per group, the index; customers of the file; those in neither group, and the first of these."""

    groups: pd.DataFrame
    customers: int
    outside: int
    first_outside: list[str]


def measure(campaign: Campaign, assignment: Path, file: Path, *, report: Report, limits: Limits) -> Outcome:
    """What a file says of a campaign. Customers of either group whom it does not name count as not converted, having spent nothing.

    Args:
        campaign: Whose outcomes they are.
        assignment: Who is in which of its groups, see `campaigns.ASSIGNMENT`.
        file: Customer ids, and amounts or answers; a customer may have several rows.
        report: Hears of the stages.
        limits: What reading the file may take.

    Raises:
        InputError: If the file is refused, or names nobody of the campaign.
    """
    with tempfile.TemporaryDirectory() as folder, beside.child(report, limits) as child:
        work = Path(folder)
        sources = open_all(file)
        columns = beside.result(child.submit(header, file, campaign.id_column, work / "header"), file)
        column, is_amount = _outcome_column(columns, file.name)
        dataset = _dataset(campaign, column, file.name, is_amount=is_amount)
        found = beside.result(child.submit(measuring.measure, "outcomes", dataset, sources.paths, work / "read", None, {}), file)
        kept_out = child.submit(measuring.write_rows, "outcomes", dataset, found.staged, work / "read", work / "rows", ("rejected",))
        beside.result(kept_out, file)
        sources.refuse_change()
        report("outcomes", "features")
        joined = _joined(found.customers, assignment, work)
        if joined.outside == joined.customers:
            raise InputError(
                f"{file.name}: none of its {joined.customers:,} customers is in the campaign {campaign.name!r}. "
                "Send the outcomes of its customers, with their ids as the audience's file has them."
            )
        kept_out = pq.read_table(work / "rows" / "rejected.parquet", memory_map=False)
        return _outcome(file.name, column, found.counts, kept_out, joined, is_amount=is_amount)


def _outcome(file: str, column: str, counts: Counts, rejected: pa.Table, joined: _Joined, *, is_amount: bool) -> Outcome:
    contact, control = (joined.groups.loc[name] for name in (CONTACT, CONTROL))
    return Outcome(
        file,
        column,
        is_amount,
        counts,
        rejected,
        counts.kept - joined.customers,
        joined.outside,
        joined.first_outside,
        _group(contact, is_amount=is_amount),
        _group(control, is_amount=is_amount),
        lift.proportions(int(contact.converted), int(contact.customers), int(control.converted), int(control.customers)),
        lift.means(_spend(contact), _spend(control)) if is_amount else None,
    )


def header(report: Report, file: Path, id_column: str, work: Path) -> tuple[str, ...]:
    """The columns of a file that has customer ids.

    Raises:
        InputError: If it cannot be read, or has none.
    """
    report("outcomes", "reading")
    work.mkdir()
    return reading.stage(file, Layout({"customer_id": id_column}), work).columns


def _outcome_column(columns: Sequence[str], file: str) -> tuple[str, bool]:
    """The column of outcomes, and whether it holds amounts."""
    by_name = {column.strip().casefold(): column for column in columns}
    for names, is_amount in ((AMOUNTS, True), (ANSWERS, False)):
        for name in names:
            if name in by_name:
                return by_name[name], is_amount
    raise InputError(
        f"{file}: has no column of outcomes. Call one of amounts {AMOUNTS[0]!r}, or one of yes and no {ANSWERS[0]!r}. "
        f"The file has: {', '.join(columns[:20])}."
    )


def _dataset(campaign: Campaign, column: str, file: str, *, is_amount: bool) -> ProfileDataset:
    feature = ProfileFeature(name="outcome", column=column, codes=None if is_amount else _WORDS)
    return _Outcomes(name="outcomes", title=campaign.name, file=file, customer_id=campaign.id_column, features=(feature,))


def _joined(outcomes: Path, assignment: Path, work: Path) -> _Joined:
    with engine.connect(work) as connection:
        told = engine.open_parquet(connection, outcomes).group_by("customer_id").aggregate(amount=lambda rows: rows.outcome.sum())
        told = engine.materialise(connection, told, work / "told.parquet")
        drawn = engine.open_parquet(connection, assignment)
        dealt = drawn.left_join(told, "customer_id").select("group", named="amount", amount=told.amount.fill_null(0.0))
        groups = dealt.group_by("group").aggregate(
            customers=dealt.count(),
            named=dealt.named.count(),
            converted=(dealt.amount > 0).sum(),
            spent=dealt.amount.sum(),
            mean=dealt.amount.mean(),
            variance=dealt.amount.var(how="sample"),
        )
        outside = told.anti_join(drawn, "customer_id").select("customer_id")
        first = outside.order_by(outside.customer_id.length(), "customer_id").limit(_NAMED)
        return _Joined(
            groups.to_pandas().set_index("group"),
            told.count().to_pyarrow().as_py(),
            outside.count().to_pyarrow().as_py(),
            first.to_pyarrow()["customer_id"].to_pylist(),
        )


def _group(row: pd.Series, *, is_amount: bool) -> Group:
    return Group(int(row.customers), int(row.named), int(row.converted), float(row.spent) if is_amount else 0.0)


def _spend(row: pd.Series) -> Spend:
    return Spend(int(row.customers), float(row["mean"]), float(row.variance))
