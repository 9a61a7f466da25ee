import numpy as np
import pandas as pd
import pytest

from webapp.figures import bars, boxes, bullet, cross, curve, distribution, grid, heat, months, pair, radar, ribbon, timeline, treemap
from webapp.figures.base import Figure, add, arrange, axis_title, blank
from webapp.theme import MUTED, TEMPLATES, persona_colours, persona_symbols

PERSONAS = ["Loyal High Spenders", "Churn Risk", "Lost Customers"]
COLOURS = persona_colours(PERSONAS)


class TestBase:
    def test_a_blank_figure_is_in_its_theme(self) -> None:
        assert blank("dark", bargap=0.3) == {"data": [], "layout": {"template": TEMPLATES["dark"], "bargap": 0.3}}

    def test_traces_are_put_on_top(self) -> None:
        figure = blank("light")
        add(figure, [{"name": "first"}])
        add(figure, [{"name": "second"}])
        assert [trace["name"] for trace in figure["data"]] == ["first", "second"]

    def test_what_was_said_of_an_axis_before_stays(self) -> None:
        figure = blank("light")
        arrange(figure, xaxis={"showgrid": False, "type": "category"}, bargap=1)
        arrange(figure, xaxis={"type": "log"}, bargap=2)
        assert (figure["layout"]["xaxis"], figure["layout"]["bargap"]) == ({"showgrid": False, "type": "log"}, 2)

    def test_charts_do_not_share_what_they_set(self) -> None:
        arrange(blank("light"), xaxis={"type": "log"})
        assert "xaxis" not in blank("light")["layout"]
        assert "type" not in TEMPLATES["light"]["layout"]["xaxis"]

    @pytest.mark.parametrize(
        ("name", "unit", "title"),
        [
            ("recency_days", "days", "Recency (days)"),
            ("monetary", "GBP", "Monetary (£)"),
            ("monetary", "SEK", "Monetary (SEK)"),
            ("frequency", "", "Frequency"),
            ("annual_income", "k$", "Annual income (k$)"),
        ],
    )
    def test_axes_are_titled_in_words_with_units(self, name: str, unit: str, title: str) -> None:
        assert axis_title(name, unit) == title

    @pytest.mark.parametrize(("count", "apart"), [(1, "M1"), (8, "M1"), (9, "M2"), (24, "M3"), (25, "M6"), (5_000, "M120")])
    def test_along_months_no_two_marks_are_of_one_and_all_have_room(self, count: int, apart: str) -> None:
        ends = pd.DatetimeIndex(["1990-12-01", pd.Timestamp("1990-12-01") + pd.DateOffset(months=count - 1)], dtype="datetime64[us]")
        frame = pd.DataFrame({"Churn Risk": np.ones(2)}, ends)
        stretches = pd.DataFrame({"persona": ["Churn Risk"], "since": [pd.Timestamp("1990-12-01")], "months": [count]})
        drawn = [months.draw(frame, "light", personas=PERSONAS, currency="GBP"), ribbon.draw(stretches, "light", colours=COLOURS)]
        assert [figure["layout"]["xaxis"]["dtick"] for figure in drawn] == [apart] * 2


class TestBars:
    def test_the_first_is_on_top_with_its_value_beside_it(self) -> None:
        figure = bars.draw(["A", "B"], [3.0, 1.0], ["three", "one"], "light", measure="customers", colours=["#111111", "#222222"])
        (trace,) = figure["data"]
        assert (trace["y"], trace["x"].tolist(), trace["text"]) == (["A", "B"], [3, 1], ["three", "one"])
        assert trace["marker"]["color"] == ["#111111", "#222222"]
        assert figure["layout"]["yaxis"]["autorange"] == "reversed"
        assert figure["layout"]["xaxis"]["color"] == MUTED["light"]

    def test_names_that_look_like_numbers_stay_names(self) -> None:
        assert bars.draw(["1", "10"], [1, 2], ["", ""], "light", measure="customers")["layout"]["yaxis"]["type"] == "category"

    def test_groups_are_read_in_their_order_and_have_room_for_their_words(self) -> None:
        series = {"customers": ([0.5, 0.5], ["50 %", "50 %"]), "revenue": ([0.8, 0.2], ["80 %", "20 %"])}
        figure = bars.groups(["A", "B"], series, "light", colours=["#111111", "#222222"])
        # Plotly draws the first trace lowest and lists it first: both are turned round.
        assert [(trace["name"], trace["marker"]["color"]) for trace in figure["data"]] == [("revenue", "#222222"), ("customers", "#111111")]
        assert figure["layout"]["legend"]["traceorder"] == "reversed"
        assert figure["layout"]["xaxis"]["range"] == pytest.approx([0, 1.04])
        assert figure["layout"]["showlegend"] is True

    def test_a_line_marks_a_value(self) -> None:
        figure = bars.groups(["A"], {"index": ([120.0], ["120"])}, "light", colours=["#111111"], percent=False, line=100)
        (mark,) = figure["layout"]["shapes"]
        assert (mark["x0"], mark["x1"]) == (100, 100)
        assert figure["layout"]["showlegend"] is False


