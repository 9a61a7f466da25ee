import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline import catalogue
from pipeline.errors import InputError
from pipeline.settings import NamedPersona, TransactionsDataset
from tests.conftest import ROOT

SHIPPED = (ROOT / "datasets.toml").read_text(encoding="utf-8")


def load(tmp_path: Path, text: str) -> catalogue.Catalogue:
    path = tmp_path / "datasets.toml"
    path.write_text(text, encoding="utf-8")
    return catalogue.load(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    return str(caught.value).removeprefix(f"{tmp_path / 'datasets.toml'}")


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def test_the_shipped_catalogue_holds_mall_and_retail_with_ten_clusters(shipped: catalogue.Catalogue) -> None:
    assert {name: (dataset.kind, dataset.k) for name, dataset in shipped.items()} == {
        "mall": ("profile", 10),
        "retail": ("transactions", 10),
    }


def test_settings_cannot_be_changed_once_read(shipped: catalogue.Catalogue) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        shipped["mall"].k = 3


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('scaling = "standard"', 'scalling = "standard"', "[mall] scalling is not a setting. Did you mean 'scaling'?"),
        ("quantity = ", "quantiy = ", "[retail] columns.quantiy is not a setting. Did you mean 'quantity'?"),
        ('unit = "years"', 'units = "years"', "[mall] features.0.units is not a setting. Did you mean 'unit'?"),
        ('frequency = "orders"', 'frequency = "order"', "[retail] frequency = 'order': Input should be 'orders' or 'lines'."),
        ('kind = "transactions"', 'kind = "transaction"', "[retail] kind must be 'profile' (a row is a customer) or"),
        ('currency = "GBP"', 'currency = "pounds"', "[retail] currency = 'pounds': String should match pattern"),
        ("k = 10", "k = 1", "[mall] k = 1: Input should be greater than or equal to 2."),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_closest_valid_name(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    text = SHIPPED.replace(right, wrong, 1)
    assert refusal(tmp_path, text).startswith(f", line {line_of(text, wrong)}: {said}")


def test_a_missing_setting_is_named_with_the_line_of_its_block(tmp_path: Path) -> None:
    text = SHIPPED.replace('currency = "GBP"\n', "")
    assert refusal(tmp_path, text) == f", line {line_of(text, '[retail]')}: [retail] currency is missing. Add it."


def test_a_setting_outside_a_block_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, f"k = 3\n{SHIPPED}") == ", line 1: 'k' stands outside a block. Put it below a [name]."


def test_a_name_that_is_no_word_is_refused(tmp_path: Path) -> None:
    text = SHIPPED.replace("[mall]", '["Mall 2"]')
    assert refusal(tmp_path, text).endswith("[Mall 2] is no name for a dataset. Use lower-case letters, digits and _.")


@pytest.mark.parametrize(
    "name", ["personas", "customers", "quality", "data", "lookup", "download", "scoring", "assets", "healthz", "readyz", "metrics", "run"]
)
def test_a_name_that_would_hide_a_page_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, SHIPPED.replace("[mall]", f"[{name}]")) == (
        f", line {line_of(SHIPPED, '[mall]')}: [{name}] cannot name a dataset: a page of the web has that address. "
        f"Give it another name, such as [own_{name}]."
    )


def test_two_features_of_one_name_are_refused(tmp_path: Path) -> None:
    text = SHIPPED.replace('name = "annual_income"', 'name = "age"')
    assert "feature names repeat: age, age, spending_score, gender. Give each its own name." in refusal(tmp_path, text)


@pytest.mark.parametrize("name", ["customer_id", "cluster", "share", "check_1"])
def test_a_feature_may_not_take_the_name_of_a_published_column(tmp_path: Path, name: str) -> None:
    text = SHIPPED.replace('name = "age"', f'name = "{name}"')
    assert f"a feature cannot be called {name!r}: a published table has a column of that name." in refusal(tmp_path, text)


