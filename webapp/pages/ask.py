"""What a page is asked for: an address, in a theme, of one run."""

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, unquote, urlencode

from pipeline.campaigns import Campaigns
from webapp.access.visitor import Role
from webapp.jobs import Jobs
from webapp.settings import Settings
from webapp.snapshot import Snapshot
from webapp.store import Store
from webapp.theme import Theme
from webapp.views.scope import Scope


@dataclass(frozen=True)
class Ask:
    """One request for a page.

    Attributes:
        store: For what other runs hold.
        snapshot: The run that everything on the page is made of.
        path: Of the address, as the browser sends it.
        search: The part after the question mark, with or without it.
        theme: Light or dark.
        jobs: Files that were sent.
        campaigns: Those that hold out a control group.
        upload_bytes: The largest that is taken.
        role: Of whoever asks. Only pages that are made anew for everybody may look at it: others are kept, and shown to all.
    """

    store: Store
    snapshot: Snapshot
    path: str
    search: str
    theme: Theme
    jobs: Jobs = field(default_factory=Jobs)
    campaigns: Campaigns = field(default_factory=lambda: Campaigns(Settings.artifacts))
    upload_bytes: int = Settings.upload_bytes
    role: Role = "manager"

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The steps of the path, decoded; none for `/`."""
        return tuple(unquote(part) for part in self.path.strip("/").split("/") if part)

    @cached_property
    def params(self) -> dict[str, str]:
        """The last value of each parameter."""
        return dict(parse_qsl(self.search.removeprefix("?")))

    @property
    def names(self) -> list[str]:
        """Names of the datasets, those with orders first."""
        return sorted(self.snapshot.datasets, key=lambda name: self.snapshot.datasets[name].kind != "transactions")

    def scope(self, name: str) -> Scope:
        """A dataset, narrowed as the address says."""
        return Scope(self.snapshot, name).narrowed(self.search)

    def href(self, **changes: str | int | None) -> str:
        """This address with parameters changed; None takes one away."""
        kept = [(key, value) for key, value in parse_qsl(self.search.removeprefix("?")) if key not in changes]
        kept += [(key, str(value)) for key, value in changes.items() if value is not None]
        return self.path + (f"?{urlencode(kept)}" if kept else "")

    def choice(self, name: str, options: list[str]) -> str:
        """A parameter that has to be one of `options`; the first without it."""
        value = self.params.get(name, "")
        return value if value in options else options[0]
