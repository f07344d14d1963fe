"""A finished picture, ready for a Wayland buffer."""

from __future__ import annotations

from math import ceil

import msgspec


class Image(msgspec.Struct, frozen=True):
    """Pixels as they go to the screen.

    Width and height are physical pixels, `stride` is bytes a row. Each pixel is four bytes: blue,
    green, red, alpha, with the colours premultiplied: ARGB8888 of wl_shm and DRM on a
    little-endian machine.
    """

    width: int
    height: int
    stride: int
    data: bytearray

    def pixel(self, x: int, y: int) -> tuple[int, int, int, int]:
        """Red, green, blue (premultiplied) and alpha at a place inside the picture."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise IndexError(f"({x}, {y}) is not in {self.width}x{self.height}")
        blue, green, red, alpha = self.data[y * self.stride + x * 4 :][:4]
        return red, green, blue, alpha


def physical(length: float, scale: float) -> int:
    """Physical pixels that cover a logical length: rounded up, but not for the last bit of a
    float (1.1 * 50 is 55)."""
    return ceil(length * scale - 1e-6)
