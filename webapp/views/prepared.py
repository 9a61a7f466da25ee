"""What is worked out once per run, before anybody asks."""

from webapp.snapshot import Snapshot
from webapp.views import density, grid
from webapp.views.scope import Scope


def prepare(snapshot: Snapshot) -> None:
    """Work out the tables that questions about its crowds share: whoever asked first would wait for them."""
    for scope in (Scope(snapshot, name) for name in snapshot.datasets):
        if scope.crowd:
            density.rarest(scope, "persona")
            if scope.sells:
                grid.disagreed(scope)
