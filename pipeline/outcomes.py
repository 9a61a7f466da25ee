"""What customers of a campaign did: a file of outcomes joined to the groups that were drawn, and the effect that it shows."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from pipeline import beside, engine, lift, outcome_file
from pipeline.campaigns import CONTACT, CONTROL, Campaign
from pipeline.errors import InputError
from pipeline.intake.findings import Counts
from pipeline.intake.source import open_all
from pipeline.job_folder import SHOWN
from pipeline.lift import Effect, Spend
from pipeline.limits import Limits
from pipeline.meter import Report
from pipeline.outcome_file import Told


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
        rejected: The first rows kept out, as the table `rejected` has them.
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
        work, sources = Path(folder), open_all(file)
        told = beside.result(child.submit(outcome_file.read, campaign, sources.paths, work / "read"), file)
        sources.refuse_change()
        report("outcomes", "features")
        joined = _joined(told.customers, assignment, work)
    if joined.outside == joined.customers:
        raise InputError(
            f"{file.name}: none of its {joined.customers:,} customers is in the campaign {campaign.name!r}. "
            "Send the outcomes of its customers, with their ids as the audience's file has them."
        )
    return _outcome(file.name, told, joined)


def _outcome(file: str, told: Told, joined: _Joined) -> Outcome:
    contact, control = (joined.groups.loc[name] for name in (CONTACT, CONTROL))
    return Outcome(
        file,
        told.column,
        told.is_amount,
        told.counts,
        told.rejected,
        told.counts.kept - joined.customers,
        joined.outside,
        joined.first_outside,
        _group(contact, is_amount=told.is_amount),
        _group(control, is_amount=told.is_amount),
        lift.proportions(int(contact.converted), int(contact.customers), int(control.converted), int(control.customers)),
        lift.means(_spend(contact), _spend(control)) if told.is_amount else None,
    )


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
        first = outside.order_by(outside.customer_id.length(), "customer_id").limit(SHOWN)
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
