"""What the two lenses say of buyers, counted in plain Python as docs/method.md puts it: what SQL has to agree with."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from statistics import mean

import pandas as pd


def shared(customers: pd.DataFrame) -> dict[tuple[str, str], tuple[int, float]]:
    """Persona and segment that share customers, to how many and their spend."""
    spends = defaultdict(list)
    for persona, segment, spend in _rows(customers, "persona", "segment", "monetary"):
        spends[persona, segment].append(spend)
    return {both: (len(found), sum(found)) for both, found in spends.items()}


def disagreements(customers: pd.DataFrame) -> list[tuple[str, str]]:
    """Who is valuable by one lens and worthless by the other, with the lens that values them; the highest spend first, then by id."""
    thirds = {lens: _thirds(_rows(customers, lens, "monetary")) for lens in ("persona", "segment")}
    found = []
    for customer_id, persona, segment, spend in _rows(customers, "customer_id", "persona", "segment", "monetary"):
        if {thirds["persona"][persona], thirds["segment"][segment]} == {0, 2}:
            found.append((-spend, customer_id, "persona" if thirds["persona"][persona] == 2 else "segment"))
    return [(customer_id, lens) for _, customer_id, lens in sorted(found)]


def _rows(customers: pd.DataFrame, *columns: str) -> list[tuple]:  # type: ignore[type-arg] # of as many as there are columns
    return list(customers[list(columns)].itertuples(index=False, name=None))


def _thirds(spends: Sequence[tuple[Hashable, float]]) -> dict[Hashable, int]:
    """Group to its third by mean spend, 2 the first: told by how many groups stand below, and half of those beside."""
    by_group = defaultdict(list)
    for group, spend in spends:
        by_group[group].append(spend)
    means = {group: mean(found) for group, found in by_group.items()}
    below = {group: sum((other < own) + (other == own) / 2 for other in means.values()) for group, own in means.items()}
    return {group: int(3 * place / len(means)) for group, place in below.items()}
