"""What holds for every chart, whatever it draws."""

import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

import webapp.figures
from webapp.figures import (
    bars,
    boxes,
    bullet,
    by_age,
    cohorts,
    cross,
    curve,
    density,
    distribution,
    grid,
    heat,
    interval,
    months,
    pair,
    radar,
    ribbon,
    sankey,
    scores_by_k,
    silhouettes,
    stability,
    timeline,
    treemap,
)
from webapp.figures import map as map_figure
from webapp.figures.base import Figure
from webapp.figures.density import Ink
from webapp.figures.map import Marked
from webapp.figures.sankey import Node
from webapp.theme import INK, Theme

THEMES: list[Theme] = ["light", "dark"]
PERSONAS = ["Loyal High Spenders", "Churn Risk", "Somebody Else"]
UNITS = {"recency_days": "days", "monetary": "GBP", "frequency": ""}
ROWS = 60

# One row per customer, 60 of them; all but the last persona are in use.
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": [str(number) for number in range(ROWS)],
        "persona": [PERSONAS[number % 2] for number in range(ROWS)],
        "cluster": [number % 4 for number in range(ROWS)],
        "x": np.linspace(-5, 5, ROWS, dtype=np.float32),
        "y": np.linspace(3, -3, ROWS, dtype=np.float32) ** 2,
        "recency_days": np.arange(ROWS),
        "monetary": np.geomspace(1, 1e5, ROWS),
    }
)
STANDING = pd.DataFrame(
    {"feature": list(UNITS), "value": [12, 1234.5, 3], "below": [0.9, 0.5, 0.1], "low": [0.2] * 3, "middle": [0.5] * 3, "high": [0.7] * 3}
)
STRETCHES = pd.DataFrame({"persona": PERSONAS[:2], "since": pd.to_datetime(["2023-11-01", "2024-02-01"]), "months": [3, 2]})
CLUSTERS = pd.DataFrame({"cluster": [0, 1], "persona": PERSONAS[:2], "recency_days": [5.0, 145.0], "monetary": [350.0, 75.0]})
CROSSED = pd.DataFrame({"persona": PERSONAS[:2], "segment": ["Hibernating", "Champions"], "customers": [1200, 3], "revenue": [1900.0, 3e6]})
CELLS = pd.DataFrame(
    {"recency": [1, 5], "frequency": [2, 5], "segment": ["Hibernating", "Champions"], "customers": [1200, 3], "revenue": [1900.0, 3e6]}
)
SPREAD = pd.DataFrame({"persona": PERSONAS[:2], "word": ["Female", "Male"], "low": 1.0, "q1": 2.0, "median": 3.0, "q3": 4.0, "high": 5.0})
MONTHS = pd.DataFrame({PERSONAS[0]: [7.0, 0.0], "Churn Risk": [5.0, 9.0]}, index=pd.DatetimeIndex(["2024-01-01", "2024-02-01"]))
ORDERS = pd.DataFrame(
    {
        "order_id": ["a", "b"],
        "time": pd.to_datetime(["2024-01-31 12:00:00", "2024-02-01 00:00:00"]),
        "items": [1.0, 2.0],
        "spend": [10.0, 20.5],
    }
)
SHARES = pd.DataFrame({"customers": np.linspace(0, 1, 21), "revenue": np.linspace(0, 1, 21) ** 0.5})
FITS = pd.DataFrame({"cluster": [0, 0, 0, 1], "place": [1 / 6, 0.5, 5 / 6, 0.5], "fit": [0.9, 0.5, -0.1, 0.0]})
SCORES = pd.DataFrame({"silhouette": [np.nan, 0.4, 0.5], "gap": [0.1, 0.2, 0.5], "gap_error": [0.01, 0.02, 0.03]}, index=[1, 2, 3])
FOUND_AGAIN = pd.DataFrame({"name": [PERSONAS[0], "cluster 0", "cluster 1"], "value": [0.9, 0.7, 0.5]})

AGES = pd.DataFrame({"group": "Churn Risk", "age": [0, 1, 2], "share": [1.0, 0.5, 0.25], "at_risk": [40, 40, 8]})
SPENT = pd.DataFrame({0: [9.0, 8.0], 1: [3.0, np.nan]})

FLOWS = pd.DataFrame(
    {"source": ["Churn Risk", "Churn Risk", "new"], "target": ["Churn Risk", "gone", "Churn Risk"], "value": [5, 2, 1], "text": "words"}
)

Draw = Callable[[pd.DataFrame, Theme], Figure]


def with_shape(figure: Figure, theme: Theme) -> Figure:
    shape = map_figure.shown(np.ones(1, bool), ((0, 0), (1, 0), (0, 1)), theme)["layout"]
    return {"data": figure["data"], "layout": {**figure["layout"], **shape}}


def mapped(colour: str, unit: str = "") -> Draw:
    return lambda frame, theme: map_figure.draw(frame, theme, personas=PERSONAS, colour=colour, unit=unit)


