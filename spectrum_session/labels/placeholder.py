"""Draws the placeholder in a VM's frame: the progress of its start, or why it failed.

Trusted UI: only the compositor draws it. Of what the VM says it shows the console's last lines,
each a text of its own that is cut at the box's edge, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from spectrum_session.labels import theme
from spectrum_session.labels.canvas import Canvas
from spectrum_session.labels.color import BLACK, WHITE, Color, contrast
from spectrum_session.labels.glyphs import paint_alert
from spectrum_session.labels.image import Image, physical
from spectrum_session.labels.keycap import Keycaps
from spectrum_session.labels.pango import BOLD, SEMIBOLD, Font, Text

GROUND = theme.PANEL
"""All of the content area round the picture."""
MONOSPACE = "monospace"
NOTHING_YET = "Nothing printed yet"

_WIDTH = 600
"""Logical pixels at most: a longer line is hard to follow."""
_MARGIN = 28
_SMALL = (340, 250)
"""Below this width or height of the area margins, name and buttons are smaller."""
_LINES = 5
"""Of the detail, at most."""
_CONSOLE_GROUND = theme.PANEL.mix(BLACK, 0.38)
_CONSOLE_TEXT = theme.PANEL_QUIET.mix(theme.PANEL, 0.22)
_TRACK = theme.PANEL_EDGE.mix(theme.PANEL, 0.35)
_WHOLE_LINE = 200
"""Characters of a console line at most: more would not fit into any box."""

_SEEN = 1.8
"""Contrast of the bar with its track."""

Tone = Literal["calm", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Button:
    """An action of the user, and its key."""

    name: str
    """Its identifier."""
    caption: str
    key: str
    """The key, as in a chord: "L", "Escape"."""


@dataclass(frozen=True, slots=True)
class Panel:
    """The content of a placeholder; equal contents give equal pictures."""

    name: str
    headline: str
    tone: Tone = "calm"
    clock: str = ""
    """Beside the headline: "12 s of about 14 s"."""
    parts: tuple[tuple[float, float], ...] = ()
    """The progress bar: of each part its share of the whole, and how much of it is done, 0 to 1."""
    detail: str = ""
    """The reason, or ""."""
    lines: tuple[str, ...] = ()
    """The last lines of the console, sanitised."""
    room: int = 0
    """Lines that have reserved room, so that nothing moves as they arrive."""
    buttons: tuple[Button, ...] = ()
    note: str = ""


class Drawing(NamedTuple):
    """A picture for the middle of the content area, and where its buttons are."""

    image: Image
    buttons: tuple[tuple[int, int, int, int], ...]
    """x, y, width, height of each in the picture: logical pixels."""


class _Block(NamedTuple):
    height: int
    before: int


def bar_color(color: Color) -> Color:
    """A label's colour, as much lighter as it must be to be told from a progress bar's track."""
    steps = (color.mix(WHITE, step / 20) for step in range(21))
    return next(lighter for lighter in steps if contrast(lighter, _TRACK) >= _SEEN)


def draw_placeholder(
    panel: Panel,
    color: Color,
    width: int,
    height: int,
    scale: float = 1.0,
    *,
    font: str = "sans-serif",
    selected: int | None = None,
) -> Drawing:
    """The picture for a content area of `width` by `height` logical pixels, no larger than that.

    `color` is the label's. `selected` is the button that the keyboard is on. Where there is little
    room the note goes first, then lines of the console, the bar and the detail; name and buttons
    stay. Raises ValueError for an empty area.
    """
    if width <= 0 or height <= 0:
        raise ValueError(f"no room for anything in {width}x{height}")
    return _Sheet(panel, color, width, height, scale, font, selected).draw()


class _Sheet:
    """One picture, set and measured. Physical pixels."""

    def __init__(
        self,
        panel: Panel,
        color: Color,
        width: int,
        height: int,
        scale: float,
        font: str,
        selected: int | None,
    ) -> None:
        self.panel, self.color, self.scale, self.selected = panel, color, scale, selected
        self.small = width < _SMALL[0] or height < _SMALL[1]
        margin = 12 if self.small else _MARGIN
        self.room = physical(max(16, min(_WIDTH, width - 2 * margin)), scale)
        self.room = min(self.room, physical(width, scale))
        self.most = physical(max(1, min(height, height - margin)), scale)
        tone = {"calm": theme.PANEL_TEXT, "warning": theme.AMBER, "error": theme.ERROR}
        self.tone = tone[panel.tone]
        large = Font.at(font, 15 if self.small else 21, scale, BOLD)
        self.name = Text(panel.name, large, self.room)
        self.mark = self.px(16) if panel.tone != "calm" else 0
        self.mark_gap = self.px(9) if self.mark else 0
        self.clock = Text(panel.clock, Font.at(font, 10.5, scale)) if panel.clock else None
        self.clock_below = False
        self.headline = self._headline(font)
        self.detail = (
            Text(panel.detail, Font.at(font, 10 if self.small else 10.5, scale), self.room, _LINES)
            if panel.detail
            else None
        )
        self.mono = Font.at(MONOSPACE, 9, scale)
        self.pad = self.px(8 if self.small else 12)
        self.console = [
            Text(line[:_WHOLE_LINE], self.mono, max(1, self.room - 2 * self.pad))
            for line in panel.lines
        ]
        if panel.room and not panel.lines:
            self.console = [Text(NOTHING_YET, self.mono, max(1, self.room - 2 * self.pad))]
        self.console_rows = max(len(self.console), panel.room)
        self.line_height = round(self.mono.size * 1.5)
        self.button_font = Font.at(font, 9.5 if self.small else 10.5, scale, SEMIBOLD)
        self.key_font = Font.at(font, 8 if self.small else 9, scale, SEMIBOLD)
        self.button_height = self.px(28 if self.small else 34)
        self.button_gap = self.px(6 if self.small else 10)
        self.button_pad = self.px(7 if self.small else 10)
        self.rows = self._button_rows()
        self.note = (
            Text(panel.note, Font.at(font, 9.5, scale), self.room, lines=2) if panel.note else None
        )
        self.bar = bool(panel.parts)
        self._fit()

    def px(self, logical: float) -> int:
        return round(logical * self.scale)

    def _headline(self, font: str) -> Text:
        set_in = Font.at(font, 10.5 if self.small else 11.5, self.scale, SEMIBOLD)
        room = self.room - self.mark - self.mark_gap
        if self.clock is not None:
            beside = room - round(self.clock.width) - self.px(14)
            text = Text(self.panel.headline, set_in, max(1, beside))
            if not text.ellipsised:
                return text
            self.clock_below = True
        return Text(self.panel.headline, set_in, room, lines=2)

    # Buttons.

    def _button_rows(self) -> list[list[tuple[int, Button, Keycaps, Text, int]]]:
        rows: list[list[tuple[int, Button, Keycaps, Text, int]]] = []
        used = 0
        for index, button in enumerate(self.panel.buttons):
            caps = Keycaps(button.key, self.key_font, self.scale)
            text = Text(button.caption, self.button_font)
            wide = caps.width + round(text.width) + 3 * self.button_pad + self.px(3)
            wide = min(wide, self.room)
            if not rows or used + self.button_gap + wide > self.room:
                rows.append([])
                used = -self.button_gap
            rows[-1].append((index, button, caps, text, wide))
            used += self.button_gap + wide
        return rows

    # What there is room for.

    def _blocks(self) -> list[tuple[str, _Block]]:
        found = [("name", _Block(round(self.name.height), 0))]
        head = max(round(self.headline.height), self.mark)
        found.append(("headline", _Block(head, self.px(6))))
        if self.clock is not None and self.clock_below:
            found.append(("clock", _Block(round(self.clock.height), self.px(4))))
        if self.bar:
            found.append(("bar", _Block(self.px(6), self.px(14))))
        if self.detail is not None:
            found.append(("detail", _Block(round(self.detail.height), self.px(10))))
        if self.console:
            tall = 2 * self.pad + self.console_rows * self.line_height
            found.append(("console", _Block(tall, self.px(18))))
        if self.rows:
            tall = len(self.rows) * (self.button_height + self.button_gap) - self.button_gap
            found.append(("buttons", _Block(tall, self.px(10 if self.small else 20))))
        if self.note is not None:
            found.append(("note", _Block(round(self.note.height), self.px(14))))
        return found

    def _fit(self) -> None:
        while sum(block.height + block.before for _, block in self._blocks()) > self.most:
            if self.note is not None:
                self.note = None
            elif self.console and self.console_rows > 2:
                self.console_rows -= 1
                self.console = self.console[-self.console_rows :]
            elif self.console and (self.bar or self.detail is not None):
                self.console = []
            elif self.detail is not None:
                self.detail = self._shorter(self.detail)
            elif self.bar:
                self.bar = False
            elif self.console:
                self.console = []
            elif self.clock is not None and self.clock_below:
                self.clock = None
            elif round(self.headline.height) > self.headline.font.size * 2:
                room = self.room - self.mark - self.mark_gap
                self.headline = Text(self.panel.headline, self.headline.font, room)
            else:
                return

    def _shorter(self, text: Text) -> Text | None:
        """The detail in a line less than it has; None when that is none."""
        lines = round(text.height / Text("x", text.font).height) - 1
        return Text(self.panel.detail, text.font, self.room, lines) if lines > 0 else None

    # Drawing.

    def draw(self) -> Drawing:
        blocks = self._blocks()
        tall = sum(block.height + block.before for _, block in blocks)
        buttons: list[tuple[int, int, int, int]] = []
        with Canvas(self.room, max(1, min(tall, self.most))) as canvas:
            canvas.fill(GROUND)
            y = 0
            for kind, block in blocks:
                y += block.before
                if kind == "buttons":
                    buttons = self._paint_buttons(canvas, y)
                else:
                    getattr(self, f"_paint_{kind}")(canvas, y, block.height)
                y += block.height
        return Drawing(canvas.image, tuple(buttons))

    def _paint_name(self, canvas: Canvas, y: int, height: int) -> None:
        canvas.text(self.name, 0, y + self.name.baseline, theme.PANEL_TEXT)

    def _paint_headline(self, canvas: Canvas, y: int, height: int) -> None:
        if self.mark:
            top = y + (min(height, round(self.headline.font.size * 1.4)) - self.mark) / 2
            paint_alert(canvas, 0, top, self.mark, self.tone)
        left = self.mark + self.mark_gap
        color = theme.PANEL_TEXT if self.panel.tone == "calm" else self.tone
        canvas.text(self.headline, left, y + self.headline.baseline, color)
        if self.clock is not None and not self.clock_below:
            right = self.room - round(self.clock.width)
            canvas.text(self.clock, right, y + self.headline.baseline, theme.PANEL_QUIET)

    def _paint_clock(self, canvas: Canvas, y: int, height: int) -> None:
        assert self.clock is not None
        canvas.text(self.clock, 0, y + self.clock.baseline, theme.PANEL_QUIET)

    def _paint_bar(self, canvas: Canvas, y: int, height: int) -> None:
        gap = self.px(3)
        parts = self.panel.parts
        room = self.room - gap * (len(parts) - 1)
        done_color = bar_color(self.color)
        left = 0.0
        for share, done in parts:
            width = share * room
            x, right = round(left), round(left + width)
            canvas.rounded_path(x, y, right - x, height, height / 2)
            canvas.fill_path(_TRACK)
            filled = round((right - x) * min(1.0, max(0.0, done)))
            if filled > 0:
                canvas.rounded_path(x, y, right - x, height, height / 2)
                with canvas.clipped_to_path():
                    canvas.rect(x, y, filled, height, done_color)
            left += width + gap

    def _paint_detail(self, canvas: Canvas, y: int, height: int) -> None:
        assert self.detail is not None
        canvas.text(self.detail, 0, y + self.detail.baseline, theme.PANEL_QUIET)

    def _paint_console(self, canvas: Canvas, y: int, height: int) -> None:
        line = max(1, round(self.scale))
        canvas.rounded_path(0, y, self.room, height, 6 * self.scale)
        canvas.fill_path(theme.PANEL_EDGE.mix(theme.PANEL, 0.45))
        inside = self.room - 2 * line, height - 2 * line
        canvas.rounded_path(line, y + line, *inside, 6 * self.scale - line)
        canvas.fill_path(_CONSOLE_GROUND)
        with canvas.clipped(self.pad, y, self.room - 2 * self.pad, height):
            for index, text in enumerate(self.console):
                top = y + self.pad + index * self.line_height
                canvas.text_centred(text, self.pad, top, self.line_height, _CONSOLE_TEXT)

    def _paint_buttons(self, canvas: Canvas, y: int) -> list[tuple[int, int, int, int]]:
        found = []
        line = max(1, round(self.scale))
        radius = 7 * self.scale
        for row in self.rows:
            x = 0
            for index, _, caps, text, width in row:
                chosen = index == self.selected
                edge = theme.ACCENT if chosen else theme.KEYCAP_EDGE
                thick = 2 * line if chosen else line
                canvas.rounded_path(x, y, width, self.button_height, radius)
                canvas.fill_path(edge)
                inside = width - 2 * thick, self.button_height - 2 * thick
                canvas.rounded_path(x + thick, y + thick, *inside, radius - thick)
                canvas.fill_path(theme.KEYCAP.mix(theme.PANEL, 0.35))
                with canvas.clipped(x + thick, y, width - 2 * thick, self.button_height):
                    left = x + self.button_pad
                    caps.paint(canvas, left, y + (self.button_height - caps.height) // 2)
                    left += caps.width + self.button_pad
                    canvas.text_centred(text, left, y, self.button_height, theme.PANEL_TEXT)
                found.append(self._logical(x, y, width, self.button_height))
                x += width + self.button_gap
            y += self.button_height + self.button_gap
        return found

    def _logical(self, x: int, y: int, width: int, height: int) -> tuple[int, int, int, int]:
        left, top = int(x / self.scale), int(y / self.scale)
        return left, top, int((x + width) / self.scale) - left, int((y + height) / self.scale) - top

    def _paint_note(self, canvas: Canvas, y: int, height: int) -> None:
        assert self.note is not None
        canvas.text(self.note, 0, y + self.note.baseline, theme.PANEL_QUIET)


def shown_lines(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """The last lines that are not empty."""
    kept = [line.replace("\t", " ").rstrip() for line in lines if line.strip()]
    return tuple(line[:_WHOLE_LINE] for line in kept[-most:])
