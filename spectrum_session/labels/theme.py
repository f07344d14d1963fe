"""The colours of frames and of trusted UI, all in one place.

A VM's frame is made of its label's colour. The host's is neutral slate; that a label may be slate
too is why it differs in shape as well (see `titlebar`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from spectrum_session.labels.color import BLACK, Color, contrast, quiet_text_on, text_on
from spectrum_session.labels.label import Label

AMBER = Color.parse("#ffb224")
"""Demands attention."""

PANEL = Color.parse("#191d23")
"""Ground of trusted UI: overlays, notices, prompts."""
PANEL_EDGE = Color.parse("#3d4552")
PANEL_TEXT = Color.parse("#e9edf2")
PANEL_QUIET = Color.parse("#a6b0bd")
"""Secondary text on a panel, 7:1 or more."""
ACCENT = Color.parse("#4fc6b4")
"""Trusted UI's own colour: a teal, which no named label has."""
ERROR = Color.parse("#ff7466")
KEYCAP = Color.parse("#2b323c")
KEYCAP_EDGE = Color.parse("#4b5563")

_HOST_FOCUSED = Color.parse("#4a5463")
_HOST = Color.parse("#262b33")
_HOST_TEXT = Color.parse("#f4f6f9")
_HOST_QUIET = Color.parse("#a3adba")
_HOST_RAIL_FOCUSED = Color.parse("#a9b4c4")
_HOST_RAIL = Color.parse("#566171")

_DARK = Color.parse("#20242b")
_LESS_DARK = Color.parse("#434b58")


class BarColors(NamedTuple):
    """Colours of a title bar."""

    ground: Color
    text: Color
    rail: Color
    """The lines of a host window's bar; in a VM's the edge between the chip and the title."""


@lru_cache(maxsize=128)
def vm_bar(color: Color, focused: bool, urgent: bool = False) -> BarColors:
    """Colours of the title bar of a window whose label has `color`.

    Focused: the full colour. Otherwise a dark tone with a trace of it, always unlike the chip;
    more than a trace when urgent.
    """
    if focused:
        text = text_on(color)
        return BarColors(color, text, color.mix(text, 0.35))
    ground = _DARK.mix(color, 0.10)
    if contrast(ground, color) < 1.5:
        other = _LESS_DARK.mix(color, 0.10)
        ground = max(ground, other, key=lambda tone: contrast(tone, color))
    if urgent:
        ground = ground.mix(color, 0.34)
    text = text_on(ground) if urgent else quiet_text_on(ground, 0.66, 5.5)
    return BarColors(ground, text, ground.mix(BLACK, 0.35))


def host_bar(focused: bool, urgent: bool = False) -> BarColors:
    """Colours of the title bar of a host window."""
    if focused:
        return BarColors(_HOST_FOCUSED, _HOST_TEXT, _HOST_RAIL_FOCUSED)
    if urgent:
        return BarColors(_HOST, _HOST_TEXT, _HOST_RAIL)
    return BarColors(_HOST, _HOST_QUIET, _HOST_RAIL)


def host_border(focused: bool) -> Color:
    """Colour of a host window's border: the ground of its title bar."""
    return host_bar(focused).ground


def vm_border(label: Label, focused: bool, urgent: bool = False) -> Color:
    """Colour of a VM window's border: the label's own in every state.

    The title bar shows focus and urgency: a colour that changed with them would be another
    label's.
    """
    del focused, urgent
    return label.color
