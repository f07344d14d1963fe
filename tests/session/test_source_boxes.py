"""Buffers of which wlroots computes a part that is not there: windows like any others.

By clients of the host: no gate has looked at them, and what honest ones send no gate may refuse.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.wire import Client, Object, Seat, Subsurface, Surface, VirtualPointer, Window
from tests.wire.picture import box, look
from tests.wire.witness import Honest

from .harness import SessionProcess, running

CONFIG = '[focus]\nguard-ms = 0\n[layout]\ndefault = "monocle"\n'
RGB565 = 0x36314752
RED = (255, 0, 0)


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, outputs=["1280x720", "400x300"]) as process:
        yield process


@pytest.fixture(scope="module")
def honest(session: SessionProcess) -> Iterator[Honest]:
    outputs = [output["name"] for output in session.call("outputs")]
    session.call("action", text=f"focus-output {outputs[1]}")
    client = Honest(session.display)
    session.call("action", text=f"focus-output {outputs[0]}")
    yield client
    client.client.close()


@pytest.fixture(autouse=True)
def unharmed(session: SessionProcess, honest: Honest) -> Iterator[None]:
    """Before and after each test the honest client's frames are shown, and nobody else is left."""
    honest.tick()
    yield
    assert session.alive()
    honest.tick()
    session.wait(lambda: len(session.call("clients")) == 1, "the test's clients to go")
    assert [window["title"] for window in session.windows()] == ["honest"]


@pytest.fixture
def client(session: SessionProcess) -> Iterator[Client]:
    with Client(session.display) as made:
        yield made


def shown(surface: Surface) -> None:
    """Return when two frames with the surface's last commit in them have been drawn."""
    for _ in range(2):
        before = surface.frames
        surface.ask_frame()
        surface.commit()
        surface.client.wait_for(lambda: surface.frames > before, "a frame")  # noqa: B023


def make_window(client: Client, x: int = 0, width: int = 300) -> Window:
    """A window whose geometry begins at `x` of its surface."""
    window = Window(client, size=(300, 200), color=RED)
    window.draws = False
    client.roundtrip()
    window.xdg_surface("set_window_geometry", x, 0, width, 200)
    return window


def unloved_buffer(client: Client) -> Object:
    """A buffer that is right by its protocol, and that pixman does not take: 402 bytes a line."""
    fd = os.memfd_create("unloved")
    os.ftruncate(fd, 402 * 201)
    pool = client.the("wl_shm")("create_pool", fd, 402 * 201)
    os.close(fd)
    return pool("create_buffer", 0, 201, 201, 402, RGB565)


# --- honest ones


def test_a_shadow_at_one_and_a_half(session: SessionProcess, client: Client) -> None:
    """403 by 200 with a shadow of 23 on the left, drawn in 604 by 300 pixels."""
    window = make_window(client, 23, 380)
    window.viewport()("set_destination", 403, 200)
    window.draw(604, 300, RED)
    shown(window)
    (seen,) = [one for one in session.windows() if one["title"] != "honest"]
    x, y, _, _ = box(seen["content"])
    picture = look(session)
    # All of it, to its last line and column.
    assert picture.colors((x, y, 380, 200)) == {RED}


@pytest.mark.parametrize("size", [3, 5, 7, 11, 33])
@pytest.mark.parametrize("left", [1, 4, 9, 11, 17])
def test_scaled_beyond_the_edge(client: Client, size: int, left: int) -> None:
    window = make_window(client)
    child = Subsurface(window)
    child.viewport()("set_destination", 20, 20)
    child.place(-left, -left)
    child.draw(size, size)
    window.commit()
    shown(window)


def test_turned_beyond_the_edge(client: Client) -> None:
    window = make_window(client)
    child = Subsurface(window)
    child.viewport()("set_destination", 20, 20)
    child.surface("set_buffer_transform", 2)
    child.place(-11, 0)
    child.draw(1, 1)
    window.commit()
    shown(window)