class TestGrid:
    PLACES = pd.DataFrame(
        {
            "recency": [1, 1, 2, 3, 5, 5],
            "frequency": [1, 2, 1, 3, 4, 5],
            "segment": ["Hibernating"] * 3 + ["Need Attention"] + ["Champions"] * 2,
        }
    )

    def test_cells_stand_where_their_scores_are_and_the_others_are_empty(self) -> None:
        cells = pd.DataFrame({"recency": [1, 5], "frequency": [2, 5], "customers": [1200, 3], "revenue": [1900.0, 3e6]})
        (trace,) = grid.draw(cells, "light", segments=self.PLACES, currency="GBP")["data"]
        expected = np.zeros((5, 5))
        expected[0, 1], expected[4, 4] = 1200, 3
        np.testing.assert_array_equal(trace["z"], expected)
        assert trace["text"][0] == ["", "<b>1,200</b><br>£1.9k", "", "", ""]
        assert trace["text"][4][4] == "<b>3</b><br>£3 m"
        assert trace["customdata"][4] == ["", "", "", "Champions", "Champions"]

    def test_segments_are_named_once_and_surrounded_whoever_is_looked_at(self) -> None:
        figure = grid.draw(self.PLACES.iloc[:0].assign(customers=0, revenue=0.0), "light", segments=self.PLACES, currency="GBP")
        named = {(r + 1, f + 1): text for r, row in enumerate(figure["data"][0]["text"]) for f, text in enumerate(row) if text}
        assert named == {(2, 1): "Hibernating<br>", (3, 3): "Need<br>Attention<br>", (5, 4): "Champions<br>"}
        assert {tuple(shape[end] for end in ("x0", "x1", "y0", "y1")) for shape in figure["layout"]["shapes"]} == {
            (-0.5, 1.5, -0.5, 1.5), (1.5, 2.5, 1.5, 2.5), (2.5, 4.5, 3.5, 4.5),
        }  # fmt: skip


class TestCross:
    CELLS = pd.DataFrame(
        {
            "persona": [PERSONAS[0], PERSONAS[0], PERSONAS[1]],
            "segment": ["Champions", "Need Attention", "Need Attention"],
            "customers": [3, 1, 5],
            "revenue": [3e6, 100.0, 1900.0],
        }
    )

    def test_colours_are_shares_of_the_persona(self) -> None:
        (trace,) = cross.draw(self.CELLS, "light", personas=PERSONAS, segments=["Champions", "Need Attention", "New"], currency="GBP")[
            "data"
        ]
        assert (trace["x"], trace["y"]) == (["Loyal High<br>Spenders", "Churn Risk"], ["Champions", "Need<br>Attention", "New"])
        np.testing.assert_array_equal(trace["z"], [[0.75, 0], [0.25, 1], [0, 0]])
        assert trace["text"] == [["<b>3</b><br>£3 m", ""], ["<b>1</b><br>£100", "<b>5</b><br>£1.9k"], ["", ""]]


class TestHeat:
    def test_cells_are_standard_deviations_from_the_average(self) -> None:
        clusters = pd.DataFrame({"cluster": [0, 3], "persona": PERSONAS[:2], "age": [25.0, 60.0], "gender": [1.0, 1.0]})
        (trace,) = heat.draw(clusters, "light", average={"age": (40.0, 10.0), "gender": (1.0, 0.0)})["data"]
        np.testing.assert_allclose(trace["z"], np.array([[-1.5, 0], [2, 0]]))
        assert trace["y"] == ["0 · Loyal High Spenders", "3 · Churn Risk"]
        assert trace["x"] == ["Age", "Gender"]
        assert trace["zmin"] == -trace["zmax"]


