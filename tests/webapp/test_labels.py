import pytest

from pipeline.catalogue import RESERVED
from webapp.labels import method_of, route_of


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/", "/"),
        ("", "/*"),
        ("/retail", "/retail"),
        ("/retail/17850", "/retail/*"),
        ("/customers", "/customers"),
        ("/customers/retail/17850", "/customers/*"),
        ("/download/retail/customers.csv", "/download/*"),
        ("/assets/clientele.css", "/assets/*"),
        ("/scoring/results/AbCdEf/customers.csv", "/scoring/*"),
        ("/reports/files/20240310T120000Z-00000001/report.pdf", "/reports/*"),
        ("/lookup/", "/lookup/*"),
        ("/_dash-update-component", "/_dash-update-component"),
        ("/_dash-component-suites/dash/deps/react.js", "/_dash-component-suites/*"),
        ("/17850", "/*"),
        ("/other/17850", "/*"),
        ("//retail/17850", "/*"),
        ("/retail\n", "/*"),
    ],
)
def test_an_address_is_known_by_its_beginning(path: str, label: str) -> None:
    assert route_of(path, ["mall", "retail"]) == label


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_every_address_of_the_web_has_a_label(name: str) -> None:
    assert route_of(f"/{name}", []) == f"/{name}"


def test_a_dataset_that_is_not_there_has_no_label() -> None:
    assert route_of("/retail", []) == "/*"


@pytest.mark.parametrize(("method", "label"), [("GET", "GET"), ("POST", "POST"), ("get", "OTHER"), ("17850", "OTHER")])
def test_methods_that_nobody_knows_are_one(method: str, label: str) -> None:
    assert method_of(method) == label
