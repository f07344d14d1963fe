"""Neighbours to the left and right, above and below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeVar

from .geometry import Rect

Direction = Literal["left", "right", "up", "down"]

_T = TypeVar("_T")


def neighbour(
    origin: Rect,
    candidates: Iterable[tuple[_T, Rect, int]],
    direction: Direction,
    *,
    beside_only: bool = False,
) -> _T | None:
    """The candidate next to `origin` in a direction, or None.

    Candidates are (item, frame, rank). One counts when its middle lies further in the direction.
    First come those that lie beside the origin (they share a row or column with it), then the
    nearest edge, then the highest rank, then the nearest middle. With `beside_only` no others
    count.
    """
    best: _T | None = None
    best_key: tuple[bool, int, int, int] | None = None
    along, across = _axes(origin, direction)
    for item, frame, rank in candidates:
        other_along, other_across = _axes(frame, direction)
        if sum(other_along) <= sum(along):
            continue
        beside = other_across[0] < across[1] and across[0] < other_across[1]
        if beside_only and not beside:
            continue
        key = (
            not beside,
            max(0, other_along[0] - along[1]),
            -rank,
            abs(sum(other_across) - sum(across)),
        )
        if best_key is None or key < best_key:
            best, best_key = item, key
    return best


def _axes(rect: Rect, direction: Direction) -> tuple[tuple[int, int], tuple[int, int]]:
    """The rectangle as (start, end) along the direction, growing towards it, and across it."""
    horizontal, vertical = (rect.x, rect.right), (rect.y, rect.bottom)
    if direction == "right":
        return horizontal, vertical
    if direction == "left":
        return (-rect.right, -rect.x), vertical
    if direction == "down":
        return vertical, horizontal
    return (-rect.bottom, -rect.y), horizontal
