"""The few small pictures in frames, drawn as shapes: no font has to bring them, and no title can
contain them."""

from __future__ import annotations

from spectrum_session.labels.canvas import Canvas
from spectrum_session.labels.color import Color, text_on


def paint_prism(canvas: Canvas, x: float, y: float, size: float, color: Color) -> None:
    """The host's mark in a square of `size` with its corner at (x, y): a prism with a ray in it
    (physical pixels)."""
    line = max(1.0, size * 0.12)
    left, right = x + line / 2, x + size - line / 2
    top, bottom = y + size * 0.09, y + size * 0.91
    middle = x + size / 2
    canvas.polygon_path((middle, top), (right, bottom), (left, bottom))
    canvas.stroke_path(color, line)
    inset = size * 0.27
    canvas.polygon_path(
        (middle, top + inset * 1.25),
        (right - inset, bottom - inset * 0.62),
        (left + inset, bottom - inset * 0.62),
    )
    canvas.fill_path(color)


def paint_alert(canvas: Canvas, x: float, y: float, size: float, color: Color) -> None:
    """A disc with an exclamation mark in it."""
    on = text_on(color)
    middle_x, middle_y = x + size / 2, y + size / 2
    canvas.circle_path(middle_x, middle_y, size / 2)
    canvas.fill_path(color)
    canvas.polygon_path(
        (middle_x, middle_y - size * 0.24), (middle_x, middle_y + size * 0.05), closed=False
    )
    canvas.stroke_path(on, size * 0.14)
    canvas.circle_path(middle_x, middle_y + size * 0.26, size * 0.085)
    canvas.fill_path(on)


def paint_info(canvas: Canvas, x: float, y: float, size: float, color: Color) -> None:
    """A disc with an i in it."""
    on = text_on(color)
    middle_x, middle_y = x + size / 2, y + size / 2
    canvas.circle_path(middle_x, middle_y, size / 2)
    canvas.fill_path(color)
    canvas.circle_path(middle_x, middle_y - size * 0.25, size * 0.085)
    canvas.fill_path(on)
    canvas.polygon_path(
        (middle_x, middle_y - size * 0.03), (middle_x, middle_y + size * 0.25), closed=False
    )
    canvas.stroke_path(on, size * 0.14)
