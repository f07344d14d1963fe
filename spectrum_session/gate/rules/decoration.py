"""zxdg_decoration_manager_v1 and KDE's older protocol: who draws a window's frame. The compositor
does, whatever is asked; here it is only seen to that it can be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.shell_model import DecorationState, KdeDecorationState
from spectrum_session.gate.verdict import DROP, IMPLEMENTATION, Refused, Verdict

from .registry import request
from .xdg_toplevel import listens
from .xdg_toplevel import state_of as toplevel_state_of

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

UNCONFIGURED_BUFFER = 0
ALREADY_CONSTRUCTED = 1
INVALID_MODE = 3

MODES = (1, 2)
"""Client side and server side."""
KDE_MODES = (0, 1, 2)
"""None, client and server."""


@request("zxdg_decoration_manager_v1", "get_toplevel_decoration")
def get_toplevel_decoration(
    _gate: Context, manager: Object, made: Object, toplevel: Object
) -> Verdict:
    """One for a window, before it shows anything."""
    state = toplevel_state_of(toplevel)
    if state.xdg_surface.state.surface.state.buffer is not None:
        raise Refused(manager, UNCONFIGURED_BUFFER, f"{toplevel!r} has a buffer already")
    if state.decoration is not None:
        raise Refused(
            manager, ALREADY_CONSTRUCTED, f"{toplevel!r} has {state.decoration!r} already"
        )
    state.decoration = made
    made.state = DecorationState(toplevel)
    return None


@request("zxdg_toplevel_decoration_v1", "set_mode")
def set_mode(gate: Context, decoration: Object, mode: int) -> Verdict:
    """A wish."""
    if mode not in MODES:
        raise Refused(decoration, INVALID_MODE, f"there is no decoration mode {mode}")
    return _wish(gate, decoration, mode)


@request("zxdg_toplevel_decoration_v1", "unset_mode")
def unset_mode(gate: Context, decoration: Object) -> Verdict:
    """No wish."""
    return _wish(gate, decoration, None)


def _wish(gate: Context, decoration: Object, mode: int | None) -> Verdict:
    state: DecorationState = decoration.state
    # Each is answered by a configure.
    if not listens(gate, toplevel_state_of(state.toplevel).xdg_surface):
        return DROP
    state.asked = mode
    return None


@request("org_kde_kwin_server_decoration_manager", "create")
def create(_gate: Context, _manager: Object, made: Object, surface: Object) -> Verdict:
    """For a surface of any role, as in KDE."""
    made.state = KdeDecorationState(surface)
    return None


@request("org_kde_kwin_server_decoration", "request_mode")
def request_mode(_gate: Context, decoration: Object, mode: int) -> Verdict:
    """A wish. The protocol has no error of its own."""
    if mode not in KDE_MODES:
        raise Refused(None, IMPLEMENTATION, f"{decoration!r}: there is no decoration mode {mode}")
    decoration.state.asked = mode
    return None
