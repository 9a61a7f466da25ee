"""Who has another persona than in the run before, and why."""

import pandas as pd

from pipeline.artifacts import Run
from webapp.views.scope import Scope

# As published: what became of customers.
MOVED, MODEL_MOVED, NEW, GONE = "customers moved", "the model moved", "new", "gone"


def pairs(scope: Scope) -> pd.DataFrame:
    """One row per reason and pair of personas: reason, from_persona, to_persona (missing for new and gone), customers.

    Reasons come in the order above, the largest pair of each first.
    """
    return scope.snapshot.frame(
        f"""SELECT * FROM {scope.table("changes")}
            ORDER BY list_position(?, reason), customers DESC, from_persona, to_persona""",
        [[MOVED, MODEL_MOVED, NEW, GONE]],
    )


def carried(scope: Scope, before: Run | None) -> bool:
    """Whether the dataset was taken from the run before as it was; what it says of changes is then about an earlier one."""
    return before is not None and before.manifest.datasets.get(scope.name) == scope.record
