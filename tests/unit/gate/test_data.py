"""Sources, offers, selections and drags."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

from spectrum_session.gate.rules import data_device, data_offer, data_source
from spectrum_session.gate.rules.cursor import ROLE
from spectrum_session.gate.rules.mime import MAX_NAMES
from spectrum_session.gate.verdict import IMPLEMENTATION

from .seats import KEYBOARD_ENTER, NEVER_GIVEN, POINTER_ENTER, PRESS, Seats, no_fd_left

TEXT = b"text/plain;charset=utf-8"
MANAGERS = {
    "clipboard": ("wl_data_device_manager", "create_data_source", "get_data_device"),
    "primary": ("zwp_primary_selection_device_manager_v1", "create_source", "get_device"),
}


class Data(Seats):
    """With a data device."""

    def __init__(self, kind: str = "clipboard") -> None:
        super().__init__()
        manager, self.create, get = MANAGERS[kind]
        self.manager = self.bind(manager)
        self.device = self.ask(self.manager, get, ..., self.seat)

    def source(self, *types: bytes) -> int:
        made = self.ask(self.manager, self.create, ...)
        for one in types or (TEXT,):
            self.ask(made, "offer", one)
        return made

    def offer(self, *types: bytes) -> int:
        """An offer of the compositor's, of which it is not said what it is for."""
        made = self.tell(self.device, "data_offer", ...)
        for one in types or (TEXT,):
            self.tell(made, "offer", one)
        return made

    def selection(self) -> int:
        made = self.offer()
        self.tell(self.device, "selection", made)
        return made

    def dragged(self) -> int:
        made = self.offer()
        self.tell(self.device, "enter", 40, self.surface, 0, 0, made)
        return made


@pytest.fixture(params=MANAGERS)
def either(request: pytest.FixtureRequest) -> Data:
    return Data(request.param)


@pytest.fixture
def ends() -> Data:
    return Data()


# --- sources


def test_types_are_names_and_not_too_many(either: Data) -> None:
    source = either.source(TEXT)
    either.passes(source, "offer", TEXT)
    either.drops(source, "offer", b"\xff", why="mime-type")
    for number in range(MAX_NAMES - 1):
        either.passes(source, "offer", b"x/%d" % number)
    either.drops(source, "offer", b"x/more", why="mime-types")
    either.passes(source, "offer", TEXT)
    assert len(either.object(source).state.types) == MAX_NAMES


def test_drag_actions_are_said_once_and_are_some_that_there_are(ends: Data) -> None:
    ends.passes(ends.source(), "set_actions", 7)
    source = ends.source()
    ends.ask(source, "set_actions", 0)
    refusal = ends.refuses(source, "set_actions", 1)
    assert (refusal.object_id, refusal.code) == (source, data_source.INVALID_ACTION_MASK)


def test_drag_actions_that_there_are_not(ends: Data) -> None:
    code = data_source.INVALID_ACTION_MASK
    assert ends.refuses(ends.source(), "set_actions", 8).code == code


def test_drag_actions_are_not_said_when_it_is_used(ends: Data) -> None:
    source = ends.source()
    ends.ask(ends.device, "start_drag", source, ends.surface, 0, PRESS)
    code = data_source.INVALID_ACTION_MASK
    assert ends.refuses(source, "set_actions", 1).code == code


def test_cancelled_is_heard_once(either: Data) -> None:
    source = either.source()
    for _ in range(2):
        either.tell(source, "cancelled")
    assert [name.split(".")[1] for name, _ in either.received].count("cancelled") == 1


# --- selections


@pytest.mark.parametrize("serial", [PRESS, POINTER_ENTER, KEYBOARD_ENTER])
def test_a_selection_of_an_honest_client_passes(either: Data, serial: int) -> None:
    source = either.source()
    either.passes(either.device, "set_selection", source, serial)
    assert either.object(either.device).state.describe()["selection"] == source
    either.passes(either.device, "set_selection", 0, serial)
    assert either.object(either.device).state.selection is None


def test_a_selection_needs_a_serial(either: Data) -> None:
    source = either.source()
    either.drops(either.device, "set_selection", source, NEVER_GIVEN, why="selection-serial")
    # As GTK does before any input.
    either.ignores(either.device, "set_selection", source, 0)
    # What was dropped has not used it.
    either.passes(either.device, "set_selection", source, PRESS)


