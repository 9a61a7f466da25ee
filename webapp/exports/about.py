"""What a file says about itself."""

from typing import Any

from pipeline.exports.listing import Listing, explained
from webapp.views.scope import Scope


def about(scope: Scope, name: str, listing: Listing) -> list[tuple[Any, ...]]:
    """Rows for a reader who has only the file: where it comes from, which rows it holds, what its columns mean."""
    manifest, record = scope.snapshot.run.manifest, scope.record
    said: list[tuple[Any, ...]] = [("Dataset", record.title), ("List", name), ("Rows", listing.rows), ("Which", listing.choice)]
    if record.demo:
        said.append(("Caution", "made-up data: these customers do not exist"))
    said += [("Run", manifest.run_id), ("Created (UTC)", manifest.created_at.replace(tzinfo=None, microsecond=0))]
    if record.as_of:
        said.append(("Recency counted to", record.as_of))
    return [*said, ("",), *explained(listing.columns, record.currency)]
