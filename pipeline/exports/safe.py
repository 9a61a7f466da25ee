"""Text that a spreadsheet would take for a formula."""

import re

# What makes a cell a formula, or turns it into one once it is split (OWASP, CSV Injection).
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide forms are meant
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def formula_like(text: str) -> bool:
    """Whether a spreadsheet might compute this text; a plain number such as -12 is only a number."""
    return text.startswith(_STARTS) and not _NUMBER.fullmatch(text)
