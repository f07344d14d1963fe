"""A VM that tries to keep the pointer, or to get what the user does to another one's windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.wire import Client, Popup, Seat, Subsurface, Surface, VirtualPointer, Window
from tests.wire.devices import BUTTON_RIGHT, VirtualKeyboard
from tests.wire.picture import box, look
from tests.wire.selection import Selection

from .harness import SessionProcess, running

SIZE = (1280, 720)
VMS = {"attacker": 'label = "red"\n', "victim": 'label = "green"\n'}
MAGENTA, BLUE = (255, 0, 255), (1, 2, 200)
KEY_A, KEY_Q = 30, 16
SHIFT, LOGO = 1, 64
NO_ADJUSTMENT = 0
BUTTON_MIDDLE = 0x112


def config(guard_ms: int) -> str:
    return f'[focus]\nguard-ms = {guard_ms}\n[layout]\ndefault = "columns"\n'


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=config(0), vms=VMS, outputs=[f"{SIZE[0]}x{SIZE[1]}"]) as process:
        for vm in VMS:
            process.start_vm(vm)
        yield process


@dataclass
class Side:
    """A VM's client with one tiled window."""

    session: SessionProcess
    vm: str
    client: Client
    window: Window
    seat: Seat

    @property
    def seen(self) -> dict[str, Any]:
        """The window as the session lists it."""
        (found,) = self.session.windows(vm=self.vm)
        return found

    def point(self, dx: int, dy: int) -> tuple[int, int]:
        """A point of its content, in the layout."""
        x, y, _, _ = box(self.seen["content"])
        return x + dx, y + dy


@dataclass
class Stage:
    """Both windows side by side."""

    session: SessionProcess
    host: Client
    mouse: VirtualPointer
    keys: VirtualKeyboard
    attacker: Side
    victim: Side

    def settle(self) -> None:
        for client in (self.host, self.attacker.client, self.victim.client):
            client.roundtrip()

    def guard(self, guard_ms: int) -> None:
        self.session.write_config(config(guard_ms))
        self.session.call("reload")
        look(self.session)

    def focus(self, side: Side) -> None:
        self.session.call("window", id=side.seen["id"], action="focus")
        self.settle()


@pytest.fixture
def stage(session: SessionProcess) -> Iterator[Stage]:
    session.write_config(config(0))
    session.call("reload")
    with (
        Client(session.display) as host,
        Client(session.call("vm-socket", name="attacker")["path"]) as attacker,
        Client(session.call("vm-socket", name="victim")["path"]) as victim,
    ):
        sides = []
        for name, client in (("attacker", attacker), ("victim", victim)):
            window = Window(client, title=name, color=(60, 60, 60))
            sides.append(Side(session, name, client, window, Seat(client)))
        mouse = VirtualPointer(host, SIZE)
        made = Stage(session, host, mouse, VirtualKeyboard(host), *sides)
        made.settle()
        yield made
    session.wait(lambda: not session.windows(), "the windows to go")


# --- popups


def test_a_popup_of_a_window_that_lies_off_the_screen(stage: Stage) -> None:
    attacker = stage.attacker
    stage.session.call("window", id=attacker.seen["id"], action="float")
    stage.session.call("window", id=attacker.seen["id"], action="move", x=-60, y=100)
    stage.settle()
    x, y = attacker.point(0, 0)
    assert x < 0
    popup = Popup(
        attacker.window, SIZE, (-x, -y), color=MAGENTA, adjust=NO_ADJUSTMENT
    )
    attacker.client.roundtrip()
    place = look(stage.session).where(MAGENTA)
    assert place is not None
    assert place[2] <= SIZE[0] * 0.95 and place[3] <= SIZE[1] * 0.95
    popup.destroy()
    # One that is placed while the window is on the screen is kept there when the window leaves it.
    stage.session.call("window", id=attacker.seen["id"], action="move", x=10, y=100)
    stage.settle()
    Popup(attacker.window, (300, 200), (0, 0), color=MAGENTA, adjust=NO_ADJUSTMENT)
    attacker.client.roundtrip()
    stage.session.call("window", id=attacker.seen["id"], action="move", x=-200, y=100)
    stage.settle()
    place = look(stage.session).where(MAGENTA)
    assert place is not None and place[2:] == (300, 200), "its border left the screen"


