"""Personas of customers with attributes.

Where age, annual income and spending score are known, seven rules on them; for any other attributes, a name made of
what sets the cluster apart.
"""

import pandas as pd

from pipeline.personas.rules import Condition, Persona
from pipeline.settings import ProfileDataset

MALL_FEATURES = ("age", "annual_income", "spending_score")

HIGH_INCOME_LOW = Persona(
    "High Income Low Spending",
    "They earn more than most and spend less of it here than most.",
    ("Find out what they miss: ask and observe", "Offer quality and service rather than price", "Invite them to previews"),
    (
        "Tailored promotions: premium lines and personal advice",
        "Retention campaign: membership with services",
        "Store layout: quiet premium corner near the entrance",
    ),
    ("Discount leaflets",),
    (Condition("annual_income", least=0.6), Condition("spending_score", most=0.4)),
)
OLDER_LOW = Persona(
    "Older Low Spending",
    "They are older than most and spend less than most.",
    ("Make visits easy: seating, clear signs, help at hand", "Offer weekday-morning benefits", "Write by post as well as by mail"),
    (
        "Tailored promotions: weekday offers on everyday goods",
        "Retention campaign: club with services",
        "Store layout: short ways, seating, readable labels",
    ),
    ("Trend campaigns in social media",),
    (Condition("age", least=0.75), Condition("spending_score", most=0.45)),
)
BUDGET_CONSCIOUS = Persona(
    "Budget Conscious",
    "They earn less than most and spend carefully.",
    ("Show prices and savings plainly", "Offer own brands and multi-buys", "Announce sales ahead of time"),
    ("Tailored promotions: coupons and multi-buys", "Retention campaign: savings card", "Store layout: value aisle with clear prices"),
    ("Premium upselling",),
    (Condition("annual_income", most=0.4), Condition("spending_score", most=0.4)),
)
MIDDLE_LOW = Persona(
    "Middle Income Low Spending",
    "They earn about as much as most and spend less than most.",
    ("Test which offers bring them in", "Ask where else they buy", "Win them with one category first"),
    (
        "Tailored promotions: trial offers by category",
        "Retention campaign: second-visit voucher",
        "Store layout: seasonal displays on the main way",
    ),
    ("Broad discounts without a test",),
    (Condition("spending_score", most=0.4),),
)
YOUNG_HIGH = Persona(
    "Young High Spenders",
    "They are younger than most and spend more than most.",
    ("Show what is new, first to them", "Reach them by phone and social media", "Let them share and refer"),
    (
        "Tailored promotions: launches and limited editions",
        "Retention campaign: app with rewards",
        "Store layout: trend zone in front, with room to try",
    ),
    ("Paper mailings",),
    (Condition("age", most=0.5), Condition("spending_score", least=0.7)),
)
OLDER_HIGH = Persona(
    "Older High Spenders",
    "They are older than half of the customers and spend more than most.",
    ("Give them a personal contact", "Offer comfort: delivery, reservation, alterations", "Thank them at every visit"),
    (
        "Tailored promotions: quality and service",
        "Retention campaign: membership with a contact",
        "Store layout: service desk and seating near premium lines",
    ),
    ("Automated mailings only",),
    (Condition("spending_score", least=0.7),),
)
LOYAL_MODERATE = Persona(
    "Loyal Moderate Spenders",
    "They spend about as much as most: the steady middle of the house.",
    ("Reward regular visits", "Suggest the next step up in quality", "Ask for their opinion"),
    (
        "Tailored promotions: bundles of what they already buy",
        "Retention campaign: points for every visit",
        "Store layout: everyday goods along the main way",
    ),
    ("Taking them for granted",),
)

# The first that fits names the cluster; the moderate are those whom no rule calls high or low.
PERSONAS = (HIGH_INCOME_LOW, OLDER_LOW, BUDGET_CONSCIOUS, MIDDLE_LOW, YOUNG_HIGH, OLDER_HIGH, LOYAL_MODERATE)

# A feature names a cluster whose typical customer stands among the highest or lowest third.
_HIGH, _LOW = 2 / 3, 1 / 3


def personas(standing: pd.DataFrame, dataset: ProfileDataset) -> tuple[Persona, ...]:
    """The rules for a dataset: the mall's where its features are known, otherwise one made for each kind of cluster.

    Args:
        standing: Indexed by cluster, standings of the median customer, 0 to 1.
        dataset: Whose features.
    """
    if set(MALL_FEATURES) <= set(standing.columns):
        return PERSONAS
    # "High gender" is no name: what is a category says nothing by its standing.
    measured = standing[list(labels(dataset))]
    made = {persona.name: persona for _, row in measured.iterrows() if (persona := _describe(row))}
    # The more a rule asks for, the earlier it is tried.
    return (*sorted(made.values(), key=lambda persona: (-len(persona.conditions), persona.name)), _middle(dataset))


def labels(dataset: ProfileDataset) -> dict[str, str]:
    """Feature to words, "{}" standing for the number; categories, which are codes, have none."""
    return {
        feature.name: f"{feature.name.replace('_', ' ')} {{}} {feature.unit}".strip() for feature in dataset.features if not feature.words
    }


def _describe(standing: pd.Series) -> Persona | None:
    """A persona for what sets a cluster apart most, by at most two features; None when nothing does."""
    apart = (standing - 0.5).abs().sort_values(ascending=False, kind="stable").index
    conditions, words = [], []
    for feature in apart[:2]:
        plain = str(feature).replace("_", " ")
        if standing[feature] >= _HIGH:
            conditions.append(Condition(feature, least=_HIGH))
            words.append(f"high {plain}")
        elif standing[feature] < _LOW:
            conditions.append(Condition(feature, most=_LOW))
            words.append(f"low {plain}")
    if not words:
        return None
    return Persona(
        ", ".join(words).capitalize(),
        f"Their typical member has {' and '.join(words)}, compared with all customers.",
        ("Compare their purchases with those of the others", "Test one offer on a sample", "Review the result before the next campaign"),
        ("Tailored promotions: a test on a sample", "Retention campaign: ask what keeps them"),
        ("Drawing conclusions from the name alone",),
        tuple(conditions),
    )


def _middle(dataset: ProfileDataset) -> Persona:
    return Persona(
        "Near the average",
        f"Nothing in {', '.join(name.replace('_', ' ') for name in dataset.feature_names)} sets them apart from most customers.",
        ("Use them as the control group of a test", "Keep serving them as before"),
        ("Baseline for tailored promotions", "Retention campaign: the standard one"),
        ("Special treatment without a test",),
    )
