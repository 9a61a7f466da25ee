"""Texts understood as numbers: plain, finite, exact to four places."""

import ibis
import ibis.expr.types as ir

from pipeline.intake.texts import NUMBER

# In size; values beyond it are mistakes.
LARGEST = 1e9
_COMMA_NUMBER = r"^[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]*)(,[0-9]*)?([eE][+-]?[0-9]+)?$"


def with_point(text: ir.StringValue, decimal: str) -> ir.StringValue:
    """A column of numbers with a decimal point: "1.234,50" is "1234.50" where commas are declared, and then "1.5" is no number."""
    if decimal == ".":
        return text
    plain = text.replace(".", "").replace(",", ".")
    # A point that does not stand between thousands makes it no number, whatever it would be elsewhere.
    return text.re_search(_COMMA_NUMBER).ifelse(plain, text.replace(".", "?"))


def as_float(text: ir.StringValue) -> ir.FloatingValue:
    """Null when it is no number."""
    return text.re_search(NUMBER).ifelse(text, ibis.null("string")).try_cast("float64")


def as_decimal(text: ir.StringValue) -> ir.DecimalValue:
    """Exact to four places; null when it is no number or beyond what the checks allow."""
    usable = as_float(text).abs() <= LARGEST
    return usable.ifelse(text, ibis.null("string")).try_cast("decimal(18, 4)")