def test_a_window_that_insists_on_all_of_the_screen(stage: Stage) -> None:
    attacker, victim = stage.attacker, stage.victim
    attacker.window.toplevel("set_min_size", 16384, 16384)
    attacker.window.commit()
    stage.settle()
    # Below each other now, perhaps: but each has its half.
    _, _, width, height = box(victim.seen["geometry"])
    assert width * height > SIZE[0] * SIZE[1] * 0.4
    stage.session.call("window", id=attacker.seen["id"], action="float")
    stage.session.call("window", id=attacker.seen["id"], action="resize", width=300, height=200)
    stage.settle()
    _, _, width, height = box(attacker.seen["geometry"])
    assert width <= SIZE[0] and height <= SIZE[1]


# --- drags


def drag(stage: Stage) -> Surface:
    """The attacker drags an icon from its window, with the button down."""
    attacker = stage.attacker
    stage.mouse.move(*attacker.point(50, 50))
    stage.mouse.button(1)
    attacker.client.wait_for(lambda: attacker.seat.press_serial, "the press")
    icon = Surface(attacker.client, MAGENTA)
    Selection(attacker.seat).drag({"text/plain": b"x"}, attacker.window, icon)
    icon.draw(64, 64)
    stage.settle()
    assert look(stage.session).where(MAGENTA) is not None
    return icon


def no_icon(stage: Stage) -> None:
    stage.mouse.move(*stage.victim.point(100, 100))
    stage.settle()
    stage.session.wait(lambda: look(stage.session).where(MAGENTA) is None, "the icon to go")
    stage.mouse.button(1)
    stage.mouse.button(0)
    stage.victim.client.wait_for(lambda: len(stage.victim.seat.buttons) == 2, "the click")


def test_a_drag_from_a_window_that_is_unmapped_ends_with_the_button(stage: Stage) -> None:
    drag(stage)
    window = stage.attacker.window
    window.draws = False
    window.surface("attach", None, 0, 0)
    window.commit()
    stage.settle()
    stage.mouse.button(0)
    no_icon(stage)


def test_a_popup_that_grabs_during_a_drag_ends_it(stage: Stage) -> None:
    drag(stage)
    attacker = stage.attacker
    grab = (attacker.seat.seat, attacker.seat.press_serial)
    Popup(attacker.window, (300, 300), (20, 20), color=BLUE, grab=grab)
    stage.mouse.button(0)
    no_icon(stage)


def test_an_icon_takes_no_input(stage: Stage) -> None:
    icon = drag(stage)
    child = Subsurface(icon, MAGENTA)
    child.place(-100, -100)
    child.draw(256, 256)
    icon.commit()
    stage.mouse.move(*stage.victim.point(100, 100))
    stage.settle()
    assert stage.victim.seat.under == stage.victim.window.surface
    stage.mouse.button(0)


# --- buttons, wheels and keys that are meant for another


def popup_over_the_victim(stage: Stage) -> Popup:
    """A popup of the attacker's comes under the pointer, which rests on the victim's window."""
    x, y = stage.attacker.point(0, 0)
    at_x, at_y = stage.victim.point(0, 0)
    popup = Popup(
        stage.attacker.window,
        (300, 300),
        (at_x - x, at_y - y),
        color=MAGENTA,
        adjust=NO_ADJUSTMENT,
    )
    stage.settle()
    look(stage.session)
    return popup


@pytest.fixture
def guarded(stage: Stage) -> Stage:
    stage.mouse.move(*stage.victim.point(100, 100))
    stage.focus(stage.victim)
    stage.guard(5000)
    return stage


