"""wp_presentation: the gate answers it by itself (see `gate/presentation.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_input import Attached
from spectrum_session.gate.model_present import FeedbackState, Presented
from spectrum_session.gate.objects import Object
from spectrum_session.gate.schema import SCHEMA, Message
from spectrum_session.gate.verdict import DROP, Verdict

from .registry import event, request
from .roles import surface_state

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

_SYNC = SCHEMA["wl_display"].request("sync")
_OURS = Message("wl_callback", 0, "done u")
"""The answer to the callback that the compositor has in place of a feedback."""
_OURS.attach(lambda _gate, _callback, _serial: DROP)


@request("wp_presentation", "feedback")
def feedback(gate: Context, _presentation: Object, surface: Object, made: Object) -> Verdict:
    """For the next commit. The compositor has to count the id too: it gets a sync of that id."""
    known = surface_state(surface)
    if known.presented is None:
        known.presented = Presented()
        at = _FRAME.opcode
        surface.requests = (*surface.requests[:at], _FRAME, *surface.requests[at + 1 :])
    made.state = FeedbackState(surface)
    made.events = (_OURS,)
    gate.objects.add(made)
    known.presented.asked.append(made)
    gate.send_request(_SYNC, 1, made.id)
    return DROP


def _frame(_gate: Context, surface: Object, made: Object) -> Verdict:
    """Its answer tells the output's clock."""
    made.state = Attached(surface)
    made.events = (_TIMED,)
    return None


_FRAME = Message("wl_surface", SCHEMA["wl_surface"].request("frame").opcode, "frame n:wl_callback")
"""Of surfaces that ever asked for feedback. For all others it has no rule: there is none that is
sent more often."""
_FRAME.attach(_frame)


def _frame_done(gate: Context, callback: Object, time_ms: int) -> Verdict:
    surface: Object = callback.state.to
    gate.presentation.follow(surface, surface.state.presented, time_ms)
    return None


_TIMED = Message("wl_callback", 0, "done u")
_TIMED.attach(_frame_done)


@event("wl_surface", "enter")
def entered(_gate: Context, surface: Object, output: Object | None) -> Verdict:
    """It is on an output."""
    if output is not None and output not in surface.state.outputs:
        surface.state.outputs.append(output)
    return None


@event("wl_surface", "leave")
def left(_gate: Context, surface: Object, output: Object | None) -> Verdict:
    """It is no longer."""
    if output in surface.state.outputs:
        surface.state.outputs.remove(output)
    return None
