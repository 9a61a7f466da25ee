"""What is worked out once per run, before anybody asks."""

from webapp.snapshot import Snapshot
from webapp.views import customers, density, grid, segments
from webapp.views.scope import Scope


def prepare(snapshot: Snapshot) -> None:
    """Work out what questions about its crowds share: whoever asked first would wait for it."""
    for scope in (Scope(snapshot, name) for name in snapshot.datasets):
        if scope.crowd:
            for view in (segments.totals, segments.personas, segments.clusters, segments.average, segments.persona_means, density.middles):
                view(scope)
            for persona in segments.persona_names(scope):
                for customer in customers.typical(scope, persona, 1).to_dict("records"):
                    customers.standing(scope, customer)
            density.rarest(scope, "persona")
            if scope.sells:
                grid.disagreed(scope)
