"""What ibis says to Spark otherwise than it should, or not at all, so that every expression means there what it means to DuckDB."""

import re
import string
from typing import Any, ClassVar

import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

_NORMALIZER = "com.ibm.icu.text.Normalizer"  # Spark brings it for its own collations
_A_DAY = 1, 0, 0, 0
# Between these DuckDB writes floats without an exponent; and how it writes one.
_PLAIN = 1e-4, 1e15
_EXPONENTS = ((r"\.0e", "e"), (r"e(\d)", "e+$1"), (r"e-(\d)$", "e-0$1"), ("infinity", "inf"))
_UNKNOWN = "\a\f\v"


class Compiler(PySparkCompiler):  # type: ignore[misc] # ibis gives it no types
    """Expressions to the SQL of Spark 4."""

    # Those of the parent are methods by now; named here again, they would stand before the methods below.
    SIMPLE_OPS: ClassVar[dict[type, str]] = {}

    def visit_ScalarUDF(self, op: Any, **arguments: Any) -> sge.Expression:  # noqa: N802 - ibis finds it by this name
        """DuckDB's own functions, by what does the same here."""
        return getattr(self, f"_{op.__func_name__}")(*arguments.values())

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> sge.Expression | None:  # noqa: N802 - as above
        """Signs in a text that are written with a letter which Spark takes for itself are written as numbers."""
        if not dtype.is_string():
            return super().visit_NonNullLiteral(op, value=value, dtype=dtype)
        return self._text(value)

    def visit_Strip(self, op: Any, *, arg: sge.Expression) -> sge.Expression:  # noqa: N802 - as above
        """Text without ASCII's white space around it."""
        return self.f.anon.btrim(arg, self._text(string.whitespace))

    def _text(self, text: str) -> sge.Expression:
        parts = [part for part in re.split(r"([\a\f\v])", text) if part]
        written = [self.f.anon.char(ord(part)) if part in _UNKNOWN else sge.convert(part) for part in parts]
        return self.f.concat(*written) if len(written) > 1 else sge.convert(text)

    def visit_IsNull(self, op: Any, *, arg: sge.Expression) -> sge.Expression:  # noqa: N802 - as above
        """Whether nothing is there; what is not a number is something."""
        return arg.is_(sge.Null())

    def visit_NotNull(self, op: Any, *, arg: sge.Expression) -> sge.Expression:  # noqa: N802 - as above
        """Whether something is there."""
        return sg.not_(arg.is_(sge.Null()))

    def visit_IsInf(self, op: Any, *, arg: sge.Expression) -> sge.Expression:  # noqa: N802 - as above
        """Whether a float is beyond all numbers; ibis compares the expressions themselves."""
        return self.f.abs(arg).eq(self.POS_INF)

    def visit_Cast(self, op: Any, *, arg: sge.Expression, to: Any) -> sge.Expression:  # noqa: N802 - as above
        """Floats are written as DuckDB writes them: 0.00012, 1e-05, nan."""
        plain = super().visit_Cast(op, arg=arg, to=to)
        if not (op.arg.dtype.is_floating() and to.is_string()):
            return plain
        digits = self.f.anon.rtrim(sge.convert("0"), sg.cast(sg.cast(plain, "decimal(38, 20)"), "string"))
        short = self.f.anon.lower(plain)
        for pattern, written in _EXPONENTS:
            short = self.f.anon.regexp_replace(short, sge.convert(pattern), sge.convert(written))
        return self.if_(self.f.abs(arg).between(*_PLAIN), digits, short)

    def visit_TryCast(self, op: Any, *, arg: sge.Expression, to: Any) -> sge.Expression:  # noqa: N802 - as above
        """Floats become decimals as in DuckDB, which multiplies and rounds; Spark rounds the digits that it would write."""
        plain = super().visit_TryCast(op, arg=arg, to=to)
        if not (op.arg.dtype.is_floating() and to.is_decimal()):
            return plain
        whole = self.f.anon.round(sg.cast(arg, "double") * sge.convert(10.0**to.scale))
        shift = sg.cast(sge.convert(f"1e-{to.scale}"), f"decimal({to.scale}, {to.scale})")
        wide = sge.TryCast(this=whole, to=sge.DataType.build(f"decimal({to.precision + to.scale}, 0)"), safe=True)
        return sge.TryCast(this=wide * shift, to=plain.to, safe=True)

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
