"""Draws chords as rows of key caps."""

from __future__ import annotations

import re

from spectrum_session.labels import theme
from spectrum_session.labels.canvas import Canvas
from spectrum_session.labels.color import BLACK
from spectrum_session.labels.pango import Font, Text

_CAPTIONS = {
    "Left": "\u2190",
    "Up": "\u2191",
    "Right": "\u2192",
    "Down": "\u2193",
    "Mod4": "Super",
    "Mod1": "Alt",
    "Control": "Ctrl",
    "Escape": "Esc",
    "Prior": "Page Up",
    "Page_Up": "Page Up",
    "Next": "Page Down",
    "Page_Down": "Page Down",
    "BackSpace": "Backspace",
    "Delete": "Del",
    "Print": "Print",
    "minus": "\u2212",
    "plus": "+",
    "equal": "=",
    "comma": ",",
    "period": ".",
    "slash": "/",
    "backslash": "\\",
    "semicolon": ";",
    "apostrophe": "'",
    "grave": "`",
    "question": "?",
    "bracketleft": "[",
    "bracketright": "]",
}


def captions(chord: str) -> list[str]:
    """The texts on the caps of a chord such as "Super+Shift+Return", one for each key."""
    # "Super++" is Super and the plus key.
    plus = ["+"] if chord.endswith("+") else []
    keys = [key.strip() for key in chord.split("+")]
    return [_caption(key) for key in keys if key] + plus


def _caption(key: str) -> str:
    if key in _CAPTIONS:
        return _CAPTIONS[key]
    if key.startswith("XF86"):
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key[4:])
    if len(key) == 1:
        return key.upper()
    return key[0].upper() + key[1:].replace("_", " ")


class Keycaps:
    """The caps of one chord, measured; drawn to look like keys. Physical pixels."""

    def __init__(self, chord: str, font: Font, scale: float) -> None:
        self._scale = scale
        self._pad = round(6 * scale)
        self._gap = round(4 * scale)
        self.height = round(font.size * 1.25) + round(7 * scale)
        self._texts = [Text(caption, font) for caption in captions(chord)]
        least = self.height
        self._widths = [max(least, round(text.width) + 2 * self._pad) for text in self._texts]
        self.width = sum(self._widths) + self._gap * max(0, len(self._widths) - 1)

    def paint(self, canvas: Canvas, x: int, y: int) -> None:
        """Draw the caps with the top-left corner at (x, y)."""
        line = max(1, round(self._scale))
        radius = 4 * self._scale
        depth = max(1, round(2 * self._scale))
        for text, width in zip(self._texts, self._widths, strict=True):
            # Side of the key, its edge, its face.
            canvas.rounded_path(x, y, width, self.height, radius)
            canvas.fill_path(theme.KEYCAP_EDGE.mix(BLACK, 0.3))
            canvas.rounded_path(x, y, width, self.height - depth + line, radius)
            canvas.fill_path(theme.KEYCAP_EDGE)
            face = self.height - depth - line
            canvas.rounded_path(x + line, y + line, width - 2 * line, face, radius - line)
            canvas.fill_path(theme.KEYCAP)
            left = x + round((width - text.width) / 2)
            canvas.text_centred(text, left, y + line, face, theme.PANEL_TEXT)
            x += width + self._gap
