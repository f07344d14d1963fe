"""wl_seat, and the serials of all input events: a request may name those and no others.

What happens most, the motion of pointers and touches, carries no serial and has no rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_input import Attached, CursorState, SeatState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import DROP, Refused, Verdict

from . import devices
from .registry import event, request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

MISSING_CAPABILITY = 0
"""Of wl_seat.error."""

POINTER = 1
KEYBOARD = 2
TOUCH = 4


@event("wl_seat", "capabilities")
def capabilities(_gate: Context, seat: Object, now: int) -> Verdict:
    """A client may still ask for what was there once: it may not have heard that it went."""
    if seat.state is None:
        seat.state = SeatState()
    seat.state.capabilities |= now
    return None


@request("wl_seat", "get_pointer")
def get_pointer(gate: Context, seat: Object, made: Object) -> Verdict:
    """Only of a seat that ever had one."""
    _must_have(seat, POINTER, "pointer")
    devices.add(gate, made)
    made.state = CursorState(seat)
    return None


@request("wl_seat", "get_keyboard")
def get_keyboard(gate: Context, seat: Object, made: Object) -> Verdict:
    """Only of a seat that ever had one."""
    _must_have(seat, KEYBOARD, "keyboard")
    devices.add(gate, made)
    # With the keymap.
    gate.expect_descriptor()
    made.state = Attached(seat)
    return None


@request("wl_seat", "get_touch")
def get_touch(gate: Context, seat: Object, made: Object) -> Verdict:
    """Only of a seat that ever had one."""
    _must_have(seat, TOUCH, "touch")
    devices.add(gate, made)
    made.state = Attached(seat)
    return None


def _must_have(seat: Object, capability: int, name: str) -> None:
    # A client that asks before it was told anything of the seat gets the compositor's own answer.
    if seat.state is not None and not seat.state.capabilities & capability:
        raise Refused(seat, MISSING_CAPABILITY, f"{seat!r} never had a {name}")


@request("wl_seat", "release")
def release(gate: Context, seat: Object) -> Verdict:
    """With the last of its wl_seats wlroots forgets the client's pens as well."""
    return put_off(gate, seat)


def put_off(gate: Context, target: Object) -> Verdict:
    """Destroy an object for the compositor only when no pen is near a surface of the client's.

    wlroots before 0.19 forgets a pen that is near without letting go of the surface below it, and
    later writes to that surface though it is gone (7dd8fdf76). For the client it is destroyed at
    once.
    """
    if not gate.knowledge.pens_near:
        return None
    gate.knowledge.put_off.append(target)
    gate.objects.died(target)
    return DROP


def pen_left(gate: Context, pen: Object) -> None:
    """A pen is near no more; when it was the last one, do what was put off."""
    known = gate.knowledge
    known.pens_near.discard(pen)
    if known.pens_near:
        return
    for target in known.put_off:
        (destructor,) = (one for one in target.requests if one.destroys)
        gate.send_request(destructor, target.id)
    known.put_off.clear()


# --- serials


def _serial_of(name: str, *events: str) -> None:
    """Remember the first argument of these events."""
    for one in events:
        said = f"{name}.{one}"

        def given(
            gate: Context, _target: Object, serial: int, *_: object, said: str = said
        ) -> Verdict:
            gate.knowledge.gave_serial(serial, said)
            return None

        event(name, one)(given)


_serial_of("wl_pointer", "button")
_serial_of("wl_keyboard", "enter", "leave", "key", "modifiers")
_serial_of("wl_touch", "down", "up")
_serial_of("zwp_pointer_gesture_swipe_v1", "begin", "end")
_serial_of("zwp_pointer_gesture_pinch_v1", "begin", "end")
_serial_of("zwp_pointer_gesture_hold_v1", "begin", "end")
_serial_of("zwp_tablet_pad_v2", "enter", "leave")


@event("wl_pointer", "enter")
def pointer_entered(
    gate: Context, pointer: Object, serial: int, surface: Object | None, _x: int, _y: int
) -> Verdict:
    """Over another surface the compositor shows its own cursor until the client sets one."""
    gate.knowledge.gave_serial(serial, "wl_pointer.enter")
    state: CursorState = pointer.state
    state.surface = surface
    state.forget_cursor(pointer)
    return None


@event("wl_pointer", "leave")
def pointer_left(
    gate: Context, pointer: Object, serial: int, _surface: Object | None
) -> Verdict:
    """It is over none of the client's surfaces."""
    gate.knowledge.gave_serial(serial, "wl_pointer.leave")
    pointer.state.surface = None
    pointer.state.forget_cursor(pointer)
    return None


# --- what is made for a pointer


@request("zwp_relative_pointer_manager_v1", "get_relative_pointer")
@request(
    "zwp_pointer_gestures_v1", "get_swipe_gesture", "get_pinch_gesture", "get_hold_gesture"
)
def made_for_pointer(
    gate: Context, _manager: Object, made: Object, pointer: Object
) -> Verdict:
    """What else a pointer does."""
    devices.add(gate, made)
    made.state = Attached(pointer)
    return None
