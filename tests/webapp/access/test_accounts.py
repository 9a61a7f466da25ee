import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.webapp.access.house import ACCOUNTS, CHEAP, LOCAL, PASSWORDS, House, build
from webapp.access.accounts import ADD, Account, Accounts, made, parse, plain
from webapp.access.settings import SettingsError

ANN, MAX = ACCOUNTS
LOGGER = "webapp.access.accounts"


def write(path: Path, *accounts: Account | str) -> None:
    """Put all in place in one step, as the command does."""
    new = path.with_name("new")
    new.write_text("".join(f"{account if isinstance(account, str) else account.line}\n" for account in accounts), encoding="utf-8")
    new.replace(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users"
    write(path, ANN, MAX)
    return path


@pytest.fixture
def filed(tmp_path: Path, file: Path) -> Iterator[House]:
    """A house whose accounts are in a file."""
    house = build(tmp_path / "house", replace(LOCAL, users="", users_file=file))
    yield house
    house.reception.close()


class TestMade:
    def test_a_password_is_kept_as_an_argon2id_hash_of_its_own(self) -> None:
        first, second = made(" Ann ", "analyst", PASSWORDS["ann"]), made("ann", "analyst", PASSWORDS["ann"])
        assert (first.name, first.role) == ("ann", "analyst")
        assert first.hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert first.hashed != second.hashed
        assert PasswordHasher().verify(first.hashed, PASSWORDS["ann"])

    @pytest.mark.parametrize("name", ["", " ", "-ann", "an n", "ann:", "änn", "a" * 65, "ann\nmax"])
    def test_a_name_that_would_not_do_is_refused(self, name: str) -> None:
        with pytest.raises(SettingsError) as caught:
            made(name, "analyst", PASSWORDS["ann"])
        assert str(caught.value) == f"{plain(name)!r} cannot be a name. Take up to 64 letters a-z, digits, and . _ @ + -"

    @pytest.mark.parametrize(
        ("password", "said"),
        [
            ("a1b2c3d4e5f6g7", "The password has 14 characters. Take 15 to 256: four words do."),
            ("a1b2c3d4" * 33, "The password has 264 characters. Take 15 to 256: four words do."),
            ("abcde" * 4, "easily guessed"),
            ("this is Ann, who sings", "easily guessed"),
            ("my Clientele password", "easily guessed"),
        ],
    )
    def test_a_password_that_would_not_do_is_refused_without_being_quoted(self, password: str, said: str) -> None:
        with pytest.raises(SettingsError) as caught:
            made("ann", "analyst", password)
        assert said in str(caught.value)
        assert password not in str(caught.value)

    def test_fifteen_characters_and_256_will_do(self) -> None:
        assert [made("ann", "analyst", "abcdef123456789"[:15] + "x" * more).name for more in (0, 241)] == ["ann", "ann"]


class TestLines:
    def test_are_read_back_as_they_were_kept(self) -> None:
        lines = ["# those who may come in", "", f"  {ANN.line}  ", MAX.line]
        assert parse(lines, "users") == {"ann": ANN, "max": MAX}

    @pytest.mark.parametrize(
        "damaged",
        [
            "ann",
            "ann:analyst",
            "ann:boss:$argon2id$v=19$secret",
            "ann:analyst:secret words of ann",
            "Ann:analyst:$argon2id$v=19$secret",
            ":analyst:$argon2id$v=19$secret",
            "ann:analyst:$argon2i$v=19$secret",
            "secret:ann:analyst",
        ],
    )
    def test_a_damaged_one_is_named_by_its_number_alone(self, damaged: str) -> None:
        with pytest.raises(SettingsError) as caught:
            parse([MAX.line, "", damaged], "data/users")
        assert str(caught.value) == f"data/users, line 3: is no account. Make its line with: {ADD}"

    def test_a_name_stands_in_one(self) -> None:
        with pytest.raises(SettingsError) as caught:
            parse([ANN.line, MAX.line, replace(ANN, role="manager").line], "users")
        assert str(caught.value) == "users, line 3: 'ann' stands in an earlier line as well. Remove one of them."


class TestStart:
    @pytest.mark.parametrize("file", [None, Path("nowhere/users")])
    def test_without_an_account_says_how_to_make_one(self, file: Path | None) -> None:
        with pytest.raises(SettingsError) as caught:
            Accounts("", file)
        assert str(caught.value) == f"There is no account to sign in with. Make one: {ADD}"

    def test_with_a_damaged_file_is_refused(self, file: Path) -> None:
        write(file, ANN, "damaged")
        with pytest.raises(SettingsError, match=r"users, line 2: is no account\."):
            Accounts("", file)

    @pytest.mark.parametrize("content", [None, b"\xff\xfe"])
    def test_with_a_file_that_cannot_be_read_names_it(self, tmp_path: Path, content: bytes | None) -> None:
        path = tmp_path / "users"
        path.write_bytes(content) if content else path.mkdir()
        with pytest.raises(SettingsError) as caught:
            Accounts("", path)
        assert str(caught.value).startswith(f"{path}: cannot be read (")

    def test_takes_those_of_the_environment_and_of_the_file(self, file: Path) -> None:
        write(file, ANN)
        accounts = Accounts(f"{MAX.line}\n{replace(ANN, role='manager').line}", file)
        # What was changed last, in the file, counts.
        assert [accounts.find(name) for name in ("ann", "max", "nobody")] == [ANN, MAX, None]


class TestCheck:
    @pytest.mark.parametrize(
        ("name", "password", "found"),
        [("ann", PASSWORDS["ann"], ANN), (" ANN ", PASSWORDS["ann"], ANN), ("ann", PASSWORDS["max"], None), ("eve", PASSWORDS["ann"], None),
         ("ann", "", None), ("eve", "nobody has this password", None)],
    )  # fmt: skip
    def test_lets_in_whoever_has_the_password(self, name: str, password: str, found: Account | None) -> None:
        assert Accounts(f"{ANN.line}\n{MAX.line}", None).check(name, password) == found

    def test_a_damaged_hash_lets_nobody_in_and_is_reported_without_it(self, caplog: pytest.LogCaptureFixture) -> None:
        accounts = Accounts(replace(ANN, hashed="$argon2id$damaged").line, None)
        with caplog.at_level(logging.ERROR, LOGGER):
            assert accounts.check("ann", PASSWORDS["ann"]) is None
        assert caplog.messages == [f"the password of an account cannot be checked: its hash is damaged. Make the account anew with: {ADD}"]


class TestChangedUnderTheServer:
    def test_an_account_added_can_sign_in_at_once(self, filed: House, file: Path) -> None:
        eve = Account("eve", "manager", CHEAP.hash("four words of eve"))
        write(file, ANN, MAX, eve)
        assert filed.sign_in("eve", "four words of eve").get("/").text == "GET / for eve, manager"

    def test_an_account_removed_is_out_with_the_next_request(self, filed: House, file: Path) -> None:
        ann, max_ = filed.sign_in("ann"), filed.sign_in("max")
        write(file, MAX)
        assert [client.get("/").status_code for client in (ann, max_)] == [401, 200]
        write(file, ANN, MAX)
        # The session ended, and does not come back with the account.
        assert ann.get("/").status_code == 401

    @pytest.mark.parametrize("changed", [replace(ANN, role="manager"), replace(ANN, hashed=CHEAP.hash(PASSWORDS["ann"]))])
    def test_another_role_or_password_ends_what_was_begun_with_the_old(self, filed: House, file: Path, changed: Account) -> None:
        client = filed.sign_in("ann")
        write(file, changed, MAX)
        assert client.get("/").status_code == 401
        assert filed.sign_in("ann").get("/").text == f"GET / for ann, {changed.role}"

    def test_while_the_file_is_damaged_those_who_are_in_stay(self, filed: House, file: Path, caplog: pytest.LogCaptureFixture) -> None:
        client = filed.sign_in("ann")
        write(file, "damaged", "ann:analyst:secret")
        with caplog.at_level(logging.ERROR, LOGGER):
            assert client.get("/").status_code == 200
            assert client.get("/").status_code == 200
        # Said once, not with every request.
        assert caplog.messages == [f"{file}, line 1: is no account. Make its line with: {ADD}"]
        write(file, ANN)
        assert client.get("/").status_code == 200

    def test_a_file_that_is_gone_has_no_accounts(self, filed: House, file: Path) -> None:
        client = filed.sign_in("ann")
        file.unlink()
        assert client.get("/").status_code == 401

    def test_a_file_that_did_not_change_is_not_read_again(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        accounts = Accounts("", file)

        def never(*_: object, **__: object) -> str:
            raise AssertionError("was read again")

        monkeypatch.setattr(Path, "read_text", never)
        assert accounts.find("ann") == ANN

    def test_a_change_of_the_same_length_is_seen(self, file: Path) -> None:
        accounts = Accounts("", file)
        there = file.stat()
        other = replace(ANN, hashed=ANN.hashed[:-1] + ("A" if ANN.hashed[-1] != "A" else "B"))
        file.write_text(f"{other.line}\n{MAX.line}\n", encoding="utf-8")
        os.utime(file, ns=(there.st_atime_ns, there.st_mtime_ns + 1))
        assert accounts.find("ann") == other