def test_a_source_that_is_cancelled_selects_nothing(either: Data) -> None:
    source, later = either.source(), either.source()
    either.ask(either.device, "set_selection", source, PRESS)
    either.passes(either.device, "set_selection", source, PRESS)
    either.ask(either.device, "set_selection", later, PRESS)
    either.tell(source, "cancelled")
    either.ignores(either.device, "set_selection", source, PRESS)
    assert either.object(either.device).state.selection.id == later


def test_a_source_with_drag_actions_is_to_drag(ends: Data) -> None:
    source = ends.source()
    ends.ask(source, "set_actions", 1)
    refusal = ends.refuses(ends.device, "set_selection", source, PRESS)
    assert (refusal.object_id, refusal.code) == (source, data_device.INVALID_SOURCE)


# --- drags


@pytest.mark.parametrize("first", ["selection", "drag"])
@pytest.mark.parametrize("second", ["selection", "drag"])
def test_a_source_is_used_once(ends: Data, first: str, second: str) -> None:
    """A source that is dragged twice is freed by wlroots while it still uses it."""
    source = ends.source()
    ends.tell(ends.pointer, "button", 50, 0, 0x111, 1)
    requests: dict[str, tuple[Any, ...]] = {
        "selection": ("set_selection", source),
        "drag": ("start_drag", source, ends.surface, 0),
    }
    ends.passes(ends.device, *requests[first], PRESS)
    if first == second == "selection":
        return
    refusal = ends.refuses(ends.device, *requests[second], 50)
    assert (refusal.object_id, refusal.code) == (ends.device, data_device.USED_SOURCE)


@pytest.mark.parametrize("serial", [0, NEVER_GIVEN, POINTER_ENTER, KEYBOARD_ENTER])
def test_a_drag_begins_with_a_press(ends: Data, serial: int) -> None:
    source = ends.source()
    icon = ends.new()
    ends.drops(
        ends.device, "start_drag", source, ends.surface, icon, serial, why="drag-serial"
    )
    # Toolkits wait for the end of it.
    assert ends.received[-1] == ("wl_data_source.cancelled", ())
    assert ends.object(icon).state.role is None
    ends.ignores(ends.device, "start_drag", source, ends.surface, icon, PRESS)
    count = len(ends.received)
    ends.drops(
        ends.device, "start_drag", source, ends.surface, icon, serial, why="drag-serial"
    )
    assert len(ends.received) == count


def test_a_press_begins_one_drag(ends: Data) -> None:
    def drag(serial: int) -> tuple[Any, ...]:
        return (ends.device, "start_drag", ends.source(), ends.surface, 0, serial)

    ends.passes(*drag(PRESS))
    for _ in range(3):
        ends.drops(*drag(PRESS), why="drag-serial")
    ends.tell(ends.pointer, "button", 50, 0, 0x110, 1)
    ends.passes(*drag(50))
    ends.drops(*drag(PRESS), why="drag-serial")


def test_nothing_is_dragged_without_a_source(ends: Data) -> None:
    """03b465f32, 6dcc061a7; and wlroots keeps a part of each one that it refuses."""
    ends.drops(ends.device, "start_drag", 0, ends.surface, 0, PRESS, why="drag-source")


def test_touches_and_pens_begin_drags(ends: Data) -> None:
    ends.tell(ends.seat, "capabilities", 7)
    touch = ends.ask(ends.seat, "get_touch", ...)
    ends.tell(touch, "down", 50, 0, ends.surface, 0, 0, 0)
    ends.passes(ends.device, "start_drag", ends.source(), ends.surface, 0, 50)


def test_an_icon_is_nothing_else(ends: Data) -> None:
    cursor = ends.new()
    ends.ask(ends.pointer, "set_cursor", POINTER_ENTER, cursor, 0, 0)
    refusal = ends.refuses(
        ends.device, "start_drag", ends.source(), ends.surface, cursor, PRESS
    )
    assert (refusal.object_id, refusal.code) == (ends.device, ROLE)


# --- offers


def test_what_is_offered_can_be_received(either: Data) -> None:
    offer = either.selection()
    with no_fd_left():
        ours, theirs = os.pipe()
        either.passes(offer, "receive", TEXT, None, fds=(theirs,))
        os.close(ours)
        assert len(either.gate.to_compositor.fds) == 1
        either.gate.to_compositor.sent_fds(1)
        left, right = socket.socketpair()
        either.passes(offer, "receive", TEXT, None, fds=(right.detach(),))
        left.close()
        either.gate.close()


def test_of_what_is_not_offered_a_client_reads_the_end(either: Data) -> None:
    offer = either.selection()
    ours, theirs = os.pipe()
    # While somebody holds the other end open there is nothing to read, and no end.
    os.set_blocking(ours, False)
    either.drops(offer, "receive", b"image/png", None, fds=(theirs,), why="mime-type")
    assert os.read(ours, 1) == b""
    os.close(ours)


