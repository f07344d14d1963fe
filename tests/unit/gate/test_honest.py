"""What honest clients do with seats, cursors and data: it comes through byte for byte."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from spectrum_session.gate.codec import encode
from spectrum_session.gate.policy import PERMISSIONS, Policy
from spectrum_session.gate.schema import SCHEMA

from .ends import Ends

TYPES = [
    b"text/plain;charset=utf-8",
    b"text/plain",
    b"UTF8_STRING",
    b"TARGETS",
    b"text/html",
    b"image/png",
    b"chromium/x-web-custom-data",
    b'application/x-qt-windows-mime;value="FileName"',
]
STEP = st.integers(1, 2**28)
"""From one of a compositor's serials to its next: it gives none twice, and goes round in time."""
FIXED = st.integers(-256 * 4000, 256 * 4000)


class Wire(Ends):
    """Keeps the bytes of both directions, before the gate and after it."""

    def __init__(self) -> None:
        self.asked = bytearray()
        self.told = bytearray()
        self.after = {False: bytearray(), True: bytearray()}
        super().__init__(Policy(frozenset(PERMISSIONS)))

    def ask(self, number: int, request: str, *args: Any, fds: Any = ()) -> int:
        message = SCHEMA[self.interfaces[number]].request(request)
        made = super().ask(number, request, *args, fds=fds)
        self.asked += encode(message, number, [made if one is ... else one for one in args])
        return made

    def tell(self, number: int, event: str, *args: Any, fds: Any = ()) -> int:
        message = SCHEMA[self.interfaces[number]].event(event)
        made = super().tell(number, event, *args, fds=fds)
        self.told += encode(message, number, [made if one is ... else one for one in args])
        return made

    def came(self, message: bytes, *, events: bool) -> None:
        self.after[events] += message