def test_super_click_on_what_has_just_come(guarded: Stage) -> None:
    popup_over_the_victim(guarded)
    guarded.keys.hold(LOGO)
    guarded.mouse.button(1)
    guarded.mouse.button(0)
    guarded.keys.hold(0)
    guarded.keys.type(KEY_A)
    guarded.settle()
    assert guarded.attacker.seat.keys == []
    assert guarded.victim.seen["focused"]


def test_a_wheel_over_what_has_just_come(guarded: Stage) -> None:
    popup_over_the_victim(guarded)
    guarded.mouse.object("axis", 0, 0, 10.0)
    guarded.mouse.object("frame")
    guarded.settle()
    assert not guarded.attacker.seat.pointer.received("axis")


def test_a_second_button_belongs_to_the_grab_of_the_first(guarded: Stage) -> None:
    guarded.mouse.button(1)
    popup_over_the_victim(guarded)
    guarded.mouse.button(1, BUTTON_RIGHT)
    guarded.keys.type(KEY_A)
    guarded.mouse.button(0, BUTTON_RIGHT)
    guarded.mouse.button(0)
    guarded.settle()
    assert guarded.attacker.seat.keys == [] and guarded.attacker.seat.buttons == []
    assert len(guarded.victim.seat.buttons) == 4
    assert guarded.victim.seen["focused"]


def test_a_window_that_goes_while_it_is_closed(stage: Stage) -> None:
    """Super and Shift are down; the window that q is meant for goes, and another has the focus."""
    stage.focus(stage.attacker)
    stage.guard(5000)
    stage.keys.hold(LOGO | SHIFT)
    stage.settle()
    stage.attacker.window.destroy()
    stage.settle()
    stage.session.wait(lambda: stage.victim.seen["focused"], "the focus to move")
    stage.keys.type(KEY_Q)
    stage.keys.hold(0)
    stage.settle()
    assert not stage.victim.window.closing
    stage.guard(0)
    stage.keys.hold(LOGO | SHIFT)
    stage.keys.type(KEY_Q)
    stage.keys.hold(0)
    stage.victim.client.wait_for(lambda: stage.victim.window.closing, "the second press to count")


def test_a_move_ends_with_the_button_that_began_it(stage: Stage) -> None:
    attacker = stage.attacker
    stage.session.call("window", id=attacker.seen["id"], action="float")
    stage.settle()
    stage.mouse.move(*attacker.point(50, 50))
    stage.mouse.button(1, BUTTON_MIDDLE)
    attacker.client.wait_for(lambda: attacker.seat.press_serial, "the press")
    attacker.window.toplevel("move", attacker.seat.seat, attacker.seat.press_serial)
    stage.settle()
    stage.mouse.button(0, BUTTON_MIDDLE)
    before = attacker.seen["geometry"]
    stage.mouse.move(700, 500)
    stage.settle()
    assert attacker.seen["geometry"] == before


def test_a_lock_that_the_user_ended_waits_for_a_click(stage: Stage) -> None:
    attacker = stage.attacker
    stage.mouse.click(*attacker.point(100, 100))
    stage.settle()
    manager = attacker.client.the("zwp_pointer_constraints_v1")
    lock = manager("lock_pointer", attacker.window.surface, attacker.seat.pointer, None, 2)
    attacker.client.wait_for(lambda: lock.received("locked"), "the lock")
    stage.session.call("action", text="release-keyboard")
    attacker.client.wait_for(lambda: lock.received("unlocked"), "the end of the lock")
    for x in (110, 120):
        stage.mouse.move(*attacker.point(x, 100))
        stage.settle()
    assert len(lock.received("locked")) == 1
    stage.mouse.click(*attacker.point(120, 100))
    attacker.client.wait_for(lambda: len(lock.received("locked")) == 2, "the lock after a click")
