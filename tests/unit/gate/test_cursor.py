"""Cursors and drag icons: drawn, named, too large, without permission."""

from __future__ import annotations

import pytest

from spectrum_session.gate.policy import CUSTOM_CURSORS, MAX_CURSOR
from spectrum_session.gate.rules.cursor import (
    INVALID_SHAPE,
    INVALID_SIZE,
    MAX_DRAG_ICON,
    ROLE,
    SHAPES,
)

from .seats import ALL, NEVER_GIVEN, POINTER_ENTER, PRESS, Seats


@pytest.fixture
def ends() -> Seats:
    return Seats()


def shape_device(ends: Seats) -> int:
    return ends.ask(ends.bind("wp_cursor_shape_manager_v1"), "get_pointer", ..., ends.pointer)


def tool(ends: Seats) -> int:
    seat = ends.ask(ends.bind("zwp_tablet_manager_v2"), "get_tablet_seat", ..., ends.seat)
    tablet = ends.tell(seat, "tablet_added", ...)
    made = ends.tell(seat, "tool_added", ...)
    ends.tell(made, "proximity_in", 14, tablet, ends.surface)
    return made


@pytest.mark.parametrize("kind", ["pointer", "tool"])
def test_a_cursor_of_an_honest_client_passes(ends: Seats, kind: str) -> None:
    pointer = ends.pointer if kind == "pointer" else tool(ends)
    surface = ends.new(MAX_CURSOR, MAX_CURSOR)
    ends.passes(pointer, "set_cursor", POINTER_ENTER, surface, 4, MAX_CURSOR)
    ends.passes(pointer, "set_cursor", POINTER_ENTER, surface, 5, 5)
    ends.resize(surface, MAX_CURSOR, 8)
    assert ends.sent[-2][0] == "wl_surface.attach"
    ends.passes(pointer, "set_cursor", POINTER_ENTER, 0, 0, 0)
    ends.resize(surface, 24, 24)
    assert ends.account.refused == {}


def test_the_serial_must_have_been_given(ends: Seats) -> None:
    surface = ends.new()
    for serial in (0, NEVER_GIVEN):
        ends.drops(
            ends.pointer, "set_cursor", serial, surface, 0, 0, why="cursor-serial"
        )
    ends.drops(shape_device(ends), "set_shape", NEVER_GIVEN, 1, why="cursor-serial")
    assert ends.object(surface).state.role is None


def test_a_cursor_is_nothing_else(ends: Seats) -> None:
    surface = ends.new()
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, surface, 0, 0)
    refusal = ends.refuses(tool(ends), "set_cursor", 14, surface, 0, 0)
    assert refusal.code == ROLE
    assert "already has role cursor" in str(refusal)


@pytest.mark.parametrize("hotspot", [(0, MAX_CURSOR + 1), (-MAX_CURSOR - 1, 0), (0, -(2**31))])
def test_a_cursor_far_from_its_hotspot_is_not_shown(
    ends: Seats, hotspot: tuple[int, int]
) -> None:
    ends.drops(
        ends.pointer, "set_cursor", POINTER_ENTER, ends.new(), *hotspot, why="cursor-hotspot"
    )


def test_a_cursor_that_is_too_large_is_not_shown(ends: Seats) -> None:
    surface = ends.new(MAX_CURSOR + 1, 8)
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, surface, 3, 3)
    assert ends.last() == ("wl_pointer.set_cursor", (POINTER_ENTER, 0, 0, 0))
    assert ends.account.refused == {"cursor-size": 1}


def test_a_cursor_that_grows_is_taken_off_before_it_does(ends: Seats) -> None:
    surface = ends.new(24, 24)
    pen = tool(ends)
    second = ends.new(24, 24)
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, surface, 3, 3)
    ends.ask(pen, "set_cursor", 14, second, 3, 3)
    for one, pointer, serial in ((surface, ends.pointer, POINTER_ENTER), (second, pen, 14)):
        ends.resize(one, 24, MAX_CURSOR + 1)
        assert ends.sent[-2] == (f"{ends.interfaces[pointer]}.set_cursor", (serial, 0, 0, 0))
        assert ends.last()[0] == "wl_surface.commit"
        # It is on no pointer now: whatever size it takes concerns nobody.
        ends.resize(one, 24, MAX_CURSOR + 2)
        assert ends.sent[-2][0] == "wl_surface.attach"
    assert ends.account.refused == {"cursor-size": 2}


