"""What can leave as a file: each list with its columns and its rows, a part at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pipeline import schema
from pipeline.exports.kept_out import COLUMNS, of_rejected
from pipeline.exports.listing import Listing, Words, of_batches, of_frame
from pipeline.schema import COUNT, LIST, REAL, TEXT, Column
from pipeline.sql import identifier
from webapp.choice import in_words
from webapp.views import customers, grid, history, orders, segments
from webapp.views.scope import Scope

Asked = Mapping[str, str]

_ALL = 1_000_000
# What views work out beside what is published.
_ADDED = {
    column.name: column
    for column in (
        Column("clusters", LIST, "numbers of its clusters"),
        Column("fit", REAL, "mean silhouette"),
        Column("orders", COUNT, "distinct orders"),
        Column("orders_share", REAL, "share of all orders, 0 to 1"),
        Column("revenue", REAL, "sum of monetary", "currency"),
        Column("valued_by", TEXT, "the lens by which the customer is valuable: persona, or segment of the marketer's grid"),
        Column("distance", REAL, "from the customer, in the scaled features that clusters are made of"),
    )
}
_MOVERS = (
    Column("customer_id", TEXT, "as in the file"),
    Column("from_persona", TEXT, "persona at the end of the first month; empty for those who were no customers yet"),
    Column("to_persona", TEXT, "persona at the end of the last month"),
    Column("spend_of_the_year", REAL, f"spend of the {schema.YEAR_DAYS} days up to the end of the last month", "currency"),
)
_COUNTRIES = (
    Column("country", TEXT, "country of the last order"),
    Column("customers", COUNT, "customers in it"),
    Column("orders", COUNT, "distinct orders"),
    Column("revenue", REAL, "sum of monetary", "currency"),
    Column("share", REAL, "share of the revenue of all countries, 0 to 1"),
)


class RefusedError(Exception):
    """A file that cannot be had; the message is all that the reader sees."""

    def __init__(self, status: int, message: str) -> None:
        """Refuse with an HTTP status."""
        super().__init__(message)
        self.status = status


def listing(scope: Scope, name: str, asked: Mapping[str, str]) -> Listing:
    """One list of a dataset, narrowed as the scope is; `asked` is what an address says besides, such as of which customer.

    Raises:
        RefusedError: If the dataset has no such list, or no such customer.
    """
    there = [known for known in LISTS if scope.sells or known not in _OF_BUYERS]
    if name not in there:
        raise RefusedError(404, f"{scope.record.title} has no list {name!r}. There are: {', '.join(there)}.")
    return LISTS[name](scope, asked)


def _customers(scope: Scope, _: Asked) -> Listing:
    """One row per customer, ids as numbers would stand."""
    scored = ["recency_score", "frequency_score", "segment"] if scope.sells else []
    names = [*customers.columns(scope), *scored, "next_cluster", "margin"]
    chosen, values = scope.chosen_by_id
    sql = f"SELECT {', '.join(identifier(name) for name in names)} FROM {chosen} {_sorted(scope)}"
    columns = _described(scope, "customers", names)
    return _asked(scope, columns, sql, values, in_words(scope.filters, scope.record), words=_words(scope))


def _clusters(scope: Scope, _: Asked) -> Listing:
    frame = segments.clusters(scope)
    return of_frame(frame, _described(scope, "clusters", frame.columns), in_words(scope.filters, scope.record))


def _personas(scope: Scope, _: Asked) -> Listing:
    frame = segments.personas(scope)
    return of_frame(frame, _described(scope, "personas", frame.columns), in_words(scope.filters, scope.record))


def _countries(scope: Scope, _: Asked) -> Listing:
    frame = orders.countries(scope, rows=_ALL)[[column.name for column in _COUNTRIES]]
    return of_frame(frame, _COUNTRIES, in_words(scope.filters, scope.record))


def _orders(scope: Scope, asked: Asked) -> Listing:
    """One row per order: of one customer, or of all that are looked at."""
    customer_id = asked.get("customer")
    if customer_id is None:
        condition, values = "true", list[Any]()
        if scope.filters:
            chosen, values = scope.chosen
            condition = f"customer_id IN (SELECT customer_id FROM {chosen})"
        choice = in_words(scope.filters, scope.record)
    else:
        condition, values, choice = "customer_id = ?", [_known(scope, customer_id)["customer_id"]], f"customer {customer_id}"
    columns = tuple(_published(scope, "orders").values())
    sql = f"""SELECT {", ".join(identifier(column.name) for column in columns)} FROM {scope.table("orders")}
              WHERE {condition} {_sorted(scope, "length(customer_id), customer_id, time, order_id")}"""
    return _asked(scope, columns, sql, values, choice)


def _similar(scope: Scope, asked: Asked) -> Listing:
    customer_id = asked.get("customer")
    if customer_id is None:
        raise RefusedError(400, "Similar to which customer? Add ?customer=ID to the address.")
    frame = customers.similar(scope, _known(scope, customer_id))
    columns = _described(scope, "customers", frame.columns)
    return of_frame(frame, columns, f"the {len(frame)} customers most like customer {customer_id}", words=_words(scope))


def _disagreements(scope: Scope, _: Asked) -> Listing:
    sql, values = grid.disagreements_sql(scope)
    names = ["customer_id", "persona", "segment", "valued_by", "recency_days", "frequency", "monetary"]
    choice = f"valuable by one lens and worthless by the other; {in_words(scope.filters, scope.record)}"
    return _asked(scope, _described(scope, "customers", names), sql, values, choice)


def _rejected(scope: Scope, _: Asked) -> Listing:
    """One row per row kept out, as the file had it."""
    batches = scope.snapshot.batches(f"SELECT {', '.join(COLUMNS)} FROM {scope.table('rejected')}")
    rows = scope.record.tables["rejected"].rows
    return of_rejected(batches, rows, list(_published(scope, "rejected").values()), scope.record.file_columns)


def _quality(scope: Scope, _: Asked) -> Listing:
    return _whole(scope, "quality", "all checks")


def _changes(scope: Scope, _: Asked) -> Listing:
    return _whole(scope, "changes", "all changes since the run before")


def _movers(scope: Scope, asked: Asked) -> Listing:
    """One row per customer of two months: what they were at the end of each."""
    known = history.months(scope)
    span = history.Span(asked.get("from", ""), asked.get("to", ""))
    if span.first not in known or span.last not in known or span.first >= span.last:
        months = f"{known[0]} to {known[-1]}" if known else "none"
        raise RefusedError(400, f"From which month to which? Add ?from=MONTH&to=MONTH to the address; months: {months}.")
    ends = (asked.get("before"), asked.get("after"))
    choice = f"at the end of {span.first[:7]} and of {span.last[:7]}"
    choice += "".join(f"; {word} {asked[word] or 'new'}" for word in ("before", "after") if word in asked)
    count = history.customers_of(history.flows(scope, span), *ends)
    found = (
        batch
        for sql, values in history.movers_sql(scope, span, *ends)
        for batch in scope.snapshot.batches(f"{sql} ORDER BY length(customer_id), customer_id", values)
    )
    return of_batches(found, count, _MOVERS, choice)


def _whole(scope: Scope, table: str, choice: str) -> Listing:
    """A table as it was published."""
    columns = tuple(_published(scope, table).values())
    names = ", ".join(identifier(column.name) for column in columns)
    return _asked(scope, columns, f"SELECT {names} FROM {scope.table(table)}", [], choice)


LISTS: dict[str, Callable[[Scope, Asked], Listing]] = {
    "customers": _customers,
    "clusters": _clusters,
    "personas": _personas,
    "orders": _orders,
    "similar": _similar,
    "countries": _countries,
    "disagreements": _disagreements,
    "rejected": _rejected,
    "quality": _quality,
    "changes": _changes,
    "movers": _movers,
}
_OF_BUYERS = {"orders", "countries", "disagreements", "movers"}


def _sorted(scope: Scope, by: str = "length(customer_id), customer_id") -> str:
    """The order of rows; those of a crowd leave as they stand, by customer too: sorting them would keep the reader waiting."""
    return "" if scope.crowd else f"ORDER BY {by}"


def _known(scope: Scope, customer_id: str) -> dict[str, Any]:
    found = customers.record(scope, customer_id)
    if found is None:
        like = ", ".join(customers.nearest(scope, customer_id))
        raise RefusedError(404, f"{scope.record.title} has no customer {customer_id!r}. The nearest ids: {like}.")
    return found


def _published(scope: Scope, table: str) -> dict[str, Column]:
    record = scope.record
    features = {name: "currency" if scope.currency and unit == scope.currency else unit for name, unit in record.features.items()}
    return {column.name: column for column in schema.tables(record.kind, features, record.file_columns)[table].columns}


def _described(scope: Scope, table: str, names: Iterable[str]) -> tuple[Column, ...]:
    """Columns by name: as published in `table`, or as views add them."""
    known = _ADDED | _published(scope, table)
    return tuple(known[name] for name in names)


def _words(scope: Scope) -> Words:
    """Column to its words, for those that hold codes: people read and write Female, not 1."""
    coded = {column: words for column, words in scope.fields.categories.items() if any(word != code for word, code in words.items())}
    return {column: {code: word for word, code in words.items()} for column, words in coded.items()}


def _asked(
    scope: Scope, columns: tuple[Column, ...], sql: str, values: Sequence[Any], choice: str, *, words: Words | None = None
) -> Listing:
    rows = scope.snapshot.rows(f"SELECT count(*) AS rows FROM ({sql})", values)[0]["rows"]
    return of_batches(scope.snapshot.batches(sql, values), rows, columns, choice, words)
