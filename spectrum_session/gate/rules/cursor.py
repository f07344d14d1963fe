"""Cursors that a client draws or names, of pointers and of pens.

A picture at the pointer, over everything else, is what could best pass for something of the
host's: its size is bounded, and so is how far it may be from the pointer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model import SurfaceState
from spectrum_session.gate.model_input import Attached, CursorState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.policy import CUSTOM_CURSORS, MAX_CURSOR
from spectrum_session.gate.verdict import Refused, Verdict

from .dropping import drop
from .registry import request
from .roles import take_role

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

MAX_DRAG_ICON = 4096
"""Logical pixels of width and height. Browsers drag pictures in their own size; the compositor
shows none that could be taken for a window."""

ROLE = 0
"""Of wl_pointer.error and zwp_tablet_tool_v2.error."""
INVALID_SHAPE = 1
INVALID_SIZE = 2
"""Of wl_surface.error."""
SHAPES = 34
"""Of wp_cursor_shape_device_v1 in version 1, counted from 1."""

CURSOR = "cursor"
PEN_CURSOR = "tablet cursor"
"""A role of its own, as in wlroots."""
DRAG_ICON = "drag icon"
ROLES = (CURSOR, PEN_CURSOR, DRAG_ICON)
"""Roles of surfaces that follow a pointer."""
_ROLES = {"wl_pointer": CURSOR, "zwp_tablet_tool_v2": PEN_CURSOR}


@request("wl_pointer", "set_cursor")
@request("zwp_tablet_tool_v2", "set_cursor")
def set_cursor(
    gate: Context, pointer: Object, serial: int, surface: Object | None, x: int, y: int
) -> Verdict:
    """Show a surface at the pointer, or nothing at all. x and y: the hotspot in the surface.

    Clients name the serial with which the pointer entered, however long ago; compositors have
    always ignored any other.
    """
    if not gate.knowledge.was_given(serial):
        return drop(gate, "cursor-serial")
    state: CursorState = pointer.state
    if surface is not None:
        take_role(surface, _ROLES[pointer.interface.name], None, pointer, ROLE)
    if CUSTOM_CURSORS not in gate.policy.permissions and not _may_hide(state, surface):
        return drop(gate, "custom-cursors")
    if surface is not None and not (
        -MAX_CURSOR <= x <= MAX_CURSOR and -MAX_CURSOR <= y <= MAX_CURSOR
    ):
        return drop(gate, "cursor-hotspot")
    state.forget_cursor(pointer)
    state.serial = serial
    state.hotspot = (x, y)
    if surface is None:
        return None
    width, height = surface.state.size
    if width > MAX_CURSOR or height > MAX_CURSOR:
        drop(gate, "cursor-size")
        return (serial, 0, 0, 0)
    state.cursor = surface
    surface.state.shown_by.append(pointer)
    return None


def _may_hide(state: CursorState, surface: Object | None) -> bool:
    """A client that can name shapes may hide the cursor: it can show one again."""
    return surface is None and state.shape_device is not None and state.shape_device.alive


def check_commit(gate: Context, surface: Object, width: int, height: int) -> None:
    """Called before the commit of a surface that is a cursor or a drag icon goes on its way.

    A cursor that has become too large is taken off the pointer first. Raises Refused for a drag
    icon that is larger than any can be.
    """
    state: SurfaceState = surface.state
    if state.role == DRAG_ICON:
        if width > MAX_DRAG_ICON or height > MAX_DRAG_ICON:
            raise Refused(surface, INVALID_SIZE, f"a drag icon of {width}×{height}")
        return
    if width <= MAX_CURSOR and height <= MAX_CURSOR:
        return
    for pointer in list(state.shown_by):
        known: CursorState = pointer.state
        known.forget_cursor(pointer)
        drop(gate, "cursor-size")
        if pointer.alive and not known.removed:
            hide = pointer.interface.request("set_cursor")
            gate.send_request(hide, pointer.id, known.serial, 0, 0, 0)


# --- shapes by name


@request("wp_cursor_shape_manager_v1", "get_pointer", "get_tablet_tool_v2")
def get_device(_gate: Context, _manager: Object, made: Object, pointer: Object) -> Verdict:
    """Shapes for a pointer or a pen."""
    made.state = Attached(pointer)
    pointer.state.shape_device = made
    return None


@request("wp_cursor_shape_device_v1", "set_shape")
def set_shape(gate: Context, device: Object, serial: int, shape: int) -> Verdict:
    """One of those that there are, with a serial as for `set_cursor`."""
    if not 1 <= shape <= SHAPES:
        raise Refused(device, INVALID_SHAPE, f"there is no cursor shape {shape}")
    if not gate.knowledge.was_given(serial):
        return drop(gate, "cursor-serial")
    pointer: Object = device.state.to
    state: CursorState = pointer.state
    state.forget_cursor(pointer)
    state.shape = shape
    state.serial = serial
    return None
