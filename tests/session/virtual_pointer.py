"""A pointer that tests move: a client of zwlr_virtual_pointer_v1, on the bare wire.

Debian packages no program that moves a pointer so, and the messages are few.
"""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path
from types import TracebackType

BUTTON_LEFT, BUTTON_RIGHT, BUTTON_MIDDLE = 0x110, 0x111, 0x112
"""As in linux/input-event-codes.h."""

# Object ids: libwayland wants a client's new ids without gaps, so callbacks share one.
_DISPLAY, _REGISTRY, _CALLBACK, _MANAGER, _POINTER = 1, 2, 3, 4, 5
_VERTICAL, _WHEEL = 0, 0
"""wl_pointer's axis and axis source."""
_MANAGER_NAME = b"zwlr_virtual_pointer_manager_v1"
_DEADLINE_S = 20.0


class VirtualPointer:
    """A pointer over the whole layout of `width` by `height` logical pixels."""

    def __init__(self, display: Path, width: int, height: int) -> None:
        """Raises AssertionError when the session at the socket `display` has no such protocol."""
        self._extent = (width, height)
        self._buffer = b""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_DEADLINE_S)
        self._socket.connect(str(display))
        self._send(_DISPLAY, 1, struct.pack("=I", _REGISTRY))
        globals_ = self._round_trip()
        assert _MANAGER_NAME in globals_, sorted(globals_)
        name = _MANAGER_NAME + b"\0"
        padded = name + b"\0" * (-len(name) % 4)
        self._send(
            _REGISTRY,
            0,
            struct.pack("=II", globals_[_MANAGER_NAME], len(name))
            + padded
            + struct.pack("=II", 1, _MANAGER),
        )
        self._send(_MANAGER, 0, struct.pack("=II", 0, _POINTER))
        self._round_trip()

    def __enter__(self) -> VirtualPointer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the pointer away."""
        self._socket.close()

    def move(self, x: float, y: float) -> None:
        """To a point of the layout. Returns when the session has dealt with it, as all others."""
        self._queue_move(x, y)
        self._round_trip()

    def drag_to(self, x: float, y: float, start: tuple[float, float], steps: int = 8) -> None:
        """From `start` to a point in several steps, as a hand does; toolkits want to see some."""
        for step in range(1, steps + 1):
            part = step / steps
            self._queue_move(start[0] + (x - start[0]) * part, start[1] + (y - start[1]) * part)
            self._round_trip()

    def press(self, button: int = BUTTON_LEFT) -> None:
        """A button goes down."""
        self._button(button, 1)

    def release(self, button: int = BUTTON_LEFT) -> None:
        """A button goes up."""
        self._button(button, 0)

    def click(self, x: float, y: float, button: int = BUTTON_LEFT) -> None:
        """Move there, down and up."""
        self.move(x, y)
        self.press(button)
        self.release(button)

    def scroll(self, notches: int) -> None:
        """Turn the wheel; positive is down. A notch is 15 pixels, as libinput has it."""
        self._send(_POINTER, 5, struct.pack("=I", _WHEEL))
        values = (_now(), _VERTICAL, notches * 15 * 256, notches)
        self._send(_POINTER, 7, struct.pack("=IIii", *values))
        self._send(_POINTER, 4, b"")
        self._round_trip()

    def _queue_move(self, x: float, y: float) -> None:
        # Sixteenths of a pixel: the request takes whole numbers of any extent.
        values = (round(x * 16), round(y * 16), self._extent[0] * 16, self._extent[1] * 16)
        self._send(_POINTER, 1, struct.pack("=IIIII", _now(), *values))
        self._send(_POINTER, 4, b"")

    def _button(self, button: int, state: int) -> None:
        self._send(_POINTER, 2, struct.pack("=III", _now(), button, state))
        self._send(_POINTER, 4, b"")
        self._round_trip()

    def _send(self, target: int, opcode: int, body: bytes) -> None:
        size = 8 + len(body)
        self._socket.sendall(struct.pack("=II", target, size << 16 | opcode) + body)

    def _round_trip(self) -> dict[bytes, int]:
        """Wait until all that was sent is dealt with. Returns the globals that were announced."""
        self._send(_DISPLAY, 0, struct.pack("=I", _CALLBACK))
        globals_: dict[bytes, int] = {}
        while True:
            target, opcode, body = self._receive()
            if target == _DISPLAY and opcode == 0:
                raise AssertionError(f"the session refused the pointer: {body!r}")
            if target == _REGISTRY and opcode == 0:
                number, length = struct.unpack_from("=II", body)
                globals_[body[8 : 8 + length - 1]] = number
            # The callback is done, and this is delete_id: its id is free for the next one.
            elif target == _DISPLAY and opcode == 1 and body == struct.pack("=I", _CALLBACK):
                return globals_

    def _receive(self) -> tuple[int, int, bytes]:
        while True:
            if len(self._buffer) >= 8:
                target, word = struct.unpack_from("=II", self._buffer)
                size = word >> 16
                if len(self._buffer) >= size:
                    body, self._buffer = self._buffer[8:size], self._buffer[size:]
                    return target, word & 0xFFFF, body
            data = self._socket.recv(65536)
            if not data:
                raise AssertionError("the session closed the pointer's connection")
            self._buffer += data


def _now() -> int:
    return time.monotonic_ns() // 1_000_000 & 0xFFFFFFFF
