"""What the made-up data promises: the catalogue's shape, the same bytes every time, buyers worth telling apart, and dirt."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline import catalogue, demo
from pipeline.errors import InputError
from pipeline.intake import reading
from pipeline.settings import ProfileDataset, ProfileFeature, TransactionColumns, TransactionsDataset

CATALOGUE = catalogue.load(Path(__file__).parents[1] / "datasets.toml")
MOST_UNREADABLE_BY_FAR = 0.01  # intake refuses a column at 0.05


def _retail(**changes: object) -> TransactionsDataset:
    dataset = catalogue.pick(CATALOGUE, "retail")
    assert isinstance(dataset, TransactionsDataset)
    return dataset.model_copy(update=changes)


def _mall(**changes: object) -> ProfileDataset:
    dataset = catalogue.pick(CATALOGUE, "mall")
    assert isinstance(dataset, ProfileDataset)
    return dataset.model_copy(update=changes)


def _cells(path: Path, *, delimiter: str = ",", encoding: str = "utf-8") -> pd.DataFrame:
    return pd.read_csv(path, sep=delimiter, encoding=encoding, dtype=str, keep_default_na=False)


def _kept(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per line that counts as a sale to a known customer: customer, order, time, spend."""
    quantity = pd.to_numeric(lines["Quantity"], errors="coerce")
    price = pd.to_numeric(lines["Price"])
    customer = lines["Customer ID"].str.strip()
    sales = pd.DataFrame(
        {"customer": customer, "order": lines["Invoice"], "time": pd.to_datetime(lines["InvoiceDate"]), "spend": quantity * price}
    )
    return sales[(quantity > 0) & (price > 0) & (customer != "")]


@pytest.fixture(scope="module")
def retail_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.write(_retail(), tmp_path_factory.mktemp("retail"))


@pytest.fixture(scope="module")
def retail(retail_file: Path) -> pd.DataFrame:
    """One row per order line of the demo, every cell as text."""
    return _cells(retail_file)


@pytest.fixture(scope="module")
def customers(retail: pd.DataFrame) -> pd.DataFrame:
    """One row per customer: recency_days to the day after the last order, frequency in orders, monetary, days_known."""
    sales = _kept(retail)
    table = sales.groupby("customer").agg(
        first=("time", "min"), last=("time", "max"), frequency=("order", "nunique"), monetary=("spend", "sum")
    )
    as_of = sales["time"].max().normalize() + pd.Timedelta(days=1)
    return table.assign(recency_days=(as_of - table["last"]).dt.days, days_known=(as_of - table["first"]).dt.days)


@pytest.mark.parametrize("name", ["mall", "retail"])
def test_the_same_settings_give_the_same_bytes_and_another_seed_others(name: str, tmp_path: Path) -> None:
    dataset = catalogue.pick(CATALOGUE, name)
    reseeded = dataset.model_copy(update={"seed": dataset.seed + 1})
    first, again, other = (demo.write(given, tmp_path / str(at)).read_bytes() for at, given in enumerate([dataset, dataset, reseeded]))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", ["mall", "retail"])
def test_the_file_has_its_own_name_and_the_catalogues_header(name: str, tmp_path: Path) -> None:
    dataset = catalogue.pick(CATALOGUE, name)
    path = demo.write(dataset, tmp_path / "not" / "there yet")
    assert path == tmp_path / "not" / "there yet" / f"{name}_demo.csv"
    assert list(_cells(path).columns) == list(dataset.source_columns.values())


