"""zwp_keyboard_shortcuts_inhibit_manager_v1: a window that wants all keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.shell_model import InhibitorState
from spectrum_session.gate.verdict import Refused, Verdict

from .registry import request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

ALREADY_INHIBITED = 0


@request("zwp_keyboard_shortcuts_inhibit_manager_v1", "inhibit_shortcuts")
def inhibit_shortcuts(
    gate: Context, manager: Object, made: Object, surface: Object, seat: Object
) -> Verdict:
    """One for a surface and seat."""
    for other in gate.knowledge.shortcuts_inhibitors:
        state: InhibitorState = other.state
        if state.surface is surface and state.seat is seat:
            text = f"{surface!r} has all keys of {seat!r} already"
            raise Refused(manager, ALREADY_INHIBITED, text)
    made.state = InhibitorState(surface, seat)
    gate.knowledge.shortcuts_inhibitors.append(made)
    return None
