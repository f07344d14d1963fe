"""xdg_wm_base: where windows and popups begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.shell_model import PositionerState, WmBaseState, XdgSurfaceState
from spectrum_session.gate.verdict import Refused, Verdict

from .dropping import drop
from .registry import event, request
from .roles import surface_state

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

ROLE = 0
DEFUNCT_SURFACES = 1
NOT_THE_TOPMOST_POPUP = 2
INVALID_POPUP_PARENT = 3
INVALID_SURFACE_STATE = 4
INVALID_POSITIONER = 5

WINDOW_ROLES = ("xdg_toplevel", "xdg_popup")


def known_of(wm_base: Object) -> WmBaseState:
    """What is known of an xdg_wm_base; it comes into being by `bind`, which makes no state."""
    state = wm_base.state
    if state is None:
        state = wm_base.state = WmBaseState()
    assert isinstance(state, WmBaseState)
    return state


@request("xdg_wm_base", "destroy")
def destroy(_gate: Context, wm_base: Object) -> Verdict:
    """After all its surfaces."""
    living = known_of(wm_base).surfaces
    if living:
        text = f"{wm_base!r} is destroyed before its {living} xdg_surfaces"
        raise Refused(wm_base, DEFUNCT_SURFACES, text)
    return None


@request("xdg_wm_base", "create_positioner")
def create_positioner(_gate: Context, wm_base: Object, made: Object) -> Verdict:
    """It says nothing yet."""
    made.state = PositionerState(wm_base)
    return None


@request("xdg_wm_base", "get_xdg_surface")
def get_xdg_surface(
    _gate: Context, wm_base: Object, made: Object, surface: Object
) -> Verdict:
    """For a surface that is nothing else and shows nothing yet."""
    state = surface_state(surface)
    if state.role is not None and state.role not in WINDOW_ROLES:
        raise Refused(wm_base, ROLE, f"{surface!r} is a {state.role} already")
    if state.xdg_surface is not None and state.xdg_surface.alive:
        raise Refused(wm_base, ROLE, f"{surface!r} has {state.xdg_surface!r} already")
    if state.buffer is not None or (state.attached and state.pending_buffer is not None):
        raise Refused(wm_base, INVALID_SURFACE_STATE, f"{surface!r} has a buffer already")
    state.xdg_surface = made
    made.state = XdgSurfaceState(surface, wm_base)
    known_of(wm_base).surfaces += 1
    return None


@event("xdg_wm_base", "ping")
def ping(_gate: Context, wm_base: Object, serial: int) -> Verdict:
    """Is the client still there?"""
    known_of(wm_base).pings.append(serial)
    return None


@request("xdg_wm_base", "pong")
def pong(gate: Context, wm_base: Object, serial: int) -> Verdict:
    """It is; only who was asked answers."""
    pings = known_of(wm_base).pings
    if serial not in pings:
        return drop(gate, "pong-serial")
    pings.remove(serial)
    return None
