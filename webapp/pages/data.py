"""Where the data comes from and how it was read; files to score; what each column means."""

from typing import Any

from dash import html

from pipeline import formats
from pipeline.schema import COUNT, MOMENT, REAL, SINGLE, SMALL, TEXT
from webapp.components.card import Chart, card, panel, switch, tiles
from webapp.components.downloads import files
from webapp.components.links import scoring_path
from webapp.components.table import Column, table
from webapp.components.upload import upload
from webapp.figures import bars
from webapp.pages.ask import Ask
from webapp.pages.moved import moved
from webapp.pages.runs import runs
from webapp.pages.scored import scored
from webapp.views import intake
from webapp.views.scope import Scope

# Of a SHA-256, what tells files apart at a glance.
_SHORT = 12
_KINDS = {TEXT: "text", COUNT: "whole number", SMALL: "whole number", REAL: "number", SINGLE: "number", MOMENT: "time"}
_LEAST_SECONDS = 0.05
_OTHERWISE = "Use python -m pipeline score."


def matches(ask: Ask) -> bool:
    """Whether the address is that of the data."""
    return ask.parts == ("data",)


def title(ask: Ask) -> str:
    """The page's title."""
    return "Data"


def layout(ask: Ask) -> list[Any]:
    """The page; what the address changes stands in `#view`."""
    return [html.H1("Data"), html.Div(view(ask), id="view")]


def view(ask: Ask) -> list[Any]:
    """Everything but the heading, of one dataset."""
    names = list(ask.snapshot.datasets)
    name = ask.choice("dataset", names)
    scope = Scope(ask.snapshot, name)
    options = [(ask.snapshot.datasets[other].title, ask.href(dataset=other, scored=None, state=None), other == name) for other in names]
    return [
        html.Div(switch("Dataset", options), className="lenses"),
        *_files(ask, scope),
        _checks(scope),
        moved(ask, scope),
        html.Div([_stages(ask, scope), runs(ask, scope.name)], className="two"),
        _dictionary(scope),
    ]


def _files(ask: Ask, scope: Scope) -> list[Any]:
    """What was read; beside it, for those who may send files, where to, and below what came of one."""
    if ask.role != "analyst":
        return [html.Div(_read(scope), className="stack spaced")]
    return [
        html.Div([_read(scope), _score(ask, scope)], className="two"),
        html.Div(scored(ask, scope), id="scored"),
    ]


def _read(scope: Scope) -> html.Section:
    """How many rows were used, and of which files."""
    rows, record = scope.record.rows, scope.record
    items = [
        ("Rows read", formats.count(rows.read), ""),
        ("Used", formats.count(rows.kept), formats.share(rows.kept / rows.read)),
        ("Kept out", formats.count(rows.rejected), formats.share(rows.rejected / rows.read)),
        ("Customers", formats.count(record.customers), ""),
    ]
    if rows.duplicates:
        items.insert(3, ("Repeats removed", formats.count(rows.duplicates), formats.share(rows.duplicates / rows.read)))
    columns: list[Column | str] = ["File", Column("Size", numeric=True), "SHA-256"]
    listed = [[source.file, formats.size(source.bytes), source.sha256[:_SHORT]] for source in record.sources]
    demo = [html.P("These customers are made up: the dataset's own file was not there.")] if record.demo else []
    return panel(f"What was read for {record.title}", [*demo, tiles(items), html.P(_worst(scope)), table(columns, listed, caption="Files")])


def _worst(scope: Scope) -> str:
    """The reason that keeps out most, in a sentence."""
    kept_out = [row for row in intake.checks(scope) if row["outcome"] == "rejected" and row["rows"]]
    if not kept_out:
        return "No row was kept out."
    row = max(kept_out, key=lambda row: row["rows"])
    comes_to = f"; they come to {formats.money(row['revenue'], scope.currency)}" if scope.sells and row["revenue"] else ""
    return f"{formats.plural(row['rows'], 'row is', 'rows are')} kept out because {row['check']}{comes_to}."