class Client(RuleBasedStateMachine):
    """A toolkit: what the compositor tells it, and what it then asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.wire = wire = Wire()
        self.compositor = wire.bind("wl_compositor")
        self.seat = wire.bind("wl_seat")
        wire.tell(self.seat, "capabilities", 7)
        self.pointer = wire.ask(self.seat, "get_pointer", ...)
        self.keyboard = wire.ask(self.seat, "get_keyboard", ...)
        self.touch = wire.ask(self.seat, "get_touch", ...)
        self.shapes = wire.ask(
            wire.bind("wp_cursor_shape_manager_v1"), "get_pointer", ..., self.pointer
        )
        self.data = wire.bind("wl_data_device_manager")
        self.device = wire.ask(self.data, "get_data_device", ..., self.seat)
        self.primary = wire.bind("zwp_primary_selection_device_manager_v1")
        self.primary_device = wire.ask(self.primary, "get_device", ..., self.seat)
        self.constraints = wire.bind("zwp_pointer_constraints_v1")
        self.field = wire.ask(
            wire.bind("zwp_text_input_manager_v3"), "get_text_input", ..., self.seat
        )
        self.surface = wire.ask(self.compositor, "create_surface", ...)
        self.picture = wire.ask(self.compositor, "create_surface", ...)
        self.entered: int | None = None
        """Serial with which the pointer came."""
        self.focused: int | None = None
        """The same of the keyboard."""
        self.press: int | None = None
        self.last: int | None = None
        """Of whatever came last."""
        self.constraint: int | None = None
        self.over: int | None = None
        """The offer that is dragged over the client."""
        self._serial = 2**32 - 2**29

    def _next(self, step: int = 1) -> int:
        self._serial = (self._serial + step) % 2**32 or 1
        return self._serial

    # --- input

    @rule(step=STEP, x=FIXED, y=FIXED)
    def pointer_comes(self, step: int, x: int, y: int) -> None:
        serial = self._next(step)
        self.wire.tell(self.pointer, "enter", serial, self.surface, x, y)
        self.wire.tell(self.pointer, "frame")
        self.entered = self.last = serial

    @precondition(lambda self: self.entered is not None)
    @rule(step=STEP)
    def pointer_goes(self, step: int) -> None:
        self.wire.tell(self.pointer, "leave", self._next(step), self.surface)
        self.entered = None

    @rule(x=FIXED, y=FIXED)
    def pointer_moves(self, x: int, y: int) -> None:
        self.wire.tell(self.pointer, "motion", 5, x, y)
        self.wire.tell(self.pointer, "frame")

    @precondition(lambda self: self.entered is not None)
    @rule(step=STEP, pressed=st.booleans())
    def button(self, step: int, pressed: bool) -> None:
        serial = self._next(step)
        self.wire.tell(self.pointer, "button", serial, 5, 0x110, int(pressed))
        self.last = serial
        self.press = serial if pressed else None

    @rule(step=STEP)
    def keyboard_comes(self, step: int) -> None:
        serial = self._next(step)
        self.wire.tell(self.keyboard, "enter", serial, self.surface, b"")
        self.wire.tell(self.keyboard, "modifiers", serial, 0, 0, 0, 0)
        self.focused = self.last = serial

    @precondition(lambda self: self.focused is not None)
    @rule(step=STEP, count=st.sampled_from((1, 2, 3, 5, 40, 1100)))
    def types(self, step: int, count: int) -> None:
        for number in range(count):
            self.last = self._next(1 if number else step)
            self.wire.tell(self.keyboard, "key", self.last, 5, 30, number & 1)
        if count > 500:
            # No drag begins with a button that has been down for so long.
            self.press = None

    # --- cursors

    @precondition(lambda self: self.entered is not None)
    @rule(shape=st.integers(1, 34))
    def shape(self, shape: int) -> None:
        self.wire.ask(self.shapes, "set_shape", self.entered, shape)

    @precondition(lambda self: self.entered is not None)
    @rule(hidden=st.booleans(), x=st.integers(-8, 128), y=st.integers(-8, 128))
    def cursor(self, hidden: bool, x: int, y: int) -> None:
        surface = 0 if hidden else self.picture
        self.wire.ask(self.pointer, "set_cursor", self.entered, surface, x, y)
        self.wire.ask(self.picture, "commit")

    # --- constraints

    @precondition(lambda self: self.constraint is None)
    @rule(lifetime=st.integers(1, 2), lock=st.booleans())
    def constrain(self, lifetime: int, lock: bool) -> None:
        request = "lock_pointer" if lock else "confine_pointer"
        self.constraint = self.wire.ask(
            self.constraints, request, ..., self.surface, self.pointer, 0, lifetime
        )
        on, off = ("locked", "unlocked") if lock else ("confined", "unconfined")
        self.wire.tell(self.constraint, on)
        if lock:
            self.wire.ask(self.constraint, "set_cursor_position_hint", 2560, 5120)
        self.wire.tell(self.constraint, off)

    @precondition(lambda self: self.constraint is not None)
    @rule()
    def free(self) -> None:
        assert self.constraint is not None
        self.wire.ask(self.constraint, "destroy")
        self.wire.delete(self.constraint)
        self.constraint = None

    # --- text

    @rule(
        text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
        data=st.data(),
    )
    def edit(self, text: str, data: st.DataObject) -> None:
        places = st.integers(0, len(text)).map(lambda at: len(text[:at].encode()))
        ask = self.wire.ask
        self.wire.tell(self.field, "enter", self.surface)
        ask(self.field, "enable")
        cursor, anchor = data.draw(places), data.draw(places)
        ask(self.field, "set_surrounding_text", text.encode(), cursor, anchor)
        ask(self.field, "set_text_change_cause", 1)
        ask(self.field, "set_content_type", 0x3, 13)
        ask(self.field, "set_cursor_rectangle", 10, 20, 1, 18)
        ask(self.field, "commit")
        self.wire.tell(self.field, "done", self.wire.object(self.field).state.commits)
        ask(self.field, "disable")
        ask(self.field, "commit")
        self.wire.tell(self.field, "leave", self.surface)

    # --- data

    @precondition(lambda self: self.last is not None)
    @rule(
        types=st.lists(st.sampled_from(TYPES), min_size=1),
        primary=st.booleans(),
        by_focus=st.booleans(),
        nothing=st.booleans(),
    )
    def copies(self, types: list[bytes], primary: bool, by_focus: bool, nothing: bool) -> None:
        device = self.primary_device if primary else self.device
        serial = self.focused if by_focus and self.focused is not None else self.last
        if nothing:
            self.wire.ask(device, "set_selection", 0, serial)
            return
        source = self._source(types, primary=primary)
        self.wire.ask(device, "set_selection", source, serial)
        self.wire.tell(source, "send", types[0], None, fds=[os.memfd_create("paste")])
        self.wire.tell(source, "cancelled")
        self.wire.ask(source, "destroy")
        self.wire.delete(source)

    @rule(types=st.lists(st.sampled_from(TYPES), min_size=1), primary=st.booleans())
    def pastes(self, types: list[bytes], primary: bool) -> None:
        device = self.primary_device if primary else self.device
        offer = self.wire.tell(device, "data_offer", ...)
        for name in types:
            self.wire.tell(offer, "offer", name)
        self.wire.tell(device, "selection", offer)
        self._receive(offer, types[-1])
        self.wire.tell(device, "selection", 0)
        self.wire.ask(offer, "destroy")

    @precondition(lambda self: self.press is not None)
    @rule(
        types=st.lists(st.sampled_from(TYPES), min_size=1), icon=st.booleans(), done=st.booleans()
    )
    def drags(self, types: list[bytes], icon: bool, done: bool) -> None:
        surface = self.wire.ask(self.compositor, "create_surface", ...) if icon else 0
        source = self._source(types, primary=False)
        self.wire.ask(source, "set_actions", 3)
        self.wire.ask(self.device, "start_drag", source, self.surface, surface, self.press)
        if icon:
            self.wire.ask(surface, "commit")
        self.press = None
        self.wire.tell(source, "target", types[0])
        self.wire.tell(source, "action", 2)
        self.wire.tell(source, "dnd_drop_performed")
        self.wire.tell(source, "dnd_finished" if done else "cancelled")
        self.wire.ask(source, "destroy")
        self.wire.delete(source)

    @rule(
        step=STEP,
        types=st.lists(st.sampled_from(TYPES), min_size=1),
        takes=st.booleans(),
        chosen=st.booleans(),
    )
    def is_dragged_over(
        self, step: int, types: list[bytes], takes: bool, chosen: bool
    ) -> None:
        wire, serial = self.wire, self._next(step)
        offer = wire.tell(self.device, "data_offer", ...)
        for name in types:
            wire.tell(offer, "offer", name)
        wire.tell(offer, "source_actions", 3)
        wire.tell(self.device, "enter", serial, self.surface, 0, 0, offer)
        wire.ask(offer, "accept", serial, types[0] if takes else None)
        wire.ask(offer, "set_actions", 3, 1)
        if chosen:
            # A second offer of the same drag hears nothing when the choice stays.
            wire.tell(offer, "action", 1)
        wire.tell(self.device, "motion", 5, 10, 10)
        if takes:
            wire.tell(self.device, "drop")
            wire.tell(self.device, "leave")
            self._receive(offer, types[0])
            wire.ask(offer, "finish")
        else:
            wire.tell(self.device, "leave")
        wire.ask(offer, "destroy")

    def _source(self, types: list[bytes], *, primary: bool) -> int:
        manager = self.primary if primary else self.data
        source = self.wire.ask(
            manager, "create_source" if primary else "create_data_source", ...
        )
        for name in types:
            self.wire.ask(source, "offer", name)
        return source

    def _receive(self, offer: int, name: bytes) -> None:
        ours, theirs = os.pipe()
        self.wire.ask(offer, "receive", name, None, fds=[theirs])
        os.close(ours)

    # --- what must hold

    @invariant()
    def all_came_through(self) -> None:
        wire = self.wire
        assert wire.after[False] == wire.asked
        assert wire.after[True] == wire.told
        assert wire.account.refused == {}
        for sent in (wire.asked, wire.told, *wire.after.values()):
            sent.clear()

    def teardown(self) -> None:
        self.wire.gate.close()
        assert set(self.wire.account.used.values()) == {0}


TestHonestClients = Client.TestCase
TestHonestClients.settings = settings(max_examples=40, stateful_step_count=20)
