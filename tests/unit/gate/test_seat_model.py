"""What is known of seats and data is enough to make them again, and can be read."""

from __future__ import annotations

from typing import Any

from .seats import POINTER_ENTER, PRESS, Seats


def described(ends: Seats) -> dict[int, dict[str, Any]]:
    """By id, without interface and id."""
    return {
        one.pop("id"): {key: value for key, value in one.items() if key != "interface"}
        for one in ends.gate.describe()
    }


def test_devices_of_a_seat() -> None:
    ends = Seats()
    ends.tell(ends.seat, "capabilities", 7)
    touch = ends.ask(ends.seat, "get_touch", ...)
    relative = ends.ask(
        ends.bind("zwp_relative_pointer_manager_v1"), "get_relative_pointer", ..., ends.pointer
    )
    swipe = ends.ask(
        ends.bind("zwp_pointer_gestures_v1"), "get_swipe_gesture", ..., ends.pointer
    )
    output = ends.bind("wl_output")
    xdg_output = ends.ask(ends.bind("zxdg_output_manager_v1"), "get_xdg_output", ..., output)
    known = described(ends)
    assert known[ends.seat] == {"capabilities": 7}
    assert known[ends.keyboard] == known[touch] == {"of": ends.seat}
    assert known[relative] == known[swipe] == {"of": ends.pointer}
    assert known[xdg_output] == {"of": output}


def test_what_a_pointer_shows() -> None:
    ends = Seats()
    device = ends.ask(
        ends.bind("wp_cursor_shape_manager_v1"), "get_pointer", ..., ends.pointer
    )
    picture = ends.new(24, 24)
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, picture, 3, 4)
    shown = {"over": ends.surface, "cursor": picture, "hotspot": [3, 4], "shape": 0}
    assert described(ends)[ends.pointer] == shown
    assert described(ends)[device] == {"of": ends.pointer}
    state = ends.object(ends.pointer).state
    assert (state.owner.id, state.serial) == (ends.seat, POINTER_ENTER)
    ends.ask(device, "set_shape", PRESS, 7)
    shown |= {"cursor": None, "shape": 7}
    assert described(ends)[ends.pointer] == shown
    assert state.serial == PRESS
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, 0, 0, 0)
    ends.tell(ends.pointer, "leave", 20, ends.surface)
    assert described(ends)[ends.pointer] == {
        "over": None, "cursor": None, "hotspot": [0, 0], "shape": 0,
    }


def test_pens() -> None:
    ends = Seats()
    seat = ends.ask(ends.bind("zwp_tablet_manager_v2"), "get_tablet_seat", ..., ends.seat)
    tablet, pen = ends.tell(seat, "tablet_added", ...), ends.tell(seat, "tool_added", ...)
    pad = ends.tell(seat, "pad_added", ...)
    ends.tell(pen, "proximity_in", 30, tablet, ends.surface)
    picture = ends.new(24, 24)
    ends.ask(pen, "set_cursor", 30, picture, 1, 1)
    known = described(ends)
    assert known[seat] == {"of": ends.seat}
    assert known[tablet] == known[pad] == {"of": seat}
    shown = {"over": ends.surface, "cursor": picture, "hotspot": [1, 1], "shape": 0}
    assert known[pen] == shown
    ends.tell(pen, "proximity_out")
    assert described(ends)[pen] == shown | {"over": None, "cursor": None}
    # It shows nothing of the client's from the moment that it is somewhere else.
    ends.tell(pen, "proximity_in", 31, tablet, ends.surface)
    ends.ask(pen, "set_cursor", 31, picture, 1, 1)
    ends.tell(pen, "proximity_in", 32, tablet, ends.surface)
    assert described(ends)[pen]["cursor"] is None


def test_constraints() -> None:
    ends = Seats()
    manager = ends.bind("zwp_pointer_constraints_v1")
    constraint = ends.ask(manager, "lock_pointer", ..., ends.surface, ends.pointer, 0, 2)
    ends.ask(constraint, "set_cursor_position_hint", 256, 512)
    ends.tell(constraint, "locked")
    known: dict[str, Any] = {
        "surface": ends.surface,
        "pointer": ends.pointer,
        "lifetime": 2,
        "active": True,
        "hint": [1, 2],
    }
    assert described(ends)[constraint] == known
    ends.tell(constraint, "unlocked")
    assert described(ends)[constraint] == known | {"active": False}


def test_text_fields() -> None:
    ends = Seats()
    field = ends.ask(
        ends.bind("zwp_text_input_manager_v3"), "get_text_input", ..., ends.seat
    )
    ends.tell(field, "enter", ends.surface)
    ends.ask(field, "enable")
    ends.ask(field, "set_content_type", 1, 2)
    ends.ask(field, "set_cursor_rectangle", 1, 2, 3, 4)
    ends.ask(field, "commit")
    assert described(ends)[field] == {
        "surface": ends.surface,
        "enabled": True,
        "commits": 1,
        "hint": 1,
        "purpose": 2,
        "rectangle": [1, 2, 3, 4],
    }
    ends.ask(field, "enable")
    ends.ask(field, "commit")
    assert described(ends)[field] == {
        "surface": ends.surface,
        "enabled": True,
        "commits": 2,
        "hint": 0,
        "purpose": 0,
        "rectangle": [0, 0, 0, 0],
    }


def test_data() -> None:
    ends = Seats()
    manager = ends.bind("wl_data_device_manager")
    device = ends.ask(manager, "get_data_device", ..., ends.seat)
    source = ends.ask(manager, "create_data_source", ...)
    dragged = ends.ask(manager, "create_data_source", ...)
    for name in (b"text/plain", b"UTF8_STRING"):
        ends.ask(source, "offer", name)
    ends.ask(dragged, "set_actions", 3)
    ends.ask(device, "set_selection", source, PRESS)
    ends.ask(device, "start_drag", dragged, ends.surface, 0, PRESS)
    ends.tell(dragged, "cancelled")
    offer = ends.tell(device, "data_offer", ...)
    ends.tell(offer, "offer", b"text/plain")
    ends.tell(device, "enter", 40, ends.surface, 0, 0, offer)
    ends.tell(offer, "action", 2)
    known = described(ends)
    assert known[source] == {
        "types": ["UTF8_STRING", "text/plain"],
        "actions": None,
        "use": "selection",
        "cancelled": False,
    }
    assert known[dragged] == {"types": [], "actions": 3, "use": "drag", "cancelled": True}
    assert known[offer] == {"types": 1, "kind": "drag", "action": 2}
    assert known[device] == {"seat": ends.seat, "selection": source, "offered": None}
    ends.tell(device, "selection", offer)
    assert described(ends)[device]["offered"] == offer
