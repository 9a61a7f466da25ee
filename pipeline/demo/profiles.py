"""Made-up customers with attributes as a file holds them, some of them faulty on purpose."""

import numpy as np

from pipeline.demo.cells import UNREADABLE, Texts, spelt
from pipeline.settings import ProfileDataset

_PROFILES = 400
_FIRST_PROFILE = 1_001
_PROFILES_WITHOUT_ID, _PROFILES_UNREADABLE = 2, 3
_LOW, _HIGH = 0.0, 100.0
_OTHER_CENTRES, _OTHER_SPREAD = (15.0, 40.0, 62.0, 86.0), 6.0

# Share of the customers; mean and spread of age (years), annual income (thousands) and spending score (1 to 100).
_PROFILE_GROUPS = {
    "high income, low spending": (0.18, (42, 8), (92, 16), (18, 9)),
    "young high spenders": (0.24, (28, 5), (76, 18), (81, 8)),
    "moderate": (0.30, (40, 11), (55, 7), (51, 6)),
    "older, low spending": (0.14, (61, 5), (52, 9), (28, 7)),
    "low income, low spending": (0.14, (44, 10), (25, 6), (15, 8)),
}
_PROFILE_RANGES = {"age": (18, 70), "annual_income": (15, 140), "spending_score": (1, 100)}


def cells(dataset: ProfileDataset, rng: np.random.Generator) -> dict[str, Texts]:
    """One row per customer: text by canonical column, dirt included."""
    shares = [share for share, *_ in _PROFILE_GROUPS.values()]
    group = rng.choice(len(_PROFILE_GROUPS), _PROFILES, p=shares)
    other = rng.integers(len(_OTHER_CENTRES), size=_PROFILES)
    texts = {"customer_id": spelt(_FIRST_PROFILE + np.arange(_PROFILES), str)}
    for feature in dataset.features:
        if feature.words:
            texts[feature.name] = rng.choice(np.array(feature.one_hot or list(feature.words), dtype=object), _PROFILES)
        elif feature.name in _PROFILE_RANGES:
            at = 1 + list(_PROFILE_RANGES).index(feature.name)
            mean, spread = np.array([found[at] for found in _PROFILE_GROUPS.values()])[group].T
            values = np.rint(np.clip(rng.normal(mean, spread), *_PROFILE_RANGES[feature.name])).astype(np.int64)
            texts[feature.name] = spelt(values, str)
        else:
            # The same four groups for all such features, each group elsewhere in each: otherwise nothing would hang together.
            values = np.clip(rng.normal(rng.permutation(_OTHER_CENTRES)[other], _OTHER_SPREAD), _LOW, _HIGH).round(1)
            texts[feature.name] = spelt(values, str)
    rows = rng.choice(_PROFILES, _PROFILES_WITHOUT_ID + _PROFILES_UNREADABLE, replace=False)
    spoilt = "age" if "age" in texts else dataset.features[0].name
    texts["customer_id"][rows[:_PROFILES_WITHOUT_ID]] = ""
    texts[spoilt][rows[_PROFILES_WITHOUT_ID:]] = UNREADABLE
    return texts
