"""The catalogue's columns found in a file's header."""

import difflib
import re
from dataclasses import dataclass

from pipeline.errors import InputError
from pipeline.intake.staged import OWN

# Headers under which well-known exports carry the same thing.
_ALIASES = {
    "customer_id": ("customer id", "customerid", "customer no", "customer number", "customer", "client id"),
    "order_id": ("invoice", "invoiceno", "invoice no", "order id", "orderid", "order number", "order no"),
    "time": ("invoicedate", "invoice date", "order date", "orderdate", "date", "timestamp", "purchase date"),
    "quantity": ("quantity", "qty", "units"),
    "unit_price": ("price", "unitprice", "unit price"),
    "amount": ("amount", "total", "line total", "revenue"),
    "country": ("country", "market"),
    "age": ("age",),
    "gender": ("gender", "sex", "genre"),
    "annual_income": ("annual income", "annual income (k$)", "income"),
    "spending_score": ("spending score", "spending score (1-100)", "score"),
}


@dataclass(frozen=True)
class Matched:
    """A file's header, understood.

    Attributes:
        names: One name per column of the file: the catalogue's header where one was found, its own otherwise.
        renamed: "own header -> catalogue's header" for each that was not written exactly so.
        extra: The file's own headers that nothing asked for.
    """

    names: tuple[str, ...]
    renamed: tuple[str, ...]
    extra: tuple[str, ...]


def match(header: list[str], wanted: dict[str, str], *, where: str, rows: list[list[str]] | None = None) -> Matched:
    """Find every wanted column: written exactly, but for case and spaces, or by a known alias, in that order.

    Args:
        header: The file's column names.
        wanted: Canonical name to the header that the catalogue names.
        where: File (and sheet) for messages.
        rows: The first rows of the file, to say which one looks like the header when this one is not.

    Raises:
        InputError: If a name stands twice, or a wanted column is missing.
    """
    header = _tidy(header)
    _refuse_repeats(header, where)
    found = _find_all(header, wanted)
    missing = {canonical: wanted[canonical] for canonical, at in found.items() if at is None}
    if missing:
        raise InputError(_explain_missing(header, missing, wanted, where, rows or []))
    names, renamed = list(header), []
    for canonical, at in found.items():
        if at is not None and header[at] != wanted[canonical]:
            renamed.append(f"{header[at]} -> {wanted[canonical]}")
            names[at] = wanted[canonical]
    extra = tuple(name for at, name in enumerate(header) if at not in found.values())
    return Matched(tuple(names), tuple(renamed), extra)


def numbered(row: list[str]) -> list[str]:
    """The header of a file that has none."""
    return [""] * len(row)


def fits(header: list[str], wanted: dict[str, str]) -> bool:
    """Whether every wanted column is in a header."""
    return None not in _find_all(_tidy(header), wanted).values()


def _tidy(header: list[str]) -> list[str]:
    return [" ".join(name.split()) or f"column {at}" for at, name in enumerate(header, start=1)]


def _fold(name: str) -> str:
    return re.sub(r"[\s_]+", "", name).casefold()


def _find_all(header: list[str], wanted: dict[str, str]) -> dict[str, int | None]:
    """Where each wanted column stands; no alias takes a column that another one names."""
    folded = [_fold(own) for own in header]
    found = {canonical: folded.index(_fold(name)) if _fold(name) in folded else None for canonical, name in wanted.items()}
    for canonical, at in found.items():
        if at is None:
            aliases = (folded.index(_fold(alias)) for alias in _ALIASES.get(canonical, ()) if _fold(alias) in folded)
            found[canonical] = next((alias for alias in aliases if alias not in found.values()), None)
    return found


def _refuse_repeats(header: list[str], where: str) -> None:
    folded = [_fold(name) for name in header]
    for at, name in enumerate(folded):
        if name in folded[:at]:
            first, second = folded.index(name) + 1, at + 1
            raise InputError(f"{where}: columns {first} and {second} are both called {header[at]!r}. Rename or remove one.")
        if header[at].casefold() in OWN:
            raise InputError(f"{where}: column {at + 1} is called {header[at]!r}, a name that the reader itself uses. Rename it.")


def _explain_missing(header: list[str], missing: dict[str, str], wanted: dict[str, str], where: str, rows: list[list[str]]) -> str:
    for number, row in enumerate(rows, start=1):
        if fits(row, wanted):
            return f"{where}: row 1 is not the header; row {number} looks like it. Delete the rows above it."
    canonical, name = next(iter(missing.items()))
    close = difflib.get_close_matches(name.casefold(), [own.casefold() for own in header], n=1, cutoff=0.5)
    hint = next((f" The closest is {own!r}." for own in header if close and own.casefold() == close[0]), "")
    others = f" Also missing: {', '.join(repr(other) for other in list(missing.values())[1:])}." if len(missing) > 1 else ""
    return (
        f"{where}: no column {name!r} (for {canonical}).{hint}{others} "
        f"The file has: {', '.join(header[:20])}. Name the right one in datasets.toml."
    )
