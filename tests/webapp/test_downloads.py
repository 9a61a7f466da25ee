import asyncio
import io
import tempfile
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from pipeline.exports import listing, workbook
from tests.webapp.files import book_of, client_of, column, rows_of
from tests.webapp.handmade import buyer, publish
from webapp import downloads, media
from webapp.snapshot import Snapshot
from webapp.store import RECHECK_SECONDS, Store

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OF_BUYERS = "customers, clusters, personas, orders, similar, countries, disagreements, rejected, quality, changes, movers"
MONTHS = "Add ?from=MONTH&to=MONTH to the address; months: 2023-08-01 to 2024-02-01."
OF_MEMBERS = "customers, clusters, personas, similar, rejected, quality, changes"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    root = tmp_path_factory.mktemp("made")
    publish(root)
    return client_of(Store(root))


class TestHeaders:
    def test_name_the_file_by_dataset_list_and_day_of_the_run(self, client: TestClient) -> None:
        for ending, kind in (("csv", "text/csv; charset=utf-8; header=present"), ("xlsx", SHEET)):
            headers = client.get(f"/download/shop/customers.{ending}").headers
            assert headers["content-disposition"] == f'attachment; filename="shop-customers-20240310.{ending}"'
            assert (headers["content-type"], headers["cache-control"]) == (kind, "no-store")
            assert headers["x-content-type-options"] == "nosniff"

    def test_name_in_ascii_and_in_full_what_is_not_ascii(self) -> None:
        assert media.disposition('ca fé"-x.csv') == "attachment; filename=\"ca-f---x.csv\"; filename*=UTF-8''ca%20f%C3%A9%22-x.csv"

    def test_say_how_long_a_workbook_is(self, client: TestClient) -> None:
        response = client.get("/download/shop/customers.xlsx")
        assert int(response.headers["content-length"]) == len(response.content)


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "status", "words"),
        [
            ("bakery/customers.csv", 404, "No dataset is called 'bakery'. There are: shop, gym."),
            ("shop/secrets.csv", 404, f"Shop has no list 'secrets'. There are: {OF_BUYERS}."),
            ("gym/orders.csv", 404, f"Gym has no list 'orders'. There are: {OF_MEMBERS}."),
            ("gym/countries.xlsx", 404, f"Gym has no list 'countries'. There are: {OF_MEMBERS}."),
            ("shop/customers.pdf", 404, "A list leaves as .csv or .xlsx; 'customers.pdf' is neither."),
            ("shop/customers", 404, "A list leaves as .csv or .xlsx; 'customers' is neither."),
            ("shop/customers.CSV", 404, "A list leaves as .csv or .xlsx; 'customers.CSV' is neither."),
            ("shop/orders.csv?customer=80", 404, "Shop has no customer '80'. The nearest ids: 8, 100, 12, 7, 9."),
            ("shop/orders.csv?customer=", 404, "Shop has no customer ''. The nearest ids: 100, 12, 7, 8, 9."),
            ("shop/similar.xlsx?customer=80", 404, "Shop has no customer '80'. The nearest ids: 8, 100, 12, 7, 9."),
            ("gym/movers.csv", 404, f"Gym has no list 'movers'. There are: {OF_MEMBERS}."),
            *(
                (f"shop/movers.csv{span}", 400, f"From which month to which? {MONTHS}")
                for span in ("", "?from=2024-01-01", "?from=2024-02-01&to=2024-01-01", "?from=2024-01-01&to=2024-03-01")
            ),
            ("shop/similar.csv", 400, "Similar to which customer? Add ?customer=ID to the address."),
        ],
    )  # fmt: skip
    def test_are_plain_words(self, client: TestClient, path: str, status: int, words: str) -> None:
        response = client.get(f"/download/{path}")
        assert (response.status_code, response.text) == (status, words + "\n")
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert "content-disposition" not in response.headers

    def test_before_anything_is_published_say_so(self, tmp_path: Path) -> None:
        response = client_of(Store(tmp_path)).get("/download/shop/customers.csv")
        assert (response.status_code, response.headers["cache-control"]) == (503, "no-store")
        assert response.text == f"No run is published in {tmp_path}. Run `python -m pipeline build`.\n"

    def test_more_rows_than_a_sheet_holds_are_refused_and_the_other_format_is_named(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(workbook, "MOST_ROWS", 5)
        assert client.get("/download/shop/customers.xlsx").status_code == 200
        monkeypatch.setattr(workbook, "MOST_ROWS", 4)
        response = client.get("/download/shop/customers.xlsx")
        assert (response.status_code, response.text) == (
            413,
            "5 rows are too many: a sheet holds 4 rows below its header. Take customers.csv, or narrow the list.\n",
        )
        assert len(column(client.get("/download/shop/customers.csv"), "customer_id")) == 5

    def test_a_failure_of_ours_is_an_error_and_no_half_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        publish(tmp_path)
        client = client_of(Store(tmp_path), raise_server_exceptions=False)

        monkeypatch.setattr(Snapshot, "batches", lambda *_: (1 / nothing for nothing in [0]))
        assert [client.get(f"/download/shop/customers.{ending}").status_code for ending in ("csv", "xlsx")] == [500, 500]


class TestManyParts:
    @pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
    def test_none_is_lost_and_none_comes_twice(self, client: TestClient, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
        monkeypatch.setattr(listing, "_ROWS", size)
        assert column(client.get("/download/shop/customers.csv"), "customer_id") == ["7", "8", "9", "12", "100"]
        sheet = book_of(client.get("/download/shop/customers.xlsx"))["customers"]
        assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["7", "8", "9", "12", "100"]
        assert [row[4] for row in rows_of(client.get("/download/shop/rejected.csv"))] == ["Amount", "-12", ""]


class TestOneSnapshot:
    def test_a_response_asks_the_store_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        publish(tmp_path)
        store, asked = Store(tmp_path), []
        snapshot = store.snapshot

        def counted() -> Snapshot:
            asked.append(1)
            return snapshot()

        monkeypatch.setattr(store, "snapshot", counted)
        client = client_of(store)
        for path in ("customers.csv", "customers.xlsx", "personas.csv", "similar.csv?customer=8"):
            assert client.get(f"/download/shop/{path}").status_code == 200
        assert len(asked) == 4

    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_a_file_that_was_begun_is_finished_from_the_run_it_began_with(self, tmp_path: Path, ending: str) -> None:
        publish(tmp_path)
        now = [0.0]
        store = Store(tmp_path, clock=lambda: now[0])
        begun = downloads._answer(store.snapshot(), "shop", f"customers.{ending}", "")
        publish(tmp_path, "20240311T120000Z-00000002", buyers=[buyer("new", 1, 1, 1.0)])
        now[0] += RECHECK_SECONDS
        assert store.snapshot().run_id == "20240311T120000Z-00000002"
        assert isinstance(begun, StreamingResponse)
        content = asyncio.run(collect(begun.body_iterator))
        if ending == "csv":
            ids = [line.split(b",")[0] for line in content.splitlines()]
        else:
            book = openpyxl.load_workbook(io.BytesIO(content))
            ids = [str(row[0]).encode() for row in book["customers"].values]
            assert "20240310T120000Z-00000001" in [row[1] for row in book["About"].values]
        assert ids[1:] == [b"7", b"8", b"9", b"12", b"100"]


async def collect(parts: AsyncIterable[Any]) -> bytes:
    return b"".join([part async for part in parts])


def test_no_temporary_file_is_left(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert client.get("/download/shop/orders.xlsx").status_code == 200
    assert list(tmp_path.iterdir()) == []