def spread(feature: str, *, log: bool) -> Draw:
    def draw(frame: pd.DataFrame, theme: Theme) -> Figure:
        values = np.log10(frame[feature].clip(lower=1)) if log else frame[feature]
        counts, edges = np.histogram(values, 5)
        middles = frame.groupby("persona")[feature].median().to_dict()
        return distribution.draw(
            counts.astype(float), edges, theme, feature=feature, unit=UNITS[feature], middles=middles, personas=PERSONAS, log=log
        )

    return draw


def flowing(frame: pd.DataFrame, theme: Theme) -> Figure:
    left, right = (
        [Node(name, "#123456", float(value), str(value)) for name, value in frame.groupby(end)["value"].sum().items()]
        for end in ("source", "target")
    )
    return sankey.draw(frame, theme, left=left, right=right)


def crowded(colour: str) -> Draw:
    """The map of a crowd, all of whose customers are in one cell, and are drawn one by one."""

    def draw(frame: pd.DataFrame, theme: Theme) -> Figure:
        ink = Ink(PERSONAS, ["#123456"] * len(PERSONAS)) if colour == "persona" else density.ink_of_feature(colour, "GBP", 1, 9, theme)
        raster = density.Raster(-5.0, 0.0, 1.0, 10)
        cells = pd.DataFrame({"cell": [3], "value": [1], "customers": [len(frame)]})
        figure = density.draw((-5.0, 0.0, 5.0, 9.0), theme, ink=ink, places={PERSONAS[0]: ("first", 0.0, 1.0)})
        points = density.points(frame.assign(value=0), ink)
        return {"data": points, "layout": {**figure["layout"], "images": [density.image(raster, cells, ink)]}}

    return draw


# Chart to the frame it takes and how it is drawn.
CHARTS: dict[str, tuple[pd.DataFrame, Draw]] = {
    "bars": (
        CLUSTERS,
        lambda f, t: bars.draw(list(f["persona"]), list(f["monetary"]), ["words"] * len(f), t, measure="revenue", unit="GBP"),
    ),
    "bars in groups": (
        CLUSTERS,
        lambda f, t: bars.groups(
            list(f["persona"]), {"all": (list(f["monetary"]), ["words"] * len(f))}, t, colours=["#123456"], measure="revenue"
        ),
    ),
    "boxes": (SPREAD, lambda f, t: boxes.draw(f, t, feature="recency_days", unit="days", personas=PERSONAS)),
    "bullet": (STANDING, lambda f, t: bullet.draw(f, t, colour="#123456", units=UNITS, currency="GBP")),
    "by_age": (AGES, lambda f, t: by_age.draw(f, t, colours={"Churn Risk": "#123456"}, across="months", up="share left")),
    "by_age in steps": (AGES, lambda f, t: by_age.draw(f, t, colours={"Churn Risk": "#123456"}, across="m", up="s", steps=True)),
    "cohorts": (SPENT, lambda f, t: cohorts.draw(f, t, labels=list(map(str, f.index)), title="months", short=str, said=str)),
    "cross": (CROSSED, lambda f, t: cross.draw(f, t, personas=PERSONAS, segments=["Champions", "Hibernating"], currency="GBP")),
    "curve": (SHARES, curve.draw),
    "density": (CUSTOMERS, crowded("persona")),
    "density by feature": (CUSTOMERS, crowded("monetary")),
    "distribution": (CUSTOMERS, spread("recency_days", log=False)),
    "distribution on a log scale": (CUSTOMERS, spread("monetary", log=True)),
    "grid": (CELLS, lambda f, t: grid.draw(f, t, segments=f, currency="GBP")),
    "heat": (CLUSTERS, lambda f, t: heat.draw(f, t, average={"recency_days": (64.2, 70.0), "monetary": (200.0, 0.0)})),
    **{
        f"interval {words}": (CLUSTERS, lambda f, t, ends=ends: interval.draw(0.1, *ends, t, measure="difference", ticks=".1%"))
        for words, ends in {"above 0": (0.05, 0.2), "below 0": (-0.2, -0.05), "around 0": (-0.2, 0.2)}.items()
    },
    "map": (CUSTOMERS, mapped("persona")),
    "map by cluster": (CUSTOMERS, mapped("cluster")),
    "map by feature": (CUSTOMERS, mapped("monetary", "GBP")),
    "map with a shape": (CUSTOMERS, lambda f, t: with_shape(mapped("persona")(f, t), t)),
    "map with a mark": (CUSTOMERS, lambda f, t: map_figure.mark(mapped("persona")(f, t), Marked("12", 1.0, 2.0), t)),
    "months": (MONTHS, lambda f, t: months.draw(f, t, personas=PERSONAS, currency="GBP")),
    "pair": (CUSTOMERS, lambda f, t: pair.draw(f, t, across="recency_days", up="monetary", units=UNITS, personas=PERSONAS)),
    "radar": (CLUSTERS, lambda f, t: radar.draw(list(f["persona"]), {"it": ([0.2] * len(f), "#123456")}, t)),
    "ribbon": (STRETCHES, lambda f, t: ribbon.draw(f, t, colours=dict.fromkeys(PERSONAS, "#123456"))),
    "sankey": (FLOWS, flowing),
    "scores_by_k": (SCORES, lambda f, t: scores_by_k.draw(f, t, score="silhouette", measure="Silhouette", marks={3: "in use: 3"})),
    "scores_by_k with errors": (SCORES, lambda f, t: scores_by_k.draw(f, t, score="gap", measure="Gap", marks={2: "two", 99: "many"})),
    "silhouettes": (
        FITS,
        lambda f, t: silhouettes.draw(
            f, t, sizes={0: 3, 1: 1}, labels={0: "first", 1: "second"}, colours={0: "#123456", 1: "#654321"}, mean=0.325
        ),
    ),
    "stability": (
        FOUND_AGAIN,
        lambda f, t: stability.draw(f, t, labels=list(f["name"]), colours=["#123456"] * len(f), bounds={"sure": 0.8}),
    ),
    "timeline": (ORDERS, lambda f, t: timeline.draw(f, t, colour="#123456", currency="GBP")),
    "treemap": (CLUSTERS, lambda f, t: treemap.draw(list(f["persona"]), list(f["monetary"]), ["words"] * len(f), t, personas=PERSONAS)),
}
every = pytest.mark.parametrize("name", CHARTS)


