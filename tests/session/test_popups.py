"""Menus and tooltips: bordered in their VM's colour, on the screen, and nothing beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.wire import Client, Disconnected, Popup, Positioner, Subsurface, Surface, Window
from tests.wire.picture import Box, Picture, box, look, parse_color

from .harness import SessionProcess, running

CONFIG = "[focus]\nguard-ms = 0\n"
VMS = {"work": 'label = "green"\n'}
SIZE = (1280, 720)
BORDER = 2
MAGENTA, CYAN, YELLOW = (255, 0, 255), (0, 255, 255), (255, 255, 0)

NO_ADJUSTMENT = 0
SLIDE = Positioner.SLIDE
FLIP = Positioner.FLIP


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS) as process:
        process.start_vm("work")
        yield process


@pytest.fixture
def host(session: SessionProcess) -> Iterator[Client]:
    with Client(session.display) as client:
        yield client
    session.wait(lambda: not session.windows(vm=None), "the host's windows to go")


@pytest.fixture
def vm(session: SessionProcess) -> Iterator[Client]:
    with Client(session.call("vm-socket", name="work")["path"]) as client:
        yield client
    session.wait(lambda: not session.windows(vm="work"), "the VM's windows to go")


@pytest.fixture
def window(session: SessionProcess, host: Client, vm: Client) -> Window:
    """A window of a VM beside one of the host."""
    Window(host, title="beside", color=(30, 60, 30))
    made = Window(vm, title="parent", color=(90, 90, 90))
    for _ in range(3):
        vm.roundtrip()
    return made


def label_color(session: SessionProcess) -> tuple[int, int, int]:
    return parse_color(session.windows(title="parent")[0]["label"]["color"])


def check_border(picture: Picture, inner: Box, color: tuple[int, int, int]) -> None:
    """All round `inner` there is a border, and all of it is on the screen."""
    x, y, width, height = inner
    ring = (x - BORDER, y - BORDER, width + 2 * BORDER, height + 2 * BORDER)
    assert picture.clip(ring) == ring, (inner, "is not on the screen with its border")
    for side in (
        (ring[0], ring[1], ring[2], BORDER),
        (ring[0], y + height, ring[2], BORDER),
        (ring[0], ring[1], BORDER, ring[3]),
        (x + width, ring[1], BORDER, ring[3]),
    ):
        assert picture.colors(side) == {color}, (side, picture.colors(side))


def test_a_popup_has_a_border_where_it_was_put(
    session: SessionProcess, vm: Client, window: Window
) -> None:
    before = look(session)
    popup = Popup(window, (80, 60), (20, 30), color=MAGENTA)
    vm.roundtrip()
    assert popup.geometry == (20, 30, 80, 60)
    content = box(session.windows(title="parent")[0]["content"])
    inner = (content[0] + 20, content[1] + 30, 80, 60)
    picture = look(session)
    assert picture.where(MAGENTA) == inner
    assert picture.colors(inner) == {MAGENTA}
    check_border(picture, inner, label_color(session))
    ring = (inner[0] - BORDER, inner[1] - BORDER, 80 + 2 * BORDER, 60 + 2 * BORDER)
    assert picture.differs(before, ring) is None
    popup.destroy()
    vm.roundtrip()
    assert look(session).differs(before) is None


@pytest.mark.parametrize("adjust", [NO_ADJUSTMENT, SLIDE, FLIP, SLIDE | FLIP])
@pytest.mark.parametrize(
    "at", [(5000, 5000), (-5000, -5000), (-100000, 40), (40, 100000), (500, -300), (-9, -9)]
)
def test_a_popup_stays_on_the_screen(
    session: SessionProcess, vm: Client, window: Window, at: tuple[int, int], adjust: int
) -> None:
    Popup(window, (100, 80), at, color=MAGENTA, adjust=adjust)
    vm.roundtrip()
    picture = look(session)
    where = picture.where(MAGENTA)
    assert where is not None and where[2:] == (100, 80)
    check_border(picture, where, label_color(session))


def test_popups_on_popups_stay_on_the_screen(
    session: SessionProcess, vm: Client, window: Window
) -> None:
    parent: Window | Popup = window
    for color, at in ((MAGENTA, (500, 600)), (CYAN, (900, -900)), (YELLOW, (-3000, 3000))):
        parent = Popup(parent, (60, 50), at, color=color, adjust=NO_ADJUSTMENT)
    vm.roundtrip()
    picture = look(session)
    for color in (MAGENTA, CYAN, YELLOW):
        where = picture.where(color)
        assert where is not None and where[2:] == (60, 50), color
        check_border(picture, where, label_color(session))


def test_a_popup_larger_than_the_screen_is_cut(
    session: SessionProcess, vm: Client, window: Window
) -> None:
    Popup(window, (4000, 3000), (-50, -50), color=MAGENTA, adjust=NO_ADJUSTMENT)
    vm.roundtrip()
    picture = look(session)
    where = picture.where(MAGENTA)
    assert where is not None
    check_border(picture, where, label_color(session))


# What a client tries in order to draw outside of its popup.


def far_subsurface(popup: Popup) -> None:
    for at in ((-600, -500), (30, 30), (-4, 0)):
        child = Subsurface(popup, CYAN)
        child.place(*at)
        child.draw(1200, 900)


def larger_surface(popup: Popup) -> None:
    popup.xdg_surface("set_window_geometry", 0, 0, 80, 60)
    popup.draw(900, 700)


def shifted_geometry(popup: Popup) -> None:
    far_subsurface(popup)
    popup.xdg_surface("set_window_geometry", -40, -30, 80, 60)


def shifted_inwards(popup: Popup) -> None:
    far_subsurface(popup)
    popup.xdg_surface("set_window_geometry", 10, 10, 40, 30)


def viewport(popup: Popup) -> None:
    popup.xdg_surface("set_window_geometry", 0, 0, 80, 60)
    popup.viewport()("set_destination", 3000, 3000)


def offset(popup: Popup) -> None:
    popup.xdg_surface("set_window_geometry", 0, 0, 80, 60)
    popup.surface("offset", -200, -200)
    popup.draw(80, 60)


@pytest.mark.parametrize(
    "trick",
    [far_subsurface, larger_surface, shifted_geometry, shifted_inwards, viewport, offset],
    ids=lambda trick: str(trick.__name__),
)
def test_nothing_of_a_popup_is_outside_its_border(
    session: SessionProcess, vm: Client, window: Window, trick: Callable[[Popup], None]
) -> None:
    before = look(session)
    popup = Popup(window, (80, 60), (-30, 40), color=MAGENTA)
    trick(popup)
    popup.commit()
    vm.roundtrip()
    vm.roundtrip()
    picture = look(session)
    changed = picture.differs(before)
    assert changed is not None
    x, y, width, height = changed
    if trick is not far_subsurface:
        # Without a window geometry of its own a surface is as large as all that hangs on it.
        assert width <= 80 + 2 * BORDER and height <= 60 + 2 * BORDER, changed
    inner = (x + BORDER, y + BORDER, width - 2 * BORDER, height - 2 * BORDER)
    check_border(picture, inner, label_color(session))


@pytest.mark.parametrize("alpha", [0, 100])
def test_a_popup_shows_nothing_of_what_is_below(
    session: SessionProcess, host: Client, vm: Client, window: Window, alpha: int
) -> None:
    Popup(window, (120, 90), (-60, 40), color=(0, 0, 0), alpha=alpha)
    vm.roundtrip()
    content = box(session.windows(title="parent")[0]["content"])
    inner = (content[0] - 60, content[1] + 40, 120, 90)
    shown = []
    for color in ((200, 0, 0), (0, 200, 0)):
        window.draw(*window.size, color=color)
        vm.roundtrip()
        picture = look(session)
        check_border(picture, inner, label_color(session))
        shown.append(picture.colors(inner))
    assert shown[0] == shown[1]
    assert len(shown[0]) == 1


def test_popups_are_shown_only_with_their_window(
    session: SessionProcess, vm: Client, window: Window
) -> None:
    popup = Popup(window, (80, 60), (20, 30), color=MAGENTA)
    vm.roundtrip()
    assert look(session).where(MAGENTA) is not None
    session.call("workspace", number=3)
    assert look(session).where(MAGENTA) is None
    session.call("workspace", number=1)
    vm.roundtrip()
    if not popup.dismissed:
        assert look(session).where(MAGENTA) is not None
    # Unmapping the window takes them along.
    window.surface("attach", None, 0, 0)
    window.commit()
    vm.roundtrip()
    assert look(session).where(MAGENTA) is None


def test_repositioning_does_not_leave_the_screen(
    session: SessionProcess, vm: Client, window: Window
) -> None:
    popup = Popup(window, (80, 60), (20, 30), color=MAGENTA)
    positioner = Positioner(vm, (120, 70), (3000, -4000), adjust=NO_ADJUSTMENT)
    popup.popup("reposition", positioner.object, 77)
    vm.wait_for(lambda: popup.popup.received("repositioned"), "a new position")
    vm.roundtrip()
    picture = look(session)
    where = picture.where(MAGENTA)
    assert where is not None and where[2:] == (120, 70)
    check_border(picture, where, label_color(session))


def test_a_popup_of_a_fullscreen_window_has_its_border(
    session: SessionProcess, host: Client, vm: Client, window: Window
) -> None:
    (seen,) = session.windows(title="parent")
    session.call("window", id=seen["id"], action="focus")
    window.toplevel("set_fullscreen", None)
    vm.wait_for(lambda: window.fullscreen, "fullscreen")
    Popup(window, (80, 60), (-500, -500), color=MAGENTA, adjust=NO_ADJUSTMENT)
    vm.roundtrip()
    picture = look(session)
    where = picture.where(MAGENTA)
    assert where is not None and where[2:] == (80, 60)
    check_border(picture, where, label_color(session))


def test_a_popup_without_a_parent_is_not_shown(session: SessionProcess, vm: Client) -> None:
    orphan = Surface(vm, MAGENTA)
    xdg_surface = vm.the("xdg_wm_base")("get_xdg_surface", orphan.surface)
    positioner = Positioner(vm, (50, 50)).object
    popup = xdg_surface("get_popup", None, positioner)
    orphan.commit()
    try:
        vm.roundtrip()
        assert popup.received("popup_done"), "neither dismissed nor an error"
    except Disconnected as end:
        assert end.error is not None
    assert look(session).where(MAGENTA) is None
    assert session.alive()


def test_popups_may_go_in_any_order(session: SessionProcess, host: Client) -> None:
    """Destroying one that is not the topmost is an error of that client's and nobody else's."""
    path = session.call("vm-socket", name="work")["path"]
    orders = ((0, 1, 2), (1, 0, 2), (2, 0, 1), (0, 2, 1), (1, 2, 0), (2, 1, 0))
    for order in orders:
        with Client(path) as client:
            window = Window(client, title="parent")
            popups: list[Popup] = []
            for _ in range(3):
                popups.append(Popup(popups[-1] if popups else window, (50, 40), (9, 9)))
            for number in order:
                popups[number].destroy()
            if order == (2, 1, 0):
                client.roundtrip()
            else:
                assert client.refused().interface == "xdg_wm_base"
    session.wait(lambda: not session.windows(vm="work"), "the windows to go")
    assert session.alive()
