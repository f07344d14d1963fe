"""Seats, and the serials of input events."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spectrum_session.gate.rules.devices import MAX_DEVICES
from spectrum_session.gate.rules.registry import EVENTS, REQUESTS
from spectrum_session.gate.rules.seat import MISSING_CAPABILITY
from spectrum_session.gate.schema import SCHEMA
from spectrum_session.gate.serials import NOT_SERIALS, SERIALS_KEPT

from .ends import Refusal
from .protocol_xml import interfaces
from .seats import KEYBOARD_ENTER, NEVER_GIVEN, POINTER_ENTER, PRESS, Seats


@pytest.fixture
def ends() -> Seats:
    return Seats()


def test_only_what_a_seat_ever_had_can_be_had(ends: Seats) -> None:
    assert ends.refuses(ends.seat, "get_touch", ...).code == MISSING_CAPABILITY


@pytest.mark.parametrize(("capability", "kind"), [(1, "pointer"), (2, "keyboard"), (4, "touch")])
def test_what_a_seat_had_once_can_be_had(capability: int, kind: str) -> None:
    ends = Seats()
    seat = ends.bind("wl_seat")
    ends.tell(seat, "capabilities", 7 & ~capability)
    ends.tell(seat, "capabilities", capability)
    ends.tell(seat, "capabilities", 0)
    ends.ask(seat, f"get_{kind}", ...)
    assert ends.last()[0] == f"wl_seat.get_{kind}"

    bare = Seats()
    seat = bare.bind("wl_seat")
    bare.tell(seat, "capabilities", 7 & ~capability)
    assert bare.refuses(seat, f"get_{kind}", ...).code == MISSING_CAPABILITY


def test_a_client_may_ask_before_it_was_told(ends: Seats) -> None:
    """The compositor knows and answers."""
    seat = ends.bind("wl_seat")
    ends.ask(seat, "get_touch", ...)
    assert ends.last()[0] == "wl_seat.get_touch"


NO_INPUT = {
    ("xdg_surface", "configure"): "acknowledged by its own request",
    ("xdg_wm_base", "ping"): "answered by its own request",
    **NOT_SERIALS,
}
WITH_SERIAL = [
    (name, message.name, message.serials[0])
    for name, interface in sorted(interfaces().items())
    for message in interface.events
    if name in SCHEMA and message.serials and (name, message.name) not in NO_INPUT
]
"""Every event that the protocols' XML gives a serial."""


@pytest.mark.parametrize(("interface", "event", "place"), WITH_SERIAL)
def test_serials_of_input_are_remembered(
    ends: Seats, interface: str, event: str, place: int
) -> None:
    number = MAKERS[interface](ends)
    message = SCHEMA[interface].event(event)
    values: list[object] = [b"" if kind == "a" else 0 for kind in message.kinds]
    for where, kind, nullable in message.refers:
        values[where] = ends.surface if kind == "wl_surface" else 0 if nullable else 1
    values[place] = 4242
    assert not ends.gate.knowledge.was_given(4242)
    ends.tell(number, event, *values)
    assert ends.gate.knowledge.was_given(4242)
    assert ends.received[-1][0] == f"{interface}.{event}"


def touch(ends: Seats) -> int:
    ends.tell(ends.seat, "capabilities", 7)
    return ends.ask(ends.seat, "get_touch", ...)


def data_device(ends: Seats) -> int:
    return ends.ask(ends.bind("wl_data_device_manager"), "get_data_device", ..., ends.seat)


def tablets(ends: Seats) -> int:
    return ends.ask(ends.bind("zwp_tablet_manager_v2"), "get_tablet_seat", ..., ends.seat)


def gesture(ends: Seats, kind: str) -> int:
    return ends.ask(
        ends.bind("zwp_pointer_gestures_v1"), f"get_{kind}_gesture", ..., ends.pointer
    )


