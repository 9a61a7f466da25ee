"""Signing in at an OpenID provider: authorization code with PKCE (RFC 7636), state and nonce, as OpenID Connect Core 1.0 has it.

Authlib finds the provider's addresses, makes what has to match, and checks the token. What has to match is kept here, under a number that
only the browser which set out holds, and is used once.
"""

import json
import logging
import secrets
from collections.abc import Mapping
from typing import Any

import httpx2
from authlib.integrations.starlette_client import OAuth, OAuthError, StarletteOAuth2App
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webapp.access import cookie, login
from webapp.access.arrivals import KEPT_SECONDS, Arrivals
from webapp.access.limits import Limit
from webapp.access.reception import Reception
from webapp.access.rules import LOGIN_BACK, LOGIN_PROVIDER
from webapp.access.settings import Provider
from webapp.access.visitor import Role

_BY_ADDRESS = Limit("setting out from an address", 50, 15 * 60.0)
_AFTER = "after"
# What somebody is called here; else by the provider's own number for them.
_NAMES = ("email", "preferred_username")
_UNREACHABLE = "The provider of accounts cannot be reached. Try again in a while."
_REFUSED = "The provider of accounts did not let you in. Sign in again."
_LATE = "This sign-in took too long, or was begun in another window. Sign in again."
_NO_ROLE = "Your account has no role here. Ask whoever runs this for one."
_LIMITED = "Too many attempts. Wait a quarter of an hour."
# What Authlib raises of a provider that does not answer, or not as a provider does: no JSON, no address where there has to be one.
_UNUSABLE = (httpx2.HTTPError, ValueError, RuntimeError, KeyError)
_log = logging.getLogger(__name__)


class ProviderLogin:
    """The routes of signing in elsewhere: setting out, and coming back."""

    def __init__(self, reception: Reception, provider: Provider, let_in: login.Login) -> None:
        """Believe what `provider` says of people."""
        self._reception, self._provider, self._login = reception, provider, let_in
        self._arrivals = Arrivals(reception.state, reception.keyed, reception.clock)
        self._client: StarletteOAuth2App = OAuth().register(
            "provider",
            client_id=provider.client,
            client_secret=provider.secret,
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "timeout": 10.0},
        )
        self.routes = [Route(LOGIN_PROVIDER, self._set_out, methods=["GET"]), Route(LOGIN_BACK, self._come_back, methods=["GET"])]

    async def _set_out(self, request: Request) -> Response:
        """Send somebody to the provider."""
        if self._reception.limits.take(_BY_ADDRESS, self._reception.address(request.scope)) is None:
            self._reception.trail.note("login", "limited", user="")
            return login.problem(_LIMITED, 429)
        kept: dict[str, Any] = {_AFTER: login.local(request.query_params.get("next"))}
        request.scope["session"] = kept
        try:
            await self._check_issuer()
            response: Response = await self._client.authorize_redirect(request, self._reception.settings.origin + LOGIN_BACK)
        except (OAuthError, *_UNUSABLE) as error:
            return _unusable(error)
        cookie.put(response, self._arrivals.begin(json.dumps(kept)), cookie.ARRIVAL, seconds=KEPT_SECONDS)
        return response

    async def _come_back(self, request: Request) -> Response:
        """Let in whom the provider vouches for."""
        token = cookie.of(request, cookie.ARRIVAL)
        kept = self._arrivals.take(token) if token else None
        response = self._failed(_LATE, 400) if kept is None else await self._let_in(request, json.loads(kept))
        cookie.remove(response, cookie.ARRIVAL)
        return response

    async def _let_in(self, request: Request, kept: dict[str, Any]) -> Response:
        request.scope["session"] = kept
        try:
            claims = await self._claims(request)
        except (OAuthError, JoseError) as error:
            # The kind of error alone: descriptions may hold what was sent.
            _log.warning("a sign-in through the provider was refused: %s", getattr(error, "error", type(error).__name__))
            return self._failed(_REFUSED, 401)
        except _UNUSABLE as error:
            self._reception.trail.note("login", "failed", user="")
            return _unusable(error)
        name = next(str(claims[claim]) for claim in (*_NAMES, "sub") if claims.get(claim))
        role = role_of(claims, self._provider)
        if role is None:
            self._reception.trail.note("login", "refused", user=name)
            return login.problem(_NO_ROLE, 403)
        return self._login.let_in(request, name, role, "", str(kept[_AFTER]))

    async def _claims(self, request: Request) -> Mapping[str, Any]:
        """What the provider says of somebody: in its token, and where that is not all, when it is asked (Core 5.3)."""
        await self._check_issuer()
        token = await self._client.authorize_access_token(request)
        claims: Mapping[str, Any] | None = token.get("userinfo")
        if not claims or not claims.get("sub"):
            raise OAuthError("no id token")
        if self._provider.claim in claims and any(name in claims for name in _NAMES):
            return claims
        more = await self._client.userinfo(token=token)
        # Core 5.3.2: an answer about somebody else is not to be used.
        if not secrets.compare_digest(str(more.get("sub", "")), str(claims["sub"])):
            raise OAuthError("userinfo of another subject")
        return {**more, **claims}

    async def _check_issuer(self) -> None:
        """Discovery 4.3: the provider has to go by the name that it was found under."""
        metadata = await self._client.load_server_metadata()
        if metadata.get("issuer") != self._provider.issuer:
            raise OAuthError("issuer differs", f"CLIENTELE_OIDC_ISSUER is not what the provider calls itself, {metadata.get('issuer')!r}")

    def _failed(self, message: str, status: int) -> Response:
        self._reception.trail.note("login", "failed", user="")
        return login.problem(message, status)


def _unusable(error: Exception) -> Response:
    said = str(error) if isinstance(error, httpx2.HTTPError | OAuthError) else type(error).__name__  # others may hold what was sent
    _log.error("the OpenID provider cannot be used: %s", said)
    return login.problem(_UNREACHABLE, 502)


def role_of(claims: Mapping[str, Any], provider: Provider) -> Role | None:
    """The role that claims give; the greater one of several, None of none."""
    said = claims.get(provider.claim)
    values = said if isinstance(said, list) else [said]
    roles: tuple[Role, ...] = ("analyst", "manager")
    return next((role for role in roles if provider.roles[role] in values), None)
