"""In which order the engine is asked; what is found out is tested with builds."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import beside, catalogue, limits
from pipeline.beside import Work
from pipeline.build import build
from pipeline.wanted import Request
from tests.conftest import silent
from tests.here import Here
from tests.small import LINES, SHOP


class Noting(Here):
    """Stands for the process beside, and notes what it is asked."""

    def __init__(self) -> None:
        super().__init__(silent, limits.CATALOGUE)
        self.asked: list[str] = []

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Work[Any]:
        self.asked.append(f"{function.__module__.removeprefix('pipeline.')}.{function.__name__}")
        return super().submit(function, *arguments)


@pytest.mark.slow
def test_months_of_all_datasets_come_after_everything_that_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "datasets.toml").write_text(SHOP + SHOP.replace("shop", "store"))
    for name in ("shop", "store"):
        (tmp_path / f"{name}.csv").write_text(LINES)
    found = catalogue.load(tmp_path / "datasets.toml")
    build(Request(found, tmp_path, tmp_path / "out", quick=True, exact=10), created_at=datetime(2024, 7, 1, tzinfo=UTC), report=silent)
    noting = Noting()
    monkeypatch.setattr(beside, "child", lambda *asked: nullcontext(noting))
    whole = Request(found, tmp_path, tmp_path / "out", exact=10)
    run = build(whole, created_at=datetime(2024, 7, 2, tzinfo=UTC), report=silent).run
    asked = noting.asked[noting.asked.index("holdout.measure") :]
    assert asked == [name for name in ("holdout.measure", "value.cut.cut", "crowd.transitions", "month_ends.write") for _ in found]
    assert all(record.tables["history"].rows > 0 for record in run.manifest.datasets.values())
