"""A file of outcomes read in the process beside: its customers, with an amount or an answer in each row, and how it fared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import pyarrow as pa

from pipeline import measuring
from pipeline.campaigns import Campaign
from pipeline.errors import InputError, UndeclaredError
from pipeline.intake import reading
from pipeline.intake.findings import Counts
from pipeline.intake.staged import ORDINAL, Layout, Staged
from pipeline.job_folder import SHOWN
from pipeline.meter import Meter, Report
from pipeline.settings import ProfileDataset, ProfileFeature

# What a column of outcomes is called, the first that is there.
AMOUNTS = ("amount", "spend", "revenue", "sales", "total")
ANSWERS = ("converted", "bought", "ordered", "responded", "outcome")
_WORDS = {word: float(means) for means, words in enumerate((("no", "n", "false", "0"), ("yes", "y", "true", "1"))) for word in words}


class _Outcomes(ProfileDataset):
    """Outcomes are read like attributes of customers, who may have several rows."""

    one_row_each: ClassVar[bool] = False

    kind: Literal["profile"] = "profile"


@dataclass(frozen=True)
class Told:
    """A file of outcomes.

    Attributes:
        column: Its column of outcomes.
        is_amount: Whether that holds amounts; otherwise it holds yes and no.
        counts: The row law.
        rejected: The first rows kept out, as the table `rejected` has them.
        customers: Parquet file: one row per row that is used, with customer_id and outcome.
    """

    column: str
    is_amount: bool
    counts: Counts
    rejected: pa.Table
    customers: Path


def read(report: Report, campaign: Campaign, paths: Sequence[Path], work: Path) -> Told:
    """Read a file of outcomes.

    Args:
        report: Hears of the stages.
        campaign: Whose they are: it says what the customer's id is called, and how files of its dataset are written.
        paths: The file.
        work: Folder for everything in between, which is made.

    Raises:
        InputError: If it cannot be read, has no customer ids or no outcomes, or none that can be used.
    """
    meter = Meter("outcomes", report)
    with meter.stage("reading"):
        work.mkdir()
        staged = _staged(campaign, paths, work)
    column, is_amount = _outcome_column(staged.columns, staged.file)
    dataset = _dataset(campaign, column, staged, is_amount=is_amount)
    # Only now, that the file has been taken apart and its memory is free again.
    from pipeline import engine
    from pipeline.features import profile
    from pipeline.intake import admission

    customers = work / "customers.parquet"
    with measuring.connected(staged, work, "duckdb") as connection:
        with meter.stage("checking"):
            judged = admission.judge(connection, staged, dataset, work=work)
            admitted = admission.admit(connection, staged, dataset, judged)
        with meter.stage("features"):
            engine.bring(connection, profile.customers(admitted.kept, dataset), customers)
            rejected = admission.kept_out(connection, staged, work).order_by(ORDINAL).limit(SHOWN).to_pyarrow()
    return Told(column, is_amount, admitted.counts, rejected.drop_columns(ORDINAL), customers)


def _staged(campaign: Campaign, paths: Sequence[Path], work: Path) -> Staged:
    """The rows of a file, which says itself how it is written; what it leaves open is as in files of the campaign's dataset."""
    plain = Layout({"customer_id": campaign.id_column})
    own = replace(plain, sheets=campaign.sheets, delimiter=campaign.delimiter, encoding=campaign.encoding)
    for name in ("plain", "own"):
        (work / name).mkdir()
    try:
        return reading.stage_all(paths, plain, work / "plain")
    except InputError as refusal:
        if own == plain:
            raise
        try:
            return reading.stage_all(paths, own, work / "own")
        except InputError as other:
            # What was left open is said by now: what is wrong with that is news, and all else is wrong in either way.
            raise (other if isinstance(refusal, UndeclaredError) else refusal) from None


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


def _dataset(campaign: Campaign, column: str, staged: Staged, *, is_amount: bool) -> ProfileDataset:
    feature = ProfileFeature(name="outcome", column=column, codes=None if is_amount else _WORDS)
    # The cells of other files hold numbers already.
    is_text = not staged.in_place and staged.epoch is None
    decimal = campaign.decimal if is_text else "."
    return _Outcomes(
        name="outcomes", title=campaign.name, file=staged.file, customer_id=campaign.id_column, features=(feature,), decimal=decimal
    )
