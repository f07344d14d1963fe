"""The chip: a swatch of a label's pattern, and beside it the VM's name on the plain colour."""

from __future__ import annotations

from typing import NamedTuple

from spectrum_session.labels.canvas import Canvas
from spectrum_session.labels.color import text_on
from spectrum_session.labels.label import Label
from spectrum_session.labels.pango import BOLD, Font, Text
from spectrum_session.labels.pattern import Pattern, paint_pattern

_BEFORE_NAME = 8
_AFTER_NAME = 10


class _Plan(NamedTuple):
    width: int
    swatch: int
    name: Text | None
    name_x: int


def _plan(
    label: Label, height: int, max_width: int, scale: float, font: str, font_size: float
) -> _Plan:
    before, after = round(_BEFORE_NAME * scale), round(_AFTER_NAME * scale)
    # A solid label's name needs no swatch beside it: all of its chip is one.
    swatch = after - before if label.pattern is Pattern.SOLID else height
    set_in = Font.at(font, font_size, scale, BOLD)
    room = max_width - swatch - before - after
    # Less than an em holds nothing but an ellipsis.
    if room < set_in.size:
        alone = min(height, max_width)
        return _Plan(alone, alone, None, 0)
    name = Text(label.name, set_in, room)
    width = min(max_width, max(height, swatch + before + round(name.width) + after))
    return _Plan(width, swatch, name, swatch + before)


def chip_width(
    label: Label, height: int, max_width: int, *, scale: float, font: str, font_size: float
) -> int:
    """The width that `paint_chip` will give."""
    return _plan(label, height, max_width, scale, font, font_size).width


def paint_chip(
    canvas: Canvas,
    label: Label,
    x: int,
    y: int,
    height: int,
    max_width: int,
    *,
    scale: float,
    font: str,
    font_size: float,
) -> int:
    """Draw the chip of `label` at (x, y) and give its width, at most `max_width`.

    All in physical pixels but `font_size`, which is points at 96 dpi times `scale`. The swatch is
    a square of the chip's height; where there is room for nothing more, it stands alone. A name
    that is too long is ellipsised at its end.
    """
    width, swatch, name, name_x = _plan(label, height, max_width, scale, font, font_size)
    canvas.rect(x, y, width, height, label.color)
    if name is not None:
        with canvas.clipped(x + name_x, y, width - name_x, height):
            canvas.text_centred(name, x + name_x, y, height, text_on(label.color))
    paint_pattern(canvas, label.pattern, (x, y, swatch, height), label.color, scale)
    return width
