"""What is known of customers at a cut-off, and what they did after it, is the same by Spark as by DuckDB."""

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
import pytest

from pipeline.catalogue import Catalogue
from pipeline.engines import Engine
from pipeline.settings import TransactionsDataset
from tests.shops import held_out, shop, with_lines

if TYPE_CHECKING:
    from pipeline.engines.spark_backend import Backend


@pytest.mark.slow
@pytest.mark.parametrize("whose", [None, ["c0", "c17", "c204", "it's nobody"]], ids=["everyone", "some"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
def test_both_engines_tell_the_same(
    spark: "Backend", shipped: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: list[str] | None, elsewhere: bool
) -> None:
    retail = shipped["retail"]
    assert isinstance(retail, TransactionsDataset)
    if elsewhere:
        monkeypatch.setenv("CLIENTELE_SPARK_WORK", f"file:{tmp_path / 'elsewhere'}/")
    net, dice = retail.model_copy(update={"returns": "net", "frequency": "lines"}), np.random.default_rng(3)
    bought = shop()
    given_back = bought.sample(frac=0.2, random_state=4).assign(spend=lambda frame: -frame["spend"])
    orders = pd.concat([with_lines(bought, dice.integers(1, 9, len(bought))), with_lines(given_back, 0)])
    folders = {by: tmp_path / by for by in get_args(Engine)}
    for folder in folders.values():
        folder.mkdir()
    one, other = (held_out(orders, net, folder, whose=whose, by=by) for by, folder in folders.items())
    assert one.customers is not None
    assert len(one.customers) > 2
    assert one == other