@pytest.mark.parametrize("written", ["%d/%m/%y", "%d %b %Y", "%Y-%m", "%d/%m/%Y %d"])
def test_a_time_format_that_cannot_be_read_back_is_refused(tmp_path: Path, written: str) -> None:
    text = SHIPPED.replace('frequency = "orders"', f'frequency = "orders"\ntime_format = "{written}"')
    assert f"[retail] time_format = '{written}': a time is written with %Y, %m, %d" in refusal(tmp_path, text)


def test_text_that_is_not_toml_is_refused_with_its_place(tmp_path: Path) -> None:
    assert re.fullmatch(r": not valid TOML: .*line 1.*", refusal(tmp_path, "[mall\n"))


def test_an_empty_catalogue_says_what_to_add(tmp_path: Path) -> None:
    assert refusal(tmp_path, "# nothing\n") == ": holds no dataset. Add a block such as [mall]."


def test_a_catalogue_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / 'none.toml'}: no such file.")):
        catalogue.load(tmp_path / "none.toml")


def test_a_catalogue_in_another_encoding_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "datasets.toml"
    path.write_bytes("# café\n".encode("cp1252"))
    with pytest.raises(InputError, match="not UTF-8 at byte 5"):
        catalogue.load(path)


def test_picking_an_unknown_dataset_names_the_closest(shipped: catalogue.Catalogue) -> None:
    with pytest.raises(InputError) as caught:
        catalogue.pick(shipped, "retial")
    assert str(caught.value) == "No dataset is called 'retial'. Did you mean 'retail'? There are: mall, retail."


@pytest.mark.parametrize(("currency", "minor"), [("GBP", 100), ("JPY", 1), ("KWD", 1000)])
def test_a_currency_has_its_own_minor_units(tmp_path: Path, currency: str, minor: int) -> None:
    dataset = load(tmp_path, SHIPPED.replace("GBP", currency))["retail"]
    assert isinstance(dataset, TransactionsDataset)
    assert dataset.minor_units == minor


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('quantity = "Quantity"\n', "a line needs quantity and unit_price, or amount alone; here are quantity."),
        ('quantity = "Quantity"\nunit_price = "Price"\namount = "Total"\n', "here are quantity, unit_price, amount."),
        ("", "here are none of them."),
    ],
)
def test_a_line_says_quantity_and_price_or_an_amount(tmp_path: Path, lines: str, said: str) -> None:
    text = SHIPPED.replace('quantity = "Quantity"\nunit_price = "Price"\n', lines)
    message = refusal(tmp_path, text)
    assert message.startswith(f", line {line_of(text, '[retail.columns]')}: [retail] columns")
    assert message.endswith(said)


def test_an_amount_and_no_order_id_are_enough(tmp_path: Path) -> None:
    text = SHIPPED.replace('quantity = "Quantity"\nunit_price = "Price"\n', 'amount = "Total"\n').replace('order_id = "Invoice"\n', "")
    assert "cancellation_prefix is that of an order id, and columns names none" in refusal(tmp_path, text)
    dataset = load(tmp_path, text.replace('cancellation_prefix = "C"', "#"))["retail"]
    assert list(dataset.source_columns) == ["customer_id", "time", "amount", "country"]


@pytest.mark.parametrize("document", ["README.md", "docs/your-data.md"])
def test_the_examples_of_the_documents_are_right(document: str) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", (ROOT / document).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        if "kind" in block:
            assert catalogue.parse(block, ROOT / document)


SHAPES = """[club]
kind = "profile"
file = "club.csv"
customer_id = "id"
features = [{ name = "tier", column = "tier", one_hot = ["Gold", "Tin can", "3rd"] }]
"""


