import base64
import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from webapp.figures import density
from webapp.figures.density import Ink, Raster
from webapp.theme import SEQUENTIAL

RED, BLUE = (225, 45, 0), (30, 150, 240)
TWO = Ink(["first", "second"], ["#e12d00", "#1e96f0"])
RASTER = Raster(0.0, 0.0, 1.0, 4)


def cells(*rows: tuple[int, float, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["cell", "value", "customers"])


def picture(found: pd.DataFrame, ink: Ink = TWO, **more: Any) -> np.ndarray:
    """Pixels as a browser has them, the upper row first."""
    source = density.image(RASTER, found, ink, **more)["source"]
    assert source.startswith("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(4))))
def test_what_is_written_as_a_png_is_read_back(pixels: np.ndarray) -> None:
    with Image.open(io.BytesIO(density.png(pixels))) as read:
        assert read.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(read), pixels)


def test_cells_are_where_they_are_on_the_map_the_lowest_row_last() -> None:
    seen = picture(cells((0, 0, 1), (7, 1, 1)))
    assert [tuple(place) for place in np.argwhere(seen[..., 3])] == [(2, 3), (3, 0)]
    assert (tuple(seen[3, 0, :3]), tuple(seen[2, 3, :3])) == (RED, BLUE)


def test_a_cell_has_the_colour_of_its_largest_group_and_the_strength_of_all() -> None:
    alone, both = picture(cells((0, 0, 3), (5, 0, 9))), picture(cells((0, 0, 1), (0, 1, 2), (5, 0, 9)))
    assert tuple(both[3, 0, :3]) == BLUE
    assert both[3, 0, 3] == alone[3, 0, 3] < alone[2, 1, 3] == 255


def test_one_customer_among_many_is_still_seen() -> None:
    assert picture(cells((0, 0, 1), (5, 0, 1_000_000)))[3, 0, 3] >= 50


def test_cells_outside_a_selection_are_faint() -> None:
    seen = picture(cells((0, 0, 9), (15, 0, 9)), area=((0, 0), (2, 0), (2, 2), (0, 2)))
    assert seen[3, 0, 3] == 255
    assert 0 < seen[0, 3, 3] <= 60


def test_a_feature_colours_by_its_mean_between_its_ends() -> None:
    ink = density.ink_of_feature("spend", "GBP", 10.0, 20.0, "light")
    seen = picture(cells((0, 5.0, 9), (1, 20.0, 9), (2, 99.0, 9)), ink)
    first, last = (tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5)) for colour in (SEQUENTIAL["light"][0], SEQUENTIAL["light"][-1]))
    assert [tuple(seen[3, at, :3]) for at in range(3)] == [first, last, last]
    (trace,) = density.points(pd.DataFrame({"customer_id": [], "x": [], "y": [], "value": []}), ink)
    assert (trace["name"], trace["marker"]["cmin"], trace["marker"]["cmax"]) == ("Spend (£)", 10, 20)


def test_nobody_is_an_empty_picture() -> None:
    assert not picture(cells().astype(int))[..., 3].any()


def test_the_picture_covers_its_cells() -> None:
    image = density.image(Raster(-3.0, 2.0, 0.5, 4), cells((0, 0, 1)), TWO)
    assert (image["x"], image["y"], image["sizex"], image["sizey"], image["yanchor"]) == (-3, 2, 2, 2, "bottom")


def test_rare_customers_are_points_and_every_group_is_in_the_legend() -> None:
    rare = pd.DataFrame({"customer_id": ["a", "b"], "x": [1.0, 2.0], "y": [3.0, 4.0], "value": [1, 1]})
    first, second = density.points(rare, TWO)
    assert (first["name"], second["name"], second["customdata"]) == ("first", "second", ["a", "b"])
    assert np.isnan(first["x"]).all()
    np.testing.assert_array_equal(second["x"], np.array([1, 2], np.float32))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_map_begins_and_ends_with_everybody(theme: Any) -> None:
    layout = density.draw((0.0, 0.0, 10.0, 5.0), theme, ink=TWO, places={"first": ("1", 2.0, 3.0)})["layout"]
    assert (layout["xaxis"]["range"], layout["yaxis"]["range"]) == (pytest.approx([-0.3, 10.3]), pytest.approx([-0.15, 5.15]))
    assert [(label["name"], label["text"]) for label in layout["annotations"]] == [("first", "<b>1</b>")]
    assert layout["legend"]["itemclick"] is False
