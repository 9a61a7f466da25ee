"""Who is in: sessions, accounts, limits and the trail of one server, made once."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

from starlette.types import Scope

from webapp import private
from webapp.access import caller
from webapp.access.accounts import Accounts
from webapp.access.audit import Trail, writer
from webapp.access.keyed import Keyed
from webapp.access.limits import Limit, Limits
from webapp.access.sessions import Sessions
from webapp.access.settings import AccessSettings, SettingsError
from webapp.access.state import State
from webapp.access.visitor import Visitor, current

SEARCHES = Limit("search", 120, 60.0)
EXPORTS = Limit("export", 30, 60.0)
# Everybody on this machine, where nobody has to say who they are.
_ANYBODY = Visitor("", "analyst")


class Reception:
    """What the gate, the page of signing in, and the pages know of visitors.

    Attributes:
        settings: What the environment says.
        sessions: Who is in.
        limits: How often somebody did something.
        trail: What was done.
        accounts: With `local`, else None.
        state, keyed, clock: What they stand on.
    """

    def __init__(
        self,
        settings: AccessSettings,
        *,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
        write: Callable[[str], None] | None = None,
        run_id: Callable[[], str] = lambda: "-",
    ) -> None:
        """Open what is remembered, in `folder` or in one of this user's among temporary ones.

        Raises:
            SettingsError: If nobody could sign in, or what is remembered and noted has no place.
        """
        self.settings = settings
        self.accounts = Accounts(settings.users, settings.users_file) if settings.mode == "local" else None
        # Where nobody signs in there is nothing that another worker would have to know.
        self.state = State(None if settings.mode == "none" else _folder(folder) / "visitors.sqlite")
        # Without a secret nothing needs to be known again by the next process.
        self.clock, self.keyed = clock, Keyed(settings.secret or secrets.token_hex())
        self.sessions = Sessions(self.state, self.keyed, clock)
        self.limits = Limits(self.state, self.keyed, clock)
        self.trail = Trail(self.keyed, write or writer(settings.audit_file), clock=clock, run_id=run_id)

    def visitor(self, token: str | None, *, is_active: bool) -> Visitor | None:
        """Who holds the number of a session; None if nobody does, or their account is no longer what it was when they signed in."""
        if self.settings.mode == "none":
            return _ANYBODY
        session = self.sessions.find(token, active=is_active) if token else None
        if session is None:
            return None
        account = self.accounts.find(session.name) if self.accounts else None
        # Of a provider's people there is no stamp; nor is there any more of whoever had an account before the provider came.
        if session.stamp != (account.stamp if account else ""):
            self.sessions.end(session.key)
            return None
        return Visitor(session.name, session.role, session.key)

    def searched(self, text: str) -> bool:
        """Note that the current visitor searches for something; False if they did so too often."""
        visitor = current()
        is_allowed = self._may(SEARCHES, visitor)
        self.trail.note("search", "done" if is_allowed else "limited", user=visitor.name, about=text)
        return is_allowed

    def may_export(self, visitor: Visitor) -> bool:
        """Count an export; False if there were too many."""
        return self._may(EXPORTS, visitor)

    def close(self) -> None:
        """Let go of what is remembered."""
        self.state.close()

    def _may(self, limit: Limit, visitor: Visitor) -> bool:
        """Whether somebody may once more; on one's own machine one always may."""
        return self.settings.mode == "none" or self.limits.take(limit, visitor.name) is not None

    def address(self, scope: Scope) -> str:
        """Where a request comes from."""
        return caller.address(scope, self.settings.proxies)


def _folder(path: Path | None) -> Path:
    try:
        return private.folder(path)
    except OSError as error:
        raise SettingsError(str(error)) from None
