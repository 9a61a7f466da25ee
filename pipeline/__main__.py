"""The command line."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline import artifacts, catalogue, console, labels, remote
from pipeline.address import shown
from pipeline.engines import Engine
from pipeline.errors import ClienteleError, HeldBackError, InputError
from pipeline.settings import Kind

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Customer segments, published as parquet."
)

RawOption = Annotated[Path, typer.Option("--raw", envvar="CLIENTELE_RAW", help="Folder that holds the datasets' files.")]
OutOption = Annotated[
    str,
    typer.Option("--out", envvar="CLIENTELE_ARTIFACTS", help="Folder that runs are published in, or address, such as s3://bucket/prefix."),
]
CatalogueOption = Annotated[Path, typer.Option("--catalogue", help="The catalogue of datasets.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Day that recency is counted to [default: the day after the last order].")
]

RunArgument = Annotated[str, typer.Argument(help="A run's id, as `runs` lists it.")]

RAW, OUT, CATALOGUE = Path("data/raw"), "data/artifacts", Path("datasets.toml")


@app.command()
def build(
    only: Annotated[str | None, typer.Option(help="Build one dataset and take over the others.")] = None,
    raw: RawOption = RAW,
    out: OutOption = OUT,
    catalogue_file: CatalogueOption = CATALOGUE,
    demo: Annotated[bool, typer.Option("--demo", help="Use made-up data, even where a file is there.")] = False,
    as_of: AsOfOption = None,
    force: Annotated[bool, typer.Option("--force", help="Build even what has not changed.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out how far the segments can be trusted, and why.")] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Publish even what differs much from the current run.")] = False,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory", metavar="SIZE", envvar="CLIENTELE_MEMORY", help="What reading may take, such as 4GB [default: half the machine]."
        ),
    ] = None,
    engine: Annotated[
        Engine, typer.Option(envvar="CLIENTELE_ENGINE", help="What checks and measures: this machine alone, or Spark.")
    ] = "duckdb",
) -> None:
    """Segment every dataset whose file or settings changed, and publish a run."""
    from pipeline.build import build
    from pipeline.limits import CATALOGUE, bytes_of, of_catalogue
    from pipeline.wanted import Request

    limits = of_catalogue(bytes_of(memory)) if memory else CATALOGUE
    datasets, day = catalogue.load(catalogue_file), _date(as_of)
    with remote.building(out, only=only, say=console.say) as building:
        request = Request(datasets, raw, building.folder, only, demo, day, force, quick, accept, limits, engine)
        with console.progress() as report:
            outcome = build(request, created_at=datetime.now(UTC), report=report)
        building.bring(outcome.run, held_back=outcome.held_back)
    console.show_outcome(outcome, raw)
    if outcome.held_back:
        raise HeldBackError(console.why_held_back(outcome.run.manifest))


@app.command()
def init(
    file: Annotated[Path, typer.Argument(help="Customers, or order lines, in a file of your own.")],
    name: Annotated[str | None, typer.Option(help="Of the dataset; made of the file's name without it.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Where the guess is wrong.")] = None,
    time_format: Annotated[str | None, typer.Option(help="How times are written, such as %d/%m/%Y %H:%M.")] = None,
    raw: RawOption = RAW,
    catalogue_file: CatalogueOption = CATALOGUE,
    yes: Annotated[bool, typer.Option("--yes", help="Write the block without asking.")] = False,
) -> None:
    """Look at a file, guess what it holds, and put a block for it into the catalogue."""
    from pipeline.init.begin import begin, keep

    with console.progress() as report:
        found = begin(file, raw=raw, catalogue_file=catalogue_file, name=name, kind=kind, time_format=time_format, report=report)
    console.show_beginning(found.block, found.rows)
    console.show_quality(file, found.counts, found.findings)
    if not (yes or console.agreed(f"Write this to {catalogue_file}?")):
        raise InputError(f"Nothing was written. With --yes the block is put into {catalogue_file}; it can be mended there.")
    keep(found, catalogue_file)
    console.say(f"[{found.name}] is in {catalogue_file}. Mend it there, then run `{artifacts.BUILD_COMMAND} --only {found.name}`.")


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A dataset of the catalogue.")],
    file: Annotated[Path | None, typer.Argument(help="A file to check in place of the dataset's own.")] = None,
    raw: RawOption = RAW,
    catalogue_file: CatalogueOption = CATALOGUE,
    as_of: AsOfOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON, and nothing else.")] = False,
) -> None:
    """Read a dataset's file, say what is wrong with it, and publish nothing."""
    from pipeline.checkup import check_file

    dataset = catalogue.pick(catalogue.load(catalogue_file), name)
    path = file or raw / dataset.file
    with console.progress(quiet=as_json) as report:
        counts, findings = check_file(name, dataset, path, as_of=_date(as_of), report=report)
    if as_json:
        console.say(console.quality_as_json(path, counts, findings))
    else:
        console.show_quality(path, counts, findings)


