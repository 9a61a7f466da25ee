"""Accounts of our own: a line each, name, role and the password's Argon2 hash (RFC 9106), in a file or in the environment."""

import hashlib
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from webapp.access.settings import SettingsError
from webapp.access.visitor import ROLES, Role

ADD = "python -m webapp.users add NAME --role analyst"
# OWASP ASVS 5.0, 6.2: no other rules for what a password is made of, and at least 64 characters are taken.
SHORTEST, LONGEST = 15, 256
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
# The profile of RFC 9106 for little memory: 64 MiB, some 50 ms.
_HASHER = PasswordHasher()
# Of a password that nobody has: whoever is not known takes as long to refuse as whoever is.
_NOBODYS = _HASHER.hash("nobody has this password")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in."""

    name: str
    role: Role
    hashed: str

    @property
    def stamp(self) -> str:
        """What changes with the role and the password: sessions begun before such a change end."""
        return hashlib.sha256(f"{self.role}:{self.hashed}".encode()).hexdigest()

    @property
    def line(self) -> str:
        """As it is kept."""
        return f"{self.name}:{self.role}:{self.hashed}"


def plain(name: str) -> str:
    """A name as accounts bear it: without regard to case and surrounding spaces."""
    return name.strip().lower()


def made(name: str, role: Role, password: str) -> Account:
    """An account with a new password.

    Raises:
        SettingsError: If name or password will not do; the message says why.
    """
    name = plain(name)
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name!r} cannot be a name. Take up to 64 letters a-z, digits, and . _ @ + -")
    if not SHORTEST <= len(password) <= LONGEST:
        raise SettingsError(f"The password has {len(password)} characters. Take {SHORTEST} to {LONGEST}: four words do.")
    if len(set(password)) < 6 or name in password.lower() or "clientele" in password.lower():
        raise SettingsError("The password is easily guessed. Take one of more characters, without this name in it, or the product's.")
    return Account(name, role, _HASHER.hash(password))


def parse(lines: Iterable[str], where: str) -> dict[str, Account]:
    """Accounts by name.

    Raises:
        SettingsError: If a line is none, naming it by its number alone.
    """
    found: dict[str, Account] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.strip().partition(":")
        role, _, hashed = rest.partition(":")
        known: Role | None = next((each for each in ROLES if each == role), None)
        if not _NAME.fullmatch(name) or known is None or not hashed.startswith("$argon2id$"):
            raise SettingsError(f"{where}, line {number}: is no account. Make its line with: {ADD}")
        if name in found:
            raise SettingsError(f"{where}, line {number}: {name!r} stands in an earlier line as well. Remove one of them.")
        found[name] = Account(name, known, hashed)
    return found


def read(path: Path) -> dict[str, Account]:
    """Accounts of a file, by name.

    Raises:
        SettingsError: If it cannot be read, or a line is no account.
        FileNotFoundError: If there is none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}).") from None
    return parse(lines, str(path))


class Accounts:
    """Those of the environment, and of a file, which may change meanwhile."""

    def __init__(self, lines: str, file: Path | None) -> None:
        """Read both.

        Raises:
            SettingsError: If a line is no account, or there is none at all.
        """
        self._fixed = parse(lines.split(), "CLIENTELE_USERS")
        self._file = file
        self._filed: dict[str, Account] = {}
        self._seen: tuple[int, int] | None = None
        self._read()
        if not self._fixed and not self._filed:
            raise SettingsError(f"There is no account to sign in with. Make one: {ADD}")

    def find(self, name: str) -> Account | None:
        """The account of a name."""
        try:
            self._read()
        except SettingsError as error:
            # Somebody is at work on the file: those who were let in stay.
            _log.error("%s", error)
        return self._filed.get(name) or self._fixed.get(name)

    def check(self, name: str, password: str) -> Account | None:
        """The account, if the password is its own. Takes some 50 ms and 64 MiB either way."""
        account = self.find(plain(name))
        try:
            _HASHER.verify(account.hashed if account else _NOBODYS, password)
        except VerifyMismatchError:
            return None
        except (VerificationError, InvalidHashError):
            _log.error("the password of an account cannot be checked: its hash is damaged. Make the account anew with: %s", ADD)
            return None
        return account

    def _read(self) -> None:
        """Read the file again if it is another."""
        if self._file is None:
            return
        try:
            there = self._file.stat()
            seen = there.st_ino, there.st_mtime_ns
            if seen == self._seen:
                return
            self._seen = seen
            self._filed = read(self._file)
        except FileNotFoundError:
            self._seen, self._filed = None, {}
        except OSError as error:
            raise SettingsError(f"{self._file}: cannot be read ({error}).") from None
