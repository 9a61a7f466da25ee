"""What the sheets of a dataset hold: personas, clusters, quality, and all customers."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa

from pipeline import artifacts, formats, parquet, schema
from pipeline.artifacts import Run
from pipeline.exports import listing, workbook
from pipeline.exports.cells import Styles, rows_of
from pipeline.exports.filling import Rows
from pipeline.exports.listing import Listing
from pipeline.report import charts, grid
from pipeline.report.content import Content
from pipeline.report.grid import Head
from pipeline.schema import Column

_COUNT, _SHARE, _SCORE, _MEAN, _PLACE = "#,##0", "0.0%", "0.000", "#,##0.0", "0.00"
_PERSONA, _TEXT, _WIDE, _NARROWEST = 28.0, 44.0, 60.0, 13.0
# Rows of customers that are read at a time.
_BATCH = 10_000


def personas(page: Any, content: Content) -> None:
    """One row per persona, in the order of the rules, and a chart of their shares."""
    heads = [Head(grid.PERSONA, _PERSONA), Head("Customers", 12, _COUNT), Head("Share of customers", 12, _SHARE), *_revenue(content)]
    first = len(heads)
    texts = {"summary": "Who they are", "reason": "Why they are called so", "actions": "What to do", "use_cases": "Where to use it"}
    texts["avoid"] = "What not to do"
    heads += [Head(name, _TEXT) for name in texts.values()]
    figures = ["persona", "customers", "share", *(["revenue", "revenue_share"] if content.sells else [])]
    rows = [[*(row[name] for name in figures), *(_text(row[name]) for name in texts)] for row in content.personas.to_dict("records")]
    grid.begin(page, heads, len(rows), kept="B2")
    grid.fill(page, heads, rows, content.colours)
    columns = [3, first] if content.earns else [3]
    colours = () if content.earns else list(content.colours.values())
    title = "Share of customers and of revenue" if content.earns else "Share of customers"
    page.add_chart(charts.bars(page, title, labels=1, values=columns, rows=len(rows), shown="0%", colours=colours), f"A{len(rows) + 4}")


def clusters(page: Any, content: Content) -> None:
    """One row per cluster, and a chart of how many customers each has."""
    features = content.record.features
    heads = [Head("Cluster", 10, "0"), Head(grid.PERSONA, _PERSONA), Head("Customers", 12, _COUNT), Head("Share of customers", 12, _SHARE)]
    heads += [
        Head(f"{_titled(name, unit)}, mean", 16, _money(content, 2) if unit == content.currency else _MEAN)
        for name, unit in features.items()
    ]
    heads += [Head("Fit, -1 to 1", 10, _SCORE), *_revenue(content)]
    names = ["cluster", "persona", "customers", "share", *features, "fit", *(["revenue", "revenue_share"] if content.sells else [])]
    rows = content.clusters[names].to_numpy(dtype=object).tolist()
    grid.begin(page, heads, len(rows), kept="C2")
    grid.fill(page, heads, rows, content.colours)
    colours = [content.colours[row[1]] for row in rows]
    page.add_chart(
        charts.bars(page, "Customers of each cluster", labels=1, values=[3], rows=len(rows), shown=_COUNT, colours=colours),
        f"A{len(rows) + 4}",
    )


def quality(page: Any, content: Content) -> None:
    """One row per check, those that concern most rows first, and a chart of those that concern any."""
    heads = [Head("Check", _WIDE), Head("Outcome", 20), Head("Rows", 12, _COUNT), Head("Share of rows read", 12, _SHARE)]
    heads += [Head("First of them", _WIDE), Head("Customers", 12, _COUNT)]
    names = ["check", "outcome", "rows", "share", "example", "customers"]
    if content.sells:
        heads.append(Head("Revenue", 16, _money(content, 2)))
        names.append("revenue")
    found = content.checks.sort_values("rows", ascending=False, kind="stable")
    found = found.assign(outcome=found["outcome"].map(formats.OUTCOMES))
    rows = found[names].astype(object).where(found[names].notna(), None).to_numpy().tolist()
    grid.begin(page, heads, len(rows))
    grid.fill(page, heads, rows, {})
    if concerned := int((found["rows"] > 0).sum()):
        page.add_chart(
            charts.bars(page, "Rows that checks concern", labels=1, values=[3], rows=concerned, shown=_COUNT), f"A{len(rows) + 4}"
        )


def customers(page: Any, content: Content, run: Run) -> Rows:
    """The header of the sheet of customers; returns its rows, as many as a sheet has room for."""
    found = _listed(content, run, columns_of(content))
    first = next(found.parts, None)
    opening = [] if first is None else [first]
    heads = [
        _head(column, content, values)
        for column, values in zip(found.columns, opening[0] if opening else [[] for _ in found.columns], strict=True)
    ]
    grid.begin(page, heads, found.rows, kept="B2")
    shown = tuple(workbook.style_id(page, head.shown, indent=1 if head.is_text else 0) for head in heads)
    styles = Styles(shown, workbook.style_id(page, workbook.TEXT_FORMAT, quoted=True, indent=1))
    rows = rows_of(chain(opening, found.parts), [listing.is_text(column) for column in found.columns], styles)
    return Rows(rows, found.rows * len(found.columns))


def columns_of(content: Content) -> tuple[Column, ...]:
    """The columns of customers, as published."""
    return artifacts.tables(content.record)["customers"].columns


def explained(content: Content) -> list[tuple[str, str, str]]:
    """What columns of customers mean: name, unit and meaning of each."""
    columns = columns_of(content)
    return [(_titled(column.name, _unit(column, content)), _unit(column, content), column.meaning) for column in columns]


def has_room(content: Content) -> bool:
    """Whether a sheet holds all customers."""
    return workbook.has_room(content.record.customers)


def _listed(content: Content, run: Run, columns: tuple[Column, ...]) -> Listing:
    rows = min(content.record.customers, workbook.MOST_ROWS)
    words: dict[str, dict[Any, str]] = {name: {code: word for word, code in words.items()} for name, words in content.record.words.items()}
    read = parquet.batches(run.table(content.name, "customers"), None, _BATCH)
    return listing.of_batches(_first(read, rows), rows, columns, "all customers", words)


def _first(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The first so many rows."""
    for batch in batches:
        if rows <= 0:
            return
        yield batch.slice(0, rows)
        rows -= batch.num_rows


def _revenue(content: Content) -> list[Head]:
    return [Head("Revenue", 16, _money(content, 0)), Head("Share of revenue", 12, _SHARE)] if content.sells else []


def _money(content: Content, places: int) -> str:
    return f'"{formats.symbol(content.currency)}"#,##0{"." + "0" * places if places else ""}'


def _head(column: Column, content: Content, values: list[Any]) -> Head:
    """Of a column of customers, wide enough for its first values."""
    return Head(_titled(column.name, _unit(column, content)), max(workbook.width(column, values), _NARROWEST), _shown(column, content))


def _shown(column: Column, content: Content) -> str:
    if column.unit == "currency" or (column.unit and column.unit == content.currency):
        return _money(content, 2)
    return _PLACE if column.dtype == schema.SINGLE else workbook.number_format(column)


def _unit(column: Column, content: Content) -> str:
    return content.currency or "" if column.unit == "currency" else column.unit


def _titled(name: str, unit: str) -> str:
    return f"{formats.words(name)} ({unit})" if unit else formats.words(name)


def _text(value: Any) -> str:
    """What a cell says: of a list, a line each."""
    return value if isinstance(value, str) else "\n".join(value)
