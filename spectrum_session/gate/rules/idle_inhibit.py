"""zwp_idle_inhibit_manager_v1: what keeps the screen on while it is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.shell_model import InhibitorState
from spectrum_session.gate.verdict import Verdict

from .registry import request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context


@request("zwp_idle_inhibit_manager_v1", "create_inhibitor")
def create_inhibitor(
    _gate: Context, _manager: Object, made: Object, surface: Object
) -> Verdict:
    """For any surface; the compositor sees whether it is visible."""
    made.state = InhibitorState(surface)
    return None
