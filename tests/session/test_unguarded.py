"""Clients of the host, between whom and wlroots nothing stands but us: what would corrupt it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.wire import (
    Client,
    Disconnected,
    Object,
    Popup,
    Positioner,
    Seat,
    Subsurface,
    VirtualKeyboard,
    Window,
)
from tests.wire.witness import Honest

from .harness import SessionProcess, running

CONFIG = (
    '[focus]\nguard-ms = 0\n[layout]\ndefault = "monocle"\n[bindings]\n"Super+F9" = "kill"\n'
)
SUPER, KEY_F9 = 64, 67
MEMORY = {"MALLOC_PERTURB_": "165", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
"""Of glibc: what was freed is overwritten at once, so that nobody reads it unnoticed."""


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    # Two outputs: what is on the first never hides the honest client's window on the second.
    with running(
        config=CONFIG, vms={"work": ""}, outputs=["1280x720", "400x300"], environment=MEMORY
    ) as process:
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


def make_xdg_surface(client: Client) -> tuple[Object, Object]:
    """A wl_surface and its xdg_surface, which acknowledges every configure."""
    surface = client.the("wl_compositor")("create_surface")
    xdg_surface = client.the("xdg_wm_base")("get_xdg_surface", surface)
    xdg_surface.on("configure", lambda serial: xdg_surface("ack_configure", serial))
    return surface, xdg_surface


# --- decorations of windows that never were


def test_a_decoration_outlives_its_window(client: Client) -> None:
    """The window goes before its first commit; other windows' titles take its memory."""
    surface, xdg_surface = make_xdg_surface(client)
    others = [make_xdg_surface(client)[1]("get_toplevel") for _ in range(120)]
    toplevel = xdg_surface("get_toplevel")
    manager = client.the("zxdg_decoration_manager_v1")
    manager("get_toplevel_decoration", toplevel)
    client.roundtrip()
    toplevel("destroy")
    try:
        client.roundtrip()
        for number, other in enumerate(others):
            other("set_title", "A" * (200 + 8 * (number // 2)))
        client.roundtrip()
        surface("commit")
        client.roundtrip()
    except Disconnected as end:
        assert end.error is not None
        assert (end.error.interface, end.error.code) == ("zxdg_toplevel_decoration_v1", 2)
    else:
        raise AssertionError("the decoration outlived its window")


def test_hanging_up_with_decorations(session: SessionProcess) -> None:
    for _ in range(20):
        with Client(session.display) as client:
            Window(client, decorate=True, show=False)
            Window(client, decorate=True)
            window = Window(client, decorate=True, show=False)
            assert window.decoration is not None
            window.decoration("set_mode", 1)
            client.pump()


def test_every_order_of_an_uncommitted_windows_objects(session: SessionProcess) -> None:
    right = ("decoration", "toplevel", "xdg_surface", "surface")
    for order in itertools.permutations(right):
        with Client(session.display) as client:
            surface, xdg_surface = make_xdg_surface(client)
            toplevel = xdg_surface("get_toplevel")
            manager = client.the("zxdg_decoration_manager_v1")
            objects: dict[str, Object] = {
                "decoration": manager("get_toplevel_decoration", toplevel),
                "toplevel": toplevel,
                "xdg_surface": xdg_surface,
                "surface": surface,
            }
            client.roundtrip()
            for name in order:
                objects[name]("destroy")
            try:
                client.roundtrip()
            except Disconnected as end:
                assert end.error is not None
                assert order != right
            else:
                assert order.index("decoration") < order.index("toplevel")


def test_decorations_are_ours(client: Client) -> None:
    """Both protocols say so, before the first configure and whatever is asked."""
    window = Window(client, decorate=True, show=False)
    seen: list[str] = []
    assert window.decoration is not None
    window.decoration.on("configure", lambda mode: seen.append(f"mode {mode}"))
    window.xdg_surface.on("configure", lambda _serial: seen.append("configure"))
    client.wait_for(lambda: "configure" in seen, "a configure")
    assert seen == ["mode 2", "configure"]
    for request in (("set_mode", 1), ("set_mode", 2), ("unset_mode",)):
        before = len(seen)
        window.decoration(*request)
        client.wait_for(lambda: len(seen) > before, "an answer")  # noqa: B023
        assert set(seen[before:]) == {"configure"}

    older = client.the("org_kde_kwin_server_decoration_manager")
    decoration = older("create", window.surface)
    decoration("request_mode", 1)
    client.roundtrip()
    assert older.received("default_mode") == [(2,)]
    assert decoration.received("mode") == [(2,), (2,)]
    decoration("release")
    client.roundtrip()


@pytest.mark.parametrize(
    ("what", "code"), [("a second one", 1), ("a buffer before", 0), ("no mode", 3)]
)
def test_errors_of_decorations(client: Client, what: str, code: int) -> None:
    manager = client.the("zxdg_decoration_manager_v1")
    window = Window(client, decorate=what != "a buffer before")
    if what == "no mode":
        assert window.decoration is not None
        window.decoration("set_mode", 77)
    else:
        if what == "a second one":
            window = Window(client, decorate=True, show=False)
        manager("get_toplevel_decoration", window.toplevel)
    error = client.refused()
    assert str(error.interface).startswith("zxdg_") and error.code == code


# --- popups on themselves


def positioner(client: Client) -> Object:
    return Positioner(client, (20, 20)).object


def test_a_popup_on_itself(client: Client) -> None:
    Window(client)
    surface, xdg_surface = make_xdg_surface(client)
    xdg_surface("get_popup", xdg_surface, positioner(client))
    surface("commit")
    error = client.refused()
    assert (error.interface, error.code) == ("xdg_wm_base", 3)


def make_ring(client: Client) -> tuple[list[Object], list[Object]]:
    """Two popups, each on the other; nothing is committed. Returns surfaces and popups."""
    window = Window(client)
    first, xdg_first = make_xdg_surface(client)
    second, xdg_second = make_xdg_surface(client)
    where = positioner(client)
    # A surface keeps the role of an object that has gone.
    xdg_second("get_popup", window.xdg_surface, where)("destroy")
    popups = [
        xdg_first("get_popup", xdg_second, where),
        xdg_second("get_popup", xdg_first, where),
    ]
    return [first, second], popups


@pytest.mark.parametrize("order", [(0,), (1,), (0, 1), (1, 0)])
def test_popups_on_each_other(client: Client, order: tuple[int, ...]) -> None:
    surfaces, popups = make_ring(client)
    for index in order:
        surfaces[index]("commit")
    try:
        client.roundtrip()
    except Disconnected as end:
        assert end.error is not None
        assert (end.error.interface, end.error.code) == ("xdg_wm_base", 3)
    else:
        # From 0.18 on we are told of each at once, and the first is on nothing.
        assert all(popup.received("popup_done") for popup in popups)


# --- popups and their first commit


@pytest.mark.parametrize("between", [0, 1])
def test_a_popup_that_grabs_twice(
    session: SessionProcess, client: Client, between: int
) -> None:
    """`between`: grabs of another popup between the two."""
    window = Window(client)
    seat = Seat(client)
    surface, xdg_surface = make_xdg_surface(client)
    popup = xdg_surface("get_popup", window.xdg_surface, positioner(client))
    popup("grab", seat.seat, 1)
    for _ in range(between):
        other = make_xdg_surface(client)[1]
        other("get_popup", window.xdg_surface, positioner(client))("grab", seat.seat, 1)
    popup("grab", seat.seat, 1)
    surface("commit")
    error = client.refused()
    assert (error.interface, error.code) == ("xdg_popup", 0)
    # The next change of focus ends all grabs.
    with Client(session.display) as second:
        grabbing = Popup(Window(second), grab=(Seat(second).seat, 1))
        second.roundtrip()
        grabbing.destroy()
        second.roundtrip()


def test_a_popup_grabs_once(client: Client) -> None:
    """And another on it, and again when both are gone."""
    window = Window(client)
    seat = Seat(client)
    for _ in range(3):
        popup = Popup(window, grab=(seat.seat, 1))
        above = Popup(popup, grab=(seat.seat, 1))
        assert not popup.dismissed and not above.dismissed
        above.destroy()
        popup.destroy()
        client.roundtrip()


def test_a_popup_is_moved_before_its_first_commit(session: SessionProcess) -> None:
    """From 0.19 on the request itself is an assertion: there a gate alone stands before it."""
    newer = session.wlroots >= (0, 19)
    with Client(session.start_vm("work") if newer else session.display) as client:
        move_before_the_first_commit(client, at_once=newer)
    if newer:
        session.call("vm-stop", name="work")


def move_before_the_first_commit(client: Client, *, at_once: bool) -> None:
    """It has to be refused: the request itself, or what makes use of it."""
    window = Window(client)
    surface, xdg_surface = make_xdg_surface(client)
    where = positioner(client)
    popup = xdg_surface("get_popup", window.xdg_surface, where)
    popup("reposition", where, 1)
    if not at_once:
        # The configure comes, and is acknowledged.
        client.roundtrip()
        client.roundtrip()
    surface("attach", client.buffer(20, 20, (9, 9, 9)), 0, 0)
    surface("commit")
    surface("attach", None, 0, 0)
    surface("commit")
    error = client.refused()
    assert (error.interface, error.code) == ("xdg_wm_base", 4)


# --- requests that end their own client


def test_a_client_types_the_chord_that_kills_its_own_window(session: SessionProcess) -> None:
    """Its key is a request of its own, and what that leads to must not free it meanwhile."""
    for number in range(10):
        with Client(session.display) as client:
            keyboard = VirtualKeyboard(client)
            window = Window(client, title="suicide")
            seat = Seat(client)
            session.call("window", id=session.wait_window(title="suicide")["id"], action="focus")
            client.wait_for(lambda: seat.focus is window.surface, "the focus")  # noqa: B023
            keyboard.hold(SUPER)
            # In one go, with more requests behind it that are read in the same turn.
            keyboard.object("key", number, KEY_F9, 1)
            for _ in range(20):
                window.rename("x" * 200)
            with pytest.raises(Disconnected):
                for _ in range(100):
                    client.roundtrip()
        session.wait(lambda: not session.windows(title="suicide"), "the window to go")
        assert session.alive()


# --- numbers

MOST, LEAST = 2**31 - 1, -(2**31)


@pytest.mark.parametrize("at", [(LEAST, LEAST), (MOST, MOST), (LEAST, MOST)])
def test_a_subsurface_far_away(
    session: SessionProcess, client: Client, at: tuple[int, int]
) -> None:
    """Without a geometry of its own a window reaches as far as its subsurfaces."""
    window = Window(client, title="far")
    far = Subsurface(window)
    far.place(*at)
    far.draw(50, 50)
    window.commit()
    client.roundtrip()
    session.call("layout", name="columns")
    session.call("layout", name="monocle")
    client.roundtrip()
    assert "Traceback" not in session.log()
