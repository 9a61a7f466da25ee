from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline.build import Outcome
from tests.webapp.files import Response, book_of, client_of, column, rows_of, text_of
from tests.webapp.handmade import buyer, publish
from tests.webapp.views.test_grid import DISAGREEING
from webapp.store import Store

CUSTOMERS = (
    "customer_id,persona,cluster,recency_days,frequency,monetary,orders,items,first_order,last_order,country,fit,"
    "recency_score,frequency_score,segment,next_cluster,margin\r\n"
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    root = tmp_path_factory.mktemp("made")
    publish(root)
    return client_of(Store(root))


@pytest.fixture(scope="module")
def demo(demo_run: Outcome) -> TestClient:
    return client_of(Store(demo_run.run.folder.parents[1]))


class TestCustomers:
    def test_leave_with_all_their_columns_ids_as_numbers_would_stand(self, client: TestClient) -> None:
        assert text_of(client.get("/download/shop/customers.csv")) == (
            CUSTOMERS
            + "7,Loyal High Spenders,0,1,4,400.0,4,12.0,2023-12-01 00:00:00,2024-02-29 00:00:00,UK,0.5,5,5,Champions,1,0.25\r\n"
            + "8,Loyal High Spenders,0,10,2,300.0,2,6.0,2024-01-21 00:00:00,2024-02-20 00:00:00,UK,0.7,4,4,Loyal,1,0.25\r\n"
            + "9,Loyal High Spenders,1,20,1,150.0,1,3.0,2024-02-10 00:00:00,2024-02-10 00:00:00,France,0.5,3,2,About to Sleep,1,0.25\r\n"
            + "12,Churn Risk,2,90,1,100.0,1,3.0,2023-12-02 00:00:00,2023-12-02 00:00:00,France,0.5,2,2,Hibernating,1,0.25\r\n"
            + "100,Churn Risk,2,200,1,50.0,1,3.0,2023-08-14 00:00:00,2023-08-14 00:00:00,,0.5,1,2,Hibernating,1,0.25\r\n"
        )

    def test_with_codes_leave_with_the_words_of_the_file(self, client: TestClient) -> None:
        assert text_of(client.get("/download/gym/customers.csv")) == (
            "customer_id,persona,cluster,age,income,gender,fit,next_cluster,margin\r\n"
            "1,Young High Spenders,0,20.0,30.0,Female,0.5,1,0.25\r\n"
            "2,Young High Spenders,0,30.0,50.0,Male,0.5,1,0.25\r\n"
            "10,Budget Conscious,1,60.0,40.0,Female,0.5,1,0.25\r\n"
        )

    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("persona=Churn+Risk", ["12", "100"]),
            ("country=France&cluster=1", ["9"]),
            ("monetary=100~300", ["8", "9", "12"]),
            ("area=-1_-1,2_-1,2_2,-1_2", ["7", "8", "9"]),
            ("cluster=0&unknown=1&page=2&sort=monetary", ["7", "8"]),
            ("persona=nobody", []),
            ("persona=x%27%3B+DROP+TABLE+shop.customers%3B--", []),
        ],
    )
    def test_are_those_that_the_address_says_in_both_formats(self, client: TestClient, query: str, ids: list[str]) -> None:
        assert column(client.get(f"/download/shop/customers.csv?{query}"), "customer_id") == ids
        sheet = book_of(client.get(f"/download/shop/customers.xlsx?{query}"))["customers"]
        assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ids

    @pytest.mark.parametrize(("name", "count"), [("mall", 395), ("retail", 2945)])
    def test_leave_all_of_them(self, demo: TestClient, name: str, count: int) -> None:
        ids = column(demo.get(f"/download/{name}/customers.csv"), "customer_id")
        assert (len(ids), len(set(ids))) == (count, count)
        assert ids == sorted(ids, key=lambda customer_id: (len(customer_id), customer_id))

    def test_leave_typed_in_a_workbook(self, client: TestClient) -> None:
        sheet = book_of(client.get("/download/shop/customers.xlsx"))["customers"]
        assert [cell.value for cell in sheet[2]] == [
            "7", "Loyal High Spenders", 0, 1, 4, 400, 4, 12, datetime(2023, 12, 1), datetime(2024, 2, 29), "UK", 0.5, 5, 5, "Champions",
            1, 0.25,
        ]  # fmt: skip
        assert {cell.coordinate[0]: cell.number_format for cell in sheet[2] if cell.number_format != "General"} == {
            "A": "@", "B": "@", "F": "#,##0.00", "I": "yyyy-mm-dd hh:mm", "J": "yyyy-mm-dd hh:mm", "K": "@", "L": "0.000",
            "O": "@", "Q": "0.000",
        }  # fmt: skip
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:Q6")

    @pytest.mark.parametrize("name", ["customers", "clusters", "personas", "orders", "countries", "disagreements", "rejected", "quality"])
    def test_and_all_other_lists_hold_the_same_in_both_formats(self, demo: TestClient, name: str) -> None:
        header, *rows = rows_of(demo.get(f"/download/retail/{name}.csv?country=France&country=Germany"))
        sheet = book_of(demo.get(f"/download/retail/{name}.xlsx?country=France&country=Germany"))[name]
        found = list(sheet.values)
        assert [list(found[0]), len(found) - 1] == [header, len(rows)]
        for text, typed in zip(rows, found[1:], strict=True):
            assert [_unlike(*pair) for pair in zip(text, typed, strict=True) if _unlike(*pair)] == []


