"""No press goes to an origin that has just come to the top of the point where the pointer is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.wire import Client, Popup, Seat, VirtualPointer, Window
from tests.wire.picture import box, look

from .harness import SessionProcess, running

SIZE = (1280, 720)
POINT = (700, 300)
"""On the host's window, right of its middle."""
VMS = {"work": 'label = "green"\n', "other": 'label = "red"\n'}


def config(guard_ms: int) -> str:
    return f'[focus]\nguard-ms = {guard_ms}\n[layout]\ndefault = "monocle"\n'


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=config(0), vms=VMS, outputs=[f"{SIZE[0]}x{SIZE[1]}"]) as process:
        for vm in VMS:
            process.start_vm(vm)
        yield process


@dataclass
class Scene:
    """The host's window over all of the screen, under the pointer."""

    session: SessionProcess
    mouse: VirtualPointer
    host: Client
    vm: Client
    clicked: Seat
    window: Window

    def guarded(self, guard_ms: int) -> None:
        """From here on changes are guarded against; what is shown now is not new."""
        self.session.write_config(config(guard_ms))
        self.session.call("reload")
        look(self.session)

    def click(self) -> None:
        """Without a motion."""
        self.mouse.button(1)
        self.mouse.button(0)
        for client in (self.host, self.vm):
            client.roundtrip()


@pytest.fixture
def scene(session: SessionProcess) -> Iterator[Scene]:
    session.write_config(config(0))
    session.call("reload")
    path = session.call("vm-socket", name="work")["path"]
    with Client(session.display) as host, Client(path) as vm:
        window = Window(host, title="host")
        host.roundtrip()
        mouse = VirtualPointer(host, SIZE)
        made = Scene(session, mouse, host, vm, Seat(host), window)
        mouse.move(*POINT)
        yield made
        session.write_config(config(0))
        session.call("reload")
    session.wait(lambda: not session.windows(), "the windows to go")


def left_of_the_point(scene: Scene, width: int) -> tuple[Window, Seat]:
    """A dialog-like window of the VM, centred, that ends left of the pointer."""
    window = Window(scene.vm, title="vm", size=(width, 200), fixed=True)
    scene.vm.roundtrip()
    (seen,) = scene.session.windows(title="vm")
    assert seen["floating"]
    left, _, across, _ = box(seen["geometry"])
    assert left + across < POINT[0], "it must not be under the pointer yet"
    return window, Seat(scene.vm)


def a_popup(scene: Scene) -> Seat:
    window, seat = left_of_the_point(scene, 60)
    scene.guarded(5000)
    (seen,) = scene.session.windows(title="vm")
    x, y, _, _ = box(seen["content"])
    Popup(window, (200, 200), (POINT[0] - x - 50, POINT[1] - y - 50))
    return seat


def growth(scene: Scene) -> Seat:
    window, seat = left_of_the_point(scene, 60)
    scene.guarded(5000)
    window.toplevel("set_max_size", 0, 0)
    window.toplevel("set_min_size", 400, 300)
    window.draws = False
    window.draw(400, 300)
    return seat


def a_new_window(scene: Scene) -> Seat:
    scene.guarded(5000)
    Window(scene.vm, title="vm", size=(500, 400), fixed=True)
    return Seat(scene.vm)


def another_workspace(scene: Scene) -> Seat:
    Window(scene.vm, title="vm")
    (seen,) = scene.session.windows(title="vm")
    scene.session.call("window", id=seen["id"], action="workspace", workspace=2)
    scene.guarded(5000)
    scene.session.call("action", text="workspace 2")
    return Seat(scene.vm)


EVENTS = (a_popup, growth, a_new_window, another_workspace)


@pytest.mark.parametrize("event", EVENTS)
def test_what_comes_under_the_pointer_gets_no_press(
    scene: Scene, event: Callable[[Scene], Seat]
) -> None:
    scene.guarded(5000)
    scene.click()
    assert len(scene.clicked.buttons) == 2, "nothing has changed: the click counts"
    scene.guarded(0)
    seat = event(scene)
    scene.vm.roundtrip()
    look(scene.session)
    scene.click()
    assert seat.buttons == [], "the VM got a click that was meant for the host's window"
    assert len(scene.clicked.buttons) == 2
    # It is there indeed: without the guard it gets the next one.
    scene.guarded(0)
    scene.click()
    assert len(seat.buttons) == 2


def test_what_is_uncovered_gets_no_press(scene: Scene) -> None:
    seat = Seat(scene.host)
    above = Window(scene.vm, title="vm", size=(500, 400), fixed=True)
    scene.vm.roundtrip()
    scene.guarded(5000)
    above.destroy()
    scene.vm.roundtrip()
    look(scene.session)
    scene.click()
    assert seat.buttons == []
    scene.guarded(0)
    scene.click()
    assert len(seat.buttons) == 2


def test_a_menu_of_the_same_origin_is_open_at_once(scene: Scene) -> None:
    scene.guarded(5000)
    x, y, _, _ = box(scene.session.windows(title="host")[0]["content"])
    popup = Popup(scene.window, (200, 200), (POINT[0] - x - 50, POINT[1] - y - 50))
    look(scene.session)
    scene.click()
    assert len(scene.clicked.buttons) == 2
    assert scene.clicked.under == popup.surface


def test_after_a_while_it_counts(scene: Scene) -> None:
    scene.guarded(200)
    Window(scene.vm, title="vm", size=(500, 400), fixed=True)
    seat = Seat(scene.vm)
    look(scene.session)

    def arrived() -> bool:
        scene.click()
        return bool(seat.buttons)

    scene.session.wait(arrived, "a click to count")
