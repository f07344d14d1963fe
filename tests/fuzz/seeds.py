"""What the coverage-guided fuzzer starts from: honest connections as they really went, and
decisions made by chance."""

from __future__ import annotations

import random
from pathlib import Path

from tests.session.harness import SessionProcess
from tests.wire import Client, Popup, Seat, Subsurface, VirtualKeyboard, VirtualPointer, Window
from tests.wire.selection import Selection

from .reflection import Reflection
from .target import REPLAY

BY_CHANCE = 100
LENGTH = 1500
"""Bytes of those by chance: enough for a few hundred requests."""
KEY_A = 30
SIZE = (1280, 720)


def write(session: SessionProcess, vm: str, directory: Path) -> int:
    """Write the seeds; returns how many. `vm` is a running VM of the session."""
    seeds = [bytes([REPLAY]) + record for record in honest(session, vm)]
    chance = random.Random(1)
    seeds += [bytes([number % 3]) + chance.randbytes(LENGTH) for number in range(BY_CHANCE)]
    directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (directory / f"seed-{number:03}").write_bytes(seed)
    return len(seeds)


def honest(session: SessionProcess, vm: str) -> list[bytes]:
    """Records of short honest lives."""
    path = session.call("vm-socket", name=vm)["path"]
    found = []
    with Client(session.display) as host:
        mouse, keys = VirtualPointer(host, SIZE), VirtualKeyboard(host)
        for life in (_window, _subsurfaces, _input, _extras):
            reflection = Reflection()
            with Client(path, reflection.tap) as client:
                life(client, mouse, keys)
                client.roundtrip()
            reflection.close()
            found.append(bytes(reflection.record))
    return found


def _window(client: Client, _mouse: VirtualPointer, _keys: VirtualKeyboard) -> None:
    window = Window(client, title="seed", app_id="seed", decorate=True)
    window.toplevel("set_maximized")
    window.toplevel("unset_maximized")
    popup = Popup(window, (30, 30), (5, 5))
    popup.destroy()
    window.ask_frame()
    window.draw(50, 60)


def _subsurfaces(client: Client, _mouse: VirtualPointer, _keys: VirtualKeyboard) -> None:
    window = Window(client, title="seed")
    lower, upper = Subsurface(window), Subsurface(window)
    upper.role("place_below", lower.surface)
    upper.role("set_sync")
    view = lower.viewport()
    view("set_source", 0, 0, 4, 4)
    view("set_destination", 20, 20)
    lower.place(-5, 5)
    region = client.the("wl_compositor")("create_region")
    region("add", 0, 0, 10, 10)
    region("subtract", 2, 2, 2, 2)
    lower.surface("set_input_region", region)
    for surface in (upper, lower):
        surface.draw(10, 10)
    window.commit()
    client.roundtrip()
    for surface in (upper, lower):
        surface.role("destroy")
        surface.destroy()


def _input(client: Client, mouse: VirtualPointer, keys: VirtualKeyboard) -> None:
    seat = Seat(client)
    window = Window(client, title="seed", size=(600, 400))
    mouse.click(SIZE[0] // 2, SIZE[1] // 2)
    keys.type(KEY_A)
    client.roundtrip()
    if seat.press_serial:
        for kind in ("clipboard", "primary"):
            Selection(seat, kind).set({"text/plain": b"seed"})
    if seat.enter_serial:
        cursor = client.the("wl_compositor")("create_surface")
        seat.pointer("set_cursor", seat.enter_serial, cursor, 1, 1)
        cursor("attach", client.buffer(16, 16, (1, 2, 3)), 0, 0)
        cursor("commit")
    client.the("zwp_pointer_constraints_v1")(
        "lock_pointer", window.surface, seat.pointer, None, 1
    )
    client.the("zwp_text_input_manager_v3")("get_text_input", seat.seat)("enable")


def _extras(client: Client, _mouse: VirtualPointer, _keys: VirtualKeyboard) -> None:
    window = Window(client, title="seed")
    for manager, request in (
        ("wp_fractional_scale_manager_v1", "get_fractional_scale"),
        ("wp_content_type_manager_v1", "get_surface_content_type"),
        ("wp_tearing_control_manager_v1", "get_tearing_control"),
        ("zwp_idle_inhibit_manager_v1", "create_inhibitor"),
    ):
        client.the(manager)(request, window.surface)
    token = client.the("xdg_activation_v1")("get_activation_token")
    token("set_app_id", "seed")
    token("commit")
    window.draw(20, 20)
