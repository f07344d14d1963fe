"""QEMU's monitor: keys and the pointer go in, pictures come out, hardware comes and goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.wire.picture import Picture

from .lines import Lines

TIMEOUT_S = 60.0

PLAIN = {
    **{letter: letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789"},
    **{" ": "spc", "\n": "ret", "-": "minus", "=": "equal", ".": "dot", ",": "comma"},
    **{"/": "slash", ";": "semicolon", "'": "apostrophe"},
}
SHIFTED = {
    **{">": "dot", "<": "comma", "_": "minus", ":": "semicolon", '"': "apostrophe"},
    **{"$": "4", "?": "slash"},
}
"""Characters of a US keyboard, by the names of QEMU's keys."""


class Refused(RuntimeError):
    """QEMU did not do what it was asked to."""


class Qmp:
    """A connection to the monitor."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)
        self._events: list[dict[str, Any]] = []
        self._lines.receive(TIMEOUT_S)
        self("qmp_capabilities")

    def __call__(self, command: str, /, **arguments: Any) -> Any:
        """Run a command and return what it returned. Raises Refused."""
        names = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._lines.send({"execute": command, "arguments": names})
        while True:
            message = self._lines.receive(TIMEOUT_S)
            if "event" in message:
                self._events.append(message)
            elif "error" in message:
                raise Refused(f"{command}: {message['error']['desc']}")
            else:
                return message["return"]

    def close(self) -> None:
        """Disconnect."""
        self._lines.close()

    def wait_event(self, name: str, **data: Any) -> None:
        """Until QEMU tells of an event with these data; TimeoutError."""
        while True:
            for event in self._events:
                told = event.get("data", {})
                if event["event"] == name and data.items() <= told.items():
                    self._events.remove(event)
                    return
            message = self._lines.receive(TIMEOUT_S)
            assert "event" in message
            self._events.append(message)

    # --- keyboard

    def keys(self, *names: str) -> None:
        """Press keys one after the other, and let go in the opposite order."""
        down = [_key(name, True) for name in names]
        up = [_key(name, False) for name in reversed(names)]
        # One event a call: a device's queue is short, and what does not fit is dropped.
        for event in down + up:
            self("input-send-event", events=[event])

    def type(self, text: str) -> None:
        """Type on a US keyboard."""
        for character in text:
            if character in PLAIN:
                self.keys(PLAIN[character])
            elif character in SHIFTED:
                self.keys("shift", SHIFTED[character])
            else:
                self.keys("shift", PLAIN[character.lower()])

    # --- pointer

    def point(self, x: float, y: float) -> None:
        """Put the tablet's pen somewhere: fractions of the width and height of all outputs."""
        axes = [("x", x), ("y", y)]
        events = [
            {"type": "abs", "data": {"axis": axis, "value": round(place * 0x7FFF)}}
            for axis, place in axes
        ]
        self("input-send-event", events=events)

    def button(self, down: bool, name: str = "left") -> None:
        """Press a button of the tablet, or let go of it."""
        event = {"type": "btn", "data": {"button": name, "down": down}}
        self("input-send-event", events=[event])

    def click(self, name: str = "left") -> None:
        """Press a button and let go of it; the wheel is two of them."""
        self.button(True, name)
        self.button(False, name)

    # --- screen

    def screen(self, path: Path, head: int = 0, device: str = "gpu") -> Picture:
        """What a monitor shows. `path` takes the picture."""
        self("screendump", filename=str(path), device=device, head=head)
        return Picture.parse(path.read_bytes())

    def save(self, path: Path, head: int = 0) -> None:
        """What a monitor shows, as a PNG file."""
        self("screendump", filename=str(path), format="png", device="gpu", head=head)


def _key(name: str, down: bool) -> dict[str, Any]:
    return {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}}
