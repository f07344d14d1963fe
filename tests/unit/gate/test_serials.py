"""Serials of the gate's own: a client's tell nothing of what others are sent."""

from __future__ import annotations

import pytest

from spectrum_session.gate.codec import HEADER, decode, encode
from spectrum_session.gate.rules.xdg_toplevel import MAX_UNANSWERED
from spectrum_session.gate.schema import SCHEMA, Message
from spectrum_session.gate.serials import MAX_SERIAL, NOT_SERIALS, SERIALS_KEPT, UNKNOWN, Serials

from .ends import FORGED
from .protocol_xml import interfaces
from .seats import Seats
from .shell import Shell

LIKE_SERIALS = [
    (message, described.serials)
    for name, interface in sorted(SCHEMA.items())
    if name in interfaces()
    for messages, all_described in (
        (interface.requests, interfaces()[name].requests),
        (interface.events, interfaces()[name].events),
    )
    for message in messages
    for described in all_described
    if described.name == message.name and described.serials
]


@pytest.mark.parametrize(("message", "places"), LIKE_SERIALS, ids=lambda one: repr(one))
def test_every_argument_that_is_called_a_serial_is_translated(
    message: Message, places: tuple[int, ...]
) -> None:
    if (message.interface, message.name) in NOT_SERIALS:
        assert not message.serials
    else:
        assert message.serials == places


def test_cursor_shapes_take_a_serial_too() -> None:
    # Debian's XML has none of them yet.
    assert SCHEMA["wp_cursor_shape_device_v1"].request("set_shape").serials == (0,)


def test_no_exception_is_left_over() -> None:
    known = {(message.interface, message.name) for message, _ in LIKE_SERIALS}
    assert set(NOT_SERIALS) <= known
    assert len(LIKE_SERIALS) > 40


# --- what the client sees


