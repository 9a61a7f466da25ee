"""Which customers stand for all where not everyone can be asked: drawn by a seed, told by their places, lowest first."""

import numpy as np


def at_random(customers: int, size: int, *, seed: int) -> np.ndarray:
    """Places of `size` of so many customers, everyone as likely as anyone else; of all where there are no more."""
    if customers <= size:
        return np.arange(customers)
    return np.sort(np.random.default_rng(seed).choice(customers, size, replace=False))


def of_each(group: np.ndarray, most: int, *, seed: int) -> np.ndarray:
    """Places of at most `most` customers of each group, drawn at random; of all of a group that has no more.

    Args:
        group: Shape (customers,), numbers from 0 on.
        most: Of each group.
        seed: Of the draw.
    """
    mixed = np.random.default_rng(seed).permutation(len(group))
    theirs = group[mixed]
    drawn = [mixed[np.flatnonzero(theirs == number)[:most]] for number in np.flatnonzero(np.bincount(group))]
    return np.sort(np.concatenate(drawn))


def evenly(group: np.ndarray, total: int) -> int:
    """How many of each group can be taken at most, so that small groups are whole and no more than `total` are taken in all."""
    sizes = np.sort(np.bincount(group))
    sizes = sizes[sizes > 0]
    for at, size in enumerate(sizes):
        left = len(sizes) - at
        if int(size) * left > total:
            return total // left
        total -= int(size)
    return int(sizes[-1])