# --- and others


def test_a_part_of_a_buffer_beyond_the_edge(client: Client) -> None:
    window = make_window(client)
    child = Subsurface(window)
    viewport = child.viewport()
    viewport("set_source", 50.0, 0.0, 50.0, 100.0)
    viewport("set_destination", 100, 100)
    child.place(-50, 0)
    child.draw(100, 100)
    window.commit()
    shown(window)
    # It is moved while it is drawn on.
    for at in (-20, -99, 3, -70):
        child.place(at, at)
        window.commit()
        child.draw(100, 100)
        shown(window)


def test_a_part_of_a_buffer_in_a_part_of_a_window(client: Client) -> None:
    window = make_window(client, 150, 150)
    viewport = window.viewport()
    viewport("set_source", 50.0, 0.0, 50.0, 100.0)
    viewport("set_destination", 300, 200)
    window.draw(100, 100)
    shown(window)


def test_subsurfaces_that_were_there_before(client: Client) -> None:
    window = Window(client, show=False)
    window.draws = False
    child = Subsurface(window)
    grandchild = Subsurface(child)
    viewport = grandchild.viewport()
    viewport("set_source", 50.0, 0.0, 50.0, 100.0)
    viewport("set_destination", 100, 100)
    grandchild.place(-30, 0)
    child.place(-20, 0)
    grandchild.draw(100, 100)
    child.draw(100, 100)
    client.wait_for(lambda: window.configures, "a configure")
    window.xdg_surface("set_window_geometry", 0, 0, 300, 200)
    window.draw(300, 200)
    shown(window)


def test_far_beyond_the_edge(client: Client) -> None:
    """wlroots multiplies how far by how many pixels, in 32 bits."""
    far = 1_000_000
    window = make_window(client)
    child = Subsurface(window)
    child.viewport()("set_destination", 4 * far, 100)
    child.place(-far, 0)
    child.draw(3000, 10)
    window.commit()
    shown(window)


# --- buffers that cannot be drawn


@pytest.mark.parametrize("first", [False, True])
def test_a_buffer_that_cannot_be_drawn(client: Client, first: bool) -> None:
    """`first`: there was none before. Else there was a smaller one."""
    window = Window(client, show=False)
    window.draws = False
    client.wait_for(lambda: window.configures, "a configure")
    viewport = window.viewport()
    viewport("set_destination", 300, 200)
    if not first:
        window.draw(50, 50)
        shown(window)
    buffer = unloved_buffer(client)
    for _ in range(2):
        viewport("set_source", 100.0, 100.0, 100.0, 100.0)
        window.surface("attach", buffer, 0, 0)
        window.surface("damage_buffer", 0, 0, 201, 201)
        shown(window)
        viewport("set_source", -1.0, -1.0, -1.0, -1.0)
        window.draw(100, 100)
        shown(window)


def test_a_cursor_that_cannot_be_drawn(session: SessionProcess, client: Client) -> None:
    window = make_window(client)
    seat = Seat(client)
    cursor = Surface(client)
    with Client(session.display) as host:
        pointer = VirtualPointer(host, (1680, 720))
        pointer.move(100, 100)
        client.wait_for(lambda: seat.under, "the pointer")
        seat.pointer("set_cursor", seat.enter_serial, cursor.surface, 0, 0)
        cursor.draw(50, 50)
        shown(window)
        viewport = cursor.viewport()
        viewport("set_source", 100.0, 100.0, 20.0, 20.0)
        cursor.surface("attach", unloved_buffer(client), 0, 0)
        cursor.commit()
        for x in (110, 120):
            pointer.move(x, 100)
            shown(window)
        # Again, and shown only now.
        seat.pointer("set_cursor", seat.enter_serial, None, 0, 0)
        seat.pointer("set_cursor", seat.enter_serial, cursor.surface, 0, 0)
        for x in (130, 140):
            pointer.move(x, 100)
            shown(window)
