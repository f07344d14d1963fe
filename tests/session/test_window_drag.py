"""Windows that the user moves and resizes by the pointer, and a locked pointer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.wire import Client, Seat, VirtualPointer, Window
from tests.wire.devices import PRESSED, RELEASED

from .harness import SessionProcess, running

SIZE = (800, 600)
PERSISTENT = 2
"""A lifetime of zwp_pointer_constraints_v1."""


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config="[focus]\nguard-ms = 0\n", outputs=["800x600"]) as process:
        yield process


@pytest.fixture
def pointer(session: SessionProcess) -> Iterator[VirtualPointer]:
    with Client(session.display) as client:
        yield VirtualPointer(client, SIZE)


@pytest.fixture
def window(session: SessionProcess) -> Iterator[Window]:
    with Client(session.display) as client:
        made = Window(client, title="dragged")
        session.wait_window(title="dragged", focused=True)
        session.call("action", text="float on")
        session.call("action", text="resize-window 300 200")
        session.call("action", text="move-window 100 100")
        session.wait(lambda: geometry(session) == (100, 100, 300, 200), "its place")
        yield made
    session.wait(lambda: not session.windows(), "the window to go")


def geometry(session: SessionProcess) -> tuple[int, ...]:
    frame: dict[str, Any] = session.windows(title="dragged")[0]["geometry"]
    return frame["x"], frame["y"], frame["width"], frame["height"]


def drag(pointer: VirtualPointer, start: tuple[int, int], by: tuple[int, int]) -> None:
    pointer.move(*start)
    pointer.button(PRESSED)
    pointer.move(start[0] + by[0], start[1] + by[1])
    pointer.button(RELEASED)
    pointer.move(700, 500)


def test_a_window_moves_by_its_title_bar(
    session: SessionProcess, pointer: VirtualPointer, window: Window
) -> None:
    drag(pointer, (250, 112), (40, 30))
    session.wait(lambda: geometry(session) == (140, 130, 300, 200), "it to be moved")


def test_a_window_resizes_by_a_corner(
    session: SessionProcess, pointer: VirtualPointer, window: Window
) -> None:
    drag(pointer, (101, 299), (-20, 25))
    session.wait(lambda: geometry(session) == (80, 100, 320, 225), "it to be resized")


def test_absolute_and_relative_devices_send_relative_motion_until_the_pointer_is_locked(
    session: SessionProcess, pointer: VirtualPointer, window: Window
) -> None:
    client = window.client
    seat = Seat(client)
    relative = client.the("zwp_relative_pointer_manager_v1")("get_relative_pointer", seat.pointer)
    motions: list[tuple[float, float]] = []
    relative.on("relative_motion", lambda _high, _low, dx, dy, _ux, _uy: motions.append((dx, dy)))
    pointer.move(200, 200)
    client.wait_for(lambda: seat.under is window.surface, "the pointer")
    client.roundtrip()
    motions.clear()
    pointer.move(210, 205)
    pointer.object("motion", 0, 3, 4)
    pointer.object("frame")
    pointer.client.roundtrip()
    client.wait_for(lambda: len(motions) == 2, "both motions")
    assert motions == [(10, 5), (3, 4)]
    before = seat.at
    locked = client.the("zwp_pointer_constraints_v1")(
        "lock_pointer", window.surface, seat.pointer, None, PERSISTENT
    )
    held: list[bool] = []
    locked.on("locked", lambda: held.append(True))
    client.wait_for(lambda: held, "the lock")
    pointer.move(230, 230)
    pointer.object("motion", 0, 5, 6)
    pointer.object("frame")
    pointer.client.roundtrip()
    client.wait_for(lambda: len(motions) == 4, "relative motion while the pointer is locked")
    # To a 256th: fixed point on the wire.
    assert [(round(x, 1), round(y, 1)) for x, y in motions[2:]] == [(17, 21), (5, 6)]
    assert seat.at == before