def _score(ask: Ask, scope: Scope) -> html.Section:
    """A file of other customers, or of newer orders."""
    what = "order lines" if scope.sells else "customers"
    if not ask.upload_bytes:
        return panel("Score a file", html.P("No files are taken here. Whoever runs this can: python -m pipeline score."))
    text = f"Send a file of {what}, and every customer in it is placed in the segments of this run. Nothing is published or fitted again."
    note = (
        f"CSV, XLSX or parquet up to {formats.size(ask.upload_bytes)}, with the columns "
        f"{formats.listed(intake.wanted_columns(scope))}. The file is deleted as soon as it is read, the result after 15 minutes."
    )
    return panel(
        "Score a file",
        [
            html.P(text),
            upload(scoring_path(scope.name), ask.upload_bytes, {"dataset": scope.name}, otherwise=_OTHERWISE),
            html.P(note, className="note"),
        ],
    )


def _checks(scope: Scope) -> html.Section:
    """The data-quality report, what cleaning changed with it."""
    columns: list[Column | str] = ["Check", "Outcome", Column("Rows", numeric=True), Column("Share", numeric=True)]
    columns += [Column("Customers", numeric=True), *([Column("Revenue", numeric=True)] if scope.sells else []), "First"]
    rows = []
    for row in intake.checks(scope):
        revenue = [formats.money(row["revenue"], scope.currency)] if scope.sells else []
        counted = [formats.count(row["rows"]), formats.share(row["share"])] if row["rows"] else [formats.NOTHING, formats.NOTHING]
        what = [_begun(row["check"]), formats.OUTCOMES[row["outcome"]]]
        rows.append([*what, *counted, formats.count(row["customers"]), *revenue, row["example"]])
    tools = html.Div(
        [
            html.Span("Report", className="label"),
            files(scope.name, "quality", what="the data-quality report"),
            html.Span("Rows kept out", className="label"),
            files(scope.name, "rejected", what="the rows kept out"),
        ],
        className="files",
    )
    quiet = intake.quiet_checks(scope)
    note = f"{formats.plural(quiet, 'other check')} found nothing. Customers and revenue are those of the rows a check concerns."
    report = (
        table(columns, rows, caption="Data-quality report") if rows else html.P("Nothing had to be kept out, noted or brought into shape.")
    )
    return panel("How it was cleaned", [report, html.P(note, className="note")], tools=tools)


def _begun(text: str) -> str:
    """The beginning of a line in capitals, names of columns as they are."""
    return text[:1].upper() + text[1:]


def _stages(ask: Ask, scope: Scope) -> html.Section:
    seconds = {stage: value for stage, value in scope.record.seconds.items() if value}
    if not seconds:
        return panel("How long it took", html.P("The run does not say."))
    longest = max(seconds, key=lambda stage: seconds[stage])
    finding = f"{longest.capitalize()} took longest: {seconds[longest]:.1f} of {sum(seconds.values()):.1f} seconds"
    texts = [f"{value:.1f} s" if value >= _LEAST_SECONDS else "< 0.1 s" for value in seconds.values()]
    figure = bars.draw([stage.capitalize() for stage in seconds], list(seconds.values()), texts, ask.theme, measure="Seconds", ticks="~r")
    rows = [[stage.capitalize(), text] for stage, text in zip(seconds, texts, strict=True)]
    return card("stages", Chart(finding, figure, ("Stage", Column("Seconds", numeric=True)), rows), height=300)


def _dictionary(scope: Scope) -> html.Section:
    """Every published table, and what its columns mean."""
    parts = []
    for found in intake.dictionary(scope):
        rows = [[column.name, column.meaning, column.unit, _KINDS.get(column.dtype, "list")] for column in found.columns]
        listed = table(["Column", "Meaning", "Unit", "Type"], rows, caption=f"Columns of {found.name}")
        parts.append(
            html.Details([html.Summary(f"{found.name}: {found.grain}"), listed], className="as-table", open=found.name == "customers")
        )
    return panel("What each column means", html.Div(parts, className="dictionary"))
