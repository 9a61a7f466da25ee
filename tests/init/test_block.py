from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipeline.catalogue import TAKEN, Name
from pipeline.init.block import _feature_names

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