def _unlike(text: str, typed: Any) -> tuple[str, Any] | None:
    """The two, where a cell of the CSV and one of the sheet do not say the same."""
    if isinstance(typed, int | float):
        return None if float(text) == typed else (text, typed)
    if isinstance(typed, datetime):
        # Days with a fraction are exact to some microseconds.
        return None if abs((datetime.fromisoformat(text) - typed).total_seconds()) < 0.001 else (text, typed)
    return None if text.removeprefix("'") == (typed or "").removeprefix("'") else (text, typed)


class TestOtherLists:
    def test_clusters_are_of_the_customers_looked_at(self, client: TestClient) -> None:
        assert text_of(client.get("/download/shop/clusters.csv?country=France")) == (
            "cluster,persona,customers,share,recency_days,frequency,monetary,fit,revenue,revenue_share\r\n"
            "1,Loyal High Spenders,1,0.5,20.0,1.0,150.0,0.5,150.0,0.6\r\n"
            "2,Churn Risk,1,0.5,90.0,1.0,100.0,0.5,100.0,0.4\r\n"
        )

    def test_personas_leave_with_their_words_joined(self, client: TestClient) -> None:
        response = client.get("/download/shop/personas.csv")
        assert text_of(response).splitlines()[0] == (
            "persona,summary,reason,actions,use_cases,avoid,customers,clusters,fit,revenue,orders,share,revenue_share,orders_share"
        )
        assert column(response, "persona") == ["Loyal High Spenders", "Churn Risk"]
        assert column(response, "actions") == ["first; second"] * 2
        assert column(response, "clusters") == ["0; 1", "2"]
        assert column(response, "revenue_share") == ["0.85", "0.15"]

    def test_orders_of_one_customer_come_by_time_whatever_the_filters(self, client: TestClient) -> None:
        assert text_of(client.get("/download/shop/orders.csv?customer=8&cluster=2")) == (
            "customer_id,order_id,time,items,spend\r\n8,8-1,2024-01-21 00:00:00,3.0,150.0\r\n8,8-2,2024-02-20 00:00:00,3.0,150.0\r\n"
        )

    def test_orders_of_the_customers_looked_at_come_by_customer(self, client: TestClient) -> None:
        assert column(client.get("/download/shop/orders.csv"), "order_id") == [
            "7-1", "7-2", "7-3", "7-4", "8-1", "8-2", "9-1", "12-1", "100-1",
        ]  # fmt: skip
        assert column(client.get("/download/shop/orders.csv?country=France"), "order_id") == ["9-1", "12-1"]

    def test_similar_customers_are_ten_the_nearest_first(self, demo: TestClient) -> None:
        customer_id = column(demo.get("/download/retail/customers.csv"), "customer_id")[0]
        response = demo.get(f"/download/retail/similar.csv?customer={customer_id}&persona=nobody")
        away = [float(distance) for distance in column(response, "distance")]
        assert (len(away), away) == (10, sorted(away))
        assert customer_id not in column(response, "customer_id")

    def test_movers_are_those_of_two_months_and_of_one_pair_of_personas(self, client: TestClient) -> None:
        span = "/download/shop/movers.csv?from=2023-09-01&to=2024-02-01"
        head = "customer_id,from_persona,to_persona,spend_of_the_year\r\n"
        churned = "100,Loyal High Spenders,Churn Risk,50.0\r\n"
        everybody = (
            "7,,Loyal High Spenders,400.0\r\n8,,Loyal High Spenders,300.0\r\n9,,Loyal High Spenders,150.0\r\n12,,Churn Risk,100.0\r\n"
        )
        assert text_of(client.get(span)) == head + everybody + churned
        assert text_of(client.get(f"{span}&before=Loyal+High+Spenders&after=Churn+Risk")) == head + churned
        assert column(client.get(f"{span}&before=&after=Churn+Risk"), "customer_id") == ["12"]

    def test_similar_members_have_words_for_codes(self, client: TestClient) -> None:
        assert column(client.get("/download/gym/similar.csv?customer=1"), "gender") == ["Female", "Male"]

    def test_countries_leave_all_of_them(self, tmp_path: Path) -> None:
        names = [f"Country {number:03}" for number in range(300)]
        publish(tmp_path, buyers=[buyer(str(at), 1, 1, 300.0 - at, country=name) for at, name in enumerate(names)])
        client = client_of(Store(tmp_path))
        assert column(client.get("/download/shop/countries.csv"), "country") == names
        assert sorted(column(client.get("/download/shop/customers.csv"), "country")) == names

    def test_disagreements_leave_with_the_lens_that_values_them(self, tmp_path: Path) -> None:
        publish(tmp_path, buyers=DISAGREEING)
        client = client_of(Store(tmp_path))
        assert text_of(client.get("/download/shop/disagreements.csv")) == (
            "customer_id,persona,segment,valued_by,recency_days,frequency,monetary\r\n"
            "d,Loyal High Spenders,Hibernating,persona,1,1,90.0\r\n"
            "c,Churn Risk,Champions,segment,1,1,30.0\r\n"
        )
        assert column(client.get("/download/shop/disagreements.csv?segment=Champions"), "customer_id") == ["c"]
        about = {row[0]: row[1] for row in book_of(client.get("/download/shop/disagreements.xlsx?segment=Champions"))["About"].values}
        assert about["Which"] == "valuable by one lens and worthless by the other; segment is Champions"

    def test_changes_leave_as_they_were_published(self, client: TestClient) -> None:
        assert text_of(client.get("/download/gym/changes.csv")) == (
            "reason,from_persona,to_persona,customers\r\n"
            "customers moved,Budget Conscious,Young High Spenders,1\r\n"
            "gone,Budget Conscious,,1\r\n"
            "new,,Young High Spenders,2\r\n"
            "the model moved,Young High Spenders,Budget Conscious,3\r\n"
        )

    def test_rejected_rows_leave_as_the_file_had_them(self, client: TestClient) -> None:
        assert text_of(client.get("/download/shop/rejected.csv")) == (
            "source,source_row,reason,Customer ID,Amount,line\r\n"
            "shop.csv,3,Customer ID is missing,,-12,\r\n"
            'shop.csv,9,too many fields,,,"\'=1+1,""x"\r\n'
        )

    def test_checks_leave_as_they_were_published(self, client: TestClient) -> None:
        assert text_of(client.get("/download/shop/quality.csv")) == (
            "check,outcome,rows,share,example,customers,revenue\r\nCustomer ID is missing,rejected,1,0.5,row 3,0,12.5\r\n"
        )


