"""Where a mistake in a TOML file is, and what was most likely meant."""

import difflib
import re
from typing import Any

from pydantic import ValidationError


def first(error: ValidationError) -> Any:
    """The problem to name. A typo is both an unknown key and a missing one: the unknown one says where it is."""
    return min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")


def closest(word: str, valid: list[str]) -> str:
    """A question after the valid word that is most like another; empty when none is."""
    found = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    return f" Did you mean {found[0]!r}?" if found else ""


def line(text: str, block: str, *keys: str) -> int:
    """Number of the line that sets the innermost of `keys` in `block`, such as mall or mall.3, or of the closest one around it.

    tomllib keeps no positions, so this looks for the heading, then from key to key as they are written.
    """
    lines = text.splitlines()
    headings = [(at, re.sub(r"[ \"']", "", found[1])) for at, line in enumerate(lines) if (found := re.match(r"\s*\[([^\[\]]+)\]", line))]
    own = [at for at, heading in headings if f"{heading}.".startswith(f"{block}.")] or [0]
    end = next((at for at, heading in headings if at > own[-1]), len(lines))
    position = own[0]
    for key in keys:
        sets_key = re.compile(rf"(^|[\s{{,.\[\"']){re.escape(key)}[\"']?\s*[=\]]")
        position = next((at for at in range(position, end) if sets_key.search(lines[at].split("#")[0])), position)
    return position + 1
