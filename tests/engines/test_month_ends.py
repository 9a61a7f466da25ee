"""Personas at the ends of months are the same by Spark as by DuckDB."""

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.engines import Engine
from pipeline.month_ends import TABLES
from tests.shops import AS_OF
from tests.shops import shop as many_orders
from tests.test_month_ends import orders, shop, written

if TYPE_CHECKING:
    from pipeline.engines.spark_backend import Backend


@pytest.mark.slow
def test_both_engines_tell_the_same(spark: "Backend", tmp_path: Path) -> None:
    bought = many_orders(days=100)
    spent = np.round(bought["spend"] * 100).astype("int64").tolist()
    rows = orders(list(zip(bought["customer_id"], bought["time"], spent, strict=True)))
    found = {}
    for by in get_args(Engine):
        (tmp_path / by).mkdir()
        out = written(tmp_path / by, rows, AS_OF, shop(returns="net"), by=by)
        found[by] = {name: (out / f"{name}.parquet").read_bytes() for name in TABLES}
        assert pq.read_metadata(out / "history.parquet").num_rows > 100
    assert found["duckdb"] == found["spark"]
