"""The gate: whatever is asked of the server passes here first, and only what a rule lets through goes on.

It stands outside of everything that answers: the pages, the lookup, the files, the routes, and what is mounted later.
"""

import hmac
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from webapp import notice
from webapp.access import audit, caller, cookie, visitor
from webapp.access.reception import Reception
from webapp.access.rules import LOGIN, METRICS, Rule, rule_of
from webapp.access.visitor import Visitor

# Names in it change with the content, and no customer is in any: browsers may keep what lies below.
_FILES = ("/assets/", "/_dash-component-suites/", "/lookup/assets/", "/lookup/static/")


class RefusalError(Exception):
    """A request goes no further."""

    def __init__(self, status: int, message: str) -> None:
        """Say so, with a status of HTTP."""
        super().__init__(message)
        self.status, self.message = status, message


class Gate:
    """Stands before an application, for HTTP and for websockets."""

    def __init__(self, app: ASGIApp, reception: Reception) -> None:
        """Let through to `app` what `reception` and the rules allow."""
        self._app, self._reception = app, reception

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        send = _unkept(scope, send)
        try:
            rule, asking = self._admitted(scope)
        except RefusalError as refusal:
            await self._refuse(refusal, scope, receive, send)
            return
        if asking:
            visitor.begin(asking)
        await self._app(scope, receive, self._seen_out(rule, asking, scope, send))

    def _admitted(self, scope: Scope) -> tuple[Rule, Visitor | None]:
        """The rule that lets a request through, and whose it is; None where nobody has to say that.

        Raises:
            RefusalError: If none does.
        """
        rule = self._rule(scope)
        if rule.is_open or (rule is METRICS and self._has_token(scope)):
            return rule, None
        found = self._reception.visitor(cookie.of(HTTPConnection(scope)), is_active=rule.is_active)
        if found is None:
            raise RefusalError(401, "Sign in first.")
        if rule.role == "analyst" and found.role != "analyst":
            self._note(rule, found, scope, 403)
            raise RefusalError(403, "This is for analysts. Ask whoever runs this for that role.")
        if rule.action == "export" and not self._reception.may_export(found):
            self._note(rule, found, scope, 429)
            raise RefusalError(429, "Those were many files in a short time. Wait a minute.")
        return rule, found

    def _rule(self, scope: Scope) -> Rule:
        """What the rules say of a request, whoever sent it."""
        settings = self._reception.settings
        # A websocket opens with GET, and changes whatever it is told to.
        method = scope.get("method", "GET")
        rule = rule_of(scope["path"], method)
        if not (rule and rule.any_host) and not caller.is_ours(scope, settings):
            raise RefusalError(400, "This server does not go by that name.")
        changes = method not in {"GET", "HEAD"} or scope["type"] == "websocket"
        if changes and caller.is_from_elsewhere(scope, settings):
            raise RefusalError(403, "This comes from another site. Open the page itself.")
        if rule is None:
            raise RefusalError(405, "Nothing here takes that.")
        if rule.takes and caller.content_type(scope) != rule.takes:
            raise RefusalError(415, f"Send it as {rule.takes}.")
        return rule

    def _has_token(self, scope: Scope) -> bool:
        token = self._reception.settings.metrics_token
        return bool(token) and hmac.compare_digest(caller.bearer(scope).encode(), token.encode())

    def _seen_out(self, rule: Rule, asking: Visitor | None, scope: Scope, send: Send) -> Send:
        """Notes what was done."""

        async def see_out(message: Message) -> None:
            if asking and message["type"] == "http.response.start":
                self._note(rule, asking, scope, message["status"])
            await send(message)

        return see_out

    def _note(self, rule: Rule, asking: Visitor, scope: Scope, status: int) -> None:
        if rule.action == "export" and scope.get("method") == "HEAD":
            return
        if rule.action:
            self._reception.trail.note(rule.action, audit.result_of(status), user=asking.name, about=scope["path"])

    async def _refuse(self, refusal: RefusalError, scope: Scope, receive: Receive, send: Send) -> None:
        response = _answer(refusal, scope)
        if scope["type"] == "websocket":
            # Said before the connection is there: what opens it gets the status (the ASGI extension), or at least no connection.
            if "websocket.http.response" in scope.get("extensions", {}):
                await response(scope, receive, send)
            else:
                await WebSocketClose(1008, refusal.message)(scope, receive, send)
            return
        if refusal.status == 401:
            cookie.remove(response)
        await response(scope, receive, send)


def _unkept(scope: Scope, send: Send) -> Send:
    """Lets no browser keep what is said of customers, nor what was refused."""

    async def unkept(message: Message) -> None:
        if message["type"] == "http.response.start" and not scope["path"].startswith(_FILES):
            MutableHeaders(scope=message)["Cache-Control"] = "no-store"
        await send(message)

    return unkept


def _answer(refusal: RefusalError, scope: Scope) -> Response:
    response: Response = PlainTextResponse(f"{refusal.message}\n", refusal.status)
    if caller.wants_page(scope):
        is_stranger = refusal.status == 401
        response = RedirectResponse(LOGIN + _after(scope), 303) if is_stranger else notice.refused(refusal.message, refusal.status)
    if refusal.status == 429:
        response.headers["Retry-After"] = "60"
    return response


def _after(scope: Scope) -> str:
    """What has signing in lead back to a page; nothing for the overview, and for what a form sent: it would not be sent again."""
    query = scope["query_string"].decode("latin-1")
    there = quote(scope["path"]) + (f"?{query}" if query else "")
    return "" if there == "/" or scope["method"] not in {"GET", "HEAD"} else f"?next={quote(there, safe='')}"
