"""Cursors, drags, selections and what hangs on a seat, as no toolkit would use them."""

from __future__ import annotations

import os

import pytest

from tests.wire import Client, Disconnected, Object, Surface
from tests.wire.selection import Selection
from tests.wire.witness import Resources

from .stage import SIZE, Stage, memory

RED = (255, 0, 0)
USED_SOURCE = 1
ALREADY_CONSTRAINED = 1
PERSISTENT = 2
GROWTH_KB = 2048
"""What the session may grow by while a VM does its worst."""


def hint_of_a_surface_that_is_gone(stage: Stage) -> None:
    """wlroots writes through a null pointer: three requests, and no window is needed."""
    client = stage.client()
    surface = client.the("wl_compositor")("create_surface")
    hint = client.the("wp_tearing_control_manager_v1")("get_tearing_control", surface)
    surface("destroy")
    hint("set_presentation_hint", 1)
    stage.harmless(client)


def drags_of_nothing(stage: Stage) -> None:
    """Each one that the compositor refuses would stay in its memory for ever."""
    window = stage.window()
    seat = stage.click(window)
    device = Selection(seat).device
    for serial in (0, 1, seat.press_serial, seat.serial):
        for _ in range(500):
            device("start_drag", None, window.surface, None, serial)
    stage.harmless(window.client)
    assert "refused a drag" not in stage.session.log(), "one of them came as far as wlroots"


def a_source_used_again(stage: Stage) -> None:
    """First for the one, then for the other."""
    for first, second in (("drag", "drag"), ("drag", "select"), ("select", "drag")):
        window = stage.window()
        seat = stage.click(window)
        selection = Selection(seat)
        source = selection.offer({"text/plain": b"x"})
        for use in (first, second):
            if use == "drag":
                device = selection.device
                device("start_drag", source, window.surface, None, seat.press_serial)
            else:
                selection.device("set_selection", source, seat.press_serial)
        if first == second:
            # A press begins one drag: the second is none.
            stage.harmless(window.client)
        else:
            stage.refused(window.client, "already", codes=(USED_SOURCE,))
        window.client.close()
        stage.session.wait(lambda: not stage.seen(), "the window to go")


def a_cursor_as_large_as_the_screen(stage: Stage) -> None:
    """At once, and grown when it is shown already."""
    for begin in (SIZE, (16, 16)):
        window = stage.window()
        seat = stage.click(window)
        picture = Surface(window.client, RED)
        picture.draw(*begin)
        seat.pointer("set_cursor", seat.enter_serial, picture.surface, 0, 0)
        picture.draw(*SIZE)
        stage.harmless(window.client)
        at = stage.middle(stage.seen()[0])
        shown = stage.screen(cursor=True)
        assert shown.pixel(at[0] + 100, at[1] + 60) != RED
        window.client.close()
        stage.session.wait(lambda: not stage.seen(), "the window to go")


def types_without_end(stage: Stage) -> None:
    """Some 8 MB of them, and each is compared with all before it."""
    client = stage.client()
    pid = stage.session.process.pid
    before = Resources(pid).anonymous_kb
    source = client.the("wl_data_device_manager")("create_data_source")
    for number in range(5000):
        source("offer", f"text/{number:0800}")
    for number in range(20_000):
        source("offer", f"text/{number:0200}")
    stage.harmless(client)
    assert Resources(pid).anonymous_kb - before < GROWTH_KB


def data_into_what_is_no_pipe(stage: Stage) -> None:
    """Whoever writes could wait for a disk, or be written for into a file of the host's."""
    _receive_into(stage, memory(64))
    _receive_into(stage, os.open("/dev/null", os.O_RDONLY))


def _receive_into(stage: Stage, fd: int) -> None:
    try:
        window = stage.window()
        selection = Selection(stage.click(window))
        selection.set({"text/plain": b"x"})
        window.client.wait_for(lambda: selection.current, "the selection")
        assert selection.current is not None
        selection.current.object("receive", "text/plain", fd)
        window.client.flush()
    finally:
        os.close(fd)
    stage.refused(window.client, "no writable pipe")
    stage.session.wait(lambda: not stage.seen(), "the window to go")


def pointers_without_end(stage: Stage) -> None:
    """The compositor would send each motion to all of them."""
    client = stage.client()
    seat = client.bind("wl_seat")
    client.roundtrip()
    with pytest.raises(Disconnected):
        for _ in range(1000):
            seat("get_pointer")
            client.pump()
        client.roundtrip()
    stage.refused(client, "of wl_pointer at most")


def constraints_on_constraints(stage: Stage) -> None:
    """Two at once, and a lifetime that there is not."""
    client = stage.client()
    surface, pointer = _surface_and_pointer(client)
    manager = client.the("zwp_pointer_constraints_v1")
    manager("lock_pointer", surface, pointer, None, PERSISTENT)
    manager("confine_pointer", surface, pointer, None, PERSISTENT)
    stage.refused(client, codes=(ALREADY_CONSTRAINED,))
    client = stage.client()
    surface, pointer = _surface_and_pointer(client)
    client.the("zwp_pointer_constraints_v1")("lock_pointer", surface, pointer, None, 7)
    stage.refused(client, "lifetime 7")


def _surface_and_pointer(client: Client) -> tuple[Object, Object]:
    seat = client.bind("wl_seat")
    client.roundtrip()
    return client.the("wl_compositor")("create_surface"), seat("get_pointer")