@pytest.mark.parametrize("name", ["mall", "retail"])
def test_the_ordinary_reader_finds_just_the_columns_of_the_catalogue(name: str, tmp_path: Path) -> None:
    dataset = catalogue.pick(CATALOGUE, name)
    path = demo.write(dataset, tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    staged = reading.stage(path, reading.layout_of(dataset), work)
    assert (staged.columns, staged.renamed, staged.extra) == (tuple(dataset.source_columns.values()), (), ())


def test_there_are_60_to_90_thousand_lines_of_about_3000_customers(retail: pd.DataFrame, customers: pd.DataFrame) -> None:
    assert 60_000 < len(retail) < 90_000
    assert 2_800 < len(customers) <= 3_000


def test_lines_stand_in_the_order_of_time_and_cover_two_years_to_the_day(retail: pd.DataFrame) -> None:
    times = pd.to_datetime(retail["InvoiceDate"], format="%Y-%m-%d %H:%M:%S")
    assert times.is_monotonic_increasing
    assert (str(times.min().date()), str(times.max().date())) == ("2022-01-01", "2023-12-31")


def test_the_shop_opens_at_8_and_closes_at_20_and_is_quiet_on_sundays(retail: pd.DataFrame) -> None:
    times = pd.to_datetime(retail.drop_duplicates("Invoice")["InvoiceDate"])
    assert times.dt.hour.between(8, 19).all()
    sundays = (times.dt.day_name() == "Sunday").mean()
    assert 0 < sundays < 0.05


@pytest.mark.parametrize("year", [2022, 2023])
def test_november_and_december_are_busier_than_january_and_february(year: int, retail: pd.DataFrame) -> None:
    times = pd.to_datetime(retail.drop_duplicates("Invoice")["InvoiceDate"])
    months = times[times.dt.year == year].dt.month
    assert months.isin([11, 12]).sum() > 1.3 * months.isin([1, 2]).sum()


def test_an_order_has_one_customer_one_time_and_one_country(retail: pd.DataFrame) -> None:
    orders = retail.assign(**{"Customer ID": retail["Customer ID"].str.strip()}).groupby("Invoice")
    assert (orders[["Customer ID", "InvoiceDate", "Country"]].nunique() == 1).all(axis=None)


@pytest.mark.parametrize(("currency", "price"), [("GBP", r"-?\d+\.\d\d"), ("JPY", r"-?\d+")])
def test_prices_have_the_decimals_of_the_currency(currency: str, price: str, tmp_path: Path) -> None:
    assert _cells(demo.write(_retail(currency=currency), tmp_path))["Price"].str.fullmatch(price).all()


def test_most_lines_come_from_one_country_and_some_from_several_others(retail: pd.DataFrame) -> None:
    shares = retail["Country"].value_counts(normalize=True)
    assert shares.index[0] == "United Kingdom"
    assert 0.75 < shares.iloc[0] < 0.98
    assert len(shares) > 4


def test_about_1_8_percent_of_lines_are_cancellations(retail: pd.DataFrame) -> None:
    assert 0.015 < retail["Invoice"].str.startswith("C").mean() < 0.021


def test_a_cancellation_mirrors_an_earlier_line_of_the_same_customer(retail: pd.DataFrame) -> None:
    # What was spoilt on purpose afterwards may have been cancelled before: those few lines have lost their likeness.
    clean = retail.assign(**{"Customer ID": retail["Customer ID"].str.strip()})
    cancelled = clean[clean["Invoice"].str.startswith("C")]
    assert cancelled["Quantity"].str.startswith("-").all()
    key = ["Customer ID", "Price", "Country", "Quantity"]
    pairs = cancelled.assign(Quantity=cancelled["Quantity"].str[1:]).reset_index().merge(clean, on=key, suffixes=("", "_sold"))
    earlier = pairs[pairs["InvoiceDate_sold"] < pairs["InvoiceDate"]]
    assert earlier["index"].nunique() > 0.98 * len(cancelled)


def test_about_4_percent_of_lines_have_no_customer(retail: pd.DataFrame) -> None:
    assert 0.03 < (retail["Customer ID"] == "").mean() < 0.05


def test_every_kind_of_dirt_is_there(retail: pd.DataFrame) -> None:
    quantity, price, plain = retail["Quantity"], retail["Price"].astype(float), ~retail["Invoice"].str.startswith("C")
    assert {
        "repeated": int(retail.duplicated().sum()),
        "free": int((price == 0).sum()),
        "negative price": int((price < 0).sum()),
        "negative quantity": int((quantity.str.startswith("-") & plain).sum()),
        "unreadable quantity": int((quantity == "n/a").sum()),
        "blanks around an id": int((retail["Customer ID"] != retail["Customer ID"].str.strip()).sum()),
    } == {
        "repeated": 40, "free": 25, "negative price": 2, "negative quantity": 3, "unreadable quantity": 12, "blanks around an id": 30
    }  # fmt: skip


def test_no_retail_column_is_unreadable_to_any_extent_that_matters(retail: pd.DataFrame) -> None:
    unreadable = {
        "quantity": pd.to_numeric(retail["Quantity"], errors="coerce").isna().mean(),
        "price": pd.to_numeric(retail["Price"], errors="coerce").isna().mean(),
        "time": pd.to_datetime(retail["InvoiceDate"], errors="coerce").isna().mean(),
        "order": (retail["Invoice"] == "").mean(),
    }
    assert {name: share for name, share in unreadable.items() if share >= MOST_UNREADABLE_BY_FAR} == {}
    assert unreadable["quantity"] > 0


@pytest.mark.parametrize("seed", [0, 42])
def test_the_top_1_percent_of_customers_bring_more_than_15_percent_of_spend(seed: int, tmp_path: Path) -> None:
    spend = _kept(_cells(demo.write(_retail(seed=seed), tmp_path))).groupby("customer")["spend"].sum().sort_values(ascending=False)
    assert spend.iloc[: len(spend) // 100].sum() > 0.15 * spend.sum()


def test_every_kind_of_buyer_is_there(customers: pd.DataFrame) -> None:
    recency, frequency, monetary, known = (customers[name] for name in ("recency_days", "frequency", "monetary", "days_known"))
    steady = (frequency >= 5) & (recency <= 90) & (known > 180)
    kinds = {
        "wholesalers": (monetary > 20_000).sum(),
        "loyal": ((frequency >= 12) & steady).sum(),
        "small budgets": (steady & (monetary < 500)).sum(),
        "newcomers": (known <= 90).sum(),
        "once, long ago": ((frequency == 1) & (recency > 180)).sum(),
        "lapsed": ((frequency >= 5) & (recency > 180)).sum(),
    }
    least = {"wholesalers": 3, "loyal": 150, "small budgets": 200, "newcomers": 300, "once, long ago": 900, "lapsed": 250}
    assert {name: count for name, count in kinds.items() if count < least[name]} == {}
    assert kinds["wholesalers"] < 30


def test_without_a_cancellation_prefix_returns_are_plain_negative_orders(tmp_path: Path) -> None:
    lines = _cells(demo.write(_retail(cancellation_prefix=None), tmp_path))
    assert lines["Invoice"].str.fullmatch(r"\d{6}").all()
    assert 0.015 < lines["Quantity"].str.startswith("-").mean() < 0.021


@pytest.mark.parametrize("prefix", ["5", "7", "CN-"])
def test_only_negative_lines_carry_the_cancellation_prefix(prefix: str, tmp_path: Path) -> None:
    lines = _cells(demo.write(_retail(cancellation_prefix=prefix), tmp_path))
    marked = lines[lines["Invoice"].str.startswith(prefix)]
    assert marked["Quantity"].str.startswith("-").all()
    assert 0.015 < len(marked) / len(lines) < 0.021


def test_a_dataset_without_country_gets_no_such_column_and_the_same_lines(retail: pd.DataFrame, tmp_path: Path) -> None:
    dataset = _retail(columns=_retail().columns.model_copy(update={"country": None}))
    lines = _cells(demo.write(dataset, tmp_path))
    pd.testing.assert_frame_equal(lines, retail.drop(columns="Country"))


def test_the_declared_delimiter_separates(retail: pd.DataFrame, tmp_path: Path) -> None:
    path = demo.write(_retail(delimiter=";"), tmp_path)
    assert path.read_text(encoding="utf-8").splitlines()[0] == "Customer ID;Invoice;InvoiceDate;Quantity;Price;Country"
    pd.testing.assert_frame_equal(_cells(path, delimiter=";"), retail)


def test_the_declared_time_format_is_written(retail: pd.DataFrame, tmp_path: Path) -> None:
    times = _cells(demo.write(_retail(time_format="%d/%m/%Y %H:%M"), tmp_path))["InvoiceDate"]
    expected = pd.to_datetime(retail["InvoiceDate"])
    pd.testing.assert_series_equal(pd.to_datetime(times, format="%d/%m/%Y %H:%M"), expected)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_the_declared_encoding_is_written(encoding: str, tmp_path: Path) -> None:
    dataset = _mall(customer_id="Kundennr. (Käufer)", encoding=encoding)
    cells = _cells(demo.write(dataset, tmp_path), encoding=encoding)
    assert list(cells.columns) == list(dataset.source_columns.values())


def test_an_encoding_without_a_letter_of_the_header_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        demo.write(_mall(customer_id="Käufer", encoding="ascii"), tmp_path)
    assert str(refused.value) == "[mall] encoding = 'ascii' has no 'ä', which a column or code is spelt with. Declare 'utf-8'."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["utf-9", "rot13"])
def test_an_unknown_encoding_is_refused(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        demo.write(_mall(encoding=encoding), tmp_path)
    assert str(refused.value) == f"[mall] encoding = {encoding!r} is not known. Declare one such as 'utf-8'."


@pytest.fixture(scope="module")
def mall(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """One row per customer of the demo, every cell as text."""
    return _cells(demo.write(_mall(), tmp_path_factory.mktemp("mall")))


def test_mall_has_400_ids_that_are_unique_but_for_two_that_are_missing(mall: pd.DataFrame) -> None:
    ids = mall["CustomerID"]
    assert len(ids) == 400
    assert (ids == "").sum() == 2
    assert ids[ids != ""].is_unique


def test_mall_values_keep_to_their_ranges_and_three_ages_are_unreadable(mall: pd.DataFrame) -> None:
    age, income, score = (pd.to_numeric(mall[name], errors="coerce") for name in mall.columns[1:4])
    assert (age.isna().sum(), income.isna().sum(), score.isna().sum()) == (3, 0, 0)
    assert age.dropna().between(18, 70).all()
    assert income.between(15, 140).all()
    assert score.between(1, 100).all()
    assert set(mall["Gender"]) == {"Male", "Female"}


def test_the_five_groups_of_the_mall_can_be_told_apart(mall: pd.DataFrame) -> None:
    age, income, score = (pd.to_numeric(mall[name], errors="coerce") for name in mall.columns[1:4])
    corners = {
        "high income, low spending": ((income > 75) & (score < 35)).sum(),
        "young high spenders": ((age < 40) & (score > 65)).sum(),
        "moderate": (income.between(40, 70) & score.between(38, 64)).sum(),
        "older, low spending": ((age > 52) & (score < 45) & income.between(35, 70)).sum(),
        "low income, low spending": ((income < 40) & (score < 35)).sum(),
    }
    assert {name: count for name, count in corners.items() if count < 30} == {}


def test_a_feature_of_any_other_name_gets_four_groups_between_0_and_100(tmp_path: Path) -> None:
    dataset = _mall(features=(ProfileFeature(name="visits", column="Visits"), ProfileFeature(name="spend", column="Spend")))
    cells = _cells(demo.write(dataset, tmp_path))
    assert list(cells.columns) == ["CustomerID", "Visits", "Spend"]
    visits = pd.to_numeric(cells["Visits"], errors="coerce")
    # Without an age the first feature has the unreadable rows.
    assert visits.isna().sum() == 3
    assert visits.dropna().between(0, 100).all()
    # Halfway between two of the centres 15, 40, 62 and 86 there is nearly nobody.
    groups = pd.cut(visits, [0, 27.5, 51, 74, 100], include_lowest=True).value_counts(normalize=True)
    assert groups.between(0.15, 0.35).all()


def test_codes_with_the_delimiter_in_them_survive(tmp_path: Path) -> None:
    codes = {"yes, always": 1.0, 'so-called "maybe"': 0.5}
    path = demo.write(_mall(features=(ProfileFeature(name="member", column="Member", codes=codes),)), tmp_path)
    assert set(_cells(path)["Member"]) == {*codes, "n/a"}


def test_a_till_export_is_made_up_as_it_would_be_written(tmp_path: Path, retail: pd.DataFrame) -> None:
    columns = TransactionColumns(customer_id="Kunde", time="Datum", amount="Betrag")
    till = _retail(columns=columns, cancellation_prefix=None, delimiter=";", decimal=",", time_format="%d.%m.%Y")
    lines = _cells(demo.write(till, tmp_path), delimiter=";")
    assert list(lines) == ["Kunde", "Datum", "Betrag"]
    assert pd.to_datetime(lines["Datum"], format="%d.%m.%Y").between("2022-01-01", "2023-12-31").all()
    amounts = pd.to_numeric(lines["Betrag"].str.replace(",", "."), errors="coerce")
    expected = pd.to_numeric(retail["Quantity"], errors="coerce") * pd.to_numeric(retail["Price"])
    assert amounts.isna().sum() == expected.isna().sum() > 0
    pd.testing.assert_series_equal(amounts, expected.round(2), check_names=False)
    assert not lines["Betrag"].str.contains(".", regex=False).any()


def test_a_file_without_a_header_has_its_columns_where_their_numbers_say(tmp_path: Path) -> None:
    columns = {"customer_id": "column 4", "time": "column 1", "amount": "column 2"}
    path = demo.write(_retail(header=False, cancellation_prefix=None, columns=TransactionColumns(**columns)), tmp_path)
    first = path.read_text().splitlines()[0].split(",")
    assert (len(first), first[2], first[0][:4]) == (4, "", "2022")


def test_words_of_categories_and_of_returns_are_those_of_the_catalogue(tmp_path: Path) -> None:
    tier = ProfileFeature(name="tier", column="Tier", one_hot=("gold", "silver"))
    members = _cells(demo.write(_mall(features=(*_mall().features, tier)), tmp_path))
    assert set(members["Tier"]) == {"gold", "silver"}
    columns = TransactionColumns(customer_id="who", time="when", amount="total", returned="kind")
    till = _cells(demo.write(_retail(cancellation_prefix=None, columns=columns, returned_words=("back",)), tmp_path))
    assert set(till.loc[till["total"].str.startswith("-") & (till["kind"] != ""), "kind"]) == {"back"}
    assert (till["kind"] == "back").sum() > 100