@app.command()
def score(
    name: Annotated[str, typer.Argument(help="A dataset of the published run.")],
    file: Annotated[Path, typer.Argument(help="Customers, or order lines, in the shape of the dataset's own file.")],
    out: Annotated[Path, typer.Option("--out", help="File to write: .csv, .xlsx or .parquet.")],
    kept_out: Annotated[Path | None, typer.Option("--rejected", help="CSV file to write the rows that were kept out to.")] = None,
    place: Annotated[str, typer.Option("--runs", envvar="CLIENTELE_ARTIFACTS", help="Folder, or address, of published runs.")] = OUT,
    as_of: AsOfOption = None,
) -> None:
    """Place new customers, or newer orders, among the clusters of the published run."""
    from pipeline import scoring

    scoring.refuse_ending(out)
    run = remote.current(place)
    if run is None:
        raise InputError(f"No run is published in {shown(place)}. Run `{artifacts.BUILD_COMMAND}`.")
    with console.progress() as report:
        scored = scoring.score(run, name, file, as_of=_date(as_of), report=report)
    scoring.write(scored, out)
    console.show_quality(file, scored.counts, scored.findings)
    console.show_scored(scored, scoring.groups(scored), out)
    if kept_out:
        scoring.write_rejected(scored, kept_out)
        console.say(f"{scored.counts.rejected:,} rows kept out, with their reasons: {kept_out}.")


@app.command()
def report(
    place: Annotated[str, typer.Option("--runs", envvar="CLIENTELE_ARTIFACTS", help="Folder, or address, of published runs.")] = OUT,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into; made if need be.")] = Path("report"),
    only: Annotated[str | None, typer.Option(help="Report on one dataset.")] = None,
) -> None:
    """Write what is handed over of the published run: a PDF for the meeting, a workbook, and the figures as PNG and SVG."""
    from pipeline.report.making import make

    run = remote.current(place)
    if run is None:
        raise InputError(f"No run is published in {shown(place)}. Run `{artifacts.BUILD_COMMAND}`.")
    with console.progress() as progress:
        written = make(run, out, only=only, report=progress)
    console.say(f"{len(written)} files in {out}: {written[0].name}, {written[1].name}, and the figures.")


@app.command()
def runs(out: OutOption = OUT) -> None:
    """List the published runs, the current one marked."""
    console.show_runs(*remote.manifests(out), remote.labels_of(out))


@app.command()
def use(run: RunArgument, out: OutOption = OUT) -> None:
    """Switch readers to another published run."""
    remote.use(out, run)
    console.say(f"Current run: {run}")


@app.command()
def name(
    run: RunArgument,
    text: Annotated[str, typer.Argument(help='What people call it, up to 60 characters; "" takes the name away.')],
    out: OutOption = OUT,
) -> None:
    """Give a run a name, shown wherever runs are listed."""
    remote.label(out, run, labels.named(text))
    console.say(f"Run {run} is called {text}." if text.strip() else f"Run {run} has no name.")


@app.command()
def pin(
    run: RunArgument,
    remove: Annotated[bool, typer.Option("--remove", help="Take the pin away.")] = False,
    out: OutOption = OUT,
) -> None:
    """Mark a run as one to keep; it is listed first."""
    remote.label(out, run, labels.pinned(not remove))
    console.say(f"Run {run} is {'no longer ' if remove else ''}pinned.")


@app.command()
def fetch(raw: RawOption = RAW) -> None:
    """Download Online Retail II, and say where the mall file comes from."""
    from pipeline.fetch import fetch_retail

    console.say(fetch_retail(raw))


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"--as-of {text!r} is not a date. Write it as 2011-12-10.") from None


def main() -> None:
    """Run the command line; a failure is one message on standard error, and its kind is the exit code."""
    try:
        app(standalone_mode=True)
    except ClienteleError as error:
        console.fail(str(error))
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
