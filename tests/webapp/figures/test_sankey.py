from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.figures import sankey
from webapp.figures.sankey import HEIGHT, Node
from webapp.theme import FAINT


def node(name: str, value: float, colour: str = "#123456") -> Node:
    return Node(name, colour, value, f"{value:g}")


def flows(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame([{"source": one, "target": other, "value": value, "text": f"{one} to {other}"} for one, other, value in rows])


def drawn(frame: pd.DataFrame, left: list[Node], right: list[Node]) -> dict[str, Any]:
    (trace,) = sankey.draw(frame, "light", left=left, right=right)["data"]
    return dict(trace)


LEFT, RIGHT = [node("loyal", 6, "#ff0000"), node("new", 2, "#00ff00")], [node("loyal", 5), node("gone", 3)]
FLOWS = flows(("loyal", "loyal", 4), ("loyal", "gone", 2), ("new", "loyal", 1), ("new", "gone", 1))


def test_a_group_of_the_same_name_stands_on_both_sides() -> None:
    trace = drawn(FLOWS, LEFT, RIGHT)
    assert trace["node"]["label"] == ["loyal 6", "new 2", "loyal 5", "gone 3"]
    ends = zip(trace["link"]["source"].tolist(), trace["link"]["target"].tolist(), trace["link"]["value"].tolist(), strict=True)
    assert list(ends) == [(0, 2, 4), (0, 3, 2), (1, 2, 1), (1, 3, 1)]


def test_who_stayed_is_grey_and_who_moved_has_the_colour_of_where_they_come_from() -> None:
    colours = drawn(FLOWS, LEFT, RIGHT)["link"]["color"]
    assert [colour[:7] for colour in colours] == [FAINT["light"], "#ff0000", "#00ff00", "#00ff00"]


def test_groups_of_nobody_are_left_out_with_their_flows() -> None:
    trace = drawn(FLOWS, LEFT, [node("loyal", 5), node("empty", 0)])
    assert trace["node"]["label"] == ["loyal 6", "new 2", "loyal 5"]
    assert trace["link"]["customdata"] == ["loyal to loyal", "new to loyal"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Churn Risk", "Churn Risk 1.2 m"),
        ("Middle Income Low Spending", "Middle Income Low<br>Spending 1.2 m"),
        ("a < b", "a &lt; b 1.2 m"),
    ],
)
def test_labels_are_short_enough_for_a_phone_and_never_tags(name: str, label: str) -> None:
    trace = drawn(flows((name, name, 1)), [Node(name, "#123456", 1, "1.2 m")], [node("x", 1)])
    assert trace["node"]["label"][0].replace("\N{NO-BREAK SPACE}", " ") == label


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=9), st.lists(st.integers(1, 10_000), min_size=1, max_size=9))
def test_groups_stand_in_their_order_inside_the_chart_and_apart_from_each_other(before: list[int], after: list[int]) -> None:
    left, right = ([node(str(at), value) for at, value in enumerate(values)] for values in (before, after))
    places = drawn(flows(("0", "0", 1)), left, right)["node"]["y"].astype(float) * HEIGHT
    for side, values in ((places[: len(before)], before), (places[len(before) :], after)):
        assert all(0 < place < HEIGHT for place in side)
        # At least so far apart that two lines of words fit, whatever the scale.
        assert all(later - earlier >= 28 for earlier, later in pairwise(side))
        assert len(side) == len(values)
