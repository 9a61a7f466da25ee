"""Values understood as times: ISO 8601, a declared format, an offset or a zone, a workbook's number of a day."""

import re
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from pipeline.intake.numbers import as_float

_ISO_TIME = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$"
_ZONED = r"^(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?) ?(?:Z|([+-])([01]\d):?([0-5]\d))$"
_PARTS = {"Y": r"\d{4}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "M": r"\d{2}", "S": r"\d{2}"}
_LATEST_DAY = 200_000  # of a workbook: the year 2447


@dataclass(frozen=True)
class Times:
    """A column of times, understood; null where it was not.

    Attributes:
        utc: The moment.
        local: What clocks showed there, where that is known: a day is one where the shop is.
        moved: Whether the two differ.
        serial: Whether it was a number of a day.
    """

    utc: ir.TimestampValue
    local: ir.TimestampValue
    moved: ir.BooleanValue
    serial: ir.BooleanValue


def times_of(value: ir.Value, time_format: str | None, time_zone: str | None, epoch: str | None) -> Times:
    """Understand a column of times.

    Args:
        value: Trimmed text, null where nothing stands; or times, where the file holds them as such.
        time_format: strftime format; None for ISO 8601, with or without an offset.
        time_zone: IANA name of the zone whose clocks are meant where no offset says; None for UTC.
        epoch: ISO date that a workbook's bare numbers count days from; None for other files.
    """
    if not value.type().is_string():
        return _of_times(value, time_zone)
    text = value
    plain, serial = _time(text, time_format), ibis.null("timestamp")
    if epoch and time_format:
        plain = ibis.coalesce(plain, _time(text, None))  # what cells that are times come out as
    if epoch:
        serial = _day_number(plain.isnull().ifelse(text, ibis.null("string")), epoch)
    shown = ibis.coalesce(plain, serial)
    # An offset is part of ISO 8601; a declared format says all that there is.
    zoned = ibis.null("timestamp") if time_format else _zoned(text)
    utc = ibis.coalesce(_moment(shown, time_zone), zoned)
    return Times(utc, ibis.coalesce(shown, zoned), utc.notnull() & ~shown.identical_to(utc), serial.notnull())


@ibis.udf.scalar.builtin(signature=((dt.string, dt.timestamp), dt.Timestamp("UTC")))  # type: ignore[untyped-decorator] # ibis gives it no types
def timezone(zone: str, local: Any) -> Any:  # DuckDB's own
    """The moment at which clocks of a zone show a time."""


def _of_times(value: ir.Value, time_zone: str | None) -> Times:
    """A column that holds times: those with a zone of their own are moments, days begin at midnight."""
    local = value.cast("timestamp")
    utc = local if value.type().is_timestamp() and value.type().timezone else _moment(local, time_zone)
    return Times(utc, local, utc.notnull() & ~local.identical_to(utc), ibis.literal(False))


def _moment(local: ir.TimestampValue, time_zone: str | None) -> ir.TimestampValue:
    return timezone(time_zone, local).cast("timestamp") if time_zone else local


def _time(text: ir.StringValue, time_format: str | None) -> ir.TimestampValue:
    """ISO 8601 text, or text in a declared strftime format, as a timestamp; null when it is neither."""
    iso = text if time_format is None else _to_iso(text, time_format)
    return iso.re_search(_ISO_TIME).ifelse(iso, ibis.null("string")).try_cast("timestamp")


def _zoned(text: ir.StringValue) -> ir.TimestampValue:
    """ISO 8601 text that ends in Z or an offset such as +01:00, as a timestamp in UTC; null when it is something else."""
    part = {name: text.re_extract(_ZONED, at) for name, at in (("time", 1), ("sign", 4), ("hours", 5), ("minutes", 6))}
    minutes = part["hours"].try_cast("int64").fill_null(0) * 60 + part["minutes"].try_cast("int64").fill_null(0)
    ahead = (part["sign"] == "-").ifelse(-minutes, minutes)
    local = text.re_search(_ZONED).ifelse(part["time"], ibis.null("string")).try_cast("timestamp")
    return local - ahead.as_interval("m")


def _to_iso(text: ir.StringValue, time_format: str) -> ir.StringValue:
    """Rearrange the parts of a date as text: engines differ in their parsing functions, not in regular expressions."""
    order = re.findall(r"%([YmdHMS])", time_format)
    plain = re.sub(r"([.()+*?|\[\]{}^$\\])", r"\\\1", time_format)
    pattern = f"^{re.sub('%([YmdHMS])', lambda part: f'({_PARTS[part[1]]})', plain)}$"
    part = {name: text.re_extract(pattern, at) for at, name in enumerate(order, start=1)}
    two = {name: part[name].lpad(2, "0") if name in part else ibis.literal("00") for name in "mdHMS"}
    iso = part["Y"] + "-" + two["m"] + "-" + two["d"] + " " + two["H"] + ":" + two["M"] + ":" + two["S"]
    return text.re_search(pattern).ifelse(iso, ibis.null("string"))


def _day_number(text: ir.StringValue, epoch: str) -> ir.TimestampValue:
    """Days since `epoch`, as workbooks count them, as a timestamp rounded to the second; null when it is no number of theirs."""
    days = as_float(text)
    seconds = days.between(1, _LATEST_DAY).ifelse((days * 86_400).round(0).cast("int64"), ibis.null("int64"))
    return ibis.timestamp(epoch) + seconds.as_interval("s")