class Raw(Seats):
    """Keeps the serials that the client itself sees."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        super().__init__()

    def _read(self, data: bytearray, into: object, *, events: bool) -> None:
        raw, at = bytes(data), 0
        while events and at < len(raw):
            number, word = HEADER.unpack_from(raw, at)
            message = SCHEMA[self.interfaces[number]].events[word & 0xFFFF]
            values = decode(message, raw, at + 8, at + (word >> 16))
            self.seen += [values[place] for place in message.serials]
            if repr(message) == "wl_callback.done":
                self.seen.append(values[0])
            at += word >> 16
        super()._read(data, into, events=events)  # type: ignore[arg-type]


def test_they_count_one_by_one_whatever_the_compositor_sends_to_others() -> None:
    ends = Raw()
    assert ends.seen == [1, 2, 3]
    for theirs in (1000, 1001, 5, MAX_SERIAL, 7000):
        ends.tell(ends.keyboard, "key", theirs, 0, 30, 1)
    assert ends.seen == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("step", [0, 1, 17])
def test_a_sync_tells_nothing(step: int) -> None:
    """Neither a difference nor an equality with what the client was sent before."""
    ends = Raw()
    theirs = 50
    ends.tell(ends.keyboard, "key", theirs, 0, 30, 1)
    for _ in range(4):
        asked = ends.ask(1, "sync", ...)
        theirs += step
        ends.tell(asked, "done", theirs)
        ends.tell(1, "delete_id", asked)
    assert ends.seen == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_time_of_a_frame_is_none() -> None:
    ends = Raw()
    asked = ends.ask(ends.surface, "frame", ...)
    ends.tell(asked, "done", 123456)
    assert ends.seen[-1] == 123456
    # A sync of the same id afterwards, and a frame again.
    ends.tell(1, "delete_id", asked)
    again = Seats.ask(ends, 1, "sync", ...)
    ends.tell(again, "done", 123456)
    assert ends.seen[-1] == 4


def test_one_event_given_to_several_objects_has_one_serial() -> None:
    ends = Raw()
    other = ends.ask(ends.seat, "get_pointer", ...)
    for pointer in (ends.pointer, other):
        ends.tell(pointer, "button", 400, 0, 0x110, 1)
    assert ends.seen[-2:] == [4, 4]


def test_connections_of_a_vm_count_apart() -> None:
    one, other = Raw(), Raw()
    one.tell(one.keyboard, "key", 500, 0, 30, 1)
    other.tell(other.keyboard, "key", 600, 0, 30, 1)
    assert one.seen == other.seen


# --- what the compositor gets


def test_the_compositor_gets_its_own_back() -> None:
    ends = Raw()
    ends.tell(ends.pointer, "button", 90_000, 0, 0x110, 1)
    message = SCHEMA["wl_pointer"].request("set_cursor")
    ends.gate.from_client(encode(message, ends.pointer, (ends.seen[-1], 0, 0, 0)))
    ends._drain()
    assert ends.last() == ("wl_pointer.set_cursor", (90_000, 0, 0, 0))


def test_one_of_the_compositors_is_none_of_the_clients() -> None:
    ends = Raw()
    ends.tell(ends.pointer, "button", 90_000, 0, 0x110, 1)
    before = list(ends.sent)
    message = SCHEMA["wl_pointer"].request("set_cursor")
    ends.gate.from_client(encode(message, ends.pointer, (90_000, 0, 0, 0)))
    ends._drain()
    assert ends.sent == before
    assert ends.account.refused["cursor-serial"] == 1


def test_an_unknown_one_that_no_rule_looks_at_is_zero_for_the_compositor() -> None:
    ends = Raw()
    device = ends.ask(ends.bind("wl_data_device_manager"), "get_data_device", ..., ends.seat)
    offer = ends.tell(device, "data_offer", ...)
    ends.tell(offer, "offer", b"text/plain")
    ends.tell(device, "enter", 800, ends.surface, 0, 0, offer)
    ends.ask(offer, "accept", FORGED, b"text/plain")
    assert ends.last() == ("wl_data_offer.accept", (0, b"text/plain"))
    ends.ask(offer, "accept", 800, b"text/plain")
    assert ends.last() == ("wl_data_offer.accept", (800, b"text/plain"))


# --- memory


def test_the_memory_is_bounded() -> None:
    ends = Raw()
    for theirs in range(1000, 1000 + 20 * SERIALS_KEPT):
        ends.tell(ends.keyboard, "key", theirs, 0, 30, 1)
        assert len(ends.gate.serials) <= 4 * SERIALS_KEPT
    ends.received.clear()


def test_the_newest_of_each_event_stays_for_ever() -> None:
    """A pointer that stays in a window names its enter after any number of keys."""
    ends = Raw()
    ends.tell(ends.pointer, "enter", 100, ends.surface, 0, 0)
    for theirs in range(1000, 1000 + 10 * SERIALS_KEPT):
        ends.tell(ends.keyboard, "key", theirs, 0, 30, 1)
    ends.ask(ends.pointer, "set_cursor", 100, 0, 0, 0)
    assert ends.last() == ("wl_pointer.set_cursor", (100, 0, 0, 0))


def test_configures_live_until_they_are_acknowledged() -> None:
    shell = Shell()
    window = shell.new_toplevel()
    shell.ask(window.surface, "commit")
    serials = [shell.configure(window) for _ in range(MAX_UNANSWERED)]
    for _ in range(10 * SERIALS_KEPT):
        shell.press()
    for serial in serials:
        shell.ask(window.xdg, "ack_configure", serial)
        assert shell.last() == ("xdg_surface.ack_configure", (serial,))


def test_pruning_costs_little_however_many_are_wanted() -> None:
    looked = []

    def wanted() -> range:
        looked.append(1)
        assert len(looked) < 10
        return range(1, 50_000)

    serials = Serials(wanted)
    for theirs in range(1, 100_000):
        serials.to_client(theirs)
    assert looked
    assert serials.to_compositor(serials.to_client(3)) == 3


def test_they_go_round() -> None:
    serials = Serials(tuple)
    serials._last = MAX_SERIAL - 1
    assert [serials.to_client(theirs) for theirs in (5, 6, 7, 0)] == [MAX_SERIAL, 1, 2, 0]
    assert serials.to_compositor(2) == 7
    assert serials.to_compositor(0) == 0
    assert serials.to_compositor(9) == UNKNOWN


def test_nothing_but_the_serial_is_changed() -> None:
    ends = Raw()
    ends.ask(ends.pointer, "set_cursor", 12, 0, UNKNOWN, UNKNOWN)
    assert ends.last() == ("wl_pointer.set_cursor", (12, 0, UNKNOWN, UNKNOWN))