class TestAbout:
    def said(self, response: Response) -> dict[str, Any]:
        return {str(row[0]): row[1] for row in book_of(response)["About"].values if row[0]}

    def test_says_what_the_file_is_to_someone_who_has_only_the_file(self, client: TestClient) -> None:
        about = list(book_of(client.get("/download/shop/customers.xlsx?country=France&monetary=120~"))["About"].values)
        assert about[:10] == [
            ("Dataset", "Shop", None),
            ("List", "customers", None),
            ("Rows", 1, None),
            ("Which", "country is France; monetary at least £120", None),
            ("Run", "20240310T120000Z-00000001", None),
            ("Created (UTC)", datetime(2024, 3, 10, 12), None),
            ("Recency counted to", datetime(2024, 3, 1), None),
            (None, None, None),
            ("Column", "Unit", "Meaning"),
            ("customer_id", None, "as in the file"),
        ]
        assert ("monetary", "GBP", "total spend") in about
        assert [row[0] for row in about[9:]] == CUSTOMERS.strip().split(",")

    @pytest.mark.parametrize(
        ("path", "which"),
        [
            ("shop/orders.xlsx?customer=8", "customer 8"),
            ("shop/orders.xlsx", "all customers"),
            ("shop/similar.xlsx?customer=8", "the 4 customers most like customer 8"),
            ("shop/rejected.xlsx?persona=x", "all rows kept out"),
            ("gym/customers.xlsx?gender=Female&age=20~", "gender is Female; age at least 20 years"),
        ],
    )
    def test_says_which_rows_it_holds(self, client: TestClient, path: str, which: str) -> None:
        assert self.said(client.get(f"/download/{path}"))["Which"] == which

    def test_says_that_data_is_made_up(self, demo: TestClient, client: TestClient) -> None:
        assert self.said(demo.get("/download/mall/customers.xlsx"))["Caution"] == "made-up data: these customers do not exist"
        assert "Caution" not in self.said(client.get("/download/shop/customers.xlsx"))


