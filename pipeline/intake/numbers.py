"""Values understood as numbers: plain, finite, exact to four places."""

import ibis
import ibis.expr.types as ir

from pipeline.intake.texts import NUMBER

# In size; values beyond it are mistakes.
LARGEST = 1e9
_COMMA_NUMBER = r"^[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]*)(,[0-9]*)?([eE][+-]?[0-9]+)?$"


def with_point(text: ir.Value, decimal: str) -> ir.Value:
    """A column of numbers with a decimal point: "1.234,50" is "1234.50" where commas are declared, and then "1.5" is no number."""
    if decimal == "." or not text.type().is_string():
        return text
    plain = text.replace(".", "").replace(",", ".")
    # A point that does not stand between thousands makes it no number, whatever it would be elsewhere.
    return text.re_search(_COMMA_NUMBER).ifelse(plain, text.replace(".", "?"))


def is_number(value: ir.Value) -> ir.BooleanValue:
    """Whether a text is a plain number, or a number a finite one; null where nothing is."""
    if value.type().is_string():
        return value.re_search(NUMBER)
    return ~(value.isnan() | value.isinf()) if value.type().is_floating() else value.notnull()


def as_float(value: ir.Value) -> ir.FloatingValue:
    """Null when it is no number."""
    return is_number(value).ifelse(value, ibis.null(value.type())).try_cast("float64")


def as_decimal(value: ir.Value) -> ir.DecimalValue:
    """Exact to four places; null when it is no number or beyond what the checks allow."""
    usable = as_float(value).abs() <= LARGEST
    return usable.ifelse(value, ibis.null(value.type())).try_cast("decimal(18, 4)")
