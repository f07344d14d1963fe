"""Patterns of labels, which distinguish them without colour.

A pattern is drawn in two tones of its label's colour. It has no diagonal stripes (long diagonals
of high contrast shimmer, and can bring on seizures), and each is told from every other in grey.
"""

from __future__ import annotations

from enum import Enum
from math import ceil
from typing import TYPE_CHECKING

from spectrum_session.labels.color import Color, text_on, towards

if TYPE_CHECKING:
    from spectrum_session.labels.canvas import Canvas

INK_CONTRAST = 2.1
"""Contrast of the two tones: clear in greyscale, calm in colour."""

_SMALL, _LARGE = 7, 14
"""Logical pixels: four and two cells to the height of an ordinary title bar. The small one is the
smallest in which dots are still dots at scale 1."""


class Pattern(str, Enum):
    """A pattern, by its name in the configuration."""

    SOLID = "solid"
    DOTS = "dots"
    BARS = "bars"
    LINES = "lines"
    GRID = "grid"
    CHECKS = "checks"
    RINGS = "rings"
    CROSSES = "crosses"

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """The pattern called `text`; raises ValueError, with all names, for anything else."""
        try:
            return cls(text)
        except ValueError:
            names = ", ".join(pattern.value for pattern in cls)
            raise ValueError(f"{text!r} is no pattern: allowed are {names}") from None


def ink_on(color: Color) -> Color:
    """The second tone of a pattern on `color`: lighter on dark colours, darker on light ones."""
    return towards(color, text_on(color), INK_CONTRAST)


def paint_pattern(
    canvas: Canvas,
    pattern: Pattern,
    area: tuple[int, int, int, int],
    color: Color,
    scale: float = 1.0,
) -> None:
    """Fill `area` (x, y, width, height in physical pixels) with `pattern` in `color`.

    The pattern is centred in the area and made of whole physical pixels at every scale, so that
    it is as crisp at 1.25 as at 1.
    """
    x, y, width, height = area
    canvas.rect(x, y, width, height, color)
    if pattern is Pattern.SOLID or width <= 0 or height <= 0:
        return
    with canvas.clipped(x, y, width, height):
        _PATHS[pattern](canvas, x, y, width, height, scale)
        canvas.fill_path(ink_on(color))


def _whole(value: float, scale: float, least: int = 1) -> int:
    return max(least, round(value * scale))


def _cell(height: int, scale: float, size: float, least: int) -> int:
    """Side of a cell of about `size` logical pixels, such that whole cells, `least` or more, fill
    the height: a swatch shows no slivers."""
    count = max(least, round(height / (size * scale)))
    return max(2, ceil(height / count))


def _cells(start: int, length: int, cell: int) -> range:
    """Left edges of the cells that cover a length, as many to the left as to the right."""
    count = ceil(length / cell)
    first = start + (length - count * cell) // 2
    return range(first, first + count * cell, cell)


def _dots(canvas: Canvas, x: int, y: int, width: int, height: int, scale: float) -> None:
    cell = _cell(height, scale, _SMALL, 2)
    for top in _cells(y, height, cell):
        for left in _cells(x, width, cell):
            canvas.circle_path(left + cell / 2, top + cell / 2, cell * 0.3)


def _bars(canvas: Canvas, x: int, y: int, width: int, height: int, scale: float) -> None:
    cell, bar = _cell(height, scale, _SMALL, 2), _whole(3, scale)
    for left in _cells(x, width, cell):
        canvas.rect_path(left + (cell - bar) // 2, y, bar, height)


def _lines(canvas: Canvas, x: int, y: int, width: int, height: int, scale: float) -> None:
    cell, line = _cell(height, scale, _SMALL, 2), _whole(3, scale)
    for top in _cells(y, height, cell):
        canvas.rect_path(x, top + (cell - line) // 2, width, line)


def _grid(canvas: Canvas, x: int, y: int, width: int, height: int, scale: float) -> None:
    # Three cells at least: with two it would be a small swatch's crosses.
    cell, line = _cell(height, scale, 9, 3), _whole(1.5, scale)
    inset = (cell - line) // 2
    for top in _cells(y, height, cell):
        canvas.rect_path(x, top + inset, width, line)
        # Upright lines in pieces between the others: nothing overlaps.
        for left in _cells(x, width, cell):
            canvas.rect_path(left + inset, top, line, inset)
            canvas.rect_path(left + inset, top + inset + line, line, cell - inset - line)


def _checks(canvas: Canvas, x: int, y: int, width: int, height: int, scale: float) -> None:
    cell = _cell(height, scale, _SMALL, 2)
    for row, top in enumerate(_cells(y, height, cell)):
        for column, left in enumerate(_cells(x, width, cell)):
            if (row + column) % 2:
                canvas.rect_path(left, top, cell, cell)


def _rings(canvas: Canvas, x: int, y: int, width: int, height: int, scale: float) -> None:
    cell = _cell(height, scale, _LARGE, 2)
    for top in _cells(y, height, cell):
        for left in _cells(x, width, cell):
            canvas.ring_path(left + cell / 2, top + cell / 2, cell * 0.4, cell * 0.22)


def _crosses(canvas: Canvas, x: int, y: int, width: int, height: int, scale: float) -> None:
    cell = _cell(height, scale, _LARGE, 2)
    # Arms and cell are both even or both odd, or the cross would be off its middle.
    arm = max(1, 2 * round((cell * 0.24 - cell % 2) / 2) + cell % 2)
    side = max(1, round((cell * 0.76 - arm) / 2))
    inset = (cell - arm) // 2
    for top in _cells(y, height, cell):
        for left in _cells(x, width, cell):
            canvas.rect_path(left + inset, top + inset - side, arm, arm + 2 * side)
            canvas.rect_path(left + inset - side, top + inset, side, arm)
            canvas.rect_path(left + inset + arm, top + inset, side, arm)


_PATHS = {
    Pattern.DOTS: _dots,
    Pattern.BARS: _bars,
    Pattern.LINES: _lines,
    Pattern.GRID: _grid,
    Pattern.CHECKS: _checks,
    Pattern.RINGS: _rings,
    Pattern.CROSSES: _crosses,
}