def drawn(name: str, theme: Theme, *, rows: int | None = None) -> Figure:
    frame, draw = CHARTS[name]
    return draw(frame.iloc[:rows], theme)


def numbers_in(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every array, and every list of more than a few numbers, with where it is."""
    if isinstance(value, np.ndarray):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers_in(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        if len(value) > 2 and all(isinstance(inner, int | float | np.number) for inner in value):
            yield path, value
        for inner in value:
            yield from numbers_in(inner, path)


def test_no_chart_is_left_out() -> None:
    modules = {module.name for module in pkgutil.iter_modules(webapp.figures.__path__)}
    assert modules - {"base"} == {name.split()[0] for name in CHARTS}


@every
@pytest.mark.parametrize("theme", THEMES)
def test_plotly_knows_every_property(name: str, theme: Theme) -> None:
    figure = go.Figure(drawn(name, theme))
    assert len(figure.data) > 0
    assert figure.layout.template.layout.font.color == INK[theme]


@every
def test_numbers_are_single_precision_arrays(name: str) -> None:
    found = list(numbers_in(drawn(name, "light")["data"]))
    assert found
    assert {path: getattr(values, "dtype", type(values)) for path, values in found} == {path: np.float32 for path, _ in found}


@every
@pytest.mark.parametrize("theme", THEMES)
def test_an_empty_frame_draws_no_data_and_does_not_fail(name: str, theme: Theme) -> None:
    go.Figure(drawn(name, theme, rows=0))


@every
def test_one_row_is_enough(name: str) -> None:
    go.Figure(drawn(name, "light", rows=1))


@every
def test_the_frame_is_left_as_it_was(name: str) -> None:
    frame, draw = CHARTS[name]
    before = frame.copy(deep=True)
    draw(frame, "dark")
    pd.testing.assert_frame_equal(frame, before)


@every
def test_light_and_dark_show_the_same_data(name: str) -> None:
    light, dark = (list(numbers_in(drawn(name, theme)["data"])) for theme in THEMES)
    for (path, one), (same_path, other) in zip(light, dark, strict=True):
        assert path == same_path
        np.testing.assert_array_equal(one, other)


@every
def test_what_is_drawn_twice_is_the_same(name: str) -> None:
    assert go.Figure(drawn(name, "light")) == go.Figure(drawn(name, "light"))


# Axes of numbers that mean something say what, and in which unit.
AXES = {
    "bars": ("Revenue (£)", None),
    "bars in groups": ("revenue", None),
    "boxes": (None, "Recency (days)"),
    "bullet": ("share of customers with less", None),
    "by_age": ("months", "share left"),
    "cohorts": ("months", None),
    "curve": ("share of customers, the best first", "share of revenue"),
    "distribution": ("Recency (days)", "customers"),
    "distribution on a log scale": ("Monetary (£)", "customers"),
    "grid": ("Frequency: 1 seldom, 5 often", "Recency: 1 long ago, 5 lately"),
    "months": (None, "Revenue (£)"),
    "pair": ("Recency (days)", "Monetary (£)"),
    "scores_by_k": ("k, number of clusters", "Silhouette"),
    "silhouettes": ("fit (silhouette)", None),
    "stability": ("mean Jaccard", None),
    "timeline": (None, "Spend (£)"),
}


@pytest.mark.parametrize(("name", "titles"), AXES.items())
def test_axes_carry_their_units(name: str, titles: tuple[str | None, str | None]) -> None:
    layout = go.Figure(drawn(name, "light")).layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == titles
