"""What hypothesis draws labels, colours and titles from, and a few ways to look at pictures."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from spectrum_session.labels.color import NAMED, Color
from spectrum_session.labels.image import Image
from spectrum_session.labels.label import Label
from spectrum_session.labels.pattern import Pattern

channels = st.integers(0, 255)
colors = st.builds(Color, channels, channels, channels) | st.sampled_from(list(NAMED.values()))
names = st.sampled_from(["host", "work", "", "a-very-long-name-of-a-machine", "\u05d0\u05d1"])
labels = st.builds(Label, names, colors, st.sampled_from(Pattern))


def column(image: Image, x: int) -> list[tuple[int, int, int, int]]:
    """The pixels of one column, top to bottom."""
    return [image.pixel(x, y) for y in range(image.height)]


def columns(image: Image, start: int, end: int) -> list[bytes]:
    """The bytes of some columns, row by row."""
    return [
        bytes(image.data[y * image.stride + 4 * start : y * image.stride + 4 * end])
        for y in range(image.height)
    ]


def runs(pixels: list[tuple[int, int, int, int]]) -> int:
    """How many stretches of one colour there are."""
    return 1 + sum(a != b for a, b in pairwise(pixels))


def greys(image: Image) -> list[list[float]]:
    """Each pixel's lightness as a greyscale screen shows it, 0 to 255, row by row."""
    return [
        [
            0.2126 * red + 0.7152 * green + 0.0722 * blue
            for red, green, blue, _ in (image.pixel(x, y) for x in range(image.width))
        ]
        for y in range(image.height)
    ]
