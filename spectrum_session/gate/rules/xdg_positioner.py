"""xdg_positioner: where a popup wants to be.

A menu of thousands of lines honestly asks for more pixels than anything can have: numbers of the
right sign that are too large are made as large as can be, which the compositor does to them anyhow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.shell_model import PositionerState
from spectrum_session.gate.verdict import Refused, Verdict

from .bounds import MAX_LENGTH
from .dropping import drop
from .registry import request
from .xdg_wm_base import INVALID_POSITIONER, known_of

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

INVALID_INPUT = 0

LAST_EDGE = 8
"""Of the enums anchor and gravity: bottom_right."""
ALL_ADJUSTMENTS = 63


def state_of(positioner: Object) -> PositionerState:
    """What is known of an xdg_positioner."""
    state = positioner.state
    assert isinstance(state, PositionerState)
    return state


def complete(positioner: Object, wm_base: Object) -> PositionerState:
    """What a positioner says that shall place a popup. Raises Refused when that is not enough."""
    state = state_of(positioner)
    if not state.complete:
        text = f"{positioner!r} has no {'size' if state.size is None else 'anchor rectangle'} yet"
        raise Refused(wm_base, INVALID_POSITIONER, text)
    return state


def place(value: int) -> int:
    """A coordinate, within what can be."""
    return max(-MAX_LENGTH, min(MAX_LENGTH, value))


@request("xdg_positioner", "set_size")
def set_size(_gate: Context, positioner: Object, width: int, height: int) -> Verdict:
    """Of the popup's window geometry."""
    if width < 1 or height < 1:
        raise Refused(positioner, INVALID_INPUT, f"a popup of {width}×{height}")
    size = (min(width, MAX_LENGTH), min(height, MAX_LENGTH))
    state_of(positioner).size = size
    return size


@request("xdg_positioner", "set_anchor_rect")
def set_anchor_rect(
    _gate: Context, positioner: Object, x: int, y: int, width: int, height: int
) -> Verdict:
    """The part of the parent that it belongs to. Without width it says nothing."""
    if width < 0 or height < 0:
        raise Refused(positioner, INVALID_INPUT, f"an anchor rectangle of {width}×{height}")
    box = (place(x), place(y), min(width, MAX_LENGTH), min(height, MAX_LENGTH))
    state_of(positioner).anchor_rect = box
    return box


@request("xdg_positioner", "set_anchor")
def set_anchor(_gate: Context, positioner: Object, anchor: int) -> Verdict:
    """wlroots aborts where it meets another."""
    if anchor > LAST_EDGE:
        raise Refused(positioner, INVALID_INPUT, f"there is no anchor {anchor}")
    state_of(positioner).anchor = anchor
    return None


@request("xdg_positioner", "set_gravity")
def set_gravity(_gate: Context, positioner: Object, gravity: int) -> Verdict:
    """wlroots aborts where it meets another."""
    if gravity > LAST_EDGE:
        raise Refused(positioner, INVALID_INPUT, f"there is no gravity {gravity}")
    state_of(positioner).gravity = gravity
    return None


@request("xdg_positioner", "set_constraint_adjustment")
def set_constraint_adjustment(_gate: Context, positioner: Object, adjustment: int) -> Verdict:
    """What may be done when there is no room."""
    if adjustment > ALL_ADJUSTMENTS:
        raise Refused(positioner, INVALID_INPUT, f"there is no adjustment {adjustment:#x}")
    state_of(positioner).adjustment = adjustment
    return None


@request("xdg_positioner", "set_offset")
def set_offset(_gate: Context, positioner: Object, x: int, y: int) -> Verdict:
    """From where anchor and gravity put it."""
    offset = (place(x), place(y))
    state_of(positioner).offset = offset
    return offset


@request("xdg_positioner", "set_reactive")
def set_reactive(_gate: Context, positioner: Object) -> Verdict:
    """It is placed anew when its parent moves."""
    state_of(positioner).reactive = True
    return None


@request("xdg_positioner", "set_parent_size")
def set_parent_size(_gate: Context, positioner: Object, width: int, height: int) -> Verdict:
    """The parent's size that it was thought out for."""
    if width < 0 or height < 0:
        raise Refused(positioner, INVALID_INPUT, f"a parent of {width}×{height}")
    size = (min(width, MAX_LENGTH), min(height, MAX_LENGTH))
    state_of(positioner).parent_size = size
    return size


@request("xdg_positioner", "set_parent_configure")
def set_parent_configure(gate: Context, positioner: Object, serial: int) -> Verdict:
    """The parent's configure that it was thought out for: one that was sent."""
    state = state_of(positioner)
    if serial not in known_of(state.wm_base).configures:
        return drop(gate, "positioner-serial")
    state.parent_configure = serial
    return None
