"""Title bars of windows.

Two kinds, which differ in shape and not in colour alone:

- A VM's bar begins with the chip (pattern, name), then the title; the rest is plain. Its last
  column, one logical pixel, is of one colour from top to bottom.
- A host window's bar has no chip. Its title stands in the middle, after the host's mark, between
  rails: three lines that run to both ends of the bar, at any width. Its first and last columns
  are therefore never of one colour.

So no label, whatever its colour, pattern and name, makes a bar that looks like the host's, and no
title makes one either: titles are drawn neither over the chip nor over the ends of the rails.
"""

from __future__ import annotations

from spectrum_session.labels import theme
from spectrum_session.labels.canvas import Canvas
from spectrum_session.labels.chip import paint_chip
from spectrum_session.labels.glyphs import paint_alert, paint_prism
from spectrum_session.labels.image import Image, physical
from spectrum_session.labels.label import Label
from spectrum_session.labels.pango import REGULAR, SEMIBOLD, Font, Text
from spectrum_session.labels.sanitise import sanitise_title

_PAD = 10
_ALERT = 14
_MARK = 13
_CHIP_AT_LEAST = 120
"""Logical pixels of a narrow bar that are reserved for the chip."""
_RAIL_STEP = 4
_RAIL_AT_LEAST = 14
"""Logical pixels of rail on either side of a host window's title."""


def draw_titlebar(
    label: Label | None,
    title: str,
    width: int,
    height: int,
    *,
    focused: bool,
    urgent: bool = False,
    scale: float = 1.0,
    font: str = "sans-serif",
    font_size: float = 10.5,
    utf8: bool = False,
) -> Image:
    """The title bar of a window, `width` by `height` logical pixels.

    `label` is the VM's, its name being what the chip says; None is the host. `title` is sanitised
    here again, with `utf8` as for `sanitise_title`. The picture is opaque; its size is that of
    the bar times `scale`, rounded up. Raises ValueError for an empty or absurdly large bar.
    """
    bar = _Bar(physical(width, scale), physical(height, scale), scale, font, font_size)
    text = sanitise_title(title, utf8=utf8)
    with Canvas(bar.width, bar.height) as canvas:
        if label is None:
            bar.paint_host(canvas, text, focused, urgent and not focused)
        else:
            bar.paint_vm(canvas, label, text, focused, urgent and not focused)
    return canvas.image


class _Bar:
    """Sizes of one bar, in physical pixels."""

    def __init__(self, width: int, height: int, scale: float, font: str, font_size: float) -> None:
        self.width = width
        self.height = height
        self.scale = scale
        self.font = font
        self.font_size = font_size
        self.line = max(1, round(scale))

    def px(self, logical: float) -> int:
        return round(logical * self.scale)

    def paint_vm(
        self,
        canvas: Canvas,
        label: Label,
        title: str,
        focused: bool,
        urgent: bool,
    ) -> None:
        colors = theme.vm_bar(label.color, focused, urgent)
        canvas.fill(colors.ground)
        end = self.width - self.line
        chip = paint_chip(
            canvas,
            label,
            0,
            0,
            self.height,
            min(end, max(self.width // 2, self.px(_CHIP_AT_LEAST))),
            scale=self.scale,
            font=self.font,
            font_size=self.font_size,
        )
        canvas.rect(chip, 0, min(self.line, end - chip), self.height, colors.rail)
        start = chip + self.line + self.px(_PAD)
        end = self._paint_marks(canvas, start, end, urgent)
        room = end - self.px(_PAD) - start
        font = Font.at(self.font, self.font_size, self.scale, REGULAR)
        if title and room >= font.size:
            with canvas.clipped(start, 0, room, self.height):
                text = Text(title, font, room)
                canvas.text_centred(text, start, 0, self.height, colors.text)

    def paint_host(self, canvas: Canvas, title: str, focused: bool, urgent: bool) -> None:
        colors = theme.host_bar(focused, urgent)
        canvas.fill(colors.ground)
        rail, pad = self.px(_RAIL_AT_LEAST), self.px(_PAD)
        end = self._paint_marks(
            canvas,
            rail + pad + self.px(_MARK) + pad,
            self.width - rail - pad,
            urgent,
            before_end=0,
        )
        marks = None if end == self.width - rail - pad else (end - pad, self.width - rail)
        mark = self.px(_MARK)
        font = Font.at(self.font, self.font_size, self.scale, SEMIBOLD if focused else REGULAR)
        gap = self.px(7)
        room = (end if marks is None else marks[0]) - rail - 2 * pad - mark - gap
        text = Text(title, font, room) if title and room >= font.size else None
        block = mark + (gap + round(text.width) if text else 0)
        left = max(rail + pad, min((self.width - block) // 2, end - pad - block))
        holes = []
        if self.width >= 2 * (rail + pad) + mark:
            holes.append((left - pad, left + block + pad))
            paint_prism(canvas, left, (self.height - mark) / 2 - self.line / 2, mark, colors.text)
            if text:
                with canvas.clipped(left, 0, block, self.height):
                    canvas.text_centred(text, left + mark + gap, 0, self.height, colors.text)
        if marks is not None:
            holes.append(marks)
        self._paint_rails(canvas, holes, colors)

    def _paint_rails(
        self, canvas: Canvas, holes: list[tuple[int, int]], colors: theme.BarColors
    ) -> None:
        """Three lines from end to end but for the holes."""
        step = max(self.line + 1, self.px(_RAIL_STEP))
        first = (self.height - 2 * step - self.line) // 2
        start = 0
        for left, right in [*holes, (self.width, self.width)]:
            # A stub between two holes would be noise; those at the ends are what tells.
            stub = start > 0 and right < self.width and left - start < self.px(_RAIL_AT_LEAST)
            for row in () if stub else range(3):
                top = first + row * step
                canvas.rect(start, top, left - start, self.line, colors.rail)
            start = max(start, right)

    def _paint_marks(
        self,
        canvas: Canvas,
        start: int,
        end: int,
        urgent: bool,
        *,
        before_end: int | None = None,
    ) -> int:
        """Paint the alert at the bar's end if there is room from `start`; returns its left edge."""
        gap = self.px(_PAD) if before_end is None else before_end
        if urgent and end - gap - self.px(_ALERT) >= start:
            size = self.px(_ALERT)
            end -= gap + size
            paint_alert(canvas, end, (self.height - size) // 2, size, theme.AMBER)
        return end
