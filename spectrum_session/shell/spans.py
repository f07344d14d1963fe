"""Dividing a length among windows, exactly and without overlap."""

from __future__ import annotations

from collections.abc import Sequence

TIGHT = 40
"""Gaps shrink before the windows between them get narrower than this, logical pixels."""


def fitting_gap(length: int, count: int, gap: int) -> int:
    """`gap`, or less where `count` windows would have no room otherwise."""
    if count < 2:
        return 0
    return max(0, min(gap, (length - count * TIGHT) // (count - 1)))


def share(length: int, weights: Sequence[float], minima: Sequence[int]) -> list[int]:
    """Divide `length` by weight, each at least its minimum while that is possible.

    The sizes add up to `length` exactly. Where the minima do not fit, no minimum counts for more
    than an equal share: a window that asks for much takes nothing from the others. Only where there
    are more windows than pixels do sizes stay at one pixel and add up to more.
    """
    count = len(weights)
    minima = [max(1, minimum) for minimum in minima]
    if length <= count:
        return [1] * count
    first = weights[0]
    if max(minima) <= length // count and all(weight == first for weight in weights):
        # The usual case, and with many windows the one that must be fast.
        return [length * (i + 1) // count - length * i // count for i in range(count)]
    if sum(minima) > length:
        minima = [min(minimum, length // count) for minimum in minima]
    # Whole numbers, so that shares which are equal by weight never differ by a rounding error.
    scaled = [max(1, round(weight * 2**20)) for weight in weights]
    pinned: set[int] = set()
    rest, total = length, sum(scaled)
    while True:
        low = [
            index
            for index in range(count)
            if index not in pinned and rest * scaled[index] < minima[index] * total
        ]
        if not low:
            break
        pinned.update(low)
        rest = length - sum(minima[index] for index in pinned)
        total = sum(scaled[index] for index in range(count) if index not in pinned)
    free = iter(_proportional(rest, [scaled[i] for i in range(count) if i not in pinned]))
    return [minima[index] if index in pinned else next(free) for index in range(count)]


def spans(
    start: int, length: int, weights: Sequence[float], minima: Sequence[int], gap: int
) -> list[tuple[int, int]]:
    """(position, size) of each window along one axis, `gap` apart."""
    if not weights:
        return []
    gap = fitting_gap(length, len(weights), gap)
    result = []
    position = start
    for size in share(length - gap * (len(weights) - 1), weights, minima):
        result.append((position, size))
        position += size + gap
    return result


def _proportional(length: int, weights: Sequence[int]) -> list[int]:
    total = sum(weights)
    if total == 0:
        weights, total = [1] * len(weights), len(weights)
    sizes = []
    seen = before = 0
    for weight in weights:
        seen += weight
        edge = (2 * length * seen + total) // (2 * total)
        sizes.append(edge - before)
        before = edge
    return sizes
