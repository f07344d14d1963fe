"""Panels of trusted UI: the list of keybindings, and notices such as errors in a configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from spectrum_session.labels import theme
from spectrum_session.labels.canvas import Canvas
from spectrum_session.labels.glyphs import paint_alert, paint_info, paint_prism
from spectrum_session.labels.image import Image, physical
from spectrum_session.labels.keycap import Keycaps
from spectrum_session.labels.pango import BOLD, SEMIBOLD, Font, Text

_MARGIN = 28
_COLUMN_GAP = 44
_GROUP_GAP = 18
_ROW_GAP = 6
_CHORD_GAP = 16
_RADIUS = 12
_SIZES = (1.0, 0.92, 0.84, 0.76, 0.68)
"""Smallest text size before rows are omitted."""
_NOTICE_LINES = 12
_NOTICE_WRAP = 4

Group = tuple[str, Sequence[tuple[str, str]]]


def paint_panel(canvas: Canvas, scale: float) -> None:
    """Fill the canvas with the background of trusted UI: dark, round corners, a hairline edge."""
    width, height = canvas.image.width, canvas.image.height
    line = max(1, round(scale))
    canvas.rounded_path(0, 0, width, height, _RADIUS * scale)
    canvas.fill_path(theme.PANEL_EDGE)
    canvas.rounded_path(line, line, width - 2 * line, height - 2 * line, _RADIUS * scale - line)
    canvas.fill_path(theme.PANEL)


@dataclass(frozen=True, slots=True)
class _Item:
    """One line of a column: a group's heading, a binding, or the note on omitted rows."""

    height: int
    before: int
    heading: Text | None = None
    caps: Keycaps | None = None
    text: Text | None = None

    @property
    def width(self) -> int:
        return round(self.heading.width) if self.heading else 0


class _Sheet:
    """The bindings set at one size, and broken into columns. Physical pixels."""

    def __init__(self, groups: Sequence[Group], size: float, scale: float, font: str) -> None:
        self.scale = scale * size
        caps_font = Font.at(font, 9.0, self.scale, SEMIBOLD)
        heading_font = Font.at(font, 10.5, self.scale, BOLD)
        self.text_font = Font.at(font, 10.5, self.scale)
        self.items: list[_Item] = []
        self.caps_width = self.text_width = 0
        for name, bindings in groups:
            heading = Text(name, heading_font)
            self.items.append(_Item(round(heading.height), self.px(_GROUP_GAP), heading))
            for chord, description in bindings:
                caps = Keycaps(chord, caps_font, self.scale)
                text = Text(description, self.text_font)
                height = max(caps.height, round(text.height))
                self.items.append(_Item(height, self.px(_ROW_GAP), None, caps, text))
                self.caps_width = max(self.caps_width, caps.width)
                self.text_width = max(self.text_width, round(text.width))
        beside = self.caps_width + self.px(_CHORD_GAP) + self.text_width
        self.column_width = max([beside, *(item.width for item in self.items)], default=0)

    def px(self, logical: float) -> int:
        return round(logical * self.scale)

    def _group_height(self, index: int) -> int:
        """From the heading at `index` to the end of its group."""
        height = self.items[index].height
        for item in self.items[index + 1 :]:
            if item.heading:
                break
            height += item.before + item.height
        return height

    def columns(self, limit: int) -> list[list[_Item]]:
        """Columns no higher than `limit`. A group that fits in one stands in one, and a heading
        never stands last."""
        result: list[list[_Item]] = [[]]
        used = 0
        for index, item in enumerate(self.items):
            before = item.before if result[-1] else 0
            needs = item.height
            if item.heading:
                needs = self._group_height(index)
                if needs > limit:
                    rows = self.items[index + 1 : index + 2]
                    needs = item.height + sum(row.before + row.height for row in rows)
            if result[-1] and used + before + needs > limit:
                result.append([])
                used = before = 0
            result[-1].append(item)
            used += before + item.height
        return result

    def balanced(self, count: int, limit: int) -> list[list[_Item]] | None:
        """`count` columns or fewer, as low as that can be without breaking more groups, none over
        `limit`; None where it cannot be done."""
        if len(self.columns(limit)) > count:
            return None
        groups = [self._group_height(i) for i, item in enumerate(self.items) if item.heading]
        low, high = min(limit, max(groups, default=0)), limit
        while low < high:
            middle = (low + high) // 2
            if len(self.columns(middle)) <= count:
                high = middle
            else:
                low = middle + 1
        return self.columns(high)

    def tallest(self, columns: list[list[_Item]]) -> int:
        return max(
            (
                sum(item.height + (item.before if index else 0) for index, item in enumerate(col))
                for col in columns
            ),
            default=0,
        )

    def width(self, count: int) -> int:
        return count * self.column_width + (count - 1) * self.px(_COLUMN_GAP)


