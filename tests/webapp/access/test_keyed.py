import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from tests.webapp.access.house import SECRET
from webapp.access.keyed import Keyed

PURPOSES = st.sampled_from(["user", "object", "session"])


@given(purpose=PURPOSES, value=st.text())
def test_the_same_value_has_the_same_name_in_every_process(purpose: str, value: str) -> None:
    expected = hmac.new(SECRET.encode(), f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()
    assert Keyed(SECRET).name(purpose, value) == expected
    assert Keyed(SECRET).short(purpose, value) == expected[:16]


@given(one=st.tuples(PURPOSES, st.text()), other=st.tuples(PURPOSES, st.text()))
def test_other_values_and_other_purposes_have_other_names(one: tuple[str, str], other: tuple[str, str]) -> None:
    keyed = Keyed(SECRET)
    assert (keyed.name(*one) == keyed.name(*other)) == (one == other)
    assert (keyed.short(*one) == keyed.short(*other)) == (one == other)


@given(st.text())
def test_another_secret_makes_other_names(value: str) -> None:
    assert Keyed(SECRET).name("user", value) != Keyed(SECRET[::-1]).name("user", value)
