"""Cursors and drag icons: the two pictures of a client that no frame surrounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from spectrum_session.gate.policy import MAX_CURSOR
from tests.wire import Client, Seat, Subsurface, Surface, VirtualPointer, Window
from tests.wire.devices import PRESSED, RELEASED
from tests.wire.picture import box, look, within

from .harness import SessionProcess, running

CONFIG = "[focus]\nguard-ms = 0\n"
VMS = {"work": 'label = "green"\n'}
SIZE = (1280, 720)
MAGENTA, CYAN = (255, 0, 255), (0, 255, 255)
MAX_ICON = 256
"""No larger drag icon may hang on the pointer, logical pixels."""


class Stage:
    """A VM's window under the pointer, beside one of the host."""

    def __init__(self, session: SessionProcess, host: Client, vm: Client) -> None:
        self.session, self.host, self.vm = session, host, vm
        Window(host, title="beside", color=(30, 60, 30))
        self.window = Window(vm, title="under", color=(70, 70, 70))
        self.seat = Seat(vm)
        self.pointer = VirtualPointer(host, SIZE)
        for _ in range(2):
            vm.roundtrip()
        x, y, width, height = box(session.windows(title="under")[0]["content"])
        self.at = (x + width // 2, y + height // 2)
        self.pointer.move(*self.at)
        vm.roundtrip()
        assert self.seat.under is self.window.surface

    def set_cursor(self, surface: Surface, hotspot: tuple[int, int] = (0, 0)) -> None:
        self.seat.pointer("set_cursor", self.seat.enter_serial, surface.surface, *hotspot)
        self.vm.roundtrip()

    def drag(self, icon: Surface | None) -> None:
        """Press and start to drag, as a client does that offers data."""
        self.pointer.button(PRESSED)
        self.vm.roundtrip()
        manager = self.vm.the("wl_data_device_manager")
        device = manager("get_data_device", self.seat.seat)
        source = manager("create_data_source")
        source("offer", "text/plain")
        device(
            "start_drag",
            source,
            self.window.surface,
            icon.surface if icon else None,
            self.seat.press_serial,
        )
        self.vm.roundtrip()
        x, y = self.at
        self.pointer.move(x + 10, y + 10)
        self.at = (x + 10, y + 10)
        self.vm.roundtrip()

    def near(self, reach: int) -> tuple[int, int, int, int]:
        """What lies within reach of the pointer."""
        x, y = self.at
        return x - reach, y - reach, 2 * reach, 2 * reach


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS) as process:
        process.start_vm("work")
        yield process


@pytest.fixture
def stage(session: SessionProcess) -> Iterator[Stage]:
    with (
        Client(session.display) as host,
        Client(session.call("vm-socket", name="work")["path"]) as vm,
    ):
        stage = Stage(session, host, vm)
        yield stage
        stage.pointer.button(RELEASED)
        stage.pointer.unplug()
    session.wait(lambda: not session.windows(), "the windows to go")


def test_a_cursor_is_shown_with_its_hotspot_at_the_pointer(
    session: SessionProcess, stage: Stage
) -> None:
    cursor = Surface(stage.vm, MAGENTA)
    cursor.draw(24, 20)
    stage.set_cursor(cursor, (4, 6))
    x, y = stage.at
    assert look(session, cursor=True).where(MAGENTA) == (x - 4, y - 6, 24, 20)


@pytest.mark.parametrize("size", [(1000, 1000), (MAX_CURSOR + 1, 16), (16, MAX_CURSOR + 1)])
def test_a_large_cursor_is_not_shown(
    session: SessionProcess, stage: Stage, size: tuple[int, int]
) -> None:
    cursor = Surface(stage.vm, MAGENTA)
    cursor.draw(*size)
    stage.set_cursor(cursor)
    assert look(session, cursor=True).where(MAGENTA) is None
    # Nor one that grows when it is shown.
    other = Surface(stage.vm, CYAN)
    other.draw(24, 24)
    stage.set_cursor(other)
    assert look(session, cursor=True).where(CYAN) is not None
    other.draw(*size)
    stage.vm.roundtrip()
    assert look(session, cursor=True).where(CYAN) is None


def moved_by_offset(stage: Stage, cursor: Surface) -> None:
    stage.set_cursor(cursor)
    for _ in range(8):
        cursor.surface("offset", -60, -40)
        cursor.draw(32, 32)


def moved_by_hotspot(stage: Stage, cursor: Surface) -> None:
    stage.set_cursor(cursor, (480, 320))


def moved_the_other_way(stage: Stage, cursor: Surface) -> None:
    stage.set_cursor(cursor, (-190, -250))


