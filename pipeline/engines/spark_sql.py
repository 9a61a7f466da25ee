"""What ibis says to Spark otherwise than it should, or not at all, so that every expression means there what it means to DuckDB."""

from typing import Any

import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

_NORMALIZER = "com.ibm.icu.text.Normalizer"  # Spark brings it for its own collations
_A_DAY = 1, 0, 0, 0


class Compiler(PySparkCompiler):  # type: ignore[misc] # ibis gives it no types
    """Expressions to the SQL of Spark 4."""

    def visit_ScalarUDF(self, op: Any, **arguments: Any) -> sge.Expression:  # noqa: N802 - ibis finds it by this name
        """DuckDB's own functions, by what does the same here."""
        return getattr(self, f"_{op.__func_name__}")(*arguments.values())

    def visit_Hash(self, op: Any, *, arg: sge.Expression) -> sge.Expression:  # noqa: N802 - as above
        """64 bits of a struct; the plain function has 32, and neither of the two sees where a null stands."""
        if not isinstance(op.arg, ops.StructColumn):
            return self.f.anon.xxhash64(arg)
        values = [value.this if isinstance(value, sge.Alias) else value for value in arg.expressions]
        return self.f.anon.xxhash64(*(part for value in values for part in (value, value.is_(sge.Null()))))

    def visit_IntervalFromInteger(self, op: Any, *, arg: sge.Expression, unit: Any) -> sge.Expression:  # noqa: N802 - as above
        """A whole number of minutes or seconds: of other values than literals the plain translation makes a text."""
        minutes, seconds = (arg, 0) if unit.short == "m" else (0, arg)
        return self._interval(0, 0, minutes, seconds)

    def _interval(self, days: Any, hours: Any, minutes: Any, seconds: Any) -> sge.Expression:
        whole = (sg.cast(sge.convert(part), "int") for part in (days, hours, minutes))
        return self.f.anon.make_dt_interval(*whole, sg.cast(sge.convert(seconds), "decimal(18, 6)"))

    def _strlen(self, text: sge.Expression) -> sge.Expression:
        return self.f.anon.octet_length(text)

    def _trim(self, text: sge.Expression, characters: sge.Expression) -> sge.Expression:
        return self.f.anon.btrim(text, characters)

    def _nfc_normalize(self, text: sge.Expression) -> sge.Expression:
        # Java's own takes more than texts, and a function of Python's would need a Python on every worker.
        composed = self.f.anon.java_method(sge.convert(_NORMALIZER), sge.convert("compose"), text, sge.false())
        return self.if_(self._strlen(text).neq(self.f.length(text)), composed, text)

    def _timezone(self, zone: sge.Expression, local: sge.Expression) -> sge.Expression:
        """Of the two moments at which clocks that are put back show a time, the later, as DuckDB has it; Java has the earlier."""
        utc, day = sge.convert("UTC"), self._interval(*_A_DAY)
        earlier = self.f.anon.convert_timezone(zone, utc, local)
        later = self.f.anon.convert_timezone(zone, utc, local + day) - day
        return self.if_(self.f.anon.convert_timezone(utc, zone, later).eq(local), later, earlier)