@pytest.mark.parametrize("kind", ["pointer", "tool"])
def test_nothing_is_asked_of_what_is_gone(ends: Seats, kind: str) -> None:
    surface = ends.new(24, 24)
    pointer = ends.pointer if kind == "pointer" else tool(ends)
    ends.ask(pointer, "set_cursor", POINTER_ENTER, surface, 3, 3)
    if kind == "pointer":
        ends.ask(pointer, "release")
    else:
        ends.tell(pointer, "removed")
    ends.resize(surface, 24, MAX_CURSOR + 1)
    assert ends.sent[-2][0] == "wl_surface.attach"


def test_what_is_not_shown_any_more_may_be_any_size(ends: Seats) -> None:
    surface, other = ends.new(24, 24), ends.new(24, 24)
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, surface, 3, 3)
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, other, 3, 3)
    ends.resize(surface, 24, MAX_CURSOR + 1)
    assert ends.sent[-2][0] == "wl_surface.attach"
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, surface, 3, 3)
    ends.ask(shape_device(ends), "set_shape", POINTER_ENTER, 1)
    ends.resize(other, 24, MAX_CURSOR + 1)
    assert ends.sent[-2][0] == "wl_surface.attach"


@pytest.mark.parametrize("event", ["enter", "leave"])
def test_the_compositor_shows_its_own_when_the_pointer_comes_or_goes(
    ends: Seats, event: str
) -> None:
    surface = ends.new(24, 24)
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, surface, 3, 3)
    assert ends.object(ends.pointer).state.describe()["cursor"] == surface
    ends.tell(ends.pointer, event, 20, ends.surface, *((0, 0) if event == "enter" else ()))
    assert ends.object(ends.pointer).state.describe()["cursor"] is None
    assert ends.object(surface).state.shown_by == []


def test_without_permission_no_picture_of_the_vm_is_a_cursor() -> None:
    ends = Seats(ALL - {CUSTOM_CURSORS})
    surface = ends.new(24, 24)
    ends.drops(
        ends.pointer, "set_cursor", POINTER_ENTER, surface, 3, 3, why="custom-cursors"
    )
    # It could not show one again.
    ends.drops(ends.pointer, "set_cursor", POINTER_ENTER, 0, 0, 0, why="custom-cursors")
    ends.passes(shape_device(ends), "set_shape", POINTER_ENTER, 4)
    ends.passes(ends.pointer, "set_cursor", POINTER_ENTER, 0, 0, 0)
    ends.drops(
        ends.pointer, "set_cursor", POINTER_ENTER, surface, 3, 3, why="custom-cursors"
    )


def test_shapes_that_there_are(ends: Seats) -> None:
    device = shape_device(ends)
    for shape in range(1, SHAPES + 1):
        ends.passes(device, "set_shape", POINTER_ENTER, shape)
    assert ends.object(ends.pointer).state.shape == SHAPES


@pytest.mark.parametrize("shape", [0, SHAPES + 1, 2**32 - 1])
def test_shapes_that_there_are_not(ends: Seats, shape: int) -> None:
    device = shape_device(ends)
    refusal = ends.refuses(device, "set_shape", POINTER_ENTER, shape)
    assert (refusal.object_id, refusal.code) == (device, INVALID_SHAPE)


def test_a_drag_icon_has_a_bound(ends: Seats) -> None:
    manager = ends.bind("wl_data_device_manager")
    device = ends.ask(manager, "get_data_device", ..., ends.seat)
    source = ends.ask(manager, "create_data_source", ...)
    icon = ends.new()
    ends.ask(device, "start_drag", source, ends.surface, icon, PRESS)
    ends.resize(icon, MAX_DRAG_ICON, MAX_DRAG_ICON)
    assert ends.last()[0] == "wl_surface.commit"
    ends.ask(ends.object(icon).state.viewport.id, "set_destination", MAX_DRAG_ICON + 1, 1)
    assert ends.refuses(icon, "commit").code == INVALID_SIZE
