"""xdg_toplevel: windows. What they call themselves is made safe before anybody else sees it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.policy import FULLSCREEN
from spectrum_session.gate.shell_model import ToplevelState, XdgSurfaceState
from spectrum_session.gate.verdict import DROP, Refused, Verdict
from spectrum_session.labels.sanitise import sanitise_app_id, sanitise_title

from .bounds import MAX_LENGTH
from .dropping import drop
from .registry import event, request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

INVALID_RESIZE_EDGE = 0
INVALID_PARENT = 1
INVALID_SIZE = 2
ORPHANED = 2
"""Of zxdg_toplevel_decoration_v1."""
NOT_CONSTRUCTED = 1
"""Of xdg_surface."""

RESIZE_EDGES = frozenset({0, 1, 2, 4, 5, 6, 8, 9, 10})

MAX_UNANSWERED = 256
"""Configures that a window may leave unanswered and still ask for more. The compositor keeps each
until it is acknowledged."""


def state_of(toplevel: Object) -> ToplevelState:
    """What is known of an xdg_toplevel."""
    state = toplevel.state
    assert isinstance(state, ToplevelState)
    return state


def listens(gate: Context, xdg_surface: Object) -> bool:
    """Does it answer its configures? What would only lead to one more is counted when not."""
    state: XdgSurfaceState = xdg_surface.state
    if len(state.sent) < MAX_UNANSWERED:
        return True
    drop(gate, "unanswered-configures")
    return False


@request("xdg_toplevel", "destroy")
def destroy(_gate: Context, toplevel: Object) -> Verdict:
    """After its decoration, which keeps pointing at it."""
    decoration = state_of(toplevel).decoration
    if decoration is not None and decoration.alive:
        text = f"{toplevel!r} is destroyed before {decoration!r}"
        raise Refused(decoration, ORPHANED, text)
    return None


# --- names


@request("xdg_toplevel", "set_title")
def set_title(gate: Context, toplevel: Object, title: bytes) -> Verdict:
    """One short line that hides and fakes nothing."""
    safe = sanitise_title(title, utf8=gate.policy.utf8_titles)
    state_of(toplevel).title = safe
    return (safe.encode(),)


@request("xdg_toplevel", "set_app_id")
def set_app_id(_gate: Context, toplevel: Object, app_id: bytes) -> Verdict:
    """Likewise."""
    safe = sanitise_app_id(app_id)
    state_of(toplevel).app_id = safe
    return (safe.encode(),)


# --- relations and sizes


@request("xdg_toplevel", "set_parent")
def set_parent(_gate: Context, toplevel: Object, parent: Object | None) -> Verdict:
    """Windows form trees. As in wlroots a parent that is not mapped counts as none."""
    state = state_of(toplevel)
    at = parent
    while at is not None:
        if at is toplevel:
            raise Refused(toplevel, INVALID_PARENT, f"{toplevel!r} would be its own ancestor")
        at = state_of(at).parent
    state.leave_parent()
    if parent is not None and state_of(parent).xdg_surface.state.mapped:
        state.parent = parent
        state_of(parent).children.append(toplevel)
    return None


@request("xdg_toplevel", "set_min_size")
def set_min_size(_gate: Context, toplevel: Object, width: int, height: int) -> Verdict:
    """0: none."""
    state = state_of(toplevel)
    state.min_size = _limit(toplevel, width, height)
    state.sizes_changed = True
    return state.min_size


@request("xdg_toplevel", "set_max_size")
def set_max_size(_gate: Context, toplevel: Object, width: int, height: int) -> Verdict:
    """0: none. Toolkits say so by numbers that are too large, too."""
    state = state_of(toplevel)
    state.max_size = _limit(toplevel, width, height)
    state.sizes_changed = True
    return state.max_size


def _limit(toplevel: Object, width: int, height: int) -> tuple[int, int]:
    if width < 0 or height < 0:
        raise Refused(toplevel, INVALID_SIZE, f"a least or greatest size of {width}×{height}")
    return (min(width, MAX_LENGTH), min(height, MAX_LENGTH))


def check_sizes(toplevel: Object, state: ToplevelState) -> None:
    """At a commit: the least size is not more than the greatest. Raises Refused."""
    for least, greatest in zip(state.min_size, state.max_size, strict=True):
        if greatest and least > greatest:
            text = f"at least {state.min_size} and at most {state.max_size}"
            raise Refused(toplevel, INVALID_SIZE, text)
    state.sizes_changed = False


# --- what the person is said to have asked for


def _asked_by_person(gate: Context, toplevel: Object, serial: int) -> bool:
    xdg_surface = state_of(toplevel).xdg_surface
    state: XdgSurfaceState = xdg_surface.state
    if not state.configured:
        text = f"{toplevel!r} was not configured yet"
        raise Refused(xdg_surface, NOT_CONSTRUCTED, text)
    if gate.knowledge.was_given(serial):
        return True
    drop(gate, "window-serial")
    return False


@request("xdg_toplevel", "show_window_menu")
def show_window_menu(
    gate: Context, toplevel: Object, seat: Object, serial: int, x: int, y: int
) -> Verdict:
    """Only in answer to what the person did."""
    if not _asked_by_person(gate, toplevel, serial):
        return DROP
    x = max(-MAX_LENGTH, min(MAX_LENGTH, x))
    y = max(-MAX_LENGTH, min(MAX_LENGTH, y))
    return (seat, serial, x, y)


@request("xdg_toplevel", "move")
def move(gate: Context, toplevel: Object, _seat: Object, serial: int) -> Verdict:
    """Only in answer to what the person did."""
    return None if _asked_by_person(gate, toplevel, serial) else DROP


@request("xdg_toplevel", "resize")
def resize(gate: Context, toplevel: Object, _seat: Object, serial: int, edges: int) -> Verdict:
    """Only in answer to what the person did; by no edge at all is not at all."""
    if edges not in RESIZE_EDGES:
        raise Refused(toplevel, INVALID_RESIZE_EDGE, f"there is no resize edge {edges}")
    if not _asked_by_person(gate, toplevel, serial):
        return DROP
    # wlroots 0.17 takes no edge for an error, later ones do not.
    return None if edges else drop(gate, "resize-edge")


# --- states


@request("xdg_toplevel", "set_maximized")
def set_maximized(gate: Context, toplevel: Object) -> Verdict:
    """Asked for, not taken."""
    return _asked(gate, toplevel, "maximised", True)


@request("xdg_toplevel", "unset_maximized")
def unset_maximized(gate: Context, toplevel: Object) -> Verdict:
    """Asked for, not taken."""
    return _asked(gate, toplevel, "maximised", False)


@request("xdg_toplevel", "set_minimized")
def set_minimized(gate: Context, toplevel: Object) -> Verdict:
    """Asked for, not taken."""
    return _asked(gate, toplevel, "minimised", True)


@request("xdg_toplevel", "set_fullscreen")
def set_fullscreen(gate: Context, toplevel: Object, output: Object | None) -> Verdict:
    """For VMs that may."""
    if FULLSCREEN not in gate.policy.permissions:
        return drop(gate, "fullscreen")
    verdict = _asked(gate, toplevel, "fullscreen", True)
    if verdict is None:
        state_of(toplevel).fullscreen_output = output
    return verdict


@request("xdg_toplevel", "unset_fullscreen")
def unset_fullscreen(gate: Context, toplevel: Object) -> Verdict:
    """Everybody may."""
    verdict = _asked(gate, toplevel, "fullscreen", False)
    if verdict is None:
        state_of(toplevel).fullscreen_output = None
    return verdict


def _asked(gate: Context, toplevel: Object, what: str, value: bool) -> Verdict:
    state = state_of(toplevel)
    if not listens(gate, state.xdg_surface):
        return DROP
    setattr(state, what, value)
    return None


@event("xdg_toplevel", "configure")
def configure(
    _gate: Context, toplevel: Object, width: int, height: int, states: bytes
) -> Verdict:
    """What it shall be with the next configure of its xdg_surface."""
    state = state_of(toplevel)
    state.configured_size = (width, height)
    state.configured_states = tuple(one for (one,) in struct.iter_unpack("=I", states))
    return None