class TestDistribution:
    COUNTS, EDGES = np.array([4.0, 0.0, 2.0]), np.array([0.0, 1.0, 2.0, 3.0])

    def drawn(self, *, log: bool, middles: dict[str, float] | None = None, feature: str = "recency_days", unit: str = "days") -> Figure:
        middles = middles or {"Loyal High Spenders": 100.0, "Churn Risk": 1.0}
        return distribution.draw(self.COUNTS, self.EDGES, "light", feature=feature, unit=unit, middles=middles, personas=PERSONAS, log=log)

    def test_bars_stand_over_their_bins_and_say_where_these_begin_and_end(self) -> None:
        plain, log = (self.drawn(log=log)["data"][0] for log in (False, True))
        assert plain["y"].tolist() == log["y"].tolist() == [4, 0, 2]
        assert plain["x"].tolist() == [0.5, 1.5, 2.5]
        assert (plain["customdata"][0], log["customdata"][0]) == ("0 to 1", "1 to 10")

    def test_medians_are_marked_where_half_of_a_persona_lies_below(self) -> None:
        marks = {
            trace["text"][1].strip(): (trace["x"][0], trace["line"]["color"], trace["hovertemplate"])
            for trace in self.drawn(log=False)["data"][1:]
        }
        assert marks == {
            "Loyal High Spenders": (100, COLOURS["Loyal High Spenders"], "Loyal High Spenders: half have at most 100 days<extra></extra>"),
            "Churn Risk": (1, COLOURS["Churn Risk"], "Churn Risk: half have at most 1 day<extra></extra>"),
        }

    def test_a_log_scale_is_labelled_with_the_values_themselves(self) -> None:
        figure = self.drawn(log=True)
        axis = figure["layout"]["xaxis"]
        assert dict(zip(axis["tickvals"], axis["ticktext"], strict=True)) == {0: "1", 1: "10", 2: "100", 3: "1k"}
        assert [trace["x"][0] for trace in figure["data"][1:]] == [2, 0]

    def test_nothing_and_less_stand_at_the_foot_of_a_log_scale(self) -> None:
        figure = self.drawn(log=True, middles={"Churn Risk": 0.0}, feature="monetary", unit="GBP")
        assert figure["data"][1]["x"] == [0, 0]
        assert figure["data"][1]["hovertemplate"] == "Churn Risk: half have at most £0<extra></extra>"


class TestMonths:
    def test_every_persona_has_a_bar_in_every_month(self) -> None:
        months_of = pd.DatetimeIndex(["2023-12-01", "2024-01-01", "2024-02-01"])
        frame = pd.DataFrame({"Loyal High Spenders": [9.0, 7.0, 0.0], "Churn Risk": [0.0, 0.0, 5.0]}, index=months_of)
        figure = months.draw(frame, "light", personas=PERSONAS, currency="GBP")
        assert {trace["name"]: trace["y"].tolist() for trace in figure["data"]} == {
            "Loyal High Spenders": [9, 7, 0],
            "Churn Risk": [0, 0, 5],
        }
        assert {tuple(trace["x"]) for trace in figure["data"]} == {("2023-12-01", "2024-01-01", "2024-02-01")}
        assert figure["layout"]["barmode"] == "stack"


class TestTimeline:
    def test_orders_are_points_and_months_their_sums(self) -> None:
        orders = pd.DataFrame(
            {
                "order_id": ["a", "b", "c"],
                "time": pd.to_datetime(["2024-01-05 08:26:00", "2024-01-31 23:59:59", "2024-03-01 00:00:00"]),
                "items": [1.0, 1.0, 1.0],
                "spend": [10.0, 20.5, -3.0],
            }
        )
        bar, point = timeline.draw(orders, "light", colour="#123456", currency="GBP")["data"]
        assert (bar["x"], bar["y"].tolist()) == (["2024-01-15", "2024-03-15"], [30.5, -3])
        assert (point["x"][0], point["y"].tolist(), point["customdata"]) == ("2024-01-05T08:26:00", [10, 20.5, -3], ["a", "b", "c"])

    @pytest.mark.parametrize(
        ("days", "shown"),
        [
            (["2024-03-31"], ["2024-01-01", "2024-07-01"]),
            (["2024-01-01", "2024-12-31"], ["2024-01-01", "2025-01-01"]),
        ],
    )
    def test_few_orders_stand_in_half_a_year_and_many_fill_the_chart(self, days: list[str], shown: list[str]) -> None:
        orders = pd.DataFrame({"order_id": days, "time": pd.to_datetime(days), "items": 1.0, "spend": 10.0})
        assert timeline.draw(orders, "light", colour="#123456", currency="GBP")["layout"]["xaxis"]["range"] == shown


