import pytest

from webapp.access.rules import JSON, METRICS, RULES, Rule, rule_of


@pytest.mark.parametrize(
    ("path", "method", "beginning"),
    [
        ("/", "GET", "/"),
        ("/retail", "HEAD", "/"),
        ("/healthz", "GET", "/healthz"),
        ("/healthz/more", "GET", "/"),
        ("/download/shop/customers.csv", "GET", "/download/"),
        ("/download", "GET", "/"),
        ("/scoring/shop", "POST", "/scoring/"),
        ("/scoring/jobs/abc", "GET", "/scoring/jobs/"),
        ("/scoring/campaigns/abc", "POST", "/scoring/"),
        ("/audiences/shop", "POST", "/audiences/"),
        ("/audiences/abc/audience.csv", "GET", "/audiences/"),
        ("/campaigns/abc", "GET", "/"),
        ("/reports/one", "POST", "/reports/"),
        ("/reports/jobs/one", "GET", "/reports/jobs/"),
        ("/reports/files/one/report.pdf", "GET", "/reports/files/"),
        ("/runs/one", "POST", "/runs/"),
        ("/metrics", "GET", "/metrics"),
        ("/logout", "POST", "/logout"),
    ],
)
def test_an_address_has_the_rule_of_how_it_begins(path: str, method: str, beginning: str) -> None:
    rule = rule_of(path, method)
    assert rule is not None
    assert (rule.path, method in rule.methods) == (beginning, True)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/", "POST"),
        ("/retail", "DELETE"),
        ("/healthz", "POST"),
        ("/logout", "GET"),
        ("/runs/one", "GET"),
        ("/runs/label/one", "GET"),
        ("/download/shop/customers.csv", "POST"),
        ("/scoring/jobs/abc", "POST"),
        ("/scoring/shop", "GET"),
        ("/audiences/shop", "DELETE"),
        ("/campaigns", "POST"),
        ("/reports/one", "GET"),
        ("/reports/files/one/report.pdf", "POST"),
        ("/metrics", "POST"),
        ("healthz", "GET"),
    ],
)
def test_what_no_rule_names_has_none(path: str, method: str) -> None:
    assert rule_of(path, method) is None


def test_signing_in_is_looked_at_and_sent_by_rules_of_their_own() -> None:
    looked, sent = rule_of("/login", "GET"), rule_of("/login", "POST")
    assert looked is not None
    assert sent is not None
    assert (looked.takes, sent.takes, looked.is_open and sent.is_open) == ("", "application/x-www-form-urlencoded", True)


def test_whatever_is_sent_has_one_type_and_nothing_sent_is_open_but_signing_in() -> None:
    sending = [rule for rule in RULES if rule.methods - {"GET", "HEAD"}]
    assert all(rule.takes for rule in sending)
    assert [rule.path for rule in sending if rule.is_open] == ["/login"]


def test_metrics_are_for_analysts_and_keep_no_session_alive() -> None:
    assert rule_of("/metrics", "GET") is METRICS
    assert (METRICS.role, METRICS.is_active) == ("analyst", False)


def test_a_rule_covers_one_address_or_all_that_begin_with_it() -> None:
    one, all_of_them = Rule("/a", takes=JSON), Rule("/a/")
    assert [one.covers(path) for path in ("/a", "/a/", "/a/b", "/ab", "/")] == [True, False, False, False, False]
    assert [all_of_them.covers(path) for path in ("/a", "/a/", "/a/b", "/ab", "/")] == [False, True, True, False, False]
