"""Keyboards: layouts, bindings, modes, several at once, and one that goes while a key is held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from xkbcommon import xkb

from spectrum_session.control.client import Client as ControlClient
from tests.wire import Client, Seat, VirtualKeyboard, Window
from tests.wire.devices import PRESSED, RELEASED

from .harness import DEADLINE_S, SessionProcess, running

VMS = {"work": 'label = "blue"\n'}
KEY_ESC, KEY_MINUS, KEY_Y, KEY_Z, KEY_A, KEY_H, KEY_J, KEY_K = 1, 12, 21, 44, 30, 35, 36, 37
KEY_SUPER = 125
SHIFT, SUPER = 1, 64

CONFIG = """
[session]
spawn-terminal = false
[focus]
guard-ms = 0
[keyboard]
layout = "de"
repeat-rate = 55
repeat-delay-ms = 210
[bindings]
"Super+k" = { action = "workspace next", repeat = true }
"Super+j" = { action = "workspace previous", repeat = true }
"Super+z" = "workspace 5"
"Super+minus" = { action = "workspace 6", keycode = true }
"Super+Super_L" = { action = "workspace 8", release = true }
"Super+r" = "mode test"
[modes.test.bindings]
"h" = "workspace 9"
"""


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS) as process:
        process.start_vm("work")
        yield process


@pytest.fixture
def hands(session: SessionProcess) -> Iterator[Client]:
    """A client of the host that plays keyboards."""
    session.call("workspace", number=1)
    with Client(session.display) as client:
        yield client
    session.wait(lambda: not session.windows(vm=None), "the host's windows to go")


class Typed:
    """A VM's window that is typed into."""

    def __init__(self, session: SessionProcess) -> None:
        self.client = Client(session.call("vm-socket", name="work")["path"])
        self.seat = Seat(self.client)
        self.window = Window(self.client, title="typed")
        self.settle()

    def settle(self) -> None:
        for _ in range(3):
            self.client.roundtrip()

    def wait_frames(self, count: int) -> None:
        """Return when so many frames were shown."""
        self.client.wait_for(lambda: self.window.frames >= count, "a frame")

    def keys(self) -> list[tuple[int, int]]:
        """What was typed since the last time."""
        self.settle()
        typed = list(self.seat.keys)
        self.seat.keys.clear()
        return typed


@pytest.fixture
def typed(session: SessionProcess, hands: Client) -> Iterator[Typed]:
    made = Typed(session)
    yield made
    made.client.close()
    session.wait(lambda: not session.windows(vm="work"), "the VM's windows to go")


def is_german(typed: Typed) -> bool:
    """Does the key right of P type ü in the keymap that the client has?

    Asked of libxkbcommon: its versions write keymaps down in different words.
    """
    keymap = xkb.Context().keymap_new_from_string(typed.seat.keymap)
    syms = keymap.key_get_syms_by_level(keymap.key_by_name("AD11"), 0, 0)
    return [xkb.keysym_get_name(sym) for sym in syms] == ["udiaeresis"]


def workspace(session: SessionProcess) -> int:
    (number,) = (one["number"] for one in session.call("workspaces") if one["focused"])
    return int(number)


def press_release(*codes: int) -> list[tuple[int, int]]:
    return [(code, state) for code in codes for state in (PRESSED, RELEASED)]


def test_the_configured_layout_and_repeat_reach_clients(
    session: SessionProcess, typed: Typed
) -> None:
    assert is_german(typed)
    assert typed.seat.repeat == (55, 210)
    assert typed.seat.seat.received("name") == [("seat0",)]


def test_typing_reaches_the_focused_window(
    session: SessionProcess, hands: Client, typed: Typed
) -> None:
    keyboard = VirtualKeyboard(hands, "de")
    keyboard.type(KEY_A, KEY_Y)
    keyboard.hold(SHIFT)
    typed.settle()
    assert typed.seat.modifiers == SHIFT
    keyboard.hold(0)
    assert typed.keys() == press_release(KEY_A, KEY_Y)
    assert typed.seat.modifiers == 0


def test_bindings_go_by_keysym_and_by_place(
    session: SessionProcess, hands: Client, typed: Typed
) -> None:
    keyboard = VirtualKeyboard(hands, "de")

    def chord(code: int) -> int:
        session.call("workspace", number=1)
        keyboard.hold(SUPER)
        keyboard.type(code)
        keyboard.hold(0)
        return workspace(session)

    # Z and Y change places between the layouts; the key with the minus is another one in German.
    assert chord(KEY_Y) == 5
    assert chord(KEY_Z) == 1
    assert chord(KEY_MINUS) == 6
    assert typed.keys() == press_release(KEY_Z), "what is not bound reaches the window"
    keyboard = VirtualKeyboard(hands, "us")
    assert chord(KEY_Y) == 1
    assert chord(KEY_Z) == 5
    assert chord(KEY_MINUS) == 6
    assert typed.keys() == press_release(KEY_Y)


def test_a_held_binding_repeats(session: SessionProcess, hands: Client, typed: Typed) -> None:
    keyboard = VirtualKeyboard(hands)
    keyboard.hold(SUPER)
    keyboard.key(KEY_K, PRESSED)
    assert workspace(session) == 2
    session.wait(lambda: workspace(session) >= 4, "the binding to repeat")
    keyboard.key(KEY_K, RELEASED)
    keyboard.hold(0)
    assert typed.keys() == []


