"""A small published run with the files it was built from: `club`, whose members have attributes, and `shop`, which sells."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from pipeline import artifacts, catalogue
from pipeline.artifacts import Run
from pipeline.build import build
from pipeline.wanted import Request
from tests.conftest import silent

CLUB = """
[club]
kind = "profile"
file = "club.csv"
customer_id = "id"
k = 3
features = [{ name = "age", column = "age" }, { name = "visits", column = "visits" }]
"""
SHOP = """
[shop]
kind = "transactions"
file = "shop.csv"
currency = "EUR"
k = 2
columns = { customer_id = "who", order_id = "order", time = "day", quantity = "n", unit_price = "price" }
"""
CATALOGUE = CLUB + SHOP
MEMBERS = "id,age,visits\n" + "".join(f"{at},{20 + at % 40},{at % 13}\n" for at in range(60))
HEAD = "who,order,day,n,price\n"
LINES = HEAD + "".join(f"c{at % 20},o{at},2024-0{1 + at % 6}-1{at % 9},{1 + at % 3},{5 + at % 20}.5\n" for at in range(120))


# The same orders for nothing, and each given back twice over.
FREE = CLUB + SHOP + 'zero_price = "keep"\n', HEAD + "".join(f"{line.rsplit(',', 1)[0]},0\n" for line in LINES.splitlines()[1:])
LOSS = (
    CLUB + SHOP + 'returns = "net"\ncancellation_prefix = "C"\n',
    LINES + "".join(f"c{at % 20},C{at},2024-0{1 + at % 6}-1{at % 9},-{2 * (1 + at % 3)},{5 + at % 20}.5\n" for at in range(120)),
)


def publish(folder: Path, *, members: str = MEMBERS, declared: str = CATALOGUE, lines: str = LINES) -> Run:
    """Write the catalogue and both files into a folder, and publish them in `runs` there."""
    (folder / "datasets.toml").write_text(declared)
    (folder / "club.csv").write_text(members)
    (folder / "shop.csv").write_text(lines)
    settings = catalogue.load(folder / "datasets.toml")
    return build(Request(settings, folder, folder / "runs", quick=True), created_at=datetime(2024, 7, 1, tzinfo=UTC), report=silent).run


def copied(run: Run, folder: Path) -> Run:
    """A run that `publish` made, with the files it was built from, in another folder, whose tests may change it."""
    shutil.copytree(run.folder.parents[2], folder, dirs_exist_ok=True)
    return artifacts.open_run(folder / "runs", run.manifest.run_id)