def with_a_subsurface(stage: Stage, cursor: Surface) -> None:
    child = Subsurface(cursor, MAGENTA)
    child.place(-300, -200)
    child.draw(500, 300)
    stage.set_cursor(cursor)
    cursor.commit()


@pytest.mark.parametrize(
    "trick",
    [moved_by_offset, moved_by_hotspot, moved_the_other_way, with_a_subsurface],
    ids=lambda trick: str(trick.__name__),
)
def test_a_cursor_stays_at_the_pointer(
    session: SessionProcess, stage: Stage, trick: Callable[[Stage, Surface], None]
) -> None:
    """Drawn elsewhere it would be a picture over somebody else's window."""
    cursor = Surface(stage.vm, MAGENTA)
    cursor.draw(32, 32)
    trick(stage, cursor)
    stage.vm.roundtrip()
    stage.pointer.move(stage.at[0] + 1, stage.at[1])
    stage.at = (stage.at[0] + 1, stage.at[1])
    where = look(session, cursor=True).where(MAGENTA)
    assert where is None or within(where, stage.near(MAX_CURSOR)), (where, stage.at)


def test_only_what_is_under_the_pointer_sets_the_cursor(
    session: SessionProcess, stage: Stage
) -> None:
    cursor = Surface(stage.vm, MAGENTA)
    cursor.draw(24, 24)
    serial = stage.seat.enter_serial
    x, y, width, height = box(session.windows(title="beside")[0]["content"])
    stage.pointer.move(x + width // 2, y + height // 2)
    stage.vm.roundtrip()
    assert stage.seat.under is None
    for guess in (serial, stage.seat.serial, serial + 1, 0, 0xFFFFFFFF):
        stage.seat.pointer("set_cursor", guess, cursor.surface, 0, 0)
    stage.vm.roundtrip()
    assert look(session, cursor=True).where(MAGENTA) is None


def test_another_client_of_the_same_origin_does_not_set_the_cursor(
    session: SessionProcess, stage: Stage
) -> None:
    """Of the host's two clients, who share a seat and have no gate, the one under the pointer."""
    with Client(session.display) as other:
        seat, cursor = Seat(other), Surface(other, MAGENTA)
        cursor.draw(24, 24)
        mine, own = Seat(stage.host), Surface(stage.host, CYAN)
        own.draw(24, 24)
        x, y, width, height = box(session.windows(title="beside")[0]["content"])
        stage.pointer.move(x + width // 2, y + height // 2)
        stage.host.roundtrip()
        assert mine.under is not None
        for serial in (mine.enter_serial, mine.enter_serial + 1, seat.serial, 0, 0xFFFFFFFF):
            seat.pointer("set_cursor", serial, cursor.surface, 0, 0)
        other.roundtrip()
        assert look(session, cursor=True).where(MAGENTA) is None
        mine.pointer("set_cursor", mine.enter_serial, own.surface, 0, 0)
        stage.host.roundtrip()
        assert look(session, cursor=True).where(CYAN) is not None
        # Nor does it take the cursor away.
        seat.pointer("set_cursor", mine.enter_serial, None, 0, 0)
        other.roundtrip()
        assert look(session, cursor=True).where(CYAN) is not None


def test_a_drag_icon_follows_the_pointer(session: SessionProcess, stage: Stage) -> None:
    icon = Surface(stage.vm, CYAN)
    stage.drag(icon)
    icon.draw(40, 30)
    stage.vm.roundtrip()
    where = look(session).where(CYAN)
    assert where is not None and where[2:] == (40, 30)
    assert within(where, stage.near(MAX_ICON))
    stage.pointer.button(RELEASED)
    stage.vm.roundtrip()
    assert look(session).where(CYAN) is None


def large(stage: Stage, icon: Surface) -> None:
    icon.draw(900, 500)


def offset(stage: Stage, icon: Surface) -> None:
    for _ in range(8):
        icon.surface("offset", -60, -40)
        icon.draw(64, 64)
        icon.commit()


def subsurface(stage: Stage, icon: Surface) -> None:
    child = Subsurface(icon, CYAN)
    child.place(-400, -300)
    child.draw(1000, 600)
    icon.draw(20, 20)


@pytest.mark.parametrize("trick", [large, offset, subsurface], ids=lambda t: str(t.__name__))
def test_a_drag_icon_stays_small_and_at_the_pointer(
    session: SessionProcess, stage: Stage, trick: Callable[[Stage, Surface], None]
) -> None:
    icon = Surface(stage.vm, CYAN)
    stage.drag(icon)
    trick(stage, icon)
    stage.vm.roundtrip()
    where = look(session).where(CYAN)
    assert where is None or within(where, stage.near(MAX_ICON)), (where, stage.at)