class TestBullet:
    def test_a_mark_stands_among_all_and_a_band_for_the_persona(self) -> None:
        standing = pd.DataFrame(
            {
                "feature": ["recency_days", "monetary"],
                "value": [1, 1234.5],
                "below": [0.9, 0.25],
                "low": [0.1, 0.5],
                "middle": [0.2, 0.6],
                "high": [0.3, 0.5],
            }
        )
        everyone, band, mark = bullet.draw(
            standing, "light", colour="#123456", units={"recency_days": "days", "monetary": "GBP"}, currency="GBP"
        )["data"]
        names = ["Recency<br><b>1 day</b>", "Monetary<br><b>£1,234.50</b>"]
        assert (everyone["y"], everyone["x"].tolist()) == (names, [1, 1])
        assert band["y"] == mark["y"] == names
        assert band["base"].tolist() == pytest.approx([0.1, 0.5])
        assert band["x"][0] == pytest.approx(0.2)
        assert band["x"][1] > 0  # a band without width would not be seen
        assert mark["x"].tolist() == pytest.approx([0.9, 0.25])
        assert not mark["cliponaxis"]  # it may stand at either end


class TestOthers:
    def test_a_curve_stands_over_the_line_of_equal_shares(self) -> None:
        shares = pd.DataFrame({"customers": [0, 0.5, 1], "revenue": [0, 0.9, 1]})
        own, equal = curve.draw(shares, "light")["data"]
        assert own["y"].tolist() == pytest.approx([0, 0.9, 1])
        assert (equal["x"], equal["y"]) == ([0, 1], [0, 1])

    def test_a_pair_is_drawn_by_the_graphics_card_in_colours_and_symbols(self) -> None:
        frame = pd.DataFrame({"customer_id": ["a", "b"], "persona": PERSONAS[:2], "age": [20.0, 60.0], "income": [30.0, 40.0]})
        traces = pair.draw(frame, "light", across="age", up="income", units={"age": "years", "income": "k$"}, personas=PERSONAS)["data"]
        found = [(t["type"], t["name"], t["marker"]["color"], t["marker"]["symbol"], t["x"].tolist(), t["customdata"]) for t in traces]
        symbols = persona_symbols(PERSONAS)
        assert found == [
            ("scattergl", name, COLOURS[name], symbols[name], [age], [customer_id])
            for name, age, customer_id in ((PERSONAS[0], 20, "a"), (PERSONAS[1], 60, "b"))
        ]

    def test_boxes_stand_in_the_order_of_the_personas_side_by_side_for_words(self) -> None:
        quantiles = {"low": 1.0, "q1": 2.0, "median": 3.0, "q3": 4.0, "high": 5.0}
        rows = [("Churn Risk", "Male"), ("Loyal High Spenders", "Female"), ("Loyal High Spenders", "Male")]
        frame = pd.DataFrame([{"persona": persona, "word": word, **quantiles} for persona, word in rows])
        figure = boxes.draw(frame, "light", feature="age", unit="years", personas=PERSONAS)
        assert [(trace["name"], trace["x"]) for trace in figure["data"]] == [
            ("Female", ["Loyal High Spenders"]),
            ("Male", ["Loyal High Spenders", "Churn Risk"]),
        ]
        assert figure["data"][0]["lowerfence"].tolist() == [1]
        assert figure["data"][0]["upperfence"].tolist() == [5]
        assert figure["layout"]["boxmode"] == "group"

    def test_a_radar_closes_its_line_beside_that_of_the_average(self) -> None:
        average, own = radar.draw(["Age", "Income"], {"Churn Risk": ([0.2, 0.8], "#123456")}, "light")["data"]
        assert own["r"].tolist() == pytest.approx([0.2, 0.8, 0.2])
        assert own["theta"] == average["theta"] == ["Age", "Income", "Age"]
        assert average["r"].tolist() == [0.5] * 3

    def test_areas_have_the_colours_of_their_personas(self) -> None:
        (trace,) = treemap.draw(["Churn Risk", "Lost Customers"], [3, 1], ["3", "1"], "light", personas=PERSONAS)["data"]
        assert (trace["labels"], trace["values"].tolist()) == (["Churn Risk", "Lost Customers"], [3, 1])
        assert trace["marker"]["colors"] == [COLOURS["Churn Risk"], COLOURS["Lost Customers"]]
