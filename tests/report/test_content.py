from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import artifacts, formats
from pipeline.artifacts import Run
from pipeline.errors import ArtifactError
from pipeline.report import content
from pipeline.report.content import CELLS, Content
from pipeline.report.figures import labels, profiles
from pipeline.report.figures import map as map_figure
from pipeline.report.sheet import Sheet
from pipeline.report.style import look
from tests.report.conftest import many
from tests.small import copied
from tests.webapp.handmade import rewrite


def customers(run: Run, name: str) -> pd.DataFrame:
    return pd.read_parquet(run.table(name, "customers"))


def test_means_and_spreads_are_those_of_customers(small: Run, club: Content) -> None:
    frame = customers(small, "club")
    expected = frame.groupby("persona")[["age", "visits"]].mean().reindex(club.names)
    np.testing.assert_allclose(club.means, expected)
    assert club.everyone == pytest.approx(frame[["age", "visits"]].mean().to_dict())
    assert club.spreads == pytest.approx(frame[["age", "visits"]].std(ddof=0).to_dict())


def test_orders_are_counted(small: Run, shop: Content) -> None:
    assert shop.orders == customers(small, "shop")["orders"].sum() == 120


def test_a_crowd_is_counted_where_the_others_are_drawn(small: Run, shop: Content) -> None:
    crowd = content.read(small, "shop", most=19)
    assert (crowd.points, shop.cells) == (None, None)
    counted = crowd.places.groupby("persona")["customers"].sum()
    assert counted.to_list() == shop.places.groupby("persona")["customers"].sum().to_list()
    assert crowd.cells is not None
    found = map_figure.pixels(crowd.cells, list(crowd.colours.values()))
    assert found.shape == (CELLS, CELLS, 4)
    assert (found[..., 3] > 0).sum() == len(crowd.places.drop_duplicates(["x", "y"]))


def test_everybody_of_a_crowd_lies_within_half_a_cell_of_their_place(small: Run, shop: Content) -> None:
    crowd = content.read(small, "shop", most=19)
    assert crowd.cells is not None
    assert shop.points is not None
    for row in shop.points.itertuples():
        apart = np.maximum(np.abs(crowd.places["x"] - row.x), np.abs(crowd.places["y"] - row.y))
        assert apart.min() <= crowd.cells.side / 2 + 1e-6


def test_an_altered_table_is_refused(small: Run, tmp_path: Path) -> None:
    run = copied(small, tmp_path)
    run.table("shop", "personas").write_bytes(b"other")
    with pytest.raises(ArtifactError, match="altered after it was published"):
        content.read(run, "shop")


def test_a_run_of_an_earlier_version_is_refused_with_the_remedy(small: Run, tmp_path: Path) -> None:
    run = copied(small, tmp_path)
    run.table("shop", "flows").unlink()
    rewrite(run.folder, lambda manifest: manifest["datasets"]["shop"]["tables"].pop("flows"))
    earlier = artifacts.open_run(run.folder.parents[1], run.manifest.run_id)
    with pytest.raises(ArtifactError, match=r"flows\.parquet: was published by another version .*Run `python -m pipeline build`\."):
        content.read(earlier, "shop")
    assert content.read(earlier, "club").names


def test_a_folder_may_be_called_as_patterns_are(small: Run, tmp_path: Path) -> None:
    assert content.read(copied(small, tmp_path / "it's [here] *?"), "shop").orders == 120


def test_nothing_is_installed_and_want_of_memory_is_told_as_such() -> None:
    with content._connected() as connection:
        assert connection.execute("SELECT current_setting('autoinstall_known_extensions')").fetchall() == [(False,)]

    def ask_too_much() -> None:
        with content._connected() as connection:
            connection.execute("SET memory_limit = '1MB'")
            connection.execute("SELECT list(range) FROM range(10000000)")

    with pytest.raises(MemoryError):
        ask_too_much()


def test_findings_tell_the_value_at_risk_in_its_place(trusted: Run) -> None:
    found = content.read(trusted, "shop")
    weights = [finding.weight for finding in found.findings]
    assert weights == sorted(weights, reverse=True)
    at_risk = float(pd.read_parquet(trusted.table("shop", "value_personas"))["at_risk"].sum())
    assert [finding.text.startswith(formats.money(at_risk, "GBP")) for finding in found.findings].count(True) == 1


def test_of_two_categories_the_share_of_the_second_is_said(trusted: Run) -> None:
    gym = content.read(trusted, "gym")
    assert profiles.said(gym, "gender", 0.25) == "25 % Female"
    assert profiles.said(gym, "age", 25.0) == "25 years"


def test_a_feature_that_is_the_same_for_all_is_at_the_average(club: Content) -> None:
    constant = replace(club, spreads={**club.spreads, "age": 0.0})
    assert profiles.distances(constant)["age"].to_list() == [0.0] * len(club.names)


def test_names_on_the_map_do_not_touch(shop: Content) -> None:
    with look():
        sheet = Sheet()
        axes = sheet.axes(sheet.box)
        map_figure.draw(axes, many(shop, 12))
        placed = list(labels.places(axes, many(shop, 12)))
    assert len(placed) > 3
    assert len({name for name, _, _ in placed}) == len(placed)


def test_the_largest_personas_stay_in_the_order_of_the_rules(club: Content) -> None:
    assert club.largest(2) == [name for name in club.names if name in {*club.personas.nlargest(2, "customers")["persona"]}]
    assert club.largest(99) == club.names
