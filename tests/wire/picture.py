"""What is on the screen, pixel by pixel: a screenshot as grim takes it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from .client import Color

Box = tuple[int, int, int, int]
"""x, y, width, height."""


class Session(Protocol):
    """What can run a program of the host."""

    def run(self, *argv: str) -> subprocess.CompletedProcess[bytes]: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of red, green, blue bytes."""

    width: int
    height: int
    data: bytes = field(repr=False)

    @classmethod
    def parse(cls, ppm: bytes) -> Picture:
        """Read what `grim -t ppm` writes."""
        magic, width, height, depth = ppm.split(maxsplit=4)[:4]
        assert (magic, depth) == (b"P6", b"255")
        size = int(width) * int(height) * 3
        return cls(int(width), int(height), ppm[-size:])

    def pixel(self, x: int, y: int) -> Color:
        """The colour at a point."""
        at = (y * self.width + x) * 3
        red, green, blue = self.data[at : at + 3]
        return red, green, blue

    def row(self, y: int, x: int = 0, width: int | None = None) -> bytes:
        """Part of a row."""
        end = self.width if width is None else x + width
        return self.data[(y * self.width + x) * 3 : (y * self.width + end) * 3]

    def colors(self, box: Box) -> set[Color]:
        """All colours in a box, which may reach over the edge."""
        found: set[Color] = set()
        x, y, width, height = self.clip(box)
        for line in {self.row(at, x, width) for at in range(y, y + height)}:
            found.update(zip(line[0::3], line[1::3], line[2::3], strict=True))
        return found

    def clip(self, box: Box) -> Box:
        """The part of a box that is in the picture."""
        left, top = max(0, box[0]), max(0, box[1])
        right = min(self.width, box[0] + box[2])
        bottom = min(self.height, box[1] + box[3])
        return left, top, max(0, right - left), max(0, bottom - top)

    def where(self, color: Color) -> Box | None:
        """The box around all pixels of exactly this colour; None when there is none."""
        sought = bytes(color)
        left, right, rows = self.width, -1, list[int]()
        for y in range(self.height):
            line = self.row(y)
            if sought not in line:
                continue
            places = list(_aligned(line, sought))
            if places:
                rows.append(y)
                left, right = min(left, places[0]), max(right, places[-1])
        if not rows:
            return None
        return left, rows[0], right - left + 1, rows[-1] - rows[0] + 1

    def differs(self, other: Picture, *boxes: Box) -> Box | None:
        """The box around all pixels outside of `boxes` that differ from another picture's."""
        assert (self.width, self.height) == (other.width, other.height)
        masks = [self.clip(one) for one in boxes]
        left, right, rows = self.width, -1, list[int]()
        for y in range(self.height):
            ours, theirs = bytearray(self.row(y)), bytearray(other.row(y))
            if ours == theirs:
                continue
            for mask in masks:
                if mask[1] <= y < mask[1] + mask[3]:
                    start, end = mask[0] * 3, (mask[0] + mask[2]) * 3
                    ours[start:end] = theirs[start:end] = bytes(end - start)
            if ours == theirs:
                continue
            changed = [x // 3 for x in range(len(ours)) if ours[x] != theirs[x]]
            rows.append(y)
            left, right = min(left, changed[0]), max(right, changed[-1])
        if not rows:
            return None
        return left, rows[0], right - left + 1, rows[-1] - rows[0] + 1


def _aligned(line: bytes, sought: bytes) -> Iterator[int]:
    at = line.find(sought)
    while at >= 0:
        if at % 3 == 0:
            yield at // 3
        at = line.find(sought, at + 1)


def look(session: Session, output: str | None = None, *, cursor: bool = False) -> Picture:
    """All outputs in logical pixels times the greatest scale, or one in its own pixels."""
    argv = ["grim", "-t", "ppm"]
    if output is not None:
        argv += ["-o", output]
    if cursor:
        argv.append("-c")
    return Picture.parse(session.run(*argv, "-").stdout)


def box(geometry: dict[str, Any], scale: float = 1.0) -> Box:
    """A rectangle of the control socket in pixels."""
    left, top = round(geometry["x"] * scale), round(geometry["y"] * scale)
    right = round((geometry["x"] + geometry["width"]) * scale)
    bottom = round((geometry["y"] + geometry["height"]) * scale)
    return left, top, right - left, bottom - top


def bands(frame: Box, content: Box) -> dict[str, Box]:
    """What is left, right and below of the content in a frame, full length."""
    right, bottom = content[0] + content[2], content[1] + content[3]
    return {
        "left": (frame[0], frame[1], content[0] - frame[0], frame[3]),
        "right": (right, frame[1], frame[0] + frame[2] - right, frame[3]),
        "bottom": (frame[0], bottom, frame[2], frame[1] + frame[3] - bottom),
    }


def solid_lines(picture: Picture, band: Box, color: Color) -> int:
    """How many of a band's lines along its length are of this colour from end to end."""
    x, y, width, height = band
    if width < height:
        lines = [(x + i, y, 1, height) for i in range(width)]
    else:
        lines = [(x, y + i, width, 1) for i in range(height)]
    return sum(picture.colors(line) == {color} for line in lines)


def parse_color(text: str) -> Color:
    """Three bytes of "#rrggbb"."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def within(inner: Box, outer: Box) -> bool:
    """Does a box lie in another?"""
    return (
        inner[0] >= outer[0]
        and inner[1] >= outer[1]
        and inner[0] + inner[2] <= outer[0] + outer[2]
        and inner[1] + inner[3] <= outer[1] + outer[3]
    )
