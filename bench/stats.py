"""Arithmetic on samples. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def percentile(samples: Sequence[float], percent: float) -> float:
    """The least sample that `percent` of all do not exceed (nearest rank).

    Raises ValueError without samples or with a percentage outside (0, 100].
    """
    if not samples:
        raise ValueError("no samples")
    if not 0 < percent <= 100:
        raise ValueError(f"{percent} is not a percentage above 0")
    ordered = sorted(samples)
    # Rounded first: 0.99 × 100 is a little more than 99 in binary, and would be the next rank.
    rank = -int(-round(percent * len(ordered) / 100, 9) // 1)
    return ordered[rank - 1]


def median(samples: Sequence[float]) -> float:
    """The middle sample, or the mean of the two in the middle. Raises ValueError without any."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def gaps(moments: Sequence[float]) -> list[float]:
    """The times between one moment and the next."""
    return [later - earlier for earlier, later in pairwise(moments)]


def ratio(ours: float, theirs: float) -> float | None:
    """How many times theirs ours is; None where theirs is nothing to compare with."""
    return ours / theirs if theirs > 0 else None
