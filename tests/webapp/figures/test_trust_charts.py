"""The charts of the quality page: what stands where."""

import numpy as np
import pandas as pd
import pytest

from webapp.figures import scores_by_k, silhouettes, stability

SCORES = pd.DataFrame({"silhouette": [np.nan, 0.4, 0.5], "gap": [0.1, 0.2, 0.5], "gap_error": [0.01, 0.02, 0.03]}, index=[1, 2, 3])
# Three customers in cluster 4, one alone in cluster 7.
FITS = pd.DataFrame({"cluster": [4, 4, 4, 7], "place": [1 / 6, 0.5, 5 / 6, 0.5], "fit": [0.9, 0.5, -0.4, 0.0]})
SIZES = {4: 3, 7: 1}
LABELS = {4: "4 · Loyal", 7: "7 · Lost"}
COLOURS = {4: "#111111", 7: "#222222"}


class TestScoresByK:
    def test_a_score_is_drawn_where_it_is_defined_and_marked_at_the_k_in_use(self) -> None:
        figure = scores_by_k.draw(SCORES, "light", score="silhouette", measure="Silhouette", marks={3: "in use: 3", 2: "recommended: 2"})
        line, in_use, recommended = figure["data"]
        assert (line["x"].tolist(), line["y"].tolist()) == ([2, 3], pytest.approx([0.4, 0.5]))
        assert [(mark["x"], mark["y"]) for mark in (in_use, recommended)] == [([3], [0.5]), ([2], [0.4])]
        assert [note["text"] for note in figure["layout"]["annotations"]] == ["in use: 3", "recommended: 2"]
        assert "error_y" not in line

    def test_a_k_that_was_not_tried_is_not_marked(self) -> None:
        figure = scores_by_k.draw(SCORES, "light", score="silhouette", measure="Silhouette", marks={20: "in use: 20"})
        assert (len(figure["data"]), figure["layout"]["annotations"]) == (1, [])

    def test_the_gap_has_its_standard_error(self) -> None:
        line = scores_by_k.draw(SCORES, "light", score="gap", measure="Gap", marks={})["data"][0]
        np.testing.assert_allclose(line["error_y"]["array"], [0.01, 0.02, 0.03], rtol=1e-6)


class TestSilhouettes:
    def test_a_band_is_as_thick_as_its_cluster_and_begins_below_the_one_before(self) -> None:
        first, second = silhouettes.draw(FITS, "light", sizes=SIZES, labels=LABELS, colours=COLOURS, mean=0.25)["data"]
        assert first["y"][[0, -1]].tolist() == pytest.approx([0, 0.75])
        assert np.ptp(second["y"]) == pytest.approx(0.25)
        assert second["y"][0] > first["y"][-1]
        assert (first["fillcolor"], second["fillcolor"]) == ("#111111", "#222222")

    def test_the_first_and_the_last_customer_reach_the_edges(self) -> None:
        first, second = silhouettes.draw(FITS, "light", sizes=SIZES, labels=LABELS, colours=COLOURS, mean=0.25)["data"]
        np.testing.assert_allclose(first["x"], [0.9, 0.9, 0.5, -0.4, -0.4], rtol=1e-6)
        assert second["x"].tolist() == [0, 0, 0]

    def test_a_cluster_too_small_to_be_seen_is_drawn_thicker(self) -> None:
        _, second = silhouettes.draw(FITS, "light", sizes={4: 9_999, 7: 1}, labels=LABELS, colours=COLOURS, mean=0.25)["data"]
        assert np.ptp(second["y"]) > 0.03

    def test_clusters_are_labelled_at_their_middle_and_the_mean_is_marked(self) -> None:
        layout = silhouettes.draw(FITS, "light", sizes=SIZES, labels=LABELS, colours=COLOURS, mean=0.25)["layout"]
        assert layout["yaxis"]["ticktext"] == ["4 · Loyal", "7 · Lost"]
        assert layout["yaxis"]["tickvals"][0] == pytest.approx(0.375)
        assert layout["shapes"][0]["x0"] == 0.25
        assert layout["annotations"][0]["text"] == "mean 0.250"


class TestStability:
    def test_bars_have_the_bounds_of_the_grades_behind_them(self) -> None:
        frame, bounds = pd.DataFrame({"value": [0.912, 0.5]}), {"doubtful": 0.6, "stable": 0.75, "highly stable": 0.85}
        figure = stability.draw(frame, "light", labels=["A", "cluster 1"], colours=["#111111", "#222222"], bounds=bounds)
        (bars,) = figure["data"]
        assert (bars["y"], bars["text"], bars["marker"]["color"]) == (["A", "cluster 1"], ["0.912", "0.500"], ["#111111", "#222222"])
        assert [line["x0"] for line in figure["layout"]["shapes"]] == [0.6, 0.75, 0.85]
        assert [note["text"] for note in figure["layout"]["annotations"]] == [
            "doubtful from 0.60", "stable from 0.75", "highly stable from 0.85",
        ]  # fmt: skip
