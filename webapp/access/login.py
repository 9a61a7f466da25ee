"""Signing in and out: the page, what it sends, and what is counted of those who try."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from html import escape
from urllib.parse import quote

from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from webapp import notice
from webapp.access import cookie, visitor
from webapp.access.accounts import LONGEST, Account, Accounts, plain
from webapp.access.limits import Limit
from webapp.access.reception import Reception
from webapp.access.rules import LOGIN, LOGIN_BACK, LOGIN_PROVIDER, LOGOUT

_FIFTEEN_MINUTES = 15 * 60.0
# Whoever guesses at one account from one place, and whoever guesses at all of them. From other places people still get in.
BY_ACCOUNT = Limit("login of an account", 5, _FIFTEEN_MINUTES)
BY_ADDRESS = Limit("login from an address", 50, _FIFTEEN_MINUTES)
_WRONG = "Name or password is wrong."
_LIMITED = "Too many attempts. Wait a quarter of an hour, or ask whoever runs this."
_MOST_BYTES = 8_192


class Login:
    """The routes of signing in with accounts of our own, and of signing out."""

    def __init__(self, reception: Reception) -> None:
        """Let in those whom `reception` knows."""
        self._reception = reception
        # One at a time: each check takes 64 MiB, and a flood of them must not take more.
        self._checking = ThreadPoolExecutor(1, thread_name_prefix="passwords")
        limited = [Middleware(RequestBodyLimitMiddleware, max_body_size=_MOST_BYTES)]
        self.routes = [
            Route(LOGIN, self._page, methods=["GET", "HEAD"]),
            Route(LOGIN, self._sign_in, methods=["POST"], middleware=limited),
            Route(LOGOUT, self._sign_out, methods=["POST"], middleware=limited),
            # Where there is a provider, its routes stand before these.
            *[Route(path, _elsewhere, methods=["GET"]) for path in (LOGIN_PROVIDER, LOGIN_BACK)],
        ]

    def _page(self, request: Request) -> Response:
        after = local(request.query_params.get("next"))
        if self._reception.visitor(cookie.of(request), is_active=False):
            return RedirectResponse(after, 303)
        return _with_provider(after) if self._reception.accounts is None else _form(after)

    async def _sign_in(self, request: Request) -> Response:
        accounts = self._reception.accounts
        if accounts is None:
            return RedirectResponse(LOGIN, 303)
        async with request.form() as form:
            name, password, after = (str(form.get(field) or "") for field in ("name", "password", "next"))
        # One name, however it is typed: for limits, and in the trail.
        name, after = plain(name), local(after)
        uses = self._uses(name, self._reception.address(request.scope))
        if uses is None:
            self._reception.trail.note("login", "limited", user=name)
            return _form(after, _LIMITED, name=name, status=429)
        account = await self._checked(accounts, name, password)
        if account is None:
            self._reception.trail.note("login", "failed", user=name)
            return _form(after, _WRONG, name=name, status=401)
        for use in uses:
            self._reception.limits.give_back(use)
        return self.let_in(request, account.name, account.role, account.stamp, after)

    def let_in(self, request: Request, name: str, role: visitor.Role, stamp: str, after: str) -> Response:
        """Begin a session, under a number that nobody had before, in the place of one that there was."""
        token = cookie.of(request)
        before = self._reception.sessions.find(token, active=False) if token else None
        if before:
            self._reception.sessions.end(before.key)
        self._reception.trail.note("login", "done", user=name)
        response = RedirectResponse(after, 303)
        cookie.put(response, self._reception.sessions.begin(name, role, stamp))
        return response

    def _sign_out(self, request: Request) -> Response:
        leaving = visitor.current()
        self._reception.sessions.end(leaving.session)
        self._reception.trail.note("logout", "done", user=leaving.name)
        # What was shown is gone from the browser as well.
        response = RedirectResponse(LOGIN, 303, {"Clear-Site-Data": '"cache", "storage"'})
        cookie.remove(response)
        return response

    def _uses(self, name: str, address: str) -> list[int] | None:
        """Count an attempt before it is looked at, so that many at once count as many; None if there were too many."""
        limits = self._reception.limits
        by_address = limits.take(BY_ADDRESS, address)
        by_account = limits.take(BY_ACCOUNT, f"{name}\0{address}") if by_address is not None else None
        return None if by_address is None or by_account is None else [by_address, by_account]

    async def _checked(self, accounts: Accounts, name: str, password: str) -> Account | None:
        # Cut, where it is longer than any: it stays wrong, and takes no longer to be found so.
        return await asyncio.get_running_loop().run_in_executor(self._checking, accounts.check, name, password[: LONGEST + 1])


def local(address: str | None) -> str:
    """An address on this server, and nowhere else; the overview for anything that a browser could read otherwise."""
    is_local = address and address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if address and is_local else "/"


def _elsewhere(request: Request) -> Response:
    return RedirectResponse(LOGIN, 303)


def problem(message: str, status: int) -> HTMLResponse:
    """The page of a provider's that did not let somebody in."""
    return _with_provider("/", message, status=status)


def _form(after: str, message: str = "", *, name: str = "", status: int = 200) -> HTMLResponse:
    """The form; a name that was typed before stays, and the password alone is typed again."""
    on_name, on_password = ("", " autofocus") if name else (" autofocus", "")
    body = (
        f'<h1>Sign in</h1>{_alert(message)}<form method="post" action="{LOGIN}">'
        f'<input type="hidden" name="next" value="{escape(after)}">'
        f'<label for="name">Name</label><input id="name" name="name" value="{escape(name)}" autocomplete="username" autocapitalize="none" '
        f'spellcheck="false" required{on_name}>'
        '<label for="password">Password</label>'
        f'<input id="password" name="password" type="password" autocomplete="current-password" required{on_password}>'
        "<button>Sign in</button></form>"
    )
    return notice.page("Sign in", body, status=status, headers={"Retry-After": "900"} if status == 429 else {})


def _with_provider(after: str, message: str = "", *, status: int = 200) -> HTMLResponse:
    href = LOGIN_PROVIDER + (f"?next={quote(after, safe='')}" if after != "/" else "")
    body = f'<h1>Sign in</h1>{_alert(message)}<p>With the account of your organisation.</p><a class="button" href="{href}">Sign in</a>'
    return notice.page("Sign in", body, status=status)


def _alert(message: str) -> str:
    return f'<p class="alert" role="alert">{escape(message)}</p>' if message else ""
