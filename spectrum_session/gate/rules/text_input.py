"""zwp_text_input_v3: text fields, for an input method of the host's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_input import TextInputState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import DROP, Verdict

from . import devices
from .dropping import drop
from .registry import event, request
from .text import is_boundary, is_text

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

MAX_TEXT = 4000
"""Bytes, by the protocol."""
CAUSES = (0, 1)
"""Input method, other."""
HINTS = 0x3FF
PURPOSES = 13
"""The highest; 0 is a normal field."""
MAX_RECTANGLE = 16384
"""Logical pixels: no surface is larger."""


@request("zwp_text_input_manager_v3", "get_text_input")
def get_text_input(gate: Context, _manager: Object, made: Object, seat: Object) -> Verdict:
    """Text fields of a seat."""
    devices.add(gate, made)
    made.state = TextInputState(seat)
    return None


@request("zwp_text_input_v3", "enable")
def enable(_gate: Context, text_input: Object) -> Verdict:
    """From the next commit on: all of the field's state begins anew."""
    state: TextInputState = text_input.state
    state.pending_enabled = True
    state.hint = state.purpose = 0
    state.rectangle = (0, 0, 0, 0)
    return None


@request("zwp_text_input_v3", "disable")
def disable(_gate: Context, text_input: Object) -> Verdict:
    """From the next commit on."""
    text_input.state.pending_enabled = False
    return None


@request("zwp_text_input_v3", "set_surrounding_text")
def set_surrounding_text(
    gate: Context, _text_input: Object, text: bytes, cursor: int, anchor: int
) -> Verdict:
    """Cursor and anchor are bytes from its beginning. The protocol has no errors: what an input
    method would stumble over is dropped, and it does without."""
    if len(text) > MAX_TEXT or not is_text(text):
        return drop(gate, "surrounding-text")
    if not (is_boundary(text, cursor) and is_boundary(text, anchor)):
        return drop(gate, "surrounding-text")
    return None


@request("zwp_text_input_v3", "set_text_change_cause")
def set_cause(gate: Context, _text_input: Object, cause: int) -> Verdict:
    """Who changed the text."""
    return None if cause in CAUSES else drop(gate, "text-change-cause")


@request("zwp_text_input_v3", "set_content_type")
def set_content_type(
    _gate: Context, text_input: Object, hint: int, purpose: int
) -> Verdict:
    """Hints and purposes of later versions are as if they had not been said."""
    state: TextInputState = text_input.state
    state.hint = hint & HINTS
    state.purpose = purpose if purpose <= PURPOSES else 0
    return (state.hint, state.purpose)


@request("zwp_text_input_v3", "set_cursor_rectangle")
def set_rectangle(
    _gate: Context, text_input: Object, x: int, y: int, width: int, height: int
) -> Verdict:
    """Where candidates go beside."""
    far = MAX_RECTANGLE
    kept = (
        max(-far, min(far, x)),
        max(-far, min(far, y)),
        max(0, min(far, width)),
        max(0, min(far, height)),
    )
    text_input.state.rectangle = kept
    return kept


@request("zwp_text_input_v3", "commit")
def commit(_gate: Context, text_input: Object) -> Verdict:
    """What was asked for happens, and is counted by both sides."""
    state: TextInputState = text_input.state
    state.enabled = state.pending_enabled
    state.commits = (state.commits + 1) & 0xFFFFFFFF
    return None


@event("zwp_text_input_v3", "enter")
def entered(_gate: Context, text_input: Object, surface: Object | None) -> Verdict:
    """It is in this surface."""
    text_input.state.surface = surface
    return None


@event("zwp_text_input_v3", "leave")
def left(_gate: Context, text_input: Object, _surface: Object | None) -> Verdict:
    """Toolkits do not expect to leave where they never entered."""
    state: TextInputState = text_input.state
    if state.surface is None:
        return DROP
    state.surface = None
    return None
