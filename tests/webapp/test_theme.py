"""Colours that everyone can tell apart: contrast by WCAG 2.2, colour blindness by Machado et al. (2009), difference by CIE 1976."""

from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest

from webapp.theme import FAINT, INK, MUTED, OTHER, PALETTE, SEQUENTIAL, SURFACE, TEMPLATES, Theme, persona_colours, persona_symbols, shades

THEMES: list[Theme] = ["light", "dark"]
Vector = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

# Machado, Oliveira, Fernandes (2009), IEEE TVCG 15(6), severity 1.0, for linear RGB.
SIGHT = {
    "all cones": np.eye(3),
    "no red cones": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "no green cones": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
}
# sRGB to CIE XYZ, and the white of D65.
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = np.array([0.95047, 1.0, 1.08883])
PROFILE = ["High Income Low Spending", "Young High Spenders", "Loyal Moderate Spenders", "Older Low Spending", "Budget Conscious"]
BUYING = [
    "Premium / VIP Spenders", "Loyal High Spenders", "Potential Loyalists", "Regular Budget Buyers", "Low Value Customers", "Churn Risk",
    "Lost Customers",
]  # fmt: skip


def linear(colour: str) -> Vector:
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: 1 to 21."""
    light = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour)) for colour in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def lab(colour: str, sight: str) -> Vector:
    ratio = XYZ @ np.clip(SIGHT[sight] @ linear(colour), 0, 1) / WHITE
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def difference(one: str, other: str, sight: str) -> float:
    return float(np.linalg.norm(lab(one, sight) - lab(other, sight)))


class TestTheMeasures:
    def test_black_on_white_is_21_to_1(self) -> None:
        assert contrast("#000000", "#ffffff") == pytest.approx(21)
        assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)

    def test_white_is_a_hundred_from_black_to_every_eye(self) -> None:
        assert [difference("#ffffff", "#000000", sight) for sight in SIGHT] == pytest.approx([100] * 3, abs=0.1)

    def test_red_and_green_of_a_traffic_light_are_hard_to_tell_without_red_cones(self) -> None:
        assert difference("#a00000", "#505000", "all cones") > 60
        assert difference("#a00000", "#505000", "no red cones") < 25


class TestContrast:
    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("colour", [*PALETTE, OTHER])
    def test_marks_stand_out_from_the_background(self, colour: str, theme: Theme) -> None:
        assert contrast(colour, SURFACE[theme]) >= 3

    @pytest.mark.parametrize("theme", THEMES)
    def test_text_is_legible(self, theme: Theme) -> None:
        assert min(contrast(text[theme], SURFACE[theme]) for text in (INK, MUTED)) >= 4.5

    @pytest.mark.parametrize("colour", [*PALETTE, OTHER])
    def test_white_words_on_an_area_are_legible_at_their_size(self, colour: str) -> None:
        assert contrast("#ffffff", colour) >= 3

    @pytest.mark.parametrize("theme", THEMES)
    def test_a_scale_runs_one_way_from_the_background(self, theme: Theme) -> None:
        steps = [contrast(colour, SURFACE[theme]) for colour in SEQUENTIAL[theme]]
        assert steps == sorted(steps)
        assert contrast(FAINT[theme], SURFACE[theme]) < 2


class TestDifference:
    @pytest.mark.parametrize("sight", SIGHT)
    @pytest.mark.parametrize(("one", "other"), list(combinations(PALETTE, 2)))
    def test_any_two_colours_differ_to_every_eye(self, one: str, other: str, sight: str) -> None:
        assert difference(one, other, sight) >= 20


class TestPersonas:
    @pytest.mark.parametrize("names", [PROFILE, BUYING])
    def test_those_of_a_dataset_have_colours_of_their_own_from_the_palette(self, names: list[str]) -> None:
        colours = persona_colours(names)
        assert list(colours) == names
        assert len(set(colours.values())) == len(names)
        assert set(colours.values()) <= set(PALETTE)

    def test_a_known_one_keeps_its_colour_whoever_stands_beside_it(self) -> None:
        alone = persona_colours(["Churn Risk"])["Churn Risk"]
        assert persona_colours(BUYING)["Churn Risk"] == alone
        assert persona_colours(["Someone", "Churn Risk"])["Churn Risk"] == alone

    def test_unknown_ones_get_distinct_colours_that_no_known_one_has(self) -> None:
        names = ["Cluster A", "Churn Risk", "Cluster B", "Loyal High Spenders", "Cluster C", "Cluster D", "Cluster E"]
        colours = persona_colours(names)
        assert len(set(colours.values())) == len(names)
        assert persona_colours(names) == colours

    def test_beyond_the_palette_all_others_share_one(self) -> None:
        colours = persona_colours([f"Group {number}" for number in range(10)])
        assert list(colours.values()) == [*PALETTE, OTHER, OTHER, OTHER]

    def test_symbols_tell_them_apart_without_colour(self) -> None:
        assert len(set(persona_symbols(BUYING).values())) == len(BUYING)


class TestShades:
    @pytest.mark.parametrize("colour", PALETTE)
    @pytest.mark.parametrize("count", [1, 2, 3, 6])
    def test_are_distinct_and_begin_with_the_colour_itself(self, colour: str, count: int) -> None:
        found = shades(colour, count)
        assert found[0] == colour
        assert len(set(found)) == count
        assert all(difference(one, other, "all cones") > 5 for one, other in combinations(found, 2))

    def test_of_no_clusters_are_none(self) -> None:
        assert shades(PALETTE[0], 0) == []

    def test_are_lighter_and_darker_by_turns(self) -> None:
        assert shades("#808080", 5) == ["#808080", "#a0a0a0", "#606060", "#c0c0c0", "#404040"]


@pytest.mark.parametrize("theme", THEMES)
def test_a_template_colours_text_and_axes_for_its_background(theme: Theme) -> None:
    layout = go.Figure(layout={"template": TEMPLATES[theme]}).layout.template.layout
    assert layout.font.color == INK[theme]
    assert layout.xaxis.tickfont.color == layout.yaxis.title.font.color == MUTED[theme]
    assert layout.hoverlabel.bgcolor == SURFACE[theme]
    assert list(layout.colorway) == list(PALETTE)
