"""Clamps numbers that clients choose to a range in which they can be added and negated.

A client may send any 32 bits. -(-2**31) is no C int, and neither is a width of 2**31 - 1 and a
border: cffi raises OverflowError then, in the middle of an operation.
"""

from __future__ import annotations

from typing import Any

from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import lib

LARGEST = 16384
"""Logical pixels: no screen, window or offset in one is larger. The maximum of Qubes' windows."""


def size(value: int) -> int:
    """A width or height, 0 to LARGEST."""
    return max(0, min(value, LARGEST))


def offset(value: int) -> int:
    """A coordinate, -LARGEST to LARGEST."""
    return max(-LARGEST, min(value, LARGEST))


def rect(box: Any) -> Rect:
    """A `struct wlr_box`."""
    return Rect(offset(box.x), offset(box.y), size(box.width), size(box.height))


def window_geometry(xdg_surface: Any) -> tuple[int, int, int, int]:
    """x, y, width, height of the window geometry of a `struct wlr_xdg_surface *`, surface-local."""
    x, y, width, height = lib.xdg_surface_geometry(xdg_surface)
    return offset(x), offset(y), size(width), size(height)
