"""The slim tag that stays over a VM's fullscreen window."""

from __future__ import annotations

from spectrum_session.labels import theme
from spectrum_session.labels.canvas import Canvas
from spectrum_session.labels.chip import chip_width, paint_chip
from spectrum_session.labels.image import Image, physical
from spectrum_session.labels.label import Label
from spectrum_session.labels.pango import Font, Text
from spectrum_session.labels.sanitise import sanitise_title

_PAD = 9
_RADIUS = 5
_NAME_AT_MOST = 200


def draw_tag(
    label: Label,
    title: str,
    *,
    scale: float = 1.0,
    height: int = 20,
    max_width: int = 360,
    font: str = "sans-serif",
    font_size: float = 9.0,
    utf8: bool = False,
) -> Image:
    """The tag of a VM, as wide as it needs to be and `max_width` at most (logical pixels).

    Chip, then the title, which is sanitised here again. It is meant to hang from the upper edge
    of an output: its lower corners are round, and a hairline in the label's colour parts it from
    whatever the window shows beneath.
    """
    tall, most = physical(height, scale), physical(max_width, scale)
    line = max(1, round(scale))
    text = sanitise_title(title, utf8=utf8)
    pad = round(_PAD * scale)
    name_room = max(1, min(most - 2 * line, round(_NAME_AT_MOST * scale)))
    chip = chip_width(label, tall - line, name_room, scale=scale, font=font, font_size=font_size)
    set_in = Font.at(font, font_size, scale)
    room = most - 2 * line - chip - 2 * pad
    laid = Text(text, set_in, room) if text and room >= 2 * set_in.size else None
    width = chip + 2 * line + (2 * pad + round(laid.width) if laid else 0)
    colors = theme.vm_bar(label.color, False)
    with Canvas(width, tall) as canvas:
        canvas.rounded_path(0, 0, width, tall, _RADIUS * scale, top=False)
        canvas.fill_path(label.color)
        canvas.rounded_path(
            line, 0, width - 2 * line, tall - line, _RADIUS * scale - line, top=False
        )
        with canvas.clipped_to_path():
            canvas.fill(colors.ground)
            used = paint_chip(
                canvas,
                label,
                line,
                0,
                tall - line,
                name_room,
                scale=scale,
                font=font,
                font_size=font_size,
            )
            if laid:
                with canvas.clipped(line + used, 0, width - 2 * line - used, tall - line):
                    color = colors.text
                    canvas.text_centred(laid, line + used + pad, 0, tall - line, color)
    return canvas.image
