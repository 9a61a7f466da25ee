"""Who has another persona than in the run before, and why."""

import pandas as pd

from pipeline.artifacts import Run
from pipeline.schema import CHANGES
from webapp.views.scope import Scope


def pairs(scope: Scope) -> pd.DataFrame:
    """One row per reason and pair of personas: reason, from_persona, to_persona (missing for new and gone), customers.

    Reasons come in the order of `schema.CHANGES`, the largest pair of each first.
    """
    return scope.snapshot.frame(
        f"""SELECT * FROM {scope.table("changes")}
            ORDER BY list_position(?, reason), customers DESC, from_persona, to_persona""",
        [list(CHANGES)],
    )


def carried(scope: Scope, before: Run | None) -> bool:
    """Whether the dataset was taken from the run before as it was; what it says of changes is then about an earlier one."""
    return before is not None and before.manifest.datasets.get(scope.name) == scope.record