def _arrange(
    groups: Sequence[Group], width: int, height: int, scale: float, font: str
) -> tuple[_Sheet, list[list[_Item]]]:
    """The largest text, and with it the fewest columns, that fit; the smallest, cut short, where
    none does."""
    for size in _SIZES:
        sheet = _Sheet(groups, size, scale, font)
        gap = sheet.px(_COLUMN_GAP)
        most = max(1, (width + gap) // (sheet.column_width + gap))
        for count in range(1, most + 1):
            columns = sheet.balanced(count, height)
            if columns is None or sheet.width(len(columns)) > width:
                continue
            # Two or three columns read better than a tall one.
            if count < most and sheet.tallest(columns) > sheet.width(len(columns)) * 0.8:
                wider = sheet.balanced(count + 1, height)
                if wider is not None and sheet.width(len(wider)) <= width:
                    columns = wider
            return sheet, columns
    columns = sheet.columns(height)[:most]
    shown = sum(len(column) for column in columns)
    last = columns[-1][-1]
    left_out = len([item for item in (last, *sheet.items[shown:]) if item.caps])
    note = Text(f"\u2026 and {left_out} more", sheet.text_font)
    columns[-1][-1] = _Item(last.height, last.before, None, None, note)
    return sheet, columns


def draw_bindings(
    groups: Sequence[Group],
    max_width: int,
    max_height: int,
    scale: float = 1.0,
    *,
    title: str = "Keybindings",
    hint: str = "",
    font: str = "sans-serif",
) -> Image:
    """The keybinding overlay: groups of (name, [(chord, description)]) in columns.

    It is as large as it needs to be, and no larger than `max_width` by `max_height` logical
    pixels: before that it shrinks its text, then says how many bindings it leaves out. `hint`
    stands at the upper right. Raises ValueError when there is no room for anything.
    """
    margin = round(_MARGIN * scale)
    most_width, most_height = physical(max_width, scale), physical(max_height, scale)
    heading = Text(title, Font.at(font, 14, scale, BOLD))
    head = round(heading.height) + round(20 * scale)
    room = most_width - 2 * margin, most_height - 2 * margin - head
    if min(room) <= 0:
        raise ValueError(f"no room for bindings in {max_width}x{max_height}")
    sheet, columns = _arrange(groups, *room, scale, font)
    mark = round(17 * scale)
    aside = Text(hint, Font.at(font, 10, scale), room[0])
    heading_width = mark + round(9 * scale) + round(heading.width)
    inner = max(
        sheet.width(len(columns)),
        heading_width + (round(24 * scale) + round(aside.width) if hint else 0),
    )
    width = min(most_width, inner + 2 * margin)
    height = min(most_height, head + sheet.tallest(columns) + 2 * margin)
    with Canvas(width, height) as canvas:
        paint_panel(canvas, scale)
        top = margin
        tall = round(heading.height)
        paint_prism(canvas, margin, top + (tall - mark) / 2, mark, theme.ACCENT)
        left = margin + mark + round(9 * scale)
        canvas.text_centred(heading, left, top, tall, theme.PANEL_TEXT)
        if hint:
            right = width - margin - round(aside.width)
            canvas.text_centred(aside, right, top, tall, theme.PANEL_QUIET)
        with canvas.clipped(margin, 0, width - 2 * margin, height - margin // 2):
            for index, column in enumerate(columns):
                left = margin + index * (sheet.column_width + sheet.px(_COLUMN_GAP))
                _paint_column(canvas, sheet, column, left, top + head)
    return canvas.image


def _paint_column(canvas: Canvas, sheet: _Sheet, column: list[_Item], x: int, y: int) -> None:
    for index, item in enumerate(column):
        y += item.before if index else 0
        if item.heading:
            canvas.text_centred(item.heading, x, y, item.height, theme.ACCENT)
        left = x
        if item.caps:
            item.caps.paint(canvas, x, y + (item.height - item.caps.height) // 2)
            left = x + sheet.caps_width + sheet.px(_CHORD_GAP)
        if item.text:
            canvas.text_centred(item.text, left, y, item.height, theme.PANEL_TEXT)
        y += item.height


def draw_notice(
    title: str,
    lines: Sequence[str],
    kind: Literal["error", "info"],
    max_width: int,
    scale: float = 1.0,
    *,
    font: str = "sans-serif",
) -> Image:
    """A notice of the session: a title, and below it lines that are wrapped.

    As wide as it needs to be, `max_width` logical pixels at most. Of many lines the first twelve
    are shown, and how many more there are.
    """
    most = physical(max_width, scale)
    pad, bar, mark, gap = (round(length * scale) for length in (18, 4, 18, 12))
    left = bar + pad + mark + gap
    room = most - left - pad
    if room <= 0:
        raise ValueError(f"no room for a notice in {max_width} pixels")
    shown = list(lines[:_NOTICE_LINES])
    if len(lines) > len(shown):
        shown.append(f"\u2026 and {len(lines) - len(shown)} more")
    heading = Text(title, Font.at(font, 11.5, scale, BOLD), room)
    set_in = Font.at(font, 10.5, scale)
    body = [Text(line, set_in, room, lines=_NOTICE_WRAP) for line in shown]
    step = round(5 * scale)
    head = max(mark, round(heading.height))
    height = 2 * pad + head + (step if body else 0) + sum(step + round(t.height) for t in body)
    widest = max(round(text.width) for text in (heading, *body))
    accent = theme.ERROR if kind == "error" else theme.ACCENT
    with Canvas(min(most, left + widest + pad), height) as canvas:
        paint_panel(canvas, scale)
        line = max(1, round(scale))
        inside = canvas.image.width - 2 * line, height - 2 * line
        canvas.rounded_path(line, line, *inside, _RADIUS * scale - line)
        with canvas.clipped_to_path():
            canvas.rect(line, 0, bar, height, accent)
        paint = paint_alert if kind == "error" else paint_info
        paint(canvas, bar + pad, pad + (head - mark) / 2, mark, accent)
        canvas.text_centred(heading, left, pad, head, theme.PANEL_TEXT)
        y = pad + head + (step if body else 0)
        for text in body:
            y += step
            canvas.text(text, left, y + text.baseline, theme.PANEL_QUIET)
            y += round(text.height)
    return canvas.image
