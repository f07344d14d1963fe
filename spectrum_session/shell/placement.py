"""Where floating windows go. Layout space, logical pixels, whole frames."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from .geometry import Rect

GRAB = 64
"""How much of a title bar's width must stay on the work area to be grabbed, logical pixels."""

SMALLEST = (80, 40)
"""A user cannot make a floating frame smaller than this: its title would be out of reach."""


class Limits(Protocol):
    """Size limits of a frame; 0 means no limit."""

    min_width: int
    min_height: int
    max_width: int
    max_height: int


def limited(width: int, height: int, limits: Limits, floor: tuple[int, int] = (1, 1)) -> Rect:
    """The nearest size that keeps to the limits, and to `floor` where they allow it; at 0, 0.

    Where a client's minimum is above its maximum, the minimum holds.
    """
    width, height = max(width, floor[0]), max(height, floor[1])
    if limits.max_width > 0:
        width = min(width, limits.max_width)
    if limits.max_height > 0:
        height = min(height, limits.max_height)
    return Rect(0, 0, max(1, width, limits.min_width), max(1, height, limits.min_height))


def opening_frame(
    width: int,
    height: int,
    limits: Limits,
    work_area: Rect,
    center_on: Rect | None,
    taken: Collection[tuple[int, int]],
    cascade: int,
) -> Rect:
    """Where a floating window opens: in the middle of `center_on` (its parent's frame) or of the
    work area, stepped down and right by `cascade` while its corner is in `taken`.

    A size of 0 means half of the work area. The frame lies fully inside the work area when its
    limits let it fit; else its top-left corner is inside.
    """
    size = limited(width or work_area.width // 2, height or work_area.height // 2, limits)
    size = limited(min(size.width, work_area.width), min(size.height, work_area.height), limits)
    target = center_on if center_on is not None else work_area
    frame = inside(
        Rect(
            target.x + (target.width - size.width) // 2,
            target.y + (target.height - size.height) // 2,
            size.width,
            size.height,
        ),
        work_area,
    )
    if cascade <= 0:
        return frame
    x, y = frame.x, frame.y
    for _ in range(len(taken)):
        if (x, y) not in taken:
            break
        x += cascade
        y += cascade
        # At an edge the cascade starts over from the opposite one.
        if x + size.width > work_area.right:
            x = work_area.x
        if y + size.height > work_area.bottom:
            y = work_area.y
    return inside(Rect(x, y, size.width, size.height), work_area)


def inside(frame: Rect, work_area: Rect) -> Rect:
    """`frame` moved, not shrunk, into the work area; where it is larger, its top-left corner is
    what stays inside."""
    x = max(work_area.x, min(frame.x, work_area.right - frame.width))
    y = max(work_area.y, min(frame.y, work_area.bottom - frame.height))
    return Rect(x, y, frame.width, frame.height)


def reachable(frame: Rect, work_area: Rect, title_height: int) -> Rect:
    """`frame` moved as little as needed for its title bar to be within the user's reach: whole
    in height and at least `GRAB` wide on the work area."""
    grab = min(GRAB, frame.width, max(1, work_area.width))
    x = max(work_area.x + grab - frame.width, min(frame.x, work_area.right - grab))
    y = max(work_area.y, min(frame.y, work_area.bottom - title_height))
    return Rect(x, y, frame.width, frame.height)
