"""`python -m webapp.users`: accounts of our own, for `CLIENTELE_AUTH=local`."""

import getpass
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import InputError
from pipeline.replacing import replacing
from webapp.access import accounts
from webapp.access.settings import SettingsError, users_file
from webapp.access.visitor import Role

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Who may sign in.")
_GENERATED_BYTES = 18
FileOption = Annotated[
    Path | None,
    typer.Option("--file", help="Where accounts are; else CLIENTELE_USERS_FILE, or data/users.", show_default=False),
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="How they sign in.")],
    role: Annotated[Role, typer.Option(help="A manager reads; an analyst also takes lists along, sends files, names and switches runs.")],
    generate: Annotated[bool, typer.Option("--generate", help="Make the password, and print it once.")] = False,
    print_: Annotated[bool, typer.Option("--print", help="Print the account's line for CLIENTELE_USERS, and keep it nowhere.")] = False,
    file: FileOption = None,
) -> None:
    """Add an account, or give it another password and role: whoever is signed in with the old ones is signed out."""
    password = secrets.token_urlsafe(_GENERATED_BYTES) if generate else _asked()
    account = accounts.made(name, role, password)
    if print_:
        typer.echo(account.line)
    else:
        path = _path(file)
        kept = _kept(path)
        done = "changed" if account.name in kept else "added"
        _keep(path, {**kept, account.name: account})
        typer.echo(f"{account.name} ({role}) {done} in {path}.")
    if generate:
        typer.echo(f"Password: {password}")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="Whose account goes.")], file: FileOption = None) -> None:
    """Remove an account: whoever is signed in with it is signed out."""
    path = _path(file)
    kept = _kept(path)
    if accounts.plain(name) not in kept:
        raise SettingsError(f"{path} has no account {name!r}. There are: {', '.join(kept) or 'none'}.")
    del kept[accounts.plain(name)]
    _keep(path, kept)
    typer.echo(f"{accounts.plain(name)} removed from {path}.")


@app.command(name="list")
def list_(file: FileOption = None) -> None:
    """Show the names and roles of the file."""
    for account in _kept(_path(file)).values():
        typer.echo(f"{account.name}  {account.role}")


def main() -> int:
    """Run a command; what is wrong with names or files is one line, and exit code 2."""
    try:
        app()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _path(file: Path | None) -> Path:
    return file or users_file(os.environ)


def _kept(path: Path) -> dict[str, accounts.Account]:
    try:
        return accounts.read(path)
    except FileNotFoundError:
        return {}


def _keep(path: Path, kept: dict[str, accounts.Account]) -> None:
    """Put all in place in one step: the server may read at any time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, remedy="Name another with --file.") as new:
            # For its owner alone from the beginning.
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.writelines(f"{account.line}\n" for account in kept.values())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror}).") from None
    except InputError as error:
        raise SettingsError(str(error)) from None


def _asked() -> str:
    """The password: typed twice on a terminal, or the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise SettingsError("The passwords differ. Nothing was changed.")
    return password


if __name__ == "__main__":
    sys.exit(main())
