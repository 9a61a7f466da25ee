"""Runs that are reported on: small ones whose numbers can be checked by hand, and what is harder to set than any of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Run
from pipeline.report import content, making
from pipeline.report.content import Content
from tests.small import FREE, LOSS
from tests.small import publish as publish_small
from tests.webapp.handmade import publish


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that says how far it can be trusted."""
    return publish(tmp_path_factory.mktemp("trusted"))


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of made-up customers, built quickly."""
    return publish(tmp_path_factory.mktemp("demo"), demo=True, quick=True)


@pytest.fixture(scope="session", params=[FREE, LOSS], ids=["free", "loss"])
def unpaid(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose revenue does not come to more than 0."""
    declared, lines = request.param
    return publish_small(tmp_path_factory.mktemp("unpaid"), declared=declared, lines=lines)


@pytest.fixture(scope="session")
def shop(small: Run) -> Content:
    """Of a dataset with orders."""
    return content.read(small, "shop")


@pytest.fixture(scope="session")
def club(small: Run) -> Content:
    """Of a dataset without."""
    return content.read(small, "club")


@pytest.fixture(scope="session")
def hard(shop: Content, club: Content, small: Run, trusted: Run, made_up: Run) -> list[Content]:
    """Few personas and many, long words, many features, a crowd, one persona, no trust, made-up data."""
    title = "Everybody who ever bought anything from any of us, by any way whatever"
    titled = replace(shop, record=shop.record.model_copy(update={"title": title}))
    crowd = content.read(small, "shop", most=5)
    everything = [*making.contents(trusted), *making.contents(made_up)]
    return [shop, club, titled, crowd, many(shop, 9), many(club, 40), wide(club, 4), wide(shop, 25), *everything]


def many(found: Content, count: int) -> Content:
    """The same customers in so many personas, whose names are long."""
    names = [f"Group {at} of those who {'come and go and ' * (at % 4)}come" for at in range(count)]
    rows = [{**found.personas.iloc[at % len(found.personas)].to_dict(), "persona": name} for at, name in enumerate(names)]
    clusters = [
        {**found.clusters.iloc[at % len(found.clusters)].to_dict(), "persona": name, "cluster": at} for at, name in enumerate(names)
    ]
    assert found.points is not None
    doubtful = pd.DataFrame([{"level": "persona", "name": name, "grade": "doubtful"} for name in names[:5]])
    points = found.points.assign(persona=np.arange(len(found.points)) % count)
    return replace(found, personas=pd.DataFrame(rows), clusters=pd.DataFrame(clusters), points=points, stability=doubtful)


def wide(found: Content, count: int) -> Content:
    """The same with so many features more, the first of them constant."""
    first = next(iter(found.record.features))
    more = {f"measured_on_the_{at}th_visit": 1000.0 * at for at in range(count)}
    features = {**found.record.features, **dict.fromkeys(more, "minutes")}
    clusters = found.clusters.assign(**{name: found.clusters[first] * times for name, times in more.items()})
    spreads = found.spreads | {name: found.spreads[first] * times for name, times in more.items()}
    return replace(found, record=found.record.model_copy(update={"features": features}), clusters=clusters, spreads=spreads)
