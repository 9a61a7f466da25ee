import io
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from webapp import users
from webapp.access.accounts import ADD, parse
from webapp.access.settings import SettingsError

ROOT = Path(__file__).parents[2]
PASSWORD = "seven green lamps sing"
OTHER = "nine brown boats sleep"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, output and errors of the command, with what is piped into it."""
    monkeypatch.delenv("CLIENTELE_USERS_FILE", raising=False)

    def call(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["users", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            code = users.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "below" / "users"


@pytest.fixture
def add(run: Run, file: Path) -> Run:
    """The same for one command: somebody added."""
    return lambda name, role, typed=PASSWORD: run("add", name, "--role", role, "--file", str(file), typed=f"{typed}\n")


def kept(file: Path) -> list[tuple[str, str]]:
    return [(account.name, account.role) for account in parse(file.read_text().splitlines(), str(file)).values()]


def has(file: Path, name: str, password: str) -> bool:
    """Whether a password is an account's; raises where it is not."""
    return PasswordHasher().verify(parse(file.read_text().splitlines(), str(file))[name].hashed, password)


def test_accounts_are_added_listed_changed_and_removed(run: Run, add: Run, file: Path) -> None:
    assert add("Ann", "analyst") == (0, f"ann (analyst) added in {file}.\n", "")
    assert add("max", "manager", OTHER) == (0, f"max (manager) added in {file}.\n", "")
    assert run("list", "--file", str(file)) == (0, "ann  analyst\nmax  manager\n", "")
    assert add("ann", "manager", OTHER) == (0, f"ann (manager) changed in {file}.\n", "")
    assert has(file, "ann", OTHER)
    assert run("remove", " MAX ", "--file", str(file)) == (0, f"max removed from {file}.\n", "")
    assert kept(file) == [("ann", "manager")]


def test_it_is_a_program_and_the_environment_says_where_accounts_are(file: Path) -> None:
    def program(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "webapp.users", *arguments],
            cwd=ROOT, env={**os.environ, "CLIENTELE_USERS_FILE": str(file)}, input=f"{PASSWORD}\n",
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    assert program("add", "ann", "--role", "analyst") == (0, f"ann (analyst) added in {file}.\n", "")
    assert kept(file) == [("ann", "analyst")]
    assert program("remove", "max") == (2, "", f"{file} has no account 'max'. There are: ann.\n")


def test_where_there_are_none_the_list_is_empty(run: Run, add: Run, file: Path) -> None:
    assert run("list", "--file", str(file)) == (0, "", "")
    assert not file.parent.exists()


def test_nobody_else_can_read_them_whatever_was_left_there(run: Run, add: Run, file: Path) -> None:
    file.parent.mkdir()
    file.write_text("")
    file.chmod(0o644)
    add("ann", "analyst")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["users"]


def test_the_password_is_kept_as_a_hash_alone_and_not_said(run: Run, add: Run, file: Path) -> None:
    _, said, errors = add("ann", "analyst")
    assert PASSWORD not in said + errors + file.read_text()
    assert has(file, "ann", PASSWORD)


def test_a_password_can_be_made_and_is_said_once(run: Run, add: Run, file: Path) -> None:
    code, said, errors = run("add", "ann", "--role", "analyst", "--generate", "--file", str(file))
    first, second = said.splitlines()
    assert (code, first, errors) == (0, f"ann (analyst) added in {file}.", "")
    made = re.fullmatch(r"Password: ([A-Za-z0-9_-]{24})", second)
    assert made
    assert has(file, "ann", made[1])
    assert made[1] not in file.read_text()


def test_a_line_can_be_printed_and_is_kept_nowhere(run: Run, add: Run, file: Path) -> None:
    code, said, errors = run("add", "ann", "--role", "analyst", "--print", "--file", str(file), typed=f"{PASSWORD}\n")
    assert (code, errors, file.exists()) == (0, "", False)
    account = parse([said], "printed")["ann"]
    assert (account.role, PasswordHasher().verify(account.hashed, PASSWORD)) == ("analyst", True)


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("ann", "short", "The password has 5 characters. Take 15 to 256: four words do.\n"),
        ("ann", "", "The password has 0 characters. Take 15 to 256: four words do.\n"),
        ("an n", PASSWORD, "'an n' cannot be a name. Take up to 64 letters a-z, digits, and . _ @ + -\n"),
    ],
)
def test_what_will_not_do_changes_nothing_and_is_one_line(run: Run, add: Run, file: Path, name: str, typed: str, said: str) -> None:
    add("max", "manager")
    before = file.read_bytes()
    assert add(name, "analyst", typed) == (2, "", said)
    assert file.read_bytes() == before


def test_a_role_that_there_is_not_is_refused(run: Run, add: Run, file: Path) -> None:
    code, said, errors = add("ann", "boss")
    assert (code, said, file.exists()) == (2, "", False)
    assert "'boss' is not one of 'manager', 'analyst'" in re.sub(r"[^\w,'-]+", " ", errors)


def test_somebody_who_has_no_account_cannot_be_removed(run: Run, add: Run, file: Path) -> None:
    assert run("remove", "eve", "--file", str(file)) == (2, "", f"{file} has no account 'eve'. There are: none.\n")
    add("ann", "analyst")
    assert run("remove", "eve", "--file", str(file)) == (2, "", f"{file} has no account 'eve'. There are: ann.\n")


@pytest.mark.parametrize("command", [["list"], ["remove", "ann"], ["add", "kim", "--role", "analyst"]])
def test_a_damaged_file_is_named_with_its_line_and_left_alone(run: Run, add: Run, file: Path, command: list[str]) -> None:
    file.parent.mkdir()
    file.write_text("# accounts\nann:analyst:secret\n")
    said = f"{file}, line 2: is no account. Make its line with: {ADD}\n"
    assert run(*command, "--file", str(file), typed=f"{PASSWORD}\n") == (2, "", said)
    assert file.read_text() == "# accounts\nann:analyst:secret\n"


@pytest.mark.parametrize("command", [["list"], ["add", "kim", "--role", "analyst"]])
def test_a_file_that_cannot_be_read_is_named_in_one_line(run: Run, add: Run, file: Path, command: list[str]) -> None:
    file.mkdir(parents=True)
    code, said, errors = run(*command, "--file", str(file), typed=f"{PASSWORD}\n")
    assert (code, said) == (2, "")
    assert re.fullmatch(rf"{file}: cannot be read \(.*\)\.\n", errors)


def test_a_folder_that_cannot_be_written_is_named_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "below").write_text("a file, where a folder should be")
    path = tmp_path / "below" / "users"
    code, said, errors = run("add", "ann", "--role", "analyst", "--file", str(path), typed=f"{PASSWORD}\n")
    assert (code, said) == (2, "")
    assert re.fullmatch(rf"{path}: cannot be (read|written) \(.*\)\.\n", errors)


class Terminal:
    """Stands in for standard input where somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("again", [PASSWORD, OTHER])
def test_on_a_terminal_the_password_is_typed_twice(run: Run, add: Run, file: Path, monkeypatch: pytest.MonkeyPatch, again: str) -> None:
    typed = [PASSWORD, again]
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(users.getpass, "getpass", lambda prompt: typed.pop(0))
    if again == PASSWORD:
        users.add("ann", "analyst", file=file)
        assert has(file, "ann", PASSWORD)
        return
    with pytest.raises(SettingsError) as caught:
        users.add("ann", "analyst", file=file)
    assert (str(caught.value), file.exists()) == ("The passwords differ. Nothing was changed.", False)
