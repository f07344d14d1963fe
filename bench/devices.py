"""A keyboard and a pointer that exist only here, and a window that feels them."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

from .window import CANVAS, Canvas, Window
from .wire import Link, NoAnswer, message, words

KEY_A = 30
"""evdev code; no compositor here binds it."""
KEYBOARD_MANAGER = "zwp_virtual_keyboard_manager_v1"
POINTER_MANAGER = "zwlr_virtual_pointer_manager_v1"

CAPABILITY_S = 2.0
"""How long a seat may take to notice a new device."""

_KEYMAP = b"""\
xkb_keymap {
  xkb_keycodes { minimum = 8; maximum = 255; <A> = 38; };
  xkb_types { include "complete" };
  xkb_compatibility { include "complete" };
  xkb_symbols { key <A> { [ a ] }; };
};
\0"""


class Unsupported(Exception):
    """The compositor has no such protocol."""


class Device(Link):
    """A connection for one virtual device."""

    def __init__(self, path: Path, manager: str) -> None:
        """Raises Unsupported."""
        super().__init__(path)
        self.roundtrip()
        if manager not in self.globals or "wl_seat" not in self.globals:
            self.close()
            raise Unsupported(manager)
        self.seat = self.bind("wl_seat", 1)
        self.manager = self.bind(manager, 1)


class VirtualKeyboard(Device):
    """A keyboard with one key."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, KEYBOARD_MANAGER)
        keyboard = self.new_id()
        fd = os.memfd_create("bench-keymap", os.MFD_CLOEXEC)
        os.write(fd, _KEYMAP)
        self.send(message(self.manager, 0, words(self.seat, keyboard)))
        self.send(message(keyboard, 0, words(1, len(_KEYMAP))), [fd])
        os.close(fd)
        self.press = message(keyboard, 1, words(0, KEY_A, 1))
        self.release = message(keyboard, 1, words(0, KEY_A, 0))
        self.roundtrip()


class VirtualPointer(Device):
    """A pointer."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, POINTER_MANAGER)
        self._pointer = self.new_id()
        self.send(message(self.manager, 0, words(self.seat, self._pointer)))
        self.roundtrip()

    def place(self, x: int, y: int) -> None:
        """Go to a point, in pixels of the output."""
        at = words(0, x, y, *CANVAS)
        self.send(message(self._pointer, 1, at) + message(self._pointer, 4))
        self.roundtrip()

    def step(self, dx: int, dy: int) -> bytes:
        """The message for a step of so many pixels, and the end of the event."""
        by = words(0, dx * 256, dy * 256)
        return message(self._pointer, 0, by) + message(self._pointer, 4)


class FeelingWindow(Window):
    """A window that counts what the keyboard and the pointer tell it."""

    def __init__(self, path: Path, canvas: Canvas) -> None:
        super().__init__(path, "bench input", canvas)
        self.keys = 0
        """Presses and releases so far."""
        self.motions = 0
        self.focused = False
        self._capabilities = 0
        self._seat = self.bind("wl_seat", 5, self._seat_event)
        self.until(lambda: self.shown, "the window's first configure")
        self.roundtrip()

    def listen_keyboard(self) -> None:
        """Bind the keyboard and wait for the focus. Raises Disconnected or Unsupported."""
        self._has(2)
        keyboard = self.new_id(self._keyboard_event)
        self.send(message(self._seat, 1, words(keyboard)))
        self.until(lambda: self.focused, "the keyboard's focus")

    def listen_pointer(self) -> None:
        """Bind the pointer. Raises Disconnected or Unsupported."""
        self._has(1)
        pointer = self.new_id(self._pointer_event)
        self.send(message(self._seat, 0, words(pointer)))
        self.roundtrip()

    def _has(self, capability: int) -> None:
        """Wait for the seat to know of the device, which was just made."""
        try:
            self.until(lambda: self._capabilities & capability, "a capability", CAPABILITY_S)
        except NoAnswer as error:
            raise Unsupported("the seat never has the device") from error

    def _seat_event(self, opcode: int, body: bytes) -> None:
        if opcode == 0:
            (self._capabilities,) = struct.unpack("<I", body)

    def _keyboard_event(self, opcode: int, body: bytes) -> None:
        if opcode == 3:
            self.keys += 1
        elif opcode in (1, 2):
            self.focused = opcode == 1

    def _pointer_event(self, opcode: int, body: bytes) -> None:
        if opcode == 2:
            self.motions += 1


def key_delays(keyboard: VirtualKeyboard, window: FeelingWindow, count: int) -> list[float]:
    """Seconds from each press of a key to its arrival in the window. Raises Disconnected.

    The next press comes a moment after the last release was felt: an idle compositor has to wake
    for it.
    """
    _warm_up(keyboard, window)
    delays = []
    for _ in range(count):
        for data, measured in ((keyboard.press, True), (keyboard.release, False)):
            before = window.keys
            start = time.perf_counter()
            keyboard.send(data)
            while window.keys == before:
                if not window.read_within(5):
                    raise NoAnswer("a key was lost")
            if measured:
                delays.append(time.perf_counter() - start)
        time.sleep(0.001)
    return delays


def _warm_up(keyboard: VirtualKeyboard, window: FeelingWindow) -> None:
    """Type until it is felt: a new window may be shielded from keys for a moment."""
    end = time.monotonic() + 5
    while not window.keys:
        keyboard.send(keyboard.press + keyboard.release)
        window.read_within(0.1)
        if time.monotonic() > end:
            raise NoAnswer("no key arrives")
    while window.read_within(0.1):
        pass


def move(
    pointer: VirtualPointer, window: FeelingWindow, hertz: int, seconds: float
) -> tuple[float, int]:
    """Move the pointer to and fro so many times a second.

    Returns how many steps a second there were and how many motions the window was told of.
    """
    # Sixteen steps right, sixteen left, and so on: the pointer stays over the window.
    steps = [pointer.step(2, 1)] * 16 + [pointer.step(-2, -1)] * 16
    before = window.motions
    begin = time.perf_counter()
    count = round(hertz * seconds)
    for number in range(count):
        wait = begin + number / hertz - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        pointer.send(steps[number % len(steps)])
        if number % 16 == 0:
            while window.read_within(0):
                pass
    elapsed = time.perf_counter() - begin
    pointer.roundtrip()
    window.roundtrip()
    return count / elapsed, window.motions - before
