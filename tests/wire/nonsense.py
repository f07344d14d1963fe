"""Requests that no toolkit would send: valid on the wire, chosen at random."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .client import Client, make_buffer
from .connection import Object
from .devices import Seat
from .signatures import Argument
from .window import Popup, Positioner, Subsurface, Window

FATAL = 40
"""One in so many requests is of a kind that certainly ends the connection."""
RARE = 5
"""One in so many destroys something."""
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


ONCE = (
    "ack_configure",
    "get_popup",
    "get_subsurface",
    "get_toplevel",
    "get_toplevel_decoration",
    "get_touch",
    "grab",
    "place_above",
    "place_below",
    "set_cursor",
)
"""Requests that are an error more often than not."""
SIZES = (1, 2, 30, 300, 2000)
USUAL: dict[str, dict[int, tuple[int, ...]]] = {
    "wl_surface.attach": {1: (0,), 2: (0,)},
    "wl_surface.set_buffer_scale": {0: (1, 2, 3)},
    "wl_surface.set_buffer_transform": {0: tuple(range(8))},
    "wl_shm.create_pool": {1: (4096,)},
    "wl_shm_pool.create_buffer": {0: (0,), 1: (1, 16), 2: (1, 16), 3: (64,), 4: (0, 1)},
    "wl_shm_pool.resize": {0: (4096,)},
    "xdg_surface.set_window_geometry": {2: SIZES, 3: SIZES},
    "xdg_positioner.set_size": {0: SIZES, 1: SIZES},
    "xdg_positioner.set_anchor_rect": {2: SIZES, 3: SIZES},
    "xdg_positioner.set_anchor": {0: tuple(range(9))},
    "xdg_positioner.set_gravity": {0: tuple(range(9))},
    "xdg_toplevel.resize": {2: tuple(range(11))},
    "xdg_toplevel.set_min_size": {0: (0,), 1: (0, 10)},
    "xdg_toplevel.set_max_size": {0: (0, 900), 1: (0, 900)},
    "wp_viewport.set_destination": {0: SIZES, 1: SIZES},
    "wp_cursor_shape_device_v1.set_shape": {1: tuple(range(1, 20))},
    "zwp_pointer_constraints_v1.lock_pointer": {4: (1, 2)},
    "zwp_pointer_constraints_v1.confine_pointer": {4: (1, 2)},
}
"""What arguments must be for a request not to end the connection, by their place."""

MISSING = object()
"""No object there is fits."""


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
        made += [client.the("wl_compositor")("create_surface") for _ in range(6)]
        for _ in range(3):
            # More than one window, popup and subsurface to play with.
            spare = Window(client, title="spare", color=(10, 120, 120), show=False)
            popup = Popup(self.window, show=False)
            child = Subsurface(self.window)
            made += [spare.surface, spare.xdg_surface, spare.toplevel]
            made += [popup.surface, popup.xdg_surface, popup.popup, child.surface, child.role]
        made.append(Positioner(client, (50, 40), (7, 7)).object)
        client.roundtrip()
        self.pool: list[Object] = made
        self.log: list[str] = []

    def step(self) -> None:
        """Send one request."""
        if not self.pool:
            return
        target = self.pool[self.choose(len(self.pool))]
        requests = list(target.interface.requests.values())
        message = requests[self.choose(len(requests))]
        if message.name in ("destroy", "release") and self.choose(RARE):
            return
        if message.name in ONCE and self.choose(FATAL):
            return
        fds: list[int] = []
        args: list[Any] = []
        usual = USUAL.get(f"{target.interface.name}.{message.name}", {})
        for argument in message.arguments:
            values = usual.get(len(args))
            if argument.kind == "n":
                pass
            elif values is not None and self.choose(FATAL):
                args.append(values[self.choose(len(values))])
            else:
                args.append(self._argument(argument, fds))
            untyped = argument.kind == "n" and argument.interface is None
            if untyped or (args and args[-1] is MISSING):
                return
        self.log.append(f"{target!r}.{message.name}{args}")
        try:
            made = self.client.request(target, message, *args)
        finally:
            for fd in fds:
                os.close(fd)
        if made is not target and made.interface.requests:
            self.pool.append(made)
        if message.name in ("destroy", "release"):
            self.pool.remove(target)

    def _argument(self, argument: Argument, fds: list[int]) -> Any:
        kind = argument.kind
        if kind == "o":
            fitting: list[Object | None] = [
                one for one in self.pool if one.interface.name == argument.interface
            ]
            if argument.nullable or self.choose(FATAL) == 1:
                fitting.append(None)
            return fitting[self.choose(len(fitting))] if fitting else MISSING
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
        return number if self.choose(4) else -number
