"""xdg_surface: one role, begun in the right order, ended in the right order.

wlroots asserts much of this: a configure before the initial commit, a buffer in the initial commit
or a role object that is gone while something points at it end the whole compositor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.shell_model import ToplevelState, XdgSurfaceState
from spectrum_session.gate.verdict import Refused, Verdict

from . import xdg_toplevel
from .bounds import MAX_LENGTH
from .dropping import drop
from .registry import event, request
from .roles import take_role
from .xdg_wm_base import INVALID_SURFACE_STATE, ROLE, known_of

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

NOT_CONSTRUCTED = 1
UNCONFIGURED_BUFFER = 3
INVALID_SIZE = 5
DEFUNCT_ROLE_OBJECT = 6


def state_of(xdg_surface: Object) -> XdgSurfaceState:
    """What is known of an xdg_surface."""
    state = xdg_surface.state
    assert isinstance(state, XdgSurfaceState)
    return state


def check_commit(_gate: Context, surface: Object) -> None:
    """A wl_surface is being committed, and its pending state is not yet its state. Raises Refused
    when it is a window or popup that may not be committed so."""
    known = surface.state
    xdg_surface: Object | None = known.xdg_surface
    if xdg_surface is None:
        return
    state: XdgSurfaceState = xdg_surface.state
    buffer = known.pending_buffer if known.attached else known.buffer
    if buffer is not None and not (state.configured and state.initialised):
        text = f"{xdg_surface!r} has a buffer before its configure was acknowledged"
        raise Refused(xdg_surface, UNCONFIGURED_BUFFER, text)
    role = state.role_object
    if role is None or not role.alive:
        raise Refused(xdg_surface, NOT_CONSTRUCTED, f"{xdg_surface!r} is committed without a role")
    role_state = role.state
    window = isinstance(role_state, ToplevelState)
    if window and role_state.sizes_changed:
        xdg_toplevel.check_sizes(role, role_state)
    if buffer is not None:
        state.mapped = True
    elif state.mapped:
        if window:
            role_state.unmapped()
        state.reset()
    else:
        state.initialised = True


@request("xdg_surface", "destroy")
def destroy(_gate: Context, xdg_surface: Object) -> Verdict:
    """After its role object."""
    role = state_of(xdg_surface).role
    if role is not None:
        text = f"{xdg_surface!r} is destroyed before {role!r}"
        raise Refused(xdg_surface, DEFUNCT_ROLE_OBJECT, text)
    return None


@request("xdg_surface", "get_toplevel")
def get_toplevel(_gate: Context, xdg_surface: Object, made: Object) -> Verdict:
    """It is a window."""
    state = state_of(xdg_surface)
    take_role(state.surface, "xdg_toplevel", made, state.wm_base, ROLE)
    state.role_object = made
    made.state = ToplevelState(xdg_surface)
    return None


@request("xdg_surface", "set_window_geometry")
def set_window_geometry(
    _gate: Context, xdg_surface: Object, x: int, y: int, width: int, height: int
) -> Verdict:
    """What of it is the window and not its shadow."""
    state = state_of(xdg_surface)
    _need_role(xdg_surface, state)
    if (
        not 0 < width <= MAX_LENGTH
        or not 0 < height <= MAX_LENGTH
        or abs(x) > MAX_LENGTH
        or abs(y) > MAX_LENGTH
    ):
        text = f"a window geometry of {width}×{height} at {x}, {y}"
        raise Refused(xdg_surface, INVALID_SIZE, text)
    state.geometry = (x, y, width, height)
    return None


@event("xdg_surface", "configure")
def configure(_gate: Context, xdg_surface: Object, serial: int) -> Verdict:
    """It was told what it shall be."""
    state = state_of(xdg_surface)
    known_of(state.wm_base).configures.append(serial)
    # What was under way when it was unmapped is answered to nobody.
    (state.sent if state.initialised else state.stale).append(serial)
    return None


@request("xdg_surface", "ack_configure")
def ack_configure(gate: Context, xdg_surface: Object, serial: int) -> Verdict:
    """Each configure once, and none that is older than one that was acknowledged."""
    state = state_of(xdg_surface)
    _need_role(xdg_surface, state)
    sent = state.sent
    if serial not in sent:
        if serial in state.stale:
            return drop(gate, "stale-configure")
        text = f"{xdg_surface!r} was sent no such configure, or a later one was acknowledged"
        raise Refused(state.wm_base, INVALID_SURFACE_STATE, text)
    while sent.popleft() != serial:
        pass
    state.acked = serial
    state.configured = True
    return None


def _need_role(xdg_surface: Object, state: XdgSurfaceState) -> None:
    if state.role_object is None:
        raise Refused(xdg_surface, NOT_CONSTRUCTED, f"{xdg_surface!r} has no role yet")
