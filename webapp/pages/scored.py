"""What came of a file that was sent to be scored."""

from typing import Any

from dash import html

from pipeline import formats
from pipeline.job_folder import DONE, REFUSED, WORKING
from webapp.components import downloads, links, states, upload
from webapp.components.card import panel
from webapp.components.table import Column, table
from webapp.jobs import Job
from webapp.pages.ask import Ask
from webapp.pages.kept_out import kept_out
from webapp.views import segments
from webapp.views.scope import Scope

_FILES = {"customers.csv": "CSV", "customers.xlsx": "XLSX"}
_OLDER = "They were placed by a run that is no longer shown. Send the file again to have them placed by the one that is."


def scored(ask: Ask, scope: Scope) -> list[Any]:
    """The job that the address names: how far it is, why it came to nothing, or its results. Nothing without one."""
    job_id = ask.params.get("scored")
    if not job_id:
        return []
    job = ask.jobs.find(job_id)
    if job is None or job.campaign or job.dataset != scope.name:
        return _gone()
    status = job.status
    if status["state"] == WORKING:
        return [panel(f"Scoring {job.file}", upload.waiting(job.id, {"dataset": scope.name}))]
    if status["state"] == DONE:
        result = job.result
        return _results(scope, job, result) if result else _gone()
    heading = f"{job.file} was refused" if status["state"] == REFUSED else f"{job.file} could not be scored"
    return [panel(heading, html.P(status["message"], className="trouble", role="alert"))]


def _gone() -> list[Any]:
    text = "Results are kept for 15 minutes. Send the file again."
    return [html.Div(states.message("info-circle", "This result is no longer kept", text, [], level=2), className="panel")]


def _results(scope: Scope, job: Job, result: dict[str, Any]) -> list[Any]:
    groups = result["groups"]
    customers, new = (sum(group[key] for group in groups) for key in ("customers", "new"))
    moved = sum(group["moved"] for group in groups)
    known = customers - new
    said = [f"{formats.plural(known, 'customer is', 'customers are')} known from the run"] if known else []
    said += [f"{formats.count(moved) if moved else 'none'} of them moved to another persona"] if known else []
    said += [f"{formats.plural(new, 'is', 'are')} new"] if new else []
    counted = f" Recency is counted to {result['as_of']}." if result["as_of"] else ""
    there = {file: word for file, word in _FILES.items() if file in job.files}
    files = [downloads.link(word, links.result_path(job.id, file), what=f"the scored customers as {word}") for file, word in there.items()]
    heading = f"{result['file']}: {formats.plural(customers, 'customer')} placed"
    older = [] if result["run_id"] == scope.snapshot.run_id else [html.P(_OLDER, className="note")]
    content = [html.P(f"{', '.join(said)}.{counted}"), *older, _groups(scope, groups)]
    summary = panel(heading, content, tools=html.Div(files, className="files"))
    return [
        html.Div([summary, _rows(job, result)], className="two"),
        html.Div(_preview(scope, result, customers), className="stack"),
    ]


def _groups(scope: Scope, groups: list[dict[str, Any]]) -> Any:
    personas = segments.persona_names(scope)
    columns: list[Column | str] = ["Persona", *(Column(name, numeric=True) for name in ("Customers", "Share", "New", "Moved here"))]
    rows = [
        [
            links.persona(scope.name, group["persona"], personas),
            formats.count(group["customers"]),
            formats.share(group["share"]),
            formats.count(group["new"]),
            formats.count(group["moved"]),
        ]
        for group in groups
    ]
    return table(columns, rows, caption="Customers of the file by persona")


def _rows(job: Job, result: dict[str, Any]) -> Any:
    """How the rows of the file fared, and the first of those kept out."""
    rows = result["rows"]
    heading = f"{formats.count(rows['kept'])} of {formats.plural(rows['read'], 'row')} used"
    if not rows["rejected"]:
        return panel(heading, html.P("No row was kept out."))
    rejected = links.result_path(job.id, "rejected.csv")
    tools = downloads.link("Rows kept out", rejected, what=f"the rows kept out of {job.file} as CSV")
    return panel(heading, kept_out(rows["rejected"], result["rejected"]), tools=tools)


def _preview(scope: Scope, result: dict[str, Any], customers: int) -> Any:
    personas = segments.persona_names(scope)
    columns = [Column(formats.words(name), numeric=name not in {*_WORDS, *scope.record.words}) for name in result["columns"]]
    rows = [
        [_cell(scope, personas, name, value) for name, value in zip(result["columns"], row, strict=True)] for row in result["customers"]
    ]
    heading = f"The first {len(rows)} of {formats.plural(customers, 'customer')}" if customers > len(rows) else "The customers"
    return panel(heading, table(columns, rows, caption="Scored customers"))


_WORDS = {"customer_id", "status", "persona", "persona_before", "country", "first_order", "last_order"}


def _cell(scope: Scope, personas: list[str], name: str, value: Any) -> Any:
    if value is None:
        return formats.NOTHING
    if name in {"persona", "persona_before"}:
        return links.persona(scope.name, value, personas)
    if name in scope.record.words:
        return next((word for word, code in scope.record.words[name].items() if code == value), str(value))
    if name in {"first_order", "last_order"}:
        return str(value)[:10]
    if name in scope.units:
        return formats.exact_measure(value, scope.units[name], scope.currency)
    return formats.score(value) if name == "margin" else formats.exact_measure(value, "") if isinstance(value, float) else str(value)
