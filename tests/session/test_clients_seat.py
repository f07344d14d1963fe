"""What real clients stumbled over: keymaps, modifiers, drags, and clients that die with windows."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.wire import Client, Seat, VirtualKeyboard, VirtualPointer, Window
from tests.wire.devices import PRESSED, RELEASED

from .harness import SessionProcess, running
from .programs import pad, press, started

SIZE = (800, 600)
CONTROL = 4
"""An xkb mask."""


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config="[focus]\nguard-ms = 0\n", outputs=["800x600"]) as process:
        yield process


def test_there_is_a_keymap_with_no_keyboard(session: SessionProcess) -> None:
    """Chromium crashes when its window has the keyboard focus and it was given no keymap."""
    with Client(session.display) as client, Client(session.display) as other:
        seat = Seat(client)
        first = seat.keymap
        assert first.startswith("xkb_keymap")
        window = Window(client, title="keys")
        client.wait_for(lambda: seat.focus is window.surface, "the focus")
        keyboard = VirtualKeyboard(other, "de")
        keyboard.type(30)
        client.wait_for(lambda: len(seat.keys) == 2, "the keys")
        assert seat.keymap != first
        keyboard.unplug()
        client.wait_for(lambda: seat.keymap == first, "the keymap that is there without keyboards")
        assert Seat(client).keymap == first
    session.wait(lambda: not session.windows(), "the window to go")


def test_no_modifier_stays_when_its_keyboard_goes(session: SessionProcess) -> None:
    with Client(session.display) as client, Client(session.display) as other:
        seat = Seat(client)
        window = Window(client, title="keys")
        client.wait_for(lambda: seat.focus is window.surface, "the focus")
        keyboard = VirtualKeyboard(other)
        keyboard.hold(CONTROL)
        client.wait_for(lambda: seat.modifiers == CONTROL, "the modifier")
        keyboard.unplug()
        client.wait_for(lambda: seat.modifiers == 0, "the modifier to be let go")
    session.wait(lambda: not session.windows(), "the window to go")


def test_a_drag_finds_what_is_under_the_pointer_at_rest(session: SessionProcess) -> None:
    with Client(session.display) as client, Client(session.display) as other:
        seat = Seat(client)
        window = Window(client, title="drag")
        manager = client.the("wl_data_device_manager")
        device = manager("get_data_device", seat.seat)
        pointer = VirtualPointer(other, SIZE)
        pointer.move(400, 300)
        client.wait_for(lambda: seat.under is window.surface, "the window to fill its tile")
        pointer.button(PRESSED)
        client.wait_for(lambda: seat.buttons, "the press")
        source = manager("create_data_source")
        source("offer", "text/plain")
        source("set_actions", 1)
        device("start_drag", source, window.surface, None, seat.press_serial)
        # Nothing moves from here on.
        client.wait_for(lambda: device.received("enter"), "the drag to enter the window")
        _serial, surface, x, y, offer = device.received("enter")[0]
        content = session.windows(title="drag")[0]["content"]
        assert (surface, x, y) == (window.surface, 400 - content["x"], 300 - content["y"])
        offer("accept", device.received("enter")[0][0], "text/plain")
        offer("set_actions", 1, 1)
        client.wait_for(lambda: source.received("target"), "the source to hear of it")
        pointer.button(RELEASED)
        client.wait_for(lambda: device.received("drop"), "the drop")
        assert source.received("dnd_drop_performed")
        assert not source.received("cancelled")
    session.wait(lambda: not session.windows(), "the window to go")


@pytest.mark.parametrize("end", ["kill", "SIGKILL"])
def test_a_client_goes_with_all_its_windows(session: SessionProcess, end: str) -> None:
    """The focus passes over the others of the same client: all of them are going."""
    with pad(session) as paper, started(session, "foot", "--server") as server:
        def opened(title: str) -> bool:
            argv = ["footclient", "-N", f"--title={title}", "cat"]
            return session.run(*argv, check=False).returncode == 0

        session.wait(lambda: opened("1"), "the server of foot")
        assert opened("2") and opened("3")
        session.wait(lambda: len(session.windows()) == 4, "four windows")
        middle = session.wait_window(title="2")["id"]
        if end == "kill":
            session.call("window", id=middle, action="kill")
        else:
            server.send_signal(signal.SIGKILL)
        session.wait(lambda: len(session.windows()) == 1, "the windows to go")
        assert paper.window["focused"]
        session.run("wtype", "here")
        press(session, "Return")
        paper.wait("here\n")
        server.kill()
        server.wait()
    assert "Traceback" not in session.log()
