import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalogue import Catalogue
from pipeline.personas import describe
from pipeline.personas.rules import name_clusters
from pipeline.personas.transactions import LOST, LOYAL, PERSONAS, VIP

NAMES = [
    "Premium / VIP Spenders",
    "Loyal High Spenders",
    "Potential Loyalists",
    "Regular Budget Buyers",
    "Low Value Customers",
    "Churn Risk",
    "Lost Customers",
]
share = st.floats(0, 1, exclude_max=True)


def named(recency: float, frequency: float, monetary: float) -> str:
    standing = pd.DataFrame({"recency_days": [recency], "frequency": [frequency], "monetary": [monetary]})
    return name_clusters(standing, PERSONAS)[0].name


def test_the_names_are_those_of_the_field() -> None:
    assert sorted(persona.name for persona in PERSONAS) == sorted(NAMES)


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        *zip(
            NAMES,
            [(0.1, 0.98, 0.99), (0.2, 0.9, 0.9), (0.3, 0.6, 0.6), (0.3, 0.6, 0.3), (0.7, 0.2, 0.2), (0.6, 0.5, 0.6), (0.95, 0.2, 0.2)],
            strict=True,
        )
    ],
)
def test_every_name_is_reached_by_a_profile(name: str, standing: tuple[float, float, float]) -> None:
    assert named(*standing) == name


@given(recency=share, frequency=share, monetary=share)
def test_what_a_summary_claims_holds_for_every_profile_of_the_name(recency: float, frequency: float, monetary: float) -> None:
    claims = {
        "Lost Customers": recency >= 0.85,
        "Premium / VIP Spenders": monetary >= 0.97,
        "Loyal High Spenders": recency < 0.5 and frequency >= 0.75 and monetary >= 0.75,
        "Churn Risk": recency >= 0.5 and monetary >= 0.4,
        "Regular Budget Buyers": recency < 0.5 and frequency >= 0.4 and monetary < 0.5,
        "Potential Loyalists": recency < 0.5 and monetary >= 0.4,
        "Low Value Customers": monetary < 0.4 and recency < 0.85,
    }
    assert claims[named(recency, frequency, monetary)]


@given(recency=share, frequency=share, monetary=share, other=st.tuples(share, share, share))
def test_nobody_outside_lost_was_seen_longer_ago_than_someone_lost(
    recency: float, frequency: float, monetary: float, other: tuple[float, float, float]
) -> None:
    first, second = named(recency, frequency, monetary), named(*other)
    if first == LOST.name and second != LOST.name:
        assert recency > other[0]


@given(recency=share, frequency=share, monetary=share, other=st.tuples(share, share, share))
def test_a_vip_cluster_outspends_every_loyal_one(
    recency: float, frequency: float, monetary: float, other: tuple[float, float, float]
) -> None:
    if named(recency, frequency, monetary) == VIP.name and named(*other) == LOYAL.name:
        assert monetary > other[2]


def test_tiny_clusters_of_one_character_share_a_persona(shipped: Catalogue) -> None:
    dice = np.random.default_rng(1)
    usual = pd.DataFrame({"recency_days": dice.integers(1, 400, 500), "frequency": 3, "monetary": dice.uniform(10, 900, 500)})
    giants = pd.DataFrame({"recency_days": [1, 2, 3], "frequency": [90, 400, 200], "monetary": [9e4, 5e5, 2e5]})
    cluster = np.array([0] * 500 + [1, 2, 3])
    names, table = describe(pd.concat([usual, giants], ignore_index=True), cluster, shipped["retail"])
    assert [names[number] for number in (1, 2, 3)] == ["Premium / VIP Spenders"] * 3
    assert "spent 90,000 to 500,000 GBP" in table.set_index("persona").loc["Premium / VIP Spenders", "reason"]


def test_every_persona_says_what_to_do_where_and_what_not_to_do() -> None:
    for persona in PERSONAS:
        assert len(persona.actions) >= 3, persona.name
        assert len(persona.use_cases) >= 2, persona.name
        assert persona.avoid, persona.name


def test_use_cases_cover_churn_recovery_loyalty_programmes_and_upselling() -> None:
    cases = " ".join(case for persona in PERSONAS for case in persona.use_cases)
    assert all(wanted in cases for wanted in ("Churn recovery", "Loyalty programme", "Upselling"))
