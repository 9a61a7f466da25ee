"""How well groups of customers foretell what each will do, every customer judged by figures that were estimated without them."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

FOLDS = 10

# The share of customers that a campaign reaches, as in `top_tenth`.
REACHED = 0.1


def deal(returned: np.ndarray, *, seed: int) -> np.ndarray:
    """Deal customers into ten folds, those who came back evenly; shape (customers,), 0 to 9.

    Args:
        returned: Shape (customers,), bool; at least ten are true and ten false.
        seed: Of the dealing.
    """
    fold = np.empty(len(returned), dtype=np.int64)
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(returned, returned)
    for number, (_, held_out) in enumerate(splits):
        fold[held_out] = number
    return fold


def estimates(values: np.ndarray, group: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """For each customer the mean of the own group in the other folds; where nobody of the group is in these, the mean of everyone in them.

    Args:
        values: Shape (customers,).
        group: Shape (customers,), numbered from 0.
        fold: What `deal` returns.
    """
    groups = group.max() + 1
    cell = fold * groups + group
    size, total = (np.bincount(cell, of, FOLDS * groups).reshape(FOLDS, groups) for of in (None, values))
    others, their_total = size.sum(axis=0) - size, total.sum(axis=0) - total
    everyone = np.broadcast_to(their_total.sum(axis=1, keepdims=True) / others.sum(axis=1, keepdims=True), others.shape)
    mean = np.divide(their_total, others, out=everyone.copy(), where=others > 0)
    return np.asarray(mean[fold, group])


def measures(returned: np.ndarray, spend: np.ndarray, group: np.ndarray, *, seed: int) -> dict[str, float]:
    """How well groups foretell who comes back and how much is spent.

    Args:
        returned: Shape (customers,), bool; at least ten are true and ten false.
        spend: Shape (customers,).
        group: Shape (customers,), numbered from 0.
        seed: Of the folds.

    Returns:
        auc: How often one who came back was in a group of a higher rate than one who did not, ties by half; 0.5 is chance, 1 is always.
            Pairs are of one fold: across folds, whoever came back is missing from the own group's rate, which pooling would hold
            against the groups (Forman and Scholz 2010, "Apples-to-Apples in Cross-Validation Studies", SIGKDD Explorations 12(1)).
        variance_explained: Share of the variance of spend; at most 1, below 0 where the mean of everyone foretells better. Left out if
            all spent the same.
        lift_returned: The rate at which the tenth of customers from the groups of highest rates came back, over that of everyone.
        lift_spend: What the tenth from the groups of highest mean spend spent, over a tenth of what everyone did. Left out if that
            is not above 0.
    """
    fold = deal(returned, seed=seed)
    rate, mean_spend = estimates(returned.astype("float64"), group, fold), estimates(spend, group, fold)
    by_fold = [roc_auc_score(returned[fold == number], rate[fold == number]) for number in range(FOLDS)]
    found = {"auc": float(np.mean(by_fold))}
    unexplained, variance = ((spend - guess) @ (spend - guess) for guess in (mean_spend, estimates(spend, np.zeros_like(group), fold)))
    if variance > 0:
        found["variance_explained"] = float(1 - unexplained / variance)
    found["lift_returned"] = top_tenth(returned.astype("float64"), rate, fold)
    if spend.sum() > 0:
        found["lift_spend"] = top_tenth(spend, mean_spend, fold)
    return found


def top_tenth(values: np.ndarray, score: np.ndarray, fold: np.ndarray) -> float:
    """Share of the sum of values that the tenth of customers of the highest scores holds, over a tenth.

    The lift of Neslin et al. (2006), "Defection Detection", Journal of Marketing Research 43(2). The tenth is taken of each fold; of
    customers with equal scores as large a part of each as there is room for.

    Args:
        values: Shape (customers,), of a sum above 0.
        score: Shape (customers,).
        fold: What `deal` returns.
    """
    tied = pd.DataFrame({"fold": fold, "score": score, "value": values}).groupby(["fold", "score"])["value"].agg(["size", "sum"])
    tied = tied.sort_index(level=["fold", "score"], ascending=[True, False])
    by_fold = tied["size"].groupby(level="fold")
    room = REACHED * by_fold.transform("sum") - (by_fold.cumsum() - tied["size"])
    part = (room / tied["size"]).clip(0, 1)
    return float((part * tied["sum"]).sum() / values.sum() / REACHED)
