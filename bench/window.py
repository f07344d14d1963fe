"""A window of the bench: it draws a square at frame rate, or stands still."""

from __future__ import annotations

import os
import struct
import time
from functools import partial
from pathlib import Path

from .wire import DISPLAY, Link, message, text, words

CANVAS = (1920, 1080)
"""No window of the bench is larger."""
SMALL = 64
"""Side of a square to draw, pixels: so small that mostly the compositor's own work is measured."""
LARGE = 256
"""As much as weston-simple-shm draws: copying pixels, the same code in all of them, counts too."""

XRGB8888 = 1
BYTES_PER_PIXEL = 4
COLORS = (0x00406080, 0x00806040)


class Canvas:
    """The memory that all windows show, shared by all: two pictures, each of one colour.

    No client has memory of its own, so hundreds of them cost next to nothing.
    """

    def __init__(self, *, sealable: bool = True) -> None:
        """`sealable`: a gate can keep it from shrinking, and so need not copy what is drawn."""
        pixels = CANVAS[0] * CANVAS[1]
        self.half = pixels * BYTES_PER_PIXEL
        self.size = 2 * self.half
        self.fd = os.memfd_create(
            "bench-canvas", os.MFD_CLOEXEC | (os.MFD_ALLOW_SEALING if sealable else 0)
        )
        os.ftruncate(self.fd, self.size)
        for number, color in enumerate(COLORS):
            row = struct.pack("<I", color) * CANVAS[0]
            for line in range(CANVAS[1]):
                os.pwrite(self.fd, row, number * self.half + line * len(row))

    def close(self) -> None:
        """Let go of the memory."""
        os.close(self.fd)


class Window(Link):
    """A connection with one window. Ask `shown` whether it has drawn."""

    def __init__(
        self, path: Path, title: str, canvas: Canvas, size: tuple[int, int] = (480, 360)
    ) -> None:
        """`size` is used where the compositor leaves the choice to the client. Logical pixels."""
        self._callbacks: list[int] = []
        super().__init__(path)
        self.roundtrip()
        self._canvas = canvas
        self.size = (min(size[0], CANVAS[0]), min(size[1], CANVAS[1]))
        self.shown = False
        """It has a picture; whether the compositor has shown it is the compositor's affair."""
        self.configured = 0.0
        """When the compositor last asked for something, on the monotonic clock."""
        self.frames: list[float] = []
        """When each frame was reported to be on the screen, seconds of perf_counter."""
        self.drawing = False
        self._drawn: tuple[int, int] | None = None
        self._buffers: list[int] = []
        self._draws: list[bytes] = []
        self._square = SMALL
        self._wanted = (0, 0)

        self._compositor = self.bind("wl_compositor", 4)
        shm = self.bind("wl_shm", 1)
        self._base = self.bind("xdg_wm_base", 1, self._ping)
        # Numbers are used in the order in which they are made: the protocol wants it.
        # Two callbacks and two buffers, by turns: the last one may still be in use. Asking for an
        # answer makes the numbers of the callbacks known, for later.
        self._callbacks = [self.new_id(), self.new_id()]
        self.send(b"".join(message(DISPLAY, 0, words(number)) for number in self._callbacks))
        self._pool = self.new_id()
        self.send(message(shm, 0, words(self._pool, canvas.size)), [canvas.fd])
        self.surface = self.new_id()
        self._xdg = self.new_id(self._configure)
        toplevel = self.new_id(self._toplevel)
        self.send(
            message(self._compositor, 0, words(self.surface))
            + message(self._base, 2, words(self._xdg, self.surface))
            + message(self._xdg, 1, words(toplevel))
            + message(toplevel, 2, text(title))
            + message(toplevel, 3, text("bench"))
            + message(self.surface, 6)
        )

    def deleted(self, number: int) -> None:
        """A callback's number stays the callback's."""
        if number not in self._callbacks:
            super().deleted(number)

    def draw(self, square: int) -> None:
        """Draw a square of this side from now on, a frame whenever the last one was shown.

        Pixels; it is cut off where the window is smaller.
        """
        self._square = square
        self._prepare()
        for index, callback in enumerate(self._callbacks):
            self.handlers[callback] = partial(self._done, index)
        self.drawing = True
        self.send(self._draws[0])

    def still(self) -> None:
        """Stop drawing."""
        self.drawing = False

    def _done(self, index: int, opcode: int, body: bytes) -> None:
        self.frames.append(time.perf_counter())
        if self.drawing:
            self.send(self._draws[1 - index])

    def _ping(self, opcode: int, body: bytes) -> None:
        self.send(message(self._base, 3, body))

    def _toplevel(self, opcode: int, body: bytes) -> None:
        if opcode == 0:
            width, height = struct.unpack_from("<ii", body)
            self._wanted = (min(width, CANVAS[0]), min(height, CANVAS[1]))

    def _configure(self, opcode: int, body: bytes) -> None:
        self.configured = time.monotonic()
        self.size = (self._wanted[0] or self.size[0], self._wanted[1] or self.size[1])
        out = message(self._xdg, 4, body)
        if self.size != self._drawn:
            out += self._resized()
        self.send(out + message(self.surface, 6))
        self.shown = True

    def _resized(self) -> bytes:
        """Requests that give the surface a picture of its new size."""
        width, height = self._drawn = self.size
        old = self._buffers
        stride = CANVAS[0] * BYTES_PER_PIXEL
        self._buffers = [self.new_id(), self.new_id()]
        out = b""
        for number, buffer in enumerate(self._buffers):
            place = number * self._canvas.half
            out += message(
                self._pool, 0, words(buffer, place, width, height, stride, XRGB8888)
            )
        self._prepare()
        out += message(self.surface, 1, words(self._buffers[0], 0, 0))
        out += message(self.surface, 9, words(0, 0, width, height))
        return out + b"".join(message(buffer, 0) for buffer in old)

    def _prepare(self) -> None:
        """Make the requests that draw a frame, once for both buffers."""
        damage = words(0, 0, min(self._square, self.size[0]), min(self._square, self.size[1]))
        self._draws = [
            message(self.surface, 1, words(buffer, 0, 0))
            + message(self.surface, 9, damage)
            + message(self.surface, 3, words(callback))
            + message(self.surface, 6)
            for buffer, callback in zip(self._buffers, self._callbacks, strict=True)
        ]
