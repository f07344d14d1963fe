"""The layouts: where tiled windows go. Layout space, logical pixels, whole frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .geometry import Rect
from .names import LayoutName
from .spans import spans

USABLE_WIDTH = 120
USABLE_HEIGHT = 64
"""Smaller than this a window is of no use: the columns layout stacks windows in a column, and
the stack opens another column, before it comes to that."""


class Tile(Protocol):
    """The properties of a window that a layout needs."""

    min_width: int
    min_height: int
    weight: float
    """Its share along the axis on which it lies beside others; 1.0 is the usual one."""


def arrange(
    layout: LayoutName,
    work_area: Rect,
    tiles: Sequence[Tile],
    *,
    gap: int,
    outer_gap: int,
    master_ratio: float,
    master_count: int,
) -> list[Rect]:
    """A frame for every tile, in their order.

    But for the gaps, the frames cover the work area without overlap; in monocle each covers all
    of it. Gaps shrink where there is no room for them. Minimum sizes are kept where they fit.
    """
    outer = max(0, min(outer_gap, work_area.width // 4, work_area.height // 4))
    area = work_area.inset(outer, outer, outer, outer)
    area = Rect(area.x, area.y, max(1, area.width), max(1, area.height))
    if layout == "monocle" or len(tiles) == 1:
        return [area] * len(tiles)
    if layout == "columns":
        return _columns(area, tiles, gap)
    return _master_stack(area, tiles, gap, master_ratio, master_count)


def column_slices(count: int, columns: int) -> list[slice]:
    """`count` windows dealt to `columns` columns in order, the later ones getting the surplus."""
    base, surplus = divmod(count, columns)
    slices = []
    start = 0
    for column in range(columns):
        size = base + (1 if column >= columns - surplus else 0)
        slices.append(slice(start, start + size))
        start += size
    return slices


def column_count(area: Rect, tiles: Sequence[Tile], gap: int) -> int:
    """How many columns the columns layout makes of `tiles`: as many as stay usable."""
    columns = max(1, min(len(tiles), (area.width + gap) // (USABLE_WIDTH + gap)))
    while columns > 1:
        groups = [tiles[part] for part in column_slices(len(tiles), columns)]
        needed = sum(max(USABLE_WIDTH, *(t.min_width for t in group)) for group in groups)
        if needed + gap * (columns - 1) <= area.width:
            return columns
        columns -= 1
    return 1


def _columns(area: Rect, tiles: Sequence[Tile], gap: int) -> list[Rect]:
    if not tiles:
        return []
    count = column_count(area, tiles, gap)
    return _grid(area, tiles, count, gap, weighted=True)


def _master_stack(
    area: Rect, tiles: Sequence[Tile], gap: int, ratio: float, masters: int
) -> list[Rect]:
    masters = max(1, masters)
    if len(tiles) <= masters:
        return _column(area.x, area.width, area, tiles, gap)
    left, right = tiles[:masters], tiles[masters:]
    columns = _stack_columns(area, right, gap, 1 - ratio)
    parts = [right[part] for part in column_slices(len(right), columns)]
    stack_minimum = sum(_widest(part) for part in parts) + gap * (columns - 1)
    (left_x, left_width), (right_x, right_width) = spans(
        area.x, area.width, [ratio, 1 - ratio], [_widest(left), stack_minimum], gap
    )
    frames = _column(left_x, left_width, area, left, gap)
    stack = Rect(right_x, area.y, right_width, area.height)
    return frames + _grid(stack, right, columns, gap, weighted=False)


def _stack_columns(area: Rect, tiles: Sequence[Tile], gap: int, portion: float) -> int:
    """The fewest columns in which every window of the stack gets a usable height."""
    heights = [max(USABLE_HEIGHT, t.min_height) for t in tiles]
    room = max(1, area.height)
    limit = max(1, min(len(tiles), int(area.width * portion) // USABLE_WIDTH))
    columns = max(1, min(limit, -(-(sum(heights) + gap * len(tiles)) // (room + gap))))
    while columns < limit:
        parts = column_slices(len(tiles), columns)
        if all(sum(heights[p]) + gap * (p.stop - p.start - 1) <= room for p in parts):
            break
        columns += 1
    return columns


def _grid(area: Rect, tiles: Sequence[Tile], count: int, gap: int, *, weighted: bool) -> list[Rect]:
    groups = [tiles[part] for part in column_slices(len(tiles), count)]
    weights = [group[0].weight if weighted else 1.0 for group in groups]
    frames: list[Rect] = []
    columns = spans(area.x, area.width, weights, [_widest(group) for group in groups], gap)
    for (x, width), group in zip(columns, groups, strict=True):
        frames += _column(x, width, area, group, gap, weighted=not weighted)
    return frames


def _column(
    x: int, width: int, area: Rect, tiles: Sequence[Tile], gap: int, *, weighted: bool = True
) -> list[Rect]:
    weights = [tile.weight if weighted else 1.0 for tile in tiles]
    minima = [tile.min_height for tile in tiles]
    rows = spans(area.y, area.height, weights, minima, gap)
    return [Rect(x, y, width, height) for y, height in rows]


def _widest(tiles: Sequence[Tile]) -> int:
    return max(tile.min_width for tile in tiles)
