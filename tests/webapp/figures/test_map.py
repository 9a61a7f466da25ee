from typing import Any

import numpy as np
import pandas as pd
import pytest

from webapp.figures import map as map_figure
from webapp.figures.base import Figure
from webapp.figures.map import Marked, cluster_colours
from webapp.theme import persona_colours, persona_symbols, shades

PERSONAS = ["Loyal High Spenders", "Churn Risk", "Lost Customers"]


def points(count: int, **more: Any) -> pd.DataFrame:
    """Customers along a line, two in three of the first persona, in two clusters; one in three of the second."""
    clusters = np.arange(count) % 3
    return pd.DataFrame(
        {
            "customer_id": [str(number) for number in range(count)],
            "x": np.arange(count, dtype=np.float32),
            "y": clusters.astype(np.float32) * 100,
            "persona": [PERSONAS[0] if cluster < 2 else PERSONAS[1] for cluster in clusters],
            "cluster": clusters,
            **more,
        }
    )


def draw(frame: pd.DataFrame, colour: str = "persona", **more: Any) -> Figure:
    return map_figure.draw(frame, "light", personas=PERSONAS, colour=colour, **more)


@pytest.mark.parametrize("colour", ["persona", "cluster", "spend"])
def test_every_customer_is_one_point_drawn_by_the_graphics_card(colour: str) -> None:
    frame = points(30, spend=np.arange(30.0))
    traces = draw(frame, colour)["data"]
    assert {trace["type"] for trace in traces} == {"scattergl"}
    placed = {
        customer_id: (x, y) for trace in traces for customer_id, x, y in zip(trace["customdata"], trace["x"], trace["y"], strict=True)
    }
    assert placed == {row.customer_id: (row.x, row.y) for row in frame.itertuples()}
    assert sum(len(trace["x"]) for trace in traces) == len(frame)


def test_personas_have_their_colours_and_symbols_and_the_unused_are_left_out() -> None:
    traces = draw(points(30))["data"]
    assert [trace["name"] for trace in traces] == PERSONAS[:2]
    assert [trace["marker"]["color"] for trace in traces] == [persona_colours(PERSONAS)[name] for name in PERSONAS[:2]]
    assert [trace["marker"]["symbol"] for trace in traces] == [persona_symbols(PERSONAS)[name] for name in PERSONAS[:2]]


def test_many_points_are_small_circles() -> None:
    few, many = draw(points(2_000))["data"], draw(points(2_001))["data"]
    assert {trace["marker"]["symbol"] for trace in few} != {"circle"}
    assert {trace["marker"]["symbol"] for trace in many} == {"circle"}
    assert draw(points(1_000))["data"][0]["marker"]["size"] > few[0]["marker"]["size"]


def test_clusters_are_shades_of_their_persona() -> None:
    clusters = points(6)[["cluster", "persona"]].drop_duplicates()
    colours = persona_colours(PERSONAS)
    first = shades(colours[PERSONAS[0]], 2)
    assert cluster_colours(clusters, PERSONAS) == {0: first[0], 1: first[1], 2: colours[PERSONAS[1]]}
    assert [trace["marker"]["color"] for trace in draw(points(6), "cluster")["data"]] == [*first, colours[PERSONAS[1]]]


def test_a_feature_colours_from_its_second_to_its_98th_hundredth_and_says_its_unit() -> None:
    spend = np.arange(101.0)
    (trace,) = draw(points(101, spend=spend), "spend", unit="GBP")["data"]
    np.testing.assert_array_equal(trace["marker"]["color"], spend.astype(np.float32))
    assert (trace["marker"]["cmin"], trace["marker"]["cmax"]) == (2, 98)
    assert trace["marker"]["colorbar"]["title"]["text"] == "Spend (£)"


def test_names_stand_on_the_map_where_their_largest_cluster_is() -> None:
    labels = {label["text"]: (label["x"], label["y"]) for label in draw(points(30))["layout"]["annotations"]}
    assert labels.keys() == {f"<b>{name}</b>" for name in PERSONAS[:2]}
    assert labels["<b>Churn Risk</b>"] == (15.5, 200)


def test_names_never_stand_over_one_another() -> None:
    frame = points(300).assign(y=np.float32(0))
    labels = draw(frame, "cluster")["layout"]["annotations"]
    places = sorted(label["y"] for label in labels)
    assert len(labels) == 3
    assert min(np.diff(places)) > 0.06


@pytest.mark.parametrize("colour", ["persona", "cluster", "spend"])
def test_the_order_of_the_points_is_told(colour: str) -> None:
    frame = points(30, spend=np.arange(30.0))
    drawn = [customer_id for trace in draw(frame, colour)["data"] for customer_id in trace["customdata"]]
    assert drawn == frame["customer_id"].iloc[map_figure.order(frame, PERSONAS, colour)].to_list()
    assert map_figure.order(frame.iloc[:0], PERSONAS, colour).tolist() == []


def test_a_label_is_called_as_its_points_are() -> None:
    for colour in ("persona", "cluster"):
        figure = draw(points(30), colour)
        assert {label["name"] for label in figure["layout"]["annotations"]} <= {trace["name"] for trace in figure["data"]}


def test_who_is_seen_is_a_bit_each_and_everybody_none() -> None:
    mask = np.array([True, False, False, False, False, False, False, True, False, True])
    assert map_figure.shown(mask, (), "light")["bits"].tolist() == [0b10000001, 0b01000000]
    assert map_figure.shown(np.ones(10, bool), (), "light")["bits"] is None


def test_a_shape_in_force_is_drawn() -> None:
    everybody = np.ones(3, bool)
    (selection,) = map_figure.shown(everybody, ((0, 0), (1.5, 0), (0, -2)), "light")["layout"]["selections"]
    assert selection["path"] == "M0,0L1.5,0L0,-2Z"
    assert "selections" not in map_figure.shown(everybody, (), "light")["layout"]


def test_one_customer_is_marked_with_the_id_and_the_others_step_back() -> None:
    figure = map_figure.mark(draw(points(30)), Marked("12346", 4.0, 200.0), "light")
    *others, ring, dot = figure["data"]
    assert {trace["marker"]["opacity"] for trace in others} == {0.3}
    assert [(trace["x"], trace["y"]) for trace in (ring, dot)] == [([4.0], [200.0])] * 2
    (label,) = figure["layout"]["annotations"]
    assert (label["text"], label["x"], label["y"]) == ("<b>12346</b>", 4.0, 200.0)


def test_points_are_chosen_with_a_lasso_and_a_marked_map_is_only_moved() -> None:
    assert draw(points(3))["layout"]["dragmode"] == "lasso"
    assert map_figure.mark(draw(points(3)), Marked("1", 0, 0), "light")["layout"]["dragmode"] == "pan"


def test_a_hundred_thousand_points_are_eight_bytes_each_and_their_id() -> None:
    traces = draw(points(100_000))["data"]
    assert sum(trace["x"].nbytes + trace["y"].nbytes for trace in traces) == 800_000