MAKERS: dict[str, Callable[[Seats], int]] = {
    "wl_pointer": lambda ends: ends.pointer,
    "wl_keyboard": lambda ends: ends.keyboard,
    "wl_touch": touch,
    "wl_data_device": data_device,
    "zwp_pointer_gesture_swipe_v1": lambda ends: gesture(ends, "swipe"),
    "zwp_pointer_gesture_pinch_v1": lambda ends: gesture(ends, "pinch"),
    "zwp_pointer_gesture_hold_v1": lambda ends: gesture(ends, "hold"),
    "zwp_tablet_tool_v2": lambda ends: ends.tell(tablets(ends), "tool_added", ...),
    "zwp_tablet_pad_v2": lambda ends: ends.tell(tablets(ends), "pad_added", ...),
    "zwp_tablet_pad_group_v2": lambda ends: ends.tell(
        ends.tell(tablets(ends), "pad_added", ...), "group", ...
    ),
}


MANY: dict[str, Callable[[Seats], int]] = {
    "wl_pointer": lambda ends: ends.ask(ends.seat, "get_pointer", ...),
    "wl_keyboard": lambda ends: ends.ask(ends.seat, "get_keyboard", ...),
    "wl_touch": touch,
    "wl_data_device": data_device,
    "zwp_primary_selection_device_v1": lambda ends: ends.ask(
        ends.bind("zwp_primary_selection_device_manager_v1"), "get_device", ..., ends.seat
    ),
    "zwp_relative_pointer_v1": lambda ends: ends.ask(
        ends.bind("zwp_relative_pointer_manager_v1"), "get_relative_pointer", ..., ends.pointer
    ),
    "zwp_pointer_gesture_swipe_v1": lambda ends: gesture(ends, "swipe"),
    "zwp_pointer_gesture_pinch_v1": lambda ends: gesture(ends, "pinch"),
    "zwp_pointer_gesture_hold_v1": lambda ends: gesture(ends, "hold"),
    "zwp_text_input_v3": lambda ends: ends.ask(
        ends.bind("zwp_text_input_manager_v3"), "get_text_input", ..., ends.seat
    ),
    "zwp_tablet_seat_v2": tablets,
}


@pytest.mark.parametrize("interface", MANY)
def test_not_too_many_are_told_the_same(interface: str) -> None:
    ends = Seats()
    made = [
        one.id for one in ends.gate.objects if one.interface.name == interface
    ]
    while len(made) < MAX_DEVICES:
        made.append(MANY[interface](ends))
    for old in made[:3]:
        (destructor,) = (one.name for one in ends.object(old).requests if one.destroys)
        ends.ask(old, destructor)
        made.append(MANY[interface](ends))
    with pytest.raises(Refusal, match=f"{MAX_DEVICES} of {interface}"):
        MANY[interface](ends)


def test_motion_has_no_rule() -> None:
    for name, events in {
        "wl_pointer": ("motion", "frame", "axis"),
        "wl_touch": ("motion", "frame"),
        "zwp_relative_pointer_v1": ("relative_motion",),
    }.items():
        for event in events:
            assert (name, event) not in EVENTS
            assert SCHEMA[name].event(event).whole is not None
    assert ("wl_surface", "frame") not in REQUESTS


def test_old_serials_end_but_the_newest_of_a_kind_does_not(ends: Seats) -> None:
    """Somebody may type a book while the pointer rests in the window."""
    given = ends.gate.knowledge.was_given
    ends.tell(ends.pointer, "button", 13, 0, 0x110, 0)
    for serial in range(1000, 1000 + SERIALS_KEPT):
        ends.tell(ends.keyboard, "key", serial, 0, 30, 1)
    assert given(POINTER_ENTER) and given(KEYBOARD_ENTER) and given(13)
    assert not given(PRESS)
    assert len(ends.gate.knowledge.serials) == SERIALS_KEPT
    assert not given(NEVER_GIVEN)
