from pathlib import Path

import pytest

from tests.webapp.access.house import SECRET
from webapp.access.settings import AccessSettings, Provider, SettingsError, is_loopback

URL = "https://clientele.example"
LOCAL = {"CLIENTELE_AUTH": "local", "CLIENTELE_URL": URL, "CLIENTELE_SECRET": SECRET}
ISSUER, CLIENT, PROOF = "CLIENTELE_OIDC_ISSUER", "CLIENTELE_OIDC_CLIENT_ID", "CLIENTELE_OIDC_CLIENT_SECRET"
OIDC = {**LOCAL, "CLIENTELE_AUTH": "oidc", ISSUER: "https://login.example/", CLIENT: "clientele", PROOF: "proof of ours"}
GUIDE = "docs/security.md says how."
REMEDY = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
read = AccessSettings.from_environment


def said(environ: dict[str, str]) -> str:
    """The message that an environment is refused with."""
    with pytest.raises(SettingsError) as caught:
        read(environ)
    return str(caught.value)


class TestMode:
    @pytest.mark.parametrize(
        "environ", [{}, {"CLIENTELE_AUTH": ""}, {"CLIENTELE_AUTH": "none"}, {"CLIENTELE_AUTH": "none", "PORT": "8000"}, {"HOST": "::1"}]
    )
    def test_nobody_has_to_sign_in_on_ones_own_machine(self, environ: dict[str, str]) -> None:
        assert read(environ) == AccessSettings()

    @pytest.mark.parametrize("name", ["DYNO", "PORT"])
    def test_a_platform_has_to_say_which(self, name: str) -> None:
        assert said({name: "1"}) == (
            f"{name} is set, as on a server that others can reach, and CLIENTELE_AUTH is not. Set it to local or oidc: {GUIDE} "
            "To serve nobody but this machine, set CLIENTELE_AUTH=none."
        )

    def test_another_is_not_known(self) -> None:
        assert said({"CLIENTELE_AUTH": "Local"}) == "CLIENTELE_AUTH='Local' is not known. Set it to one of none, local, oidc."

    def test_none_is_refused_on_a_platform_that_others_reach(self) -> None:
        assert said({"CLIENTELE_AUTH": "none", "DYNO": "web.1"}) == (
            f"CLIENTELE_AUTH=none lets everybody in, and others reach this server (DYNO is set). Set it to local or oidc: {GUIDE}"
        )

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "clientele.example"])
    @pytest.mark.parametrize("mode", [{}, {"CLIENTELE_AUTH": "none"}])
    def test_none_is_refused_where_others_are_listened_to(self, mode: dict[str, str], host: str) -> None:
        assert said({**mode, "HOST": host}) == (
            f"CLIENTELE_AUTH=none serves this machine alone, and HOST is {host}. Leave HOST out, or set CLIENTELE_AUTH: {GUIDE}"
        )

    def test_accounts_may_listen_to_all(self) -> None:
        assert read({**LOCAL, "HOST": "0.0.0.0", "PORT": "80"}).mode == "local"


class TestLocal:
    def test_needs_an_address_and_a_secret_and_has_the_rest_by_default(self) -> None:
        assert read(LOCAL) == AccessSettings("local", URL, SECRET, "", Path("data/users"))

    def test_takes_accounts_proxies_a_token_and_a_file_for_the_trail(self, tmp_path: Path) -> None:
        users, trail = tmp_path / "users", tmp_path / "audit"
        more = {
            "CLIENTELE_USERS": "a line",
            "CLIENTELE_USERS_FILE": str(users),
            "CLIENTELE_PROXIES": "2",
            "CLIENTELE_METRICS_TOKEN": SECRET[::-1],
            "CLIENTELE_AUDIT": str(trail),
        }
        assert read({**LOCAL, **more}) == AccessSettings("local", URL, SECRET, "a line", users, None, 2, SECRET[::-1], trail)

    def test_a_platform_stands_before_it_as_one_proxy(self) -> None:
        assert read({**LOCAL, "DYNO": "web.1"}).proxies == 1
        assert read({**LOCAL, "DYNO": "web.1", "CLIENTELE_PROXIES": "0"}).proxies == 0

    @pytest.mark.parametrize("number", ["10", "-1", "one", "1.0", " 1", "\u0661"])
    def test_proxies_are_a_small_number(self, number: str) -> None:
        assert said({**LOCAL, "CLIENTELE_PROXIES": number}) == (
            f"CLIENTELE_PROXIES={number!r} is no number from 0 to 9: how many proxies of yours stand before the server."
        )

    def test_nothing_secret_is_in_its_text(self) -> None:
        settings = read({**OIDC, "CLIENTELE_USERS": "ann:analyst:hash", "CLIENTELE_METRICS_TOKEN": SECRET[::-1]})
        for secret in (SECRET, SECRET[::-1], "ann", OIDC[PROOF]):
            assert secret not in repr(settings) + repr(settings.provider)