class TestStrangeCustomers:
    IDS = ("=1+1", "@x", "-5", "a,b", 'q"q', "é", "日本", "two\nlines", "nul\x01", "00123", "12")

    @pytest.fixture
    def strange(self, tmp_path: Path) -> TestClient:
        publish(tmp_path, buyers=[buyer(customer_id, 1, 1, 1.0) for customer_id in self.IDS])
        return client_of(Store(tmp_path))

    def test_leave_as_text_that_is_never_computed(self, strange: TestClient) -> None:
        found = column(strange.get("/download/shop/customers.csv"), "customer_id")
        assert set(found) == {"'=1+1", "'@x", *self.IDS} - {"=1+1", "@x"}

    def test_leave_in_a_workbook_that_opens(self, strange: TestClient) -> None:
        sheet = book_of(strange.get("/download/shop/customers.xlsx"))["customers"]
        cells = {row[0].value: row[0] for row in sheet.iter_rows(min_row=2)}
        assert set(cells) == {"nul�", *self.IDS} - {"nul\x01"}
        assert {cell.data_type for cell in cells.values()} == {"s"}
        assert [customer_id for customer_id, cell in cells.items() if cell.quotePrefix] == ["@x", "=1+1"]

    def test_can_be_asked_for_by_their_ids(self, strange: TestClient) -> None:
        for customer_id in self.IDS:
            response = strange.get("/download/shop/orders.csv", params={"customer": customer_id})
            assert column(response, "customer_id") == [customer_id if customer_id not in ("=1+1", "@x") else f"'{customer_id}"]
