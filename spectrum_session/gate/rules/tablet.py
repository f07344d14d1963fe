"""zwp_tablet_v2: pens, and the pads beside them. The compositor makes all objects but the seat."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from spectrum_session.gate.model_input import Attached, CursorState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.schema import Message
from spectrum_session.gate.verdict import DROP, Verdict

from . import devices
from .dropping import drop
from .registry import event, request
from .seat import pen_left, put_off
from .text import is_text

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

MAX_FEEDBACK = 256
"""Bytes of what a client says that a pad's button does."""


@request("zwp_tablet_manager_v2", "get_tablet_seat")
def get_seat(gate: Context, _manager: Object, made: Object, seat: Object) -> Verdict:
    """The tablets of a seat."""
    devices.add(gate, made)
    made.state = Attached(seat)
    return None


@event("zwp_tablet_seat_v2", "tablet_added", "pad_added")
def device_added(_gate: Context, seat: Object, made: Object) -> Verdict:
    """Something without a cursor."""
    made.state = Attached(seat)
    return None


@event("zwp_tablet_seat_v2", "tool_added")
def tool_added(_gate: Context, _seat: Object, made: Object) -> Verdict:
    """A pen, which may have a cursor."""
    made.state = CursorState(None)
    return None


@request("zwp_tablet_seat_v2", "destroy")
def destroy_seat(gate: Context, seat: Object) -> Verdict:
    """Not while a pen is near."""
    return put_off(gate, seat)


@request("zwp_tablet_tool_v2", "destroy")
def destroy_tool(gate: Context, tool: Object) -> Verdict:
    """Not while a pen is near; the client hears nothing more of it."""
    verdict = put_off(gate, tool)
    if verdict is DROP:
        tool.events = _unheard(tool.interface.events)
    return verdict


def _unheard(events: tuple[Message, ...]) -> tuple[Message, ...]:
    """The same events, of which the gate takes notice and nobody else."""

    def silent(message: Message) -> Message:
        rule = message.rule

        def take(gate: Context, target: Object, *args: object) -> Verdict:
            if rule is not None:
                rule(gate, target, *args)
            return DROP

        copied = copy.copy(message)
        copied.attach(take)
        return copied

    return tuple(silent(message) for message in events)


@event("zwp_tablet_tool_v2", "proximity_in")
def near(
    gate: Context, tool: Object, serial: int, _tablet: Object | None, surface: Object | None
) -> Verdict:
    """A pen is near one of the client's surfaces."""
    gate.knowledge.gave_serial(serial, "zwp_tablet_tool_v2.proximity_in")
    gate.knowledge.pens_near.add(tool)
    tool.state.surface = surface
    tool.state.forget_cursor(tool)
    return None


@event("zwp_tablet_tool_v2", "proximity_out")
def far(gate: Context, tool: Object) -> Verdict:
    """It is near none any more."""
    tool.state.surface = None
    tool.state.forget_cursor(tool)
    pen_left(gate, tool)
    return None


@event("zwp_tablet_tool_v2", "removed")
def removed(gate: Context, tool: Object) -> Verdict:
    """It will not be near anything again."""
    tool.state.removed = True
    pen_left(gate, tool)
    return None


@event("zwp_tablet_tool_v2", "down")
def down(gate: Context, _tool: Object, serial: int) -> Verdict:
    """It touches."""
    gate.knowledge.gave_serial(serial, "zwp_tablet_tool_v2.down")
    return None


@event("zwp_tablet_tool_v2", "button")
def button(gate: Context, _tool: Object, serial: int, _button: int, _state: int) -> Verdict:
    """A button of the pen."""
    gate.knowledge.gave_serial(serial, "zwp_tablet_tool_v2.button")
    return None


@event("zwp_tablet_pad_group_v2", "mode_switch")
def mode_switched(
    gate: Context, _group: Object, _time: int, serial: int, _mode: int
) -> Verdict:
    """A pad's buttons mean something else now: clients answer with `set_feedback`."""
    gate.knowledge.gave_serial(serial, "zwp_tablet_pad_group_v2.mode_switch")
    return None


@request("zwp_tablet_pad_v2", "set_feedback")
def set_button_feedback(
    gate: Context, _pad: Object, _button: int, description: bytes, serial: int
) -> Verdict:
    """What a button does now."""
    return _feedback(gate, description, serial)


@request("zwp_tablet_pad_ring_v2", "set_feedback")
@request("zwp_tablet_pad_strip_v2", "set_feedback")
def set_feedback(gate: Context, _target: Object, description: bytes, serial: int) -> Verdict:
    """What a ring or strip does now."""
    return _feedback(gate, description, serial)


def _feedback(gate: Context, description: bytes, serial: int) -> Verdict:
    if not gate.knowledge.was_given(serial):
        return drop(gate, "tablet-serial")
    if len(description) > MAX_FEEDBACK or not is_text(description):
        return drop(gate, "tablet-feedback")
    return None
