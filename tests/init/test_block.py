from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipeline.catalogue import parse
from pipeline.init.block import _feature_names, write
from pipeline.init.guess import guess
from pipeline.init.sample import take
from pipeline.settings import TAKEN, Name, ProfileDataset
from tests.conftest import silent

HEADERS = st.text(max_size=60) | st.sampled_from(["Fit", "fit (%)", "x", "X ", "ä" * 50, "a" * 50, "a" * 60, "1", "", "über"])


@given(st.lists(HEADERS, unique=True, max_size=12))
def test_any_headers_become_names_that_features_may_have_no_two_alike(headers: list[str]) -> None:
    names = _feature_names(headers)
    assert list(names) == headers
    assert len(set(names.values())) == len(headers)
    assert not set(names.values()) & TAKEN
    for name in names.values():
        TypeAdapter(Name).validate_python(name)


def test_accents_go_and_the_rest_stays_readable() -> None:
    assert _feature_names(["Größe (cm)", "Âge", "Σ total"]) == {"Größe (cm)": "grosse", "Âge": "age", "Σ total": "total"}


CARDS = "card,age,tier\n" + "".join(f"m{at},{'' if at == 7 else 20 + at % 50},{('gold', 'silver', 'bronze')[at % 3]}\n" for at in range(60))


def test_a_category_is_there_to_be_let_in_and_gaps_are_spoken_of(tmp_path: Path) -> None:
    path = tmp_path / "cards.csv"
    path.write_text(CARDS)
    sample = take(path, report=silent)
    text = write("cards", path.name, sample, guess(sample))
    cards = parse(text, path)["cards"]
    assert isinstance(cards, ProfileDataset)
    assert (cards.feature_names, cards.missing) == (("age",), "reject")
    let_in = parse(text.replace('# { name = "tier"', '{ name = "tier"'), path)["cards"]
    assert let_in.feature_names == ("age", "tier_bronze", "tier_gold", "tier_silver")
