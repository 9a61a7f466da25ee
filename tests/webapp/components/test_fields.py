import pytest

from webapp.components.fields import Field, fields, number


@pytest.mark.parametrize(
    ("text", "found"),
    [("5", 5.0), ("5.25", 5.25), ("1", 1.0), ("10", 10.0), ("0.9", None), ("10.1", None), ("", None), ("five", None), ("nan", None)],
)
def test_a_number_is_one_within_its_bounds(text: str, found: float | None) -> None:
    assert number(text, least=1, most=10) == found


@pytest.mark.parametrize("text", ["inf", "-inf", "1e15", "nan"])
def test_without_bounds_it_is_still_finite_and_of_a_size_that_means_something(text: str) -> None:
    assert number(text) is None


def test_fields_are_sent_with_what_they_hold() -> None:
    sent = fields([Field("back", "Win back", 10, least=1, most=100, standard=10)], action="/there", button="Send")
    assert (sent["type"], sent["props"]["action"], sent["props"]["button"]) == ("Fields", "/there", "Send")
    assert sent["props"]["fields"][0] == {
        "name": "back",
        "label": "Win back",
        "value": 10,
        "kind": "number",
        "least": 1,
        "most": 100,
        "step": "any",
        "options": (),
        "is_live": True,
        "standard": 10,
    }
