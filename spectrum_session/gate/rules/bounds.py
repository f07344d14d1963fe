"""Numbers that any honest client stays within, and the arithmetic of rectangles."""

from __future__ import annotations

MAX_LENGTH = 16384
"""Greatest width or height of anything, logical pixels or buffer pixels; the bound that the Qubes
GUI daemon sets for widths, and what graphics hardware can show."""

MAX_SCALE = 64
"""Of a buffer; screens have up to 4, and MAX_LENGTH divided by it must stay a window."""

INT_MAX = 0x7FFFFFFF


def rectangle(x: int, y: int, width: int, height: int) -> tuple[int, int, int, int] | None:
    """A rectangle whose ends can be computed in 32 bits; None when it is empty or negative.

    Clients say "all of it" with the greatest width there is, which together with a place that is
    not 0 is beyond what C's integers hold.
    """
    width, height = min(width, INT_MAX - max(x, 0)), min(height, INT_MAX - max(y, 0))
    return (x, y, width, height) if width > 0 and height > 0 else None
