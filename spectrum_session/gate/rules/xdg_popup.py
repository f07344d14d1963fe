"""xdg_popup: menus and tooltips.

wlroots walks popups from child to parent and from parent to child by recursion, and believes what
it finds: a popup that is its own ancestor, one that is in a list twice, or one that is placed
before it is begun takes the compositor down.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.schema import SCHEMA
from spectrum_session.gate.shell_model import PopupState, XdgSurfaceState
from spectrum_session.gate.verdict import DROP, IMPLEMENTATION, Refused, Verdict

from .dropping import drop
from .registry import event, request
from .roles import take_role
from .xdg_positioner import complete
from .xdg_surface import state_of as surface_state_of
from .xdg_toplevel import listens
from .xdg_wm_base import (
    INVALID_POPUP_PARENT,
    INVALID_SURFACE_STATE,
    NOT_THE_TOPMOST_POPUP,
    ROLE,
)

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

INVALID_GRAB = 0

MAX_DEPTH = 24
"""Popups on popups; the compositor dismisses what is deeper (compositor/xdg_popup.py)."""
MAX_POPUPS = 128
"""Of one client. wlroots takes each away from what is visible of all below it, as with subsurfaces
(rules/subsurface.py)."""

_POPUP_DONE = SCHEMA["xdg_popup"].event("popup_done")


def state_of(popup: Object) -> PopupState:
    """What is known of an xdg_popup."""
    state = popup.state
    assert isinstance(state, PopupState)
    return state


@request("xdg_surface", "get_popup")
def get_popup(
    gate: Context,
    xdg_surface: Object,
    made: Object,
    parent: Object | None,
    positioner: Object,
) -> Verdict:
    """On a window or popup that is one now. Popups without a parent get one by protocols that no
    VM has."""
    state = surface_state_of(xdg_surface)
    wm_base = state.wm_base
    wanted = complete(positioner, wm_base)
    if parent is None:
        raise Refused(wm_base, INVALID_POPUP_PARENT, "a popup without a parent")
    parent_state = surface_state_of(parent)
    above = parent_state.role
    if parent is xdg_surface or above is None:
        text = f"a popup's parent {parent!r} that is no window or popup"
        raise Refused(wm_base, INVALID_POPUP_PARENT, text)
    depth = above.state.depth + 1 if isinstance(above.state, PopupState) else 1
    if depth > MAX_DEPTH:
        text = f"limit popup-depth: {MAX_DEPTH} popups on each other at most"
        raise Refused(None, IMPLEMENTATION, text)
    if gate.knowledge.popups >= MAX_POPUPS:
        text = f"limit popups: {MAX_POPUPS} of a client at most"
        raise Refused(None, IMPLEMENTATION, text)
    take_role(state.surface, "xdg_popup", made, wm_base, ROLE)
    gate.knowledge.popups += 1
    state.role_object = made
    made.state = PopupState(xdg_surface, parent, depth, replace(wanted))
    parent_state.popups.append(made)
    return None


def _covered(xdg_surface: Object) -> bool:
    """Is there a popup on it that the client still believes in?"""
    state: XdgSurfaceState = xdg_surface.state
    return any(not one.state.dismissed for one in state.popups)


@request("xdg_popup", "destroy")
def destroy(_gate: Context, popup: Object) -> Verdict:
    """The topmost first."""
    state = state_of(popup)
    if _covered(state.xdg_surface):
        text = f"{popup!r} is destroyed before the popup on it"
        raise Refused(state.xdg_surface.state.wm_base, NOT_THE_TOPMOST_POPUP, text)
    return None


@request("xdg_popup", "grab")
def grab(gate: Context, popup: Object, seat: Object, serial: int) -> Verdict:
    """Once for all, before it is shown, in answer to what the person did. A grab that the person
    did not ask for is denied as the protocol says: the popup is over."""
    state = state_of(popup)
    surface: XdgSurfaceState = state.xdg_surface.state
    if state.grab is not None or surface.mapped:
        how = "has a grab" if state.grab is not None else "is mapped"
        raise Refused(popup, INVALID_GRAB, f"{popup!r} {how} already")
    if _covered(state.xdg_surface):
        text = f"{popup!r} grabs below the popup on it"
        raise Refused(surface.wm_base, NOT_THE_TOPMOST_POPUP, text)
    if not gate.knowledge.was_given(serial):
        if not state.dismissed:
            state.dismissed = True
            gate.send_event(_POPUP_DONE, popup.id)
        return drop(gate, "popup-grab-serial")
    state.grab = (seat, serial)
    return None


@request("xdg_popup", "reposition")
def reposition(gate: Context, popup: Object, positioner: Object, token: int) -> Verdict:
    """Only after its initial commit: it leads to a configure, and wlroots aborts on one before."""
    state = state_of(popup)
    surface: XdgSurfaceState = state.xdg_surface.state
    wanted = complete(positioner, surface.wm_base)
    if not surface.initialised:
        text = f"{popup!r} is placed anew before its initial commit"
        raise Refused(surface.wm_base, INVALID_SURFACE_STATE, text)
    if not listens(gate, state.xdg_surface):
        return DROP
    state.positioner = replace(wanted)
    state.token = token
    return None


@event("xdg_popup", "configure")
def configure(
    _gate: Context, popup: Object, x: int, y: int, width: int, height: int
) -> Verdict:
    """Where it shall be with the next configure of its xdg_surface."""
    state_of(popup).box = (x, y, width, height)
    return None


@event("xdg_popup", "popup_done")
def popup_done(_gate: Context, popup: Object) -> Verdict:
    """The compositor is done with it; the client has to destroy it."""
    state_of(popup).dismissed = True
    return None