@pytest.mark.parametrize("kind", ["file", "memory", "device", "reading end", "directory"])
def test_data_goes_to_pipes_and_sockets(either: Data, kind: str) -> None:
    offer = either.selection()
    with no_fd_left():
        extra = -1
        if kind == "file":
            fd = os.open("/tmp", os.O_RDWR | os.O_TMPFILE)
        elif kind == "memory":
            fd = os.memfd_create("test")
        elif kind == "device":
            fd = os.open("/dev/null", os.O_WRONLY)
        elif kind == "directory":
            fd = os.open("/", os.O_RDONLY)
        else:
            fd, extra = os.pipe()
        refusal = either.refuses(offer, "receive", TEXT, None, fds=(fd,))
        assert refusal.code == IMPLEMENTATION
        assert "no writable pipe" in str(refusal)
        if extra >= 0:
            os.close(extra)


def test_a_drop_is_accepted_received_and_finished(ends: Data) -> None:
    offer = ends.dragged()
    ends.tell(offer, "source_actions", 3)
    ends.passes(offer, "accept", 40, TEXT)
    ends.passes(offer, "set_actions", 3, 2)
    ends.tell(offer, "action", 2)
    ends.tell(ends.device, "drop")
    ends.tell(ends.device, "leave")
    ours, theirs = os.pipe()
    ends.passes(offer, "receive", TEXT, None, fds=(theirs,))
    os.close(ours)
    ends.passes(offer, "finish")
    for request in (("accept", 40, TEXT), ("set_actions", 0, 0), ("finish",)):
        ends.ignores(offer, *request)
    ours, theirs = os.pipe()
    ends.ignores(offer, "receive", TEXT, None, fds=(theirs,))
    os.close(ours)
    ends.passes(offer, "destroy")
    ends.gate.close()


def test_an_offer_that_was_left_is_good_for_nothing(ends: Data) -> None:
    offer = ends.dragged()
    ends.ask(offer, "accept", 40, TEXT)
    ends.tell(ends.device, "leave")
    for request in (("accept", 40, TEXT), ("set_actions", 1, 1), ("finish",)):
        ends.ignores(offer, *request)


def test_a_drop_is_of_the_drag_that_is_there(ends: Data) -> None:
    first = ends.dragged()
    ends.tell(ends.device, "leave")
    # One from elsewhere that offers nothing.
    ends.tell(ends.device, "enter", 41, ends.surface, 0, 0, 0)
    ends.tell(ends.device, "drop")
    ends.tell(ends.device, "leave")
    assert not ends.object(first).state.dropped
    second = ends.dragged()
    ends.tell(ends.device, "leave")
    ends.tell(ends.device, "drop")
    assert not ends.object(second).state.dropped


def test_nothing_is_accepted_that_is_not_offered(ends: Data) -> None:
    offer = ends.dragged()
    ends.drops(offer, "accept", 40, b"image/png", why="mime-type")
    assert not ends.object(offer).state.accepted


@pytest.mark.parametrize("missing", ["drop", "accept", "accept with a type", "drag"])
def test_finish_comes_last(ends: Data, missing: str) -> None:
    offer = ends.selection() if missing == "drag" else ends.dragged()
    if missing != "accept":
        ends.ask(offer, "accept", 40, TEXT)
    if missing == "accept with a type":
        ends.ask(offer, "accept", 40, None)
    if missing != "drop":
        ends.tell(ends.device, "drop")
    refusal = ends.refuses(offer, "finish")
    assert (refusal.object_id, refusal.code) == (offer, data_offer.INVALID_FINISH)


@pytest.mark.parametrize(
    ("actions", "preferred", "code"),
    [
        (8, 0, data_offer.INVALID_ACTION_MASK),
        (2**32 - 1, 1, data_offer.INVALID_ACTION_MASK),
        (3, 4, data_offer.INVALID_ACTION),
        (3, 3, data_offer.INVALID_ACTION),
        (0, 1, data_offer.INVALID_ACTION),
    ],
)
def test_actions_that_there_are_not(
    ends: Data, actions: int, preferred: int, code: int
) -> None:
    assert ends.refuses(ends.dragged(), "set_actions", actions, preferred).code == code


def test_a_selection_has_no_actions(ends: Data) -> None:
    code = data_offer.INVALID_OFFER
    assert ends.refuses(ends.selection(), "set_actions", 1, 1).code == code
