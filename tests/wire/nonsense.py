"""Requests that no toolkit would send: valid on the wire, chosen at random."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .client import Client, make_buffer
from .connection import Object
from .devices import Seat
from .signatures import Argument
from .window import Window

NUMBERS = (0, 1, 2, 3, 7, 16, 100, 300, 1000, 4096, 65535, 0x7FFFFFFF)
TEXTS = ("", "text/plain", "work", "a" * 300, "\u202e\u2764", "%s%n")

SAFE_GLOBALS = (
    "wl_compositor",
    "wl_subcompositor",
    "wl_shm",
    "xdg_wm_base",
    "wl_data_device_manager",
    "zwp_primary_selection_device_manager_v1",
    "wp_viewporter",
    "wp_single_pixel_buffer_manager_v1",
    "wp_fractional_scale_manager_v1",
    "wp_presentation",
    "wp_content_type_manager_v1",
    "wp_tearing_control_manager_v1",
    "zxdg_decoration_manager_v1",
    "zxdg_output_manager_v1",
    "wp_cursor_shape_manager_v1",
    "zwp_relative_pointer_manager_v1",
    "zwp_pointer_constraints_v1",
    "zwp_pointer_gestures_v1",
    "zwp_tablet_manager_v2",
    "zwp_text_input_manager_v3",
    "zwp_idle_inhibit_manager_v1",
    "xdg_activation_v1",
    "wl_output",
)
"""What any client may bind."""


class Nonsense:
    """Sends requests that `choose` decides on: it is given a number of possibilities and returns
    one of them, counted from 0."""

    def __init__(self, client: Client, choose: Callable[[int], int]) -> None:
        self.client = client
        self.choose = choose
        self.seat = Seat(client)
        self.window = Window(client, title="nonsense", color=(120, 10, 120))
        made = [client.bind(kind) for kind in SAFE_GLOBALS if client.offers(kind)]
        made += [self.seat.seat, self.seat.pointer, self.seat.keyboard]
        made += [self.window.surface, self.window.xdg_surface, self.window.toplevel]
        made += [make_buffer(client, 20, 20, (200, 100, 0)) for _ in range(2)]
        self.pool: list[Object] = made
        self.log: list[str] = []

    def step(self) -> None:
        """Send one request."""
        target = self.pool[self.choose(len(self.pool))]
        requests = list(target.interface.requests.values())
        message = requests[self.choose(len(requests))]
        fds: list[int] = []
        args: list[Any] = []
        for argument in message.arguments:
            if argument.kind != "n":
                args.append(self._argument(argument, fds))
            elif argument.interface is None:
                return
        self.log.append(f"{target!r}.{message.name}{args}")
        try:
            made = self.client.request(target, message, *args)
        finally:
            for fd in fds:
                os.close(fd)
        if made is not target:
            self.pool.append(made)
        if message.name in ("destroy", "release"):
            self.pool.remove(target)

    def _argument(self, argument: Argument, fds: list[int]) -> Any:
        kind = argument.kind
        if kind == "o":
            fitting: list[Object | None] = [
                one for one in self.pool if one.interface.name == argument.interface
            ]
            fitting.append(None)
            return fitting[self.choose(len(fitting))]
        if kind == "s":
            return TEXTS[self.choose(len(TEXTS))]
        if kind == "a":
            return bytes(self.choose(9))
        if kind == "h":
            fd = os.memfd_create("nonsense")
            os.ftruncate(fd, 4096)
            fds.append(fd)
            return fd
        number = NUMBERS[self.choose(len(NUMBERS))]
        if kind == "f":
            return min(number, 1 << 20)
        if kind == "u":
            return (number, self.seat.serial, self.window.serial)[self.choose(3)]
        return -number if self.choose(2) else number
