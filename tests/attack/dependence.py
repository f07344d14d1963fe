"""Does what was measured depend on the condition that it was measured under? Pure statistics."""

from __future__ import annotations

import random
from collections.abc import Sequence

SEPARATION = 0.5
"""From here on a channel tells the conditions apart: whoever guesses from one value by the best
threshold, or from its order, is right in three of four cases."""
CHANCE = 0.01
"""So often, at most, conditions that make no difference may come out as far apart as that."""
ROUNDS = 2000


def separation(quiet: Sequence[float], busy: Sequence[float], tolerance: float) -> float:
    """How well a value tells its condition: 0.0 not at all, 1.0 always.

    It is the area under the ROC curve, stretched. Values no further apart than `tolerance` count
    as equal: of two processes on one machine each delays the other a little.
    """
    wins = 0.0
    for one in busy:
        for other in quiet:
            wins += 0.5 if abs(one - other) <= tolerance else float(one > other)
    return abs(2 * wins / (len(quiet) * len(busy)) - 1)


def chance(
    quiet: Sequence[float], busy: Sequence[float], tolerance: float, seed: int = 1
) -> float:
    """How often the same values, dealt to the conditions at random, are as far apart."""
    found = separation(quiet, busy, tolerance)
    values = [*quiet, *busy]
    dealer = random.Random(seed)
    as_far = 0
    for _ in range(ROUNDS):
        dealer.shuffle(values)
        as_far += separation(values[: len(quiet)], values[len(quiet) :], tolerance) >= found
    return (as_far + 1) / (ROUNDS + 1)


def depends(quiet: Sequence[float], busy: Sequence[float], tolerance: float) -> bool:
    """Do the values tell the conditions apart, more than by chance? Wants about ten of each."""
    return (
        separation(quiet, busy, tolerance) >= SEPARATION
        and chance(quiet, busy, tolerance) <= CHANCE
    )


def conditions(each: int, seed: int) -> list[bool]:
    """Both conditions so many times, in an order that follows no drift of the machine: they come
    in pairs, of which either may be first."""
    dealer = random.Random(seed)
    order: list[bool] = []
    for _ in range(each):
        first = dealer.random() < 0.5
        order += [first, not first]
    return order
