import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import typeset
from pipeline.report.style import BODY, NAME

texts = st.text(st.characters(codec="utf-8"), max_size=200)
widths = st.floats(12, 200)


@given(texts, widths)
def test_no_line_is_wider_than_it_may_be(text: str, most: float) -> None:
    assert all(typeset.width(line, BODY) <= most for line in typeset.wrapped(text, most, BODY))


@given(texts, widths)
def test_lines_hold_all_characters_in_their_order(text: str, most: float) -> None:
    joined = "".join(typeset.wrapped(text, most, BODY))
    assert joined.replace(" ", "") == typeset.legible(text).replace(" ", "")


@given(texts, widths, st.floats(BODY.line, 40))
def test_fitted_lines_stay_in_their_box(text: str, most: float, height: float) -> None:
    lines, style = typeset.fitted(text, most, height, BODY)
    assert len(lines) * style.line <= height + 1e-9
    assert all(typeset.width(line, style) <= most for line in lines)


@given(st.lists(texts, min_size=1, max_size=6), widths, st.floats(0, 3), st.floats(1, 4))
def test_texts_below_each_other_stay_in_their_box_in_one_size(given_: list[str], most: float, between: float, lines: float) -> None:
    height = len(given_) * lines * BODY.line + (len(given_) - 1) * between
    found, style = typeset.stacked(given_, most, height, between, BODY)
    assert sum(map(len, found)) * style.line + (len(found) - 1) * between <= height + 1e-9
    assert all(typeset.width(line, style) <= most for lines in found for line in lines)
    if style.size < BODY.size:
        larger = style.sized(style.size + 0.25)
        assert sum(len(typeset.wrapped(text, most, larger)) for text in given_) * larger.line + (len(found) - 1) * between > height


@given(texts, st.floats(5, 60))
def test_what_is_shortened_fits_and_says_so(text: str, most: float) -> None:
    short = typeset.shortened(text, most, NAME)
    assert typeset.width(short, NAME) <= most
    assert short == typeset.legible(text) or short.endswith("…")


def test_a_number_stays_with_its_sign() -> None:
    most = typeset.width("of all 38", BODY) + 0.1
    assert typeset.wrapped("of all 38 % of", most, BODY) == ["of all", "38 % of"]


@pytest.mark.parametrize(
    ("text", "set_"),
    [
        ("Żółw\nΩδή\tЖ  £9", "Żółw Ωδή Ж £9"),
        ("a\x00b", "a□b"),
        ("客 $9 and $12", "□ $9 and $12"),
        ("", ""),
    ],
)
def test_what_the_font_lacks_is_a_square_and_space_is_one_space(text: str, set_: str) -> None:
    assert typeset.legible(text) == set_
