"""What a report says of a dataset in words and figures, for whoever sets it."""

from dataclasses import dataclass

import pandas as pd

from pipeline import findings, formats, moving, verdict
from pipeline.findings import Finding
from pipeline.report.content import Content

MADE_UP = "Made-up data: these customers do not exist."
_QUICK = "How far the segments can be trusted was not worked out: the run was built with --quick."
# How many of them are named, the rest being counted.
_CHECKS, _FILES = 3, 5


@dataclass(frozen=True)
class Score:
    """A figure that says how good the segments are: what it is called, its value, and what that means."""

    label: str
    value: str
    grade: str


def key_figures(content: Content) -> list[tuple[str, str]]:
    """Label and value of what is said first."""
    found = [("Customers", formats.count(content.record.customers))]
    if content.sells:
        found.append(("Revenue", formats.money(content.personas["revenue"].sum(), content.currency)))
        found.append(("Orders", formats.count(content.orders)))
    return [*found, ("Personas", formats.count(len(content.personas))), ("Clusters", formats.count(len(content.clusters)))]


def origin(content: Content) -> str:
    """Where the data is from and up to when, in a line."""
    sources = [source.file for source in content.record.sources]
    files = formats.listed(sources) if len(sources) <= 2 else f"{sources[0]} and {formats.count(len(sources) - 1)} more files"
    read = MADE_UP if content.record.demo else f"From {files}."
    return f"{read} Recency is counted to {formats.day(content.record.as_of)}." if content.record.as_of else read


def scores(content: Content) -> list[Score]:
    """How good the segments are, what matters most first."""
    own, rows = content.record.scores, content.record.rows
    found = [Score("Silhouette", formats.score(own.silhouette), f"{findings.structure(own.silhouette)} structure")]
    if content.whole:
        value, grade = content.whole
        found.append(Score("Found again", formats.score(value), f"{grade} when customers are drawn anew"))
    if content.areas:
        area, baseline, other = content.areas
        name = verdict.SEGMENTATIONS[baseline].lower()
        found.append(Score("Who comes back", formats.share(area), f"of pairs told right; {name} {formats.share(other)}, chance 50 %"))
    found.append(Score("Davies-Bouldin", formats.score(own.davies_bouldin), "lower is better, 0 is best"))
    kept_out = f"{formats.count(rows.rejected)} of {formats.count(rows.read)} kept out" if rows.rejected else "none kept out"
    return [*found, Score("Rows used", formats.share(rows.kept / rows.read), kept_out)]


def doubtful(content: Content) -> list[Finding]:
    """Which personas are not surely found again, in a sentence; none where all are."""
    found = verdict.unreliable(content.stability)
    names = found.loc[found["level"] == "persona", "name"].to_list()
    if not names:
        return []
    text = f"Not surely found again when customers are drawn anew: {formats.listed(names)}."
    return [Finding(text, names[0], 0)]


def shown(count: int, of: int) -> str:
    """Says that not all personas are shown; nothing where all are."""
    return f"The {count} largest of {of} personas; the workbook has all. " if count < of else ""


def trust(content: Content) -> list[str]:
    """How far the segments can be trusted, a sentence each."""
    said = [verdict.separation(content.record.scores.silhouette)]
    if content.whole:
        said.append(verdict.stability(content.whole[1], content.stability))
    if content.areas:
        said.append(verdict.foretelling(*content.areas, content.horizon_days))
    known = content.record.trust
    return [*said, *(known.missing if known else [_QUICK]), *_sampled(content)]


