"""What a client hears of its seat, and keyboards and pointers that a client of the host plays."""

from __future__ import annotations

import os

from .client import Client
from .connection import Object

BUTTON_LEFT, BUTTON_RIGHT = 0x110, 0x111
PRESSED, RELEASED = 1, 0
XKB_V1 = 1


class Seat:
    """The wl_seat that a client is offered, its keyboard and its pointer."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seat = client.bind("wl_seat")
        self.pointer = self.seat("get_pointer")
        self.keyboard = self.seat("get_keyboard")
        self.keys: list[tuple[int, int]] = []
        """Every key event: code and state."""
        self.held_at_enter: list[int] = []
        """Keys that were said to be down when the keyboard came."""
        self.focus: Object | None = None
        """The surface with the keyboard."""
        self.under: Object | None = None
        """The surface with the pointer."""
        self.at = (0.0, 0.0)
        self.buttons: list[tuple[int, int]] = []
        """Every button event: button and state."""
        self.serial = 0
        """Of the last event that has one."""
        self.press_serial = 0
        """Of the last press of a key or button."""
        self.enter_serial = 0
        """Of the pointer's last enter."""
        self.modifiers = 0
        self.group = 0
        self.keymap = ""
        self.repeat = (0, 0)
        """Rate a second, delay in milliseconds."""
        self.keyboard.on("keymap", self._keymap)
        self.keyboard.on("enter", self._keyboard_enter)
        self.keyboard.on("leave", self._keyboard_leave)
        self.keyboard.on("key", self._key)
        self.keyboard.on("modifiers", self._modifiers)
        self.keyboard.on("repeat_info", self._repeat)
        self.pointer.on("enter", self._pointer_enter)
        self.pointer.on("leave", self._pointer_leave)
        self.pointer.on("motion", self._motion)
        self.pointer.on("button", self._button)
        client.roundtrip()

    def _keymap(self, _format: int, fd: int, size: int) -> None:
        try:
            self.keymap = os.pread(fd, size, 0).rstrip(b"\0").decode()
        finally:
            os.close(fd)

    def _keyboard_enter(self, serial: int, surface: Object | None, keys: bytes) -> None:
        self.serial, self.focus = serial, surface
        self.held_at_enter += [
            int.from_bytes(keys[i : i + 4], "little") for i in range(0, len(keys), 4)
        ]

    def _keyboard_leave(self, serial: int, _surface: Object | None) -> None:
        self.serial, self.focus = serial, None

    def _key(self, serial: int, _time: int, code: int, state: int) -> None:
        self.serial = serial
        if state == PRESSED:
            self.press_serial = serial
        self.keys.append((code, state))

    def _modifiers(self, serial: int, down: int, latched: int, locked: int, group: int) -> None:
        self.serial = serial
        self.modifiers, self.group = down | latched | locked, group

    def _repeat(self, rate: int, delay: int) -> None:
        self.repeat = (rate, delay)

    def _pointer_enter(self, serial: int, surface: Object | None, x: float, y: float) -> None:
        self.serial = self.enter_serial = serial
        self.under, self.at = surface, (x, y)

    def _pointer_leave(self, serial: int, _surface: Object | None) -> None:
        self.serial, self.under = serial, None

    def _motion(self, _time: int, x: float, y: float) -> None:
        self.at = (x, y)

    def _button(self, serial: int, _time: int, button: int, state: int) -> None:
        self.serial = serial
        if state == PRESSED:
            self.press_serial = serial
        self.buttons.append((button, state))


class VirtualPointer:
    """A pointer that a client of the host moves."""

    def __init__(self, client: Client, extent: tuple[int, int]) -> None:
        """`extent`: size of the whole layout, logical pixels."""
        self.client = client
        self.extent = extent
        manager = client.the("zwlr_virtual_pointer_manager_v1")
        self.object = manager("create_virtual_pointer", None)
        client.roundtrip()

    def move(self, x: float, y: float) -> None:
        """Go to a point of the layout."""
        # Finer than a pixel, so that rounding never matters.
        self.object(
            "motion_absolute",
            0,
            round(x * 64),
            round(y * 64),
            self.extent[0] * 64,
            self.extent[1] * 64,
        )
        self.object("frame")
        self.client.roundtrip()

    def button(self, state: int, button: int = BUTTON_LEFT) -> None:
        """Press or release."""
        self.object("button", 0, button, state)
        self.object("frame")
        self.client.roundtrip()

    def click(self, x: float, y: float, button: int = BUTTON_LEFT) -> None:
        """Go there, press and release."""
        self.move(x, y)
        self.button(PRESSED, button)
        self.button(RELEASED, button)

    def unplug(self) -> None:
        """The pointer is gone."""
        self.object("destroy")
        self.client.roundtrip()


class VirtualKeyboard:
    """A keyboard that a client of the host plays."""

    def __init__(self, client: Client, layout: str = "us") -> None:
        self.client = client
        self.mask = 0
        manager = client.the("zwp_virtual_keyboard_manager_v1")
        self.object = manager("create_virtual_keyboard", client.the("wl_seat"))
        keymap = keymap_text(layout).encode() + b"\0"
        fd = os.memfd_create("keymap")
        try:
            os.write(fd, keymap)
            self.object("keymap", XKB_V1, fd, len(keymap))
        finally:
            os.close(fd)
        client.roundtrip()

    def key(self, code: int, state: int) -> None:
        """Press or release a key, by its evdev code."""
        self.object("key", 0, code, state)
        self.client.roundtrip()

    def type(self, *codes: int) -> None:
        """Press and release keys in turn."""
        for code in codes:
            self.key(code, PRESSED)
            self.key(code, RELEASED)

    def hold(self, mask: int) -> None:
        """Set the modifiers that are down, an xkb mask."""
        self.mask = mask
        self.object("modifiers", mask, 0, 0, 0)
        self.client.roundtrip()

    def unplug(self) -> None:
        """The keyboard is gone, whatever it holds."""
        self.object("destroy")
        self.client.roundtrip()


def keymap_text(layout: str) -> str:
    """A keymap by the names of its parts, which libxkbcommon looks up where it is compiled."""
    parts = {
        "xkb_keycodes": "evdev",
        "xkb_types": "complete",
        "xkb_compat": "complete",
        "xkb_symbols": f"pc+{layout}+inet(evdev)",
    }
    body = "".join(f'{kind} {{ include "{name}" }};\n' for kind, name in parts.items())
    return f"xkb_keymap {{\n{body}}};\n"