class TestSecrets:
    @pytest.mark.parametrize("name", ["CLIENTELE_SECRET", "CLIENTELE_METRICS_TOKEN"])
    @pytest.mark.parametrize(
        "secret",
        [
            "change-me-change-me-change-me-please",
            f"SECRET{SECRET}",
            f"{SECRET}Example",
            f"your{SECRET}",
            "0123456789abcdefABCDEF0123456789",
            "ab12" * 10,
            "abcdefghijk" * 3,
        ],
    )
    def test_samples_are_refused(self, name: str, secret: str) -> None:
        assert said({**LOCAL, name: secret}) == f"{name} is a sample, or easily guessed. {REMEDY}"

    @pytest.mark.parametrize("name", ["CLIENTELE_SECRET", "CLIENTELE_METRICS_TOKEN"])
    def test_short_ones_are_refused_with_their_length_alone(self, name: str) -> None:
        assert said({**LOCAL, name: SECRET[:31]}) == f"{name} has 31 characters, and needs 32. {REMEDY}"
        assert read({**LOCAL, name: SECRET[:32]}).mode == "local"

    @pytest.mark.parametrize("environ", [{"CLIENTELE_SECRET": ""}, {}])
    def test_the_one_of_sessions_is_needed(self, environ: dict[str, str]) -> None:
        assert said({"CLIENTELE_AUTH": "local", "CLIENTELE_URL": URL, **environ}) == f"CLIENTELE_SECRET is not set. {REMEDY}"

    def test_twelve_different_characters_are_enough(self) -> None:
        few, enough = "qwertyuiopm", "qwertyuiopml"
        assert "easily guessed" in said({**LOCAL, "CLIENTELE_SECRET": few * 3})
        assert read({**LOCAL, "CLIENTELE_SECRET": enough * 3}).secret == enough * 3


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "origin"),
        [
            (URL, URL),
            ("https://Clientele.Example/", URL),
            ("https://clientele.example:8443", "https://clientele.example:8443"),
            ("https://clientele.example:443", URL),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://127.0.0.1:8050", "http://127.0.0.1:8050"),
            ("http://localhost:8050/", "http://localhost:8050"),
            ("http://[::1]:8050", "http://[::1]:8050"),
        ],
    )
    def test_is_kept_as_browsers_say_it(self, url: str, origin: str) -> None:
        assert read({**LOCAL, "CLIENTELE_URL": url}).origin == origin

    def test_is_needed(self) -> None:
        assert said({**LOCAL, "CLIENTELE_URL": ""}) == (
            "CLIENTELE_URL is not set. Set it to the address that people open, such as https://clientele.example.com."
        )

    @pytest.mark.parametrize(
        "url",
        [
            "clientele.example",
            "ftp://clientele.example",
            "https://",
            f"{URL}/app",
            f"{URL}?a=1",
            "https://ann:word@clientele.example",
            f"{URL}#a",
            "https://[x",
            "https://clientele.example:x",
        ],
    )
    def test_is_that_of_a_whole_site(self, url: str) -> None:
        assert said({**LOCAL, "CLIENTELE_URL": url}) == (
            f"CLIENTELE_URL={url!r} is no address of a whole site. Write it as https://clientele.example.com."
        )

    @pytest.mark.parametrize("url", ["http://clientele.example", "http://192.0.2.1:8050", "http://localhost.evil.example"])
    def test_is_encrypted_beyond_this_machine(self, url: str) -> None:
        assert said({**LOCAL, "CLIENTELE_URL": url}) == (
            f"CLIENTELE_URL={url!r} is not encrypted: passwords and customers could be read on the way. Make it https."
        )


class TestProvider:
    def test_has_names_for_roles_by_default(self) -> None:
        roles = {"analyst": "analyst", "manager": "manager"}
        assert read(OIDC).provider == Provider("https://login.example/", "clientele", "proof of ours", "roles", roles)

    def test_may_have_other_names_for_them(self) -> None:
        more = {"CLIENTELE_OIDC_CLAIM": "groups", "CLIENTELE_OIDC_ANALYST": "data", "CLIENTELE_OIDC_MANAGER": "shop"}
        provider = read({**OIDC, **more}).provider
        assert provider is not None
        assert (provider.claim, provider.roles) == ("groups", {"analyst": "data", "manager": "shop"})

    @pytest.mark.parametrize("name", [ISSUER, CLIENT, PROOF])
    def test_lacks_nothing(self, name: str) -> None:
        assert said({**OIDC, name: ""}) == f"{name} is not set, which CLIENTELE_AUTH=oidc needs: {GUIDE}"

    @pytest.mark.parametrize("issuer", ["http://login.example", "login.example", "ftp://login.example", "file:///etc"])
    def test_is_asked_over_an_encrypted_way(self, issuer: str) -> None:
        assert said({**OIDC, ISSUER: issuer}) == f"CLIENTELE_OIDC_ISSUER={issuer!r} is not an https address."

    def test_on_this_machine_needs_no_encryption(self) -> None:
        provider = read({**OIDC, ISSUER: "http://127.0.0.1:9000"}).provider
        assert provider is not None
        assert provider.issuer == "http://127.0.0.1:9000"

    def test_is_not_read_where_accounts_are_our_own(self) -> None:
        assert read({**OIDC, "CLIENTELE_AUTH": "local"}).provider is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_these_mean_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", "local host"])
def test_these_do_not(host: str) -> None:
    assert not is_loopback(host)
