"""What the environment says of who may come in. What is missing or weak stops the server, with the remedy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

Mode = Literal["none", "local", "oidc"]
MODES: tuple[Mode, ...] = get_args(Mode)
_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 12
# What stands in examples, and what people type who mean to replace it later.
_SAMPLE = re.compile(r"change|secret|example|sample|password|replace|random|your|0123456789|abcdefgh", re.IGNORECASE)
MAKE_SECRET = "python -c 'import secrets; print(secrets.token_urlsafe(32))'"  # noqa: S105 # nosec B105 # a command that makes one
_PORTS = {"http": 80, "https": 443}
_GUIDE = "docs/security.md says how."


class SettingsError(ValueError):
    """The environment says something that the server cannot start with; the message says what to do."""


@dataclass(frozen=True)
class Provider:
    """An OpenID provider that says who somebody is.

    Attributes:
        issuer: Its address, which its tokens name.
        client: What it calls this application.
        secret: What this application proves itself with.
        claim: The claim that holds somebody's roles, a text or a list.
        roles: Role here to what the claim says for it.
    """

    issuer: str
    client: str
    secret: str = field(repr=False)
    claim: str
    roles: Mapping[str, str]


@dataclass(frozen=True)
class AccessSettings:
    """Who may come in, and by which address.

    Attributes:
        mode: `none`: this machine alone, everybody on it; `local`: accounts of our own; `oidc`: those of a provider.
        origin: The address that people open, without a path; empty with `none`, which answers to this machine's own names alone.
        secret: Keys what is stored of sessions, and what is noted of people.
        users: Accounts as lines.
        users_file: A file of such lines.
        provider: With `oidc`.
        proxies: How many proxies of ours stand before the server; each adds the address that it was asked from.
        metrics_token: Lets somebody without a session read the metrics.
        audit_file: Where the trail goes; None for standard output.
    """

    mode: Mode = "none"
    origin: str = ""
    secret: str = field(default="", repr=False)
    users: str = field(default="", repr=False)
    users_file: Path | None = None
    provider: Provider | None = field(default=None, repr=False)
    proxies: int = 0
    metrics_token: str = field(default="", repr=False)
    audit_file: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "AccessSettings":
        """Read `CLIENTELE_AUTH` and what it needs.

        Raises:
            SettingsError: If something is missing, weak, or does not fit.
        """
        mode = _mode(environ)
        audit_file = Path(environ["CLIENTELE_AUDIT"]) if environ.get("CLIENTELE_AUDIT") else None
        if mode == "none":
            return cls(audit_file=audit_file)
        origin = _origin(environ)
        return cls(
            mode,
            origin,
            _secret(environ, "CLIENTELE_SECRET"),
            environ.get("CLIENTELE_USERS", ""),
            users_file(environ),
            _provider(environ) if mode == "oidc" else None,
            _proxies(environ),
            _secret(environ, "CLIENTELE_METRICS_TOKEN") if environ.get("CLIENTELE_METRICS_TOKEN") else "",
            audit_file,
        )


def users_file(environ: Mapping[str, str]) -> Path:
    """Where accounts are kept: `CLIENTELE_USERS_FILE`, or `data/users`."""
    return Path(environ.get("CLIENTELE_USERS_FILE") or "data/users")


def is_loopback(host: str) -> bool:
    """Whether a name or an address means this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _mode(environ: Mapping[str, str]) -> Mode:
    said = environ.get("CLIENTELE_AUTH", "")
    if not said:
        platform = next((name for name in ("DYNO", "PORT") if environ.get(name)), None)
        if platform:
            raise SettingsError(
                f"{platform} is set, as on a server that others can reach, and CLIENTELE_AUTH is not. "
                f"Set it to local or oidc: {_GUIDE} To serve nobody but this machine, set CLIENTELE_AUTH=none."
            )
        said = "none"
    if said not in MODES:
        raise SettingsError(f"CLIENTELE_AUTH={said!r} is not known. Set it to one of {', '.join(MODES)}.")
    host = environ.get("HOST") or "127.0.0.1"
    if said == "none" and environ.get("DYNO"):
        raise SettingsError(
            f"CLIENTELE_AUTH=none lets everybody in, and others reach this server (DYNO is set). Set it to local or oidc: {_GUIDE}"
        )
    if said == "none" and not is_loopback(host):
        raise SettingsError(
            f"CLIENTELE_AUTH=none serves this machine alone, and HOST is {host}. Leave HOST out, or set CLIENTELE_AUTH: {_GUIDE}"
        )
    return next(mode for mode in MODES if mode == said)


def _origin(environ: Mapping[str, str]) -> str:
    said = environ.get("CLIENTELE_URL", "")
    if not said:
        raise SettingsError("CLIENTELE_URL is not set. Set it to the address that people open, such as https://clientele.example.com.")
    try:
        parts = urlsplit(said)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    is_more = parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or is_more:
        raise SettingsError(f"CLIENTELE_URL={said!r} is no address of a whole site. Write it as https://clientele.example.com.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SettingsError(f"CLIENTELE_URL={said!r} is not encrypted: passwords and customers could be read on the way. Make it https.")
    # Browsers leave out the port that a scheme stands for.
    netloc = parts.netloc.lower()
    return f"{parts.scheme}://{netloc.removesuffix(f':{port}') if port == _PORTS[parts.scheme] else netloc}"


def _secret(environ: Mapping[str, str], name: str) -> str:
    said = environ.get(name, "")
    remedy = f"Make one with: {MAKE_SECRET}"
    if not said:
        raise SettingsError(f"{name} is not set. {remedy}")
    if len(said) < _SHORTEST_SECRET:
        raise SettingsError(f"{name} has {len(said)} characters, and needs {_SHORTEST_SECRET}. {remedy}")
    if _SAMPLE.search(said) or len(set(said)) < _FEWEST_CHARACTERS:
        raise SettingsError(f"{name} is a sample, or easily guessed. {remedy}")
    return said


def _provider(environ: Mapping[str, str]) -> Provider:
    def needed(name: str) -> str:
        if not environ.get(name):
            raise SettingsError(f"{name} is not set, which CLIENTELE_AUTH=oidc needs: {_GUIDE}")
        return environ[name]

    issuer = needed("CLIENTELE_OIDC_ISSUER")
    parts = urlsplit(issuer)
    if not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))):
        raise SettingsError(f"CLIENTELE_OIDC_ISSUER={issuer!r} is not an https address.")
    return Provider(
        issuer,
        needed("CLIENTELE_OIDC_CLIENT_ID"),
        needed("CLIENTELE_OIDC_CLIENT_SECRET"),
        environ.get("CLIENTELE_OIDC_CLAIM") or "roles",
        {
            "analyst": environ.get("CLIENTELE_OIDC_ANALYST") or "analyst",
            "manager": environ.get("CLIENTELE_OIDC_MANAGER") or "manager",
        },
    )


def _proxies(environ: Mapping[str, str]) -> int:
    said = environ.get("CLIENTELE_PROXIES") or ("1" if environ.get("DYNO") else "0")
    if not re.fullmatch(r"[0-9]", said):
        raise SettingsError(f"CLIENTELE_PROXIES={said!r} is no number from 0 to 9: how many proxies of yours stand before the server.")
    return int(said)
