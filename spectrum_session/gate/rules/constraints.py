"""zwp_pointer_constraints_v1: the pointer stays in a window, or does not move at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_input import ConstraintState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import IMPLEMENTATION, Refused, Verdict

from .dropping import drop
from .registry import event, request
from .roles import surface_state

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

ALREADY_CONSTRAINED = 1
ONESHOT = 1
PERSISTENT = 2
MAX_HINT = 16384 * 256
"""Fixed point: no surface is larger than 16384 logical pixels."""


@request("zwp_pointer_constraints_v1", "lock_pointer", "confine_pointer")
def constrain(
    _gate: Context,
    manager: Object,
    made: Object,
    surface: Object,
    pointer: Object,
    _region: Object | None,
    lifetime: int,
) -> Verdict:
    """One a surface: a VM has one seat."""
    if lifetime not in (ONESHOT, PERSISTENT):
        raise Refused(None, IMPLEMENTATION, f"{made!r}: there is no lifetime {lifetime}")
    extensions = surface_state(surface).extensions
    if "constraint" in extensions:
        raise Refused(
            manager, ALREADY_CONSTRAINED, f"{surface!r} has {extensions['constraint']!r} already"
        )
    extensions["constraint"] = made
    made.state = ConstraintState(surface, pointer, lifetime)
    return None


@request("zwp_locked_pointer_v1", "set_cursor_position_hint")
def set_hint(gate: Context, constraint: Object, x: int, y: int) -> Verdict:
    """Where the client would have the pointer when it moves again."""
    if not (-MAX_HINT <= x <= MAX_HINT and -MAX_HINT <= y <= MAX_HINT):
        return drop(gate, "cursor-position-hint")
    constraint.state.hint = (x / 256, y / 256)
    return None


@event("zwp_locked_pointer_v1", "locked")
@event("zwp_confined_pointer_v1", "confined")
def activated(_gate: Context, constraint: Object) -> Verdict:
    """The pointer is constrained."""
    constraint.state.active = True
    return None


@event("zwp_locked_pointer_v1", "unlocked")
@event("zwp_confined_pointer_v1", "unconfined")
def deactivated(_gate: Context, constraint: Object) -> Verdict:
    """A constraint for one time is over with this; the surface may have another one."""
    state: ConstraintState = constraint.state
    state.active = False
    extensions = state.surface.state.extensions
    if state.lifetime == ONESHOT and extensions.get("constraint") is constraint:
        del extensions["constraint"]
    return None