def reading(content: Content) -> list[str]:
    """What was read, and what was kept out and why."""
    rows = content.record.rows
    shown = content.record.sources[:_FILES]
    said = [f"{source.file}, {formats.size(source.bytes)}, SHA-256 beginning with {source.sha256[:12]}." for source in shown]
    if (more := len(content.record.sources) - _FILES) > 0:
        said.append(f"And {formats.plural(more, 'more file')}, which the run's manifest names.")
    counted = (
        f"{formats.plural(rows.read, 'row')} read: {formats.count(rows.kept)} used ({formats.share(rows.kept / rows.read)}), "
        f"{formats.count(rows.rejected)} kept out, {formats.count(rows.duplicates)} removed as repeats."
    )
    return [*([MADE_UP] if content.record.demo else []), *said, counted, *_kept_out(content.checks)]


def measuring(content: Content) -> list[str]:
    """What is known of each customer."""
    features = formats.listed(_named(name, unit) for name, unit in content.record.features.items())
    said = [f"Each customer is described by {features}."]
    if content.sells:
        counts = "order lines" if content.record.settings.get("frequency") == "lines" else "distinct orders"
        said.append(
            f"Recency is whole days from the last order to {formats.day(content.record.as_of)}; frequency counts {counts}; monetary is "
            f"what they spent, in {content.currency}."
        )
    if content.record.filled:
        filled = formats.listed(f"{formats.in_full(value)} for {name}" for name, value in content.record.filled.items())
        said.append(f"Where the file held nothing, there stands {filled}.")
    return said


def grouping(content: Content) -> list[str]:
    """How customers were put into clusters, and these named."""
    settings, known = content.record.settings, content.record.trust
    scaled = "put on a log scale first, then " if settings["scaling"] == "log" else ""
    said = [
        f"K-Means with k = {len(content.clusters)} and seed {settings['seed']}; features are {scaled}scaled to mean 0 and standard "
        "deviation 1. Clusters are numbered from the largest, and keep their number from run to run.",
        "Personas are names that rules give to clusters; the rule that gave a name stands in the workbook.",
    ]
    return [*said, *([known.k_reason, known.scaling_reason] if known else [])]


def looking_ahead(content: Content) -> list[str]:
    """Where it is from what customers are expected to spend, and how well that was foretold before; and how it is known who moved."""
    said = []
    if content.foretold:
        said.append(
            "Orders and spend ahead are expected by BG/NBD and Gamma-Gamma, which know of no seasons and no plans. At risk is what "
            "customers would spend if all were surely active, less what is expected."
        )
    if "backtest_orders" in content.foretold:
        said.append(f"Tried on the past: {verdict.came_true(content.foretold)}. {verdict.against_other_ways(content.foretold)}.")
    return [*said, *([] if content.flows.empty else [moving.PLACED])]


def mapping(content: Content) -> list[str]:
    """How to read the map."""
    said = ["UMAP: who lies close together is alike; its axes have no unit, and distances of groups mean little."]
    if content.record.map:
        drawn = content.record.map
        said.append(
            f"It was fitted on {formats.count(drawn.fitted)} customers, the others being placed by them; of a customer's neighbours, "
            f"{formats.share(drawn.trustworthiness_placed)} are its neighbours in the features."
        )
    return said


def _named(name: str, unit: str) -> str:
    return f"{formats.words(name).lower()} ({unit})" if unit else formats.words(name).lower()


def _kept_out(checks: pd.DataFrame) -> list[str]:
    """The checks that kept out most."""
    kept_out = checks[(checks["outcome"] == "rejected") & (checks["rows"] > 0)].sort_values("rows", ascending=False, kind="stable")
    if kept_out.empty:
        return []
    listed = "; ".join(f"{row.check} ({formats.count(row.rows)})" for row in kept_out.head(_CHECKS).itertuples())
    most = "Most were" if len(kept_out) > _CHECKS else "They were"
    return [f"{most} kept out because: {listed}."]


def _sampled(content: Content) -> list[str]:
    sample = content.record.scores.sample
    if sample is None:
        return []
    half = content.record.scores.silhouette_half_interval
    within = f"; the silhouette is known to within {formats.score(half)} (95 %)" if half is not None else ""
    return [f"Scores are of {formats.count(sample)} customers drawn at random{within}."]
