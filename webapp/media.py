"""What files are called on their way out, by the type that browsers know and by name."""

import re
from urllib.parse import quote

_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
# How every list leaves.
LISTS = ("csv", "xlsx")


def type_of(name: str) -> str:
    """The type of a file of that name or ending."""
    return _TYPES[name.rpartition(".")[2]]


def disposition(name: str) -> str:
    """The header that names the file (RFC 6266): in ASCII, and in full where that loses something."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    full = f"; filename*=UTF-8''{quote(name, safe='')}" if plain != name else ""
    return f'attachment; filename="{plain}"{full}'
