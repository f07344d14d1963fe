"""Rectangles in layout space: integers, logical pixels, y grows downwards."""

from __future__ import annotations

import msgspec


class Rect(msgspec.Struct, frozen=True):
    """A half-open rectangle: it covers x <= px < x + width, likewise for y."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column outside."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row outside."""
        return self.y + self.height

    @property
    def center(self) -> tuple[int, int]:
        """The middle, rounded down."""
        return self.x + self.width // 2, self.y + self.height // 2

    @property
    def empty(self) -> bool:
        """True when it covers no pixel."""
        return self.width <= 0 or self.height <= 0

    def contains(self, x: float, y: float) -> bool:
        """True when the point lies inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def intersect(self, other: Rect) -> Rect:
        """The intersection; its width or height is 0 when they do not overlap."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Rect(x, y, max(0, right - x), max(0, bottom - y))

    def overlaps(self, other: Rect) -> bool:
        """True when both cover a common pixel."""
        return not self.intersect(other).empty

    def inset(self, left: int, top: int, right: int, bottom: int) -> Rect:
        """This rectangle with its edges moved inwards; width and height never fall under 0."""
        return Rect(
            self.x + left,
            self.y + top,
            max(0, self.width - left - right),
            max(0, self.height - top - bottom),
        )

    def translate(self, dx: int, dy: int) -> Rect:
        """This rectangle moved."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def fit_inside(self, area: Rect) -> Rect:
        """The nearest rectangle inside `area`: shrunk where it is larger, then moved."""
        width, height = min(self.width, area.width), min(self.height, area.height)
        x = min(max(self.x, area.x), area.right - width)
        y = min(max(self.y, area.y), area.bottom - height)
        return Rect(x, y, width, height)

    def centered_in(self, area: Rect) -> Rect:
        """A rectangle of this size in the middle of `area`, then forced inside it."""
        x = area.x + (area.width - self.width) // 2
        y = area.y + (area.height - self.height) // 2
        return Rect(x, y, self.width, self.height).fit_inside(area)