def test_a_repeat_ends_with_its_keyboard(
    session: SessionProcess, hands: Client, typed: Typed
) -> None:
    keyboard = VirtualKeyboard(hands)
    keyboard.hold(SUPER)
    keyboard.key(KEY_K, PRESSED)
    session.wait(lambda: workspace(session) >= 3, "the binding to repeat")
    keyboard.unplug()
    session.call("workspace", number=1)
    # It repeated every few frames; now nothing happens for as long as many frames take.
    for number in range(40):
        typed.window.ask_frame()
        typed.window.commit()
        typed.wait_frames(number + 1)
        assert workspace(session) == 1


def test_watchers_hear_of_every_workspace(
    session: SessionProcess, hands: Client, typed: Typed
) -> None:
    """Even of the way from one empty workspace to another, where no window has to be placed."""
    keyboard = VirtualKeyboard(hands)
    keyboard.hold(SUPER)
    seen: list[int] = []
    with ControlClient(session.control_path) as watcher:
        watcher.subscribe("workspace")
        keyboard.key(KEY_J, PRESSED)
        for event in watcher.events(timeout=DEADLINE_S):
            if event["workspace"]["focused"]:
                seen.append(event["workspace"]["number"])
            if len(seen) >= 5:
                break
    keyboard.key(KEY_J, RELEASED)
    keyboard.hold(0)
    assert seen == [10, 9, 8, 7, 6]


def test_a_binding_of_a_modifier_alone_fires_when_it_is_released(
    session: SessionProcess, hands: Client, typed: Typed
) -> None:
    keyboard = VirtualKeyboard(hands)
    keyboard.key(KEY_SUPER, PRESSED)
    keyboard.hold(SUPER)
    assert workspace(session) == 1
    keyboard.key(KEY_SUPER, RELEASED)
    keyboard.hold(0)
    assert workspace(session) == 8

    session.call("workspace", number=1)
    keyboard.key(KEY_SUPER, PRESSED)
    keyboard.hold(SUPER)
    keyboard.type(KEY_Z)
    assert workspace(session) == 5
    keyboard.key(KEY_SUPER, RELEASED)
    keyboard.hold(0)
    assert workspace(session) == 5, "another key was pressed in between"


def test_modes(session: SessionProcess, hands: Client, typed: Typed) -> None:
    keyboard = VirtualKeyboard(hands)
    session.run("wtype", "-M", "logo", "-k", "r")
    keyboard.type(KEY_H)
    assert workspace(session) == 9
    assert typed.keys() == []
    session.call("workspace", number=1)
    keyboard.type(KEY_ESC)
    assert typed.keys() == []
    keyboard.type(KEY_H)
    assert workspace(session) == 1
    assert typed.keys() == press_release(KEY_H)


def test_a_terminal_by_its_binding(session: SessionProcess, hands: Client) -> None:
    session.run("wtype", "-M", "logo", "-k", "Return")
    window = session.wait_window(app_id="foot")
    assert window["vm"] is None and window["focused"]
    session.call("window", id=window["id"], action="close")


def test_two_keyboards_with_different_layouts(
    session: SessionProcess, hands: Client, typed: Typed
) -> None:
    german, american = VirtualKeyboard(hands, "de"), VirtualKeyboard(hands, "us")
    for _ in range(2):
        german.type(KEY_Y)
        assert typed.keys() == press_release(KEY_Y)
        assert is_german(typed)
        american.type(KEY_Y)
        assert typed.keys() == press_release(KEY_Y)
        assert not is_german(typed)


def test_a_keyboard_that_goes_lets_go_of_its_keys(
    session: SessionProcess, hands: Client, typed: Typed
) -> None:
    keyboard = VirtualKeyboard(hands)
    keyboard.key(KEY_A, PRESSED)
    keyboard.hold(SHIFT)
    assert typed.keys() == [(KEY_A, PRESSED)]
    keyboard.unplug()
    assert typed.keys() == [(KEY_A, RELEASED)]
    assert typed.seat.modifiers == 0
    # A chord held on it is over too: the key alone is no binding.
    other = VirtualKeyboard(hands)
    other.hold(SUPER)
    other.unplug()
    last = VirtualKeyboard(hands)
    last.type(KEY_Z)
    assert workspace(session) == 1
    assert typed.keys() == press_release(KEY_Z)


def test_a_client_that_dies_with_its_keyboard(session: SessionProcess, typed: Typed) -> None:
    with Client(session.display) as player:
        keyboard = VirtualKeyboard(player)
        keyboard.key(KEY_A, PRESSED)
        assert typed.keys() == [(KEY_A, PRESSED)]

    def released() -> bool:
        typed.settle()
        return typed.seat.keys == [(KEY_A, RELEASED)]

    session.wait(released, "the release")


def test_a_reload_changes_the_layout(session: SessionProcess, hands: Client, typed: Typed) -> None:
    assert is_german(typed)
    session.write_config(CONFIG.replace('layout = "de"', 'layout = "us"').replace("55", "20"))
    session.call("reload")
    typed.settle()
    assert not is_german(typed)
    assert typed.seat.repeat == (20, 210)
    session.write_config(CONFIG)
    session.call("reload")
    typed.settle()
    assert is_german(typed)