def test_a_category_is_a_feature_per_word_or_one_of_codes(tmp_path: Path) -> None:
    club = load(tmp_path, SHAPES)["club"]
    assert club.feature_names == ("tier_gold", "tier_tin_can", "tier_3rd")
    assert club.words == {name: {"no": 0, "yes": 1} for name in club.feature_names}
    assert club.source_columns == {"customer_id": "id", "tier": "tier"}
    assert "codes give each word a number, one_hot a feature of its own" in refusal(
        tmp_path, SHAPES.replace("] }]", "], codes = { a = 1 } }]")
    )
    assert "words of tier differ only in signs or case: Gold, gold!" in refusal(tmp_path, SHAPES.replace("Tin can", "gold!"))


def test_without_a_header_columns_are_numbered(tmp_path: Path) -> None:
    numbered = SHAPES.replace('"id"', '"column 2"').replace('column = "tier"', 'column = "column 1"') + "header = false\n"
    assert load(tmp_path, numbered)["club"].source_columns == {"customer_id": "column 2", "tier": "column 1"}
    said = refusal(tmp_path, SHAPES + "header = false\n")
    assert "without a header columns are called 'column 1', 'column 2' and so on; 'id' is none of them" in said


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('time_zone = "Berlin"', "line 4: [shop] time_zone = 'Berlin': is no time zone of the IANA database"),
        ('returned_words = ["back"]', "returned_words are those of a column, and columns names none as returned"),
    ],
)
def test_settings_of_times_and_returns_have_to_make_sense(tmp_path: Path, setting: str, said: str) -> None:
    head = f'[shop]\nkind = "transactions"\nfile = "s.csv"\n{setting}\ncurrency = "EUR"\n'
    text = f'{head}[shop.columns]\ncustomer_id = "a"\ntime = "b"\namount = "c"\n'
    assert said in refusal(tmp_path, text)


class TestPersonas:
    def load(self, tmp_path: Path, text: str) -> catalogue.Catalogue:
        (tmp_path / "personas.toml").write_text(text, encoding="utf-8")
        return load(tmp_path, SHIPPED)

    def refusal(self, tmp_path: Path, text: str) -> str:
        with pytest.raises(InputError) as caught:
            self.load(tmp_path, text)
        return str(caught.value).removeprefix(f"{tmp_path / 'personas.toml'}")

    def test_are_named_beside_the_catalogue(self, tmp_path: Path) -> None:
        found = self.load(tmp_path, '[mall.3]\nname = "Night owls"\nactions = ["Open late"]\n')
        assert found["mall"].personas == {3: NamedPersona(name="Night owls", actions=("Open late",))}
        assert found["retail"].personas == {}
        assert catalogue.from_settings(found["mall"].model_dump(mode="json")) == found["mall"]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('\n[mall.3]\nnam = "x"\n', ", line 3: [mall.3] nam: is not a setting. A cluster has name, summary and actions."),
            ('[mall.3]\nsummary = "x"\n', ", line 1: [mall.3] name: Field required. A cluster has"),
            ('[mall.1]\nname = "x"\n[mall.3]\nname = "<b>"\n', ", line 4: [mall.3] name: String should match pattern"),
            ('[mall.three]\nname = "x"\n', ", line 1: [mall.three]: Input should be a valid integer"),
            ('[mall.10]\nname = "x"\n', ", line 1: [mall]: there is no cluster 10: with k = 10 they are 0 to 9"),
            ('mall = "x"\n', ", line 1: 'mall' stands outside a block. Put it below a [dataset.cluster]."),
            ("[mall\n", ": not valid TOML"),
        ],
    )
    def test_that_are_wrong_are_refused_with_their_line(self, tmp_path: Path, text: str, said: str) -> None:
        assert self.refusal(tmp_path, text).startswith(said)

    def test_of_a_dataset_that_is_not_there_are_refused_with_the_closest(self, tmp_path: Path) -> None:
        assert self.refusal(tmp_path, '[mal.3]\nname = "x"\n').startswith("No dataset is called 'mal'. Did you mean 'mall'?")
