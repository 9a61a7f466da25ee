from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import backtest, clustering, holdout
from pipeline.backtest import Backtest
from pipeline.build import Outcome
from pipeline.catalogue import Catalogue
from pipeline.settings import NamedPersona, TransactionsDataset
from tests.conftest import silent
from tests.shops import AS_OF, edges, held_out, known, shop, with_lines, write

CUTOFF = AS_OF - timedelta(days=180)
LEVELS = [
    ("standard", "cluster"),
    ("standard", "persona"),
    ("log", "cluster"),
    ("log", "persona"),
    ("rfm_grid", "segment"),
    ("spending_deciles", "decile"),
]


@pytest.fixture(scope="module")
def retail(shipped: Catalogue) -> TransactionsDataset:
    dataset = shipped["retail"]
    assert isinstance(dataset, TransactionsDataset)
    return dataset.model_copy(update={"k": 4})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the engine finds orders, one test's after the other's."""
    return tmp_path_factory.mktemp("orders")


def backtested(orders: pd.DataFrame, dataset: TransactionsDataset, folder: Path, **asked: Any) -> Backtest:
    return backtest.run(held_out(orders, dataset, folder, **asked), dataset)


@pytest.fixture(scope="module")
def found(retail: TransactionsDataset, folder: Path) -> Backtest:
    return backtested(shop(), retail, folder)


class TestResult:
    def test_both_horizons_and_every_way_of_grouping_are_told(self, found: Backtest) -> None:
        assert (found.cutoff, found.missing) == (CUTOFF, ())
        expected = [(*way, days) for days in (90, 180) for way in LEVELS]
        for table in (found.groups, found.overall):
            told = table[["segmentation", "level", "horizon_days"]].drop_duplicates()
            assert list(told.itertuples(index=False, name=None)) == expected

    def test_groups_hold_every_customer_of_the_past_once(self, found: Backtest) -> None:
        past = shop().query("time < @CUTOFF")["customer_id"].nunique()
        assert (found.groups.groupby(["segmentation", "level", "horizon_days"])["customers"].sum() == past).all()

    def test_shares_and_spend_of_groups_add_up_to_what_happened(self, found: Backtest) -> None:
        orders = shop()
        past = orders[orders["time"] < pd.Timestamp(CUTOFF)]["customer_id"]
        future = orders[(orders["time"] >= pd.Timestamp(CUTOFF)) & orders["customer_id"].isin(past)]
        for days in (90, 180):
            within = future[future["time"] < pd.Timestamp(CUTOFF) + timedelta(days=days)]
            told = found.groups[found.groups["horizon_days"] == days]
            weighted = told[["returned_share", "mean_spend"]].mul(told["customers"], axis=0)
            sums = weighted.groupby([told["segmentation"], told["level"]]).sum()
            np.testing.assert_allclose(sums["returned_share"], within["customer_id"].nunique())
            np.testing.assert_allclose(sums["mean_spend"], within["spend"].sum())

    def test_a_longer_horizon_never_sees_fewer_come_back(self, found: Backtest) -> None:
        shares = found.groups.pivot(index=["segmentation", "level", "group"], columns="horizon_days", values="returned_share")
        assert (shares[180] >= shares[90]).all()

    def test_those_who_buy_often_are_foretold(self, found: Backtest) -> None:
        auc = found.overall.query("measure == 'auc'").set_index(["segmentation", "level", "horizon_days"])["value"].sort_index()
        assert auc["log", "cluster", 180] > 0.65
        assert auc.between(0, 1).all()

    def test_the_same_orders_give_the_same_figures_in_any_order(self, found: Backtest, retail: TransactionsDataset, folder: Path) -> None:
        again = backtested(shop().sample(frac=1, random_state=1), retail, folder)
        pd.testing.assert_frame_equal(again.groups, found.groups)
        pd.testing.assert_frame_equal(again.overall, found.overall)

    def test_clusters_named_by_hand_today_name_none_of_that_day(self, found: Backtest, retail: TransactionsDataset, folder: Path) -> None:
        by_hand = retail.model_copy(update={"personas": {0: NamedPersona(name="Our friends")}})
        pd.testing.assert_frame_equal(backtested(shop(), by_hand, folder).groups, found.groups)


class TestNothingOfTheFutureIsKnown:
    def test_a_segmentation_is_the_same_to_the_bit_whatever_comes_after_it(self, retail: TransactionsDataset, folder: Path) -> None:
        orders, dice = shop(), np.random.default_rng(7)
        later = (orders["time"] >= pd.Timestamp(CUTOFF)).to_numpy()
        corrupted = orders.copy()
        corrupted.loc[later, "customer_id"] = dice.permutation(orders["customer_id"])[: later.sum()]
        corrupted.loc[later, "spend"] = -1e6 * dice.random(later.sum())
        moved = pd.Timestamp(CUTOFF) + pd.to_timedelta(dice.integers(0, 180 * 86_400, later.sum()), unit="s")
        corrupted.loc[later, "time"] = moved.astype("datetime64[us]")
        assert later.sum() > 100
        for other in (corrupted, orders[~later]):
            features = [known(write(one, folder), retail, folder, cutoff=CUTOFF) for one in (orders, other)]
            pd.testing.assert_frame_equal(*features, check_exact=True)
            ours, theirs = (backtest.segmentations(one, retail) for one in features)
            assert ours[1] == theirs[1] == []
            for one, another in zip(ours[0], theirs[0], strict=True):
                assert (one.name, one.level, one.groups) == (another.name, another.level, another.groups)
                np.testing.assert_array_equal(one.group, another.group)
        told = [backtested(one, retail, folder, cutoff=CUTOFF, horizons=[90]).groups for one in (orders, corrupted)]
        pd.testing.assert_frame_equal(told[0].iloc[:, :5], told[1].iloc[:, :5])
        assert not told[0]["returned_share"].equals(told[1]["returned_share"])

    def test_orders_of_the_moment_of_the_cut_off_belong_to_the_future(self, retail: TransactionsDataset, folder: Path) -> None:
        orders, moment = shop(), pd.Timestamp(CUTOFF).as_unit("us")
        past, end = orders[orders["time"] < moment], orders[-1:]
        again = past.drop_duplicates("customer_id").iloc[:60].assign(time=moment)
        first = again.assign(customer_id="new " + again["customer_id"])
        found = backtested(pd.concat([past, again, first, end]), retail, folder)
        told = found.groups[found.groups["horizon_days"] == 90]
        before_it = backtest.segmentations(known(write(past, folder), retail, folder, cutoff=CUTOFF), retail)[0]
        expected = [
            (one.name, one.level, group, customers)
            for one in before_it
            for group, customers in zip(one.groups, np.bincount(one.group).tolist(), strict=True)
        ]
        assert list(told[["segmentation", "level", "group", "customers"]].itertuples(index=False, name=None)) == expected
        came = (told["customers"] * told["returned_share"]).groupby(told["level"]).sum()
        assert came["decile"] == came["segment"] == pytest.approx(60)


def nothing(orders: pd.DataFrame, dataset: TransactionsDataset, folder: Path) -> tuple[str, ...]:
    """Why there are no figures."""
    found = backtested(orders, dataset, folder)
    assert found.cutoff is None
    assert found.groups.empty
    assert found.overall.empty
    return found.missing


class TestNotEnough:
    def test_a_short_history(self, retail: TransactionsDataset, folder: Path) -> None:
        assert nothing(shop(days=100), retail, folder) == (
            "90 days ahead: that needs orders of 180 days, and these span 100.",
            "180 days ahead: that needs orders of 360 days, and these span 100.",
        )

    def test_no_orders(self, retail: TransactionsDataset, folder: Path) -> None:
        assert nothing(shop()[:0], retail, folder) == ("There is no back-test: there are no orders.",)

    def test_nobody_came_back(self, retail: TransactionsDataset, folder: Path) -> None:
        orders = shop()
        new = orders["customer_id"].where(orders["time"] < pd.Timestamp(CUTOFF), "new")
        missing = nothing(orders.assign(customer_id=new), retail, folder)
        past = (new[new != "new"]).nunique()
        assert missing[0] == f"90 days ahead: 0 of {past} customers bought again. At least 10 who did and 10 who did not are needed."

    def test_everybody_came_back(self, retail: TransactionsDataset, folder: Path) -> None:
        past = shop().query("time < @CUTOFF")
        again = past.drop_duplicates("customer_id").assign(time=pd.Timestamp(CUTOFF).as_unit("us"))
        everyone = len(again)
        assert nothing(pd.concat([past, again, edges(720)]), retail, folder)[1] == (
            f"180 days ahead: {everyone} of {everyone} customers bought again. At least 10 who did and 10 who did not are needed."
        )

    def test_orders_that_do_not_say_what_the_settings_count(self, retail: TransactionsDataset, folder: Path) -> None:
        by_line = retail.model_copy(update={"frequency": "lines"})
        assert nothing(shop(), by_line, folder) == (
            "There is no back-test: frequency counts order lines, and these orders do not say how many they have.",
        )
        assert backtested(with_lines(shop(), 2), by_line, folder).missing == ()


class TestRefusedScaling:
    def test_negative_spend_leaves_out_the_logarithm_and_nothing_else(self, retail: TransactionsDataset, folder: Path) -> None:
        net, day = retail.model_copy(update={"returns": "net"}), pd.Timestamp(CUTOFF) - timedelta(days=3)
        given_back = pd.DataFrame({"customer_id": ["c1"], "time": day.as_unit("us"), "spend": -1e6})
        found = backtested(pd.concat([with_lines(shop()), with_lines(given_back, 0)]), net, folder)
        assert [reason.split(". ")[0] for reason in found.missing] == ["There is no back-test of log scaling"]
        assert "which has no logarithm" in found.missing[0]
        assert set(found.overall["segmentation"]) == {"standard", "rfm_grid", "spending_deciles"}

    def test_too_many_clusters_leave_the_baselines(self, retail: TransactionsDataset, folder: Path) -> None:
        found = backtested(shop(), retail.model_copy(update={"k": 1000}), folder)
        assert len(found.missing) == 2
        assert set(found.overall["segmentation"]) == {"rfm_grid", "spending_deciles"}

    def test_fewer_clusters_are_made_where_the_catalogue_allows_it(self, retail: TransactionsDataset) -> None:
        features = pd.DataFrame({"recency_days": [1, 9] * 20, "frequency": 1, "monetary": 5.0}, index=[f"c{at}" for at in range(40)])
        found, refused = backtest.segmentations(features, retail.model_copy(update={"lower_k": True}))
        assert refused == []
        assert found[0].groups == ("0", "1")


def in_sample_auc(groups: pd.DataFrame) -> float:
    """By pairs of groups, each scored by its own future rate: what the figures of the design were."""
    table = groups.sort_values("returned_share")
    came = (table["customers"] * table["returned_share"]).to_numpy()
    stayed_away = table["customers"].to_numpy() - came
    below = np.cumsum(stayed_away) - stayed_away
    return float(came @ (below + stayed_away / 2) / (came.sum() * stayed_away.sum()))


@pytest.mark.real
@pytest.mark.slow
class TestRealData:
    DAY = date(2011, 6, 9)

    def test_a_fit_before_june_2011_foretells_who_buys_again(self, shipped: Catalogue, real_run: Outcome, tmp_path: Path) -> None:
        """All 184 days after it are what the figures without folds, 0.758 and 0.784, look at; the folds cost them less than 0.003."""
        dataset, run = shipped["retail"], real_run.run
        assert isinstance(dataset, TransactionsDataset)
        orders, end = run.table("retail", "orders"), date(2011, 12, 10)
        found = backtest.run(holdout.measure(silent, dataset, orders, end, tmp_path, cutoff=self.DAY, horizons=[90, 180, 184]), dataset)
        assert found.missing == ()
        auc = found.overall.query("measure == 'auc'").set_index(["segmentation", "level", "horizon_days"])["value"].sort_index()
        clusters = found.groups.query("level == 'cluster' and horizon_days == 184")
        ahead = {name: in_sample_auc(of) for name, of in clusters.groupby("segmentation")}
        assert ahead == pytest.approx({"standard": 0.758, "log": 0.784}, abs=0.001)
        for scaling, least in (("standard", 0.75), ("log", 0.78)):
            assert auc[scaling, "cluster", 184] == pytest.approx(ahead[scaling], abs=0.003)
            assert (auc[scaling, "cluster"] >= least).all()

    def test_features_as_of_the_end_are_those_that_were_published(self, shipped: Catalogue, real_run: Outcome, tmp_path: Path) -> None:
        dataset, run = shipped["retail"], real_run.run
        assert isinstance(dataset, TransactionsDataset)
        features = known(run.table("retail", "orders"), dataset, tmp_path, cutoff=date(2011, 12, 10))
        published = pd.read_parquet(run.table("retail", "customers")).set_index("customer_id")
        pd.testing.assert_frame_equal(features.sort_index(), published[list(features.columns)].sort_index(), check_exact=True)
        assert clustering.different(features) > dataset.k
