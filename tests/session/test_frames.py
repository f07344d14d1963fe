"""What of a window is on the screen: its frame in the label's colour, and nothing outside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.wire import Client, Seat, Subsurface, VirtualPointer, Window
from tests.wire.devices import PRESSED, RELEASED
from tests.wire.picture import (
    Picture,
    bands,
    box,
    look,
    parse_color,
    solid_lines,
    within,
)

from .harness import SessionProcess, running

LABELS = """
[focus]
guard-ms = 0
[labels.mine]
color = "#12b456"
pattern = "dots"
[labels.slate]
color = "#4a5463"
"""
VMS = {
    "work": 'label = "blue"\n',
    "other": 'label = "mine"\n',
    "bare": 'label = "red"\ntrue-fullscreen = true\n',
    "imitator": 'label = "slate"\n',
}
BORDER = 4
MAGENTA, CYAN, YELLOW = (255, 0, 255), (0, 255, 255), (255, 255, 0)
CLIENT_COLORS = (MAGENTA, CYAN, YELLOW)


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=LABELS, vms=VMS) as process:
        for name in VMS:
            process.start_vm(name)
        yield process


def path_of(session: SessionProcess, vm: str | None) -> str:
    if vm is None:
        return str(session.display)
    return str(session.call("vm-socket", name=vm)["path"])


@pytest.fixture
def connect(session: SessionProcess) -> Iterator[Callable[[str | None], Client]]:
    """Connects clients of a VM or the host; when the test ends they hang up."""
    clients: list[Client] = []

    def make(vm: str | None) -> Client:
        clients.append(Client(path_of(session, vm)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
    session.wait(lambda: not session.windows(), "all windows to go")


Connect = Callable[["str | None"], Client]


def check_frame(picture: Picture, window: dict[str, Any], scale: float = 1.0) -> None:
    """Every side of the frame is of the label's colour, from end to end.

    One line of a side may be an accent, so that a frame may show what it likes in that.
    """
    color = parse_color(window["label"]["color"])
    frame, content = box(window["geometry"], scale), box(window["content"], scale)
    least = round(BORDER * scale) - round(scale)
    for side, band in bands(frame, content).items():
        assert solid_lines(picture, band, color) >= least, (side, band, window)
    top = (frame[0], frame[1], frame[2], content[1] - frame[1])
    assert solid_lines(picture, top, color) >= least, ("top", top, window)
    assert content[1] - frame[1] >= round((BORDER + 16) * scale), "room for the name"


def check_inside(picture: Picture, window: dict[str, Any]) -> None:
    """What the client draws is nowhere but in its content."""
    for color in CLIENT_COLORS:
        where = picture.where(color)
        assert where is None or within(where, box(window["content"])), (color, where, window)


def settle(*clients: Client) -> None:
    """Return when nothing is under way between the session and these clients."""
    for _ in range(3):
        for client in clients:
            client.roundtrip()


def wait_fullscreen(window: Window, wanted: bool) -> None:
    """Return when the client was told so."""
    window.client.wait_for(lambda: window.fullscreen == wanted, f"fullscreen: {wanted}")
    settle(window.client)


def test_frames_are_of_their_labels_colours(session: SessionProcess, connect: Connect) -> None:
    first, second, host = connect("work"), connect("other"), connect(None)
    Window(first, title="first", color=MAGENTA)
    Window(second, title="second", color=CYAN)
    Window(host, title="third", color=YELLOW)
    settle(first, second, host)
    picture = look(session)
    seen = {window["title"]: window for window in session.windows()}
    # The second did not take the focus from the first, but the host's window did.
    assert seen["second"]["urgent"] and seen["third"]["focused"]
    for title, color in {"first": MAGENTA, "second": CYAN, "third": YELLOW}.items():
        assert picture.colors(box(seen[title]["content"])) == {color}
        assert picture.where(color) == box(seen[title]["content"])
    for title in ("first", "second"):
        check_frame(picture, seen[title])
    for title in ("first", "second"):
        session.call("window", id=seen[title]["id"], action="focus")
        settle(first, second, host)
        (window,) = session.windows(title=title)
        assert window["focused"]
        check_frame(look(session), window)


def test_no_label_looks_like_the_host(session: SessionProcess, connect: Connect) -> None:
    host, vm = connect(None), connect("imitator")
    Window(host, title="imitator")
    alone = look(session)
    (window,) = session.windows()
    frame, content = box(window["geometry"]), box(window["content"])
    color = alone.pixel(frame[0] + 1, frame[1] + frame[3] // 2)
    assert color == parse_color(session.call("vms")[1]["label"]["color"]), "as the host's frame"
    title = (frame[0], frame[1], frame[2], content[1] - frame[1])
    picture_of_host = [alone.row(y, title[0], title[2]) for y in range(title[1], content[1])]
    host.close()
    session.wait(lambda: not session.windows(), "the host's window to go")
    Window(vm, title="imitator")
    settle(vm)
    (window,) = session.windows()
    assert box(window["geometry"]) == frame
    other = look(session)
    picture_of_vm = [other.row(y, title[0], title[2]) for y in range(title[1], content[1])]
    changed = sum(
        ours[i : i + 3] != theirs[i : i + 3]
        for ours, theirs in zip(picture_of_host, picture_of_vm, strict=True)
        for i in range(0, len(ours), 3)
    )
    assert changed > 400, "name, chip and shape differ"


# What clients try in order to draw outside of their content.


def far_subsurface(window: Window) -> None:
    for number, at in enumerate(((-700, -600), (900, 500), (-5, -40), (-2000, 30))):
        child = Subsurface(window, CYAN)
        child.place(*at)
        if number % 2:
            child.role("place_below", window.surface)
        child.draw(1500, 900)


def nested_subsurfaces(window: Window) -> None:
    child = Subsurface(window, CYAN)
    child.place(-50, -50)
    child.draw(60, 60)
    grandchild = Subsurface(child, YELLOW)
    grandchild.place(-300, -300)
    grandchild.draw(2000, 2000)
    child.commit()


def larger_than_configured(window: Window) -> None:
    window.draw(3000, 2000)


def negative_offset(window: Window) -> None:
    window.surface("offset", -300, -200)
    window.draw(1500, 1000)


def viewport(window: Window) -> None:
    window.viewport()("set_destination", 4000, 3000)


def viewport_on_subsurface(window: Window) -> None:
    child = Subsurface(window, CYAN)
    child.place(-1000, -1000)
    child.viewport()("set_destination", 8000, 8000)
    child.draw(8, 8)


def negative_geometry(window: Window) -> None:
    far_subsurface(window)
    window.xdg_surface("set_window_geometry", -200, -200, 100, 100)


def small_geometry(window: Window) -> None:
    window.xdg_surface("set_window_geometry", 150, 120, 20, 20)


def huge_geometry(window: Window) -> None:
    far_subsurface(window)
    window.xdg_surface("set_window_geometry", -1000, -1000, 9000, 9000)


def buffer_transform(window: Window) -> None:
    window.surface("set_buffer_transform", 5)
    window.draw(1700, 900)


def buffer_scale(window: Window) -> None:
    window.surface("set_buffer_scale", 2)
    window.draw(4000, 3000)
    child = Subsurface(window, CYAN)
    child.place(-400, -400)
    child.surface("set_buffer_scale", 3)
    child.draw(3000, 3000)


def geometry_after_size(window: Window) -> None:
    """The geometry changes while the surface stays: what was inside comes to lie outside."""
    child = Subsurface(window, CYAN)
    child.place(600, 300)
    child.draw(600, 600)
    window.commit()
    window.client.roundtrip()
    window.xdg_surface("set_window_geometry", 0, 0, 30, 30)
    window.commit()
    window.client.roundtrip()
    window.xdg_surface("set_window_geometry", 300, 100, 80, 70)


TRICKS = (
    far_subsurface,
    nested_subsurfaces,
    larger_than_configured,
    negative_offset,
    viewport,
    viewport_on_subsurface,
    negative_geometry,
    small_geometry,
    huge_geometry,
    buffer_transform,
    buffer_scale,
    geometry_after_size,
)


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: str(trick.__name__))
@pytest.mark.parametrize("floating", [False, True], ids=["tiled", "floating"])
def test_nothing_is_drawn_outside_the_content(
    session: SessionProcess, connect: Connect, trick: Callable[[Window], None], floating: bool
) -> None:
    host, vm = connect(None), connect("work")
    Window(host, title="beside", color=(40, 90, 40))
    window = Window(vm, title="tricks", color=MAGENTA)
    if floating:
        (seen,) = session.windows(title="tricks")
        session.call("window", id=seen["id"], action="float", switch="on")
        session.call("window", id=seen["id"], action="move", x=500, y=300)
    settle(host, vm)
    before = look(session)
    (old,) = session.windows(title="tricks")
    check_frame(before, old)
    assert before.where(MAGENTA) == box(old["content"])

    trick(window)
    window.commit()
    settle(host, vm)
    picture = look(session)
    (new,) = session.windows(title="tricks")
    check_inside(picture, new)
    if floating and new["geometry"] != old["geometry"]:
        # The frame follows the client's size; as far as it is on the screen it is whole.
        geometry = box(new["geometry"])
        x, y, width, height = picture.clip(geometry)
        color = parse_color(new["label"]["color"])
        assert picture.colors((x + 1, y, 1, height)) == {color}
        assert picture.colors((x, y + 1, width, 1)) == {color}
    else:
        assert new["content"] == old["content"]
        check_frame(picture, new)
        assert picture.differs(before, box(new["content"])) is None
    assert session.alive()


@pytest.mark.parametrize("alpha", [0, 128])
def test_what_lies_below_does_not_show_through(
    session: SessionProcess, connect: Connect, alpha: int
) -> None:
    host, vm = connect(None), connect("work")
    below = Window(host, title="below", color=(255, 0, 0))
    Window(vm, title="glass", color=(0, 0, 0), alpha=alpha, size=(300, 200), fixed=True)
    settle(host, vm)
    (seen,) = session.windows(title="glass")
    session.call("window", id=seen["id"], action="focus")
    settle(host, vm)
    (seen,) = session.windows(title="glass")
    assert seen["floating"] and seen["focused"]
    content = box(seen["content"])
    first = look(session)
    below.draw(*below.size, color=(0, 255, 0))
    settle(host, vm)
    second = look(session)
    assert second.where((0, 255, 0)) is not None
    assert first.colors(content) == second.colors(content)
    assert len(first.colors(content)) == 1
    check_frame(second, seen)


def test_fullscreen_keeps_the_frame(session: SessionProcess, connect: Connect) -> None:
    vm = connect("work")
    window = Window(vm, title="film", color=MAGENTA)
    window.toplevel("set_fullscreen", None)
    wait_fullscreen(window, True)
    (seen,) = session.windows(title="film")
    assert seen["fullscreen"]
    assert box(seen["geometry"]) == (0, 0, 1280, 720)
    picture = look(session)
    check_frame(picture, seen)
    assert picture.where(MAGENTA) == box(seen["content"])
    window.toplevel("unset_fullscreen")
    wait_fullscreen(window, False)


def test_fullscreen_in_the_background_is_refused(
    session: SessionProcess, connect: Connect
) -> None:
    vm, host = connect("work"), connect(None)
    window = Window(vm, title="background", color=MAGENTA)
    Window(host, title="foreground")
    settle(vm, host)
    assert session.windows(title="foreground")[0]["focused"]
    answered = window.configures
    before = look(session)
    window.toplevel("set_fullscreen", None)
    window.toplevel("set_maximized")
    settle(vm, host)
    (seen,) = session.windows(title="background")
    assert not seen["fullscreen"] and not seen["maximised"] and seen["urgent"]
    assert window.configures > answered, "it is told"
    assert not window.fullscreen
    changed = look(session).differs(before)
    assert changed is None or within(changed, box(seen["geometry"])), "no more than its title"

    # Nor by asking before it shows.
    second = Window(vm, title="early", color=CYAN, show=False)
    second.toplevel("set_fullscreen", None)
    vm.wait_for(lambda: second.configures, "a configure")
    settle(vm, host)
    assert not session.windows(title="early")[0]["fullscreen"]


def test_only_a_person_under_policy_takes_the_frame_away(
    session: SessionProcess, connect: Connect
) -> None:
    for vm, allowed in (("work", False), ("bare", True)):
        client = connect(vm)
        window = Window(client, title=vm, color=MAGENTA)
        session.call("action", text="true-fullscreen on")
        wait_fullscreen(window, True)
        (seen,) = session.windows(title=vm)
        assert seen["fullscreen"]
        picture = look(session)
        if allowed:
            assert picture.colors((0, 0, 1280, 720)) == {MAGENTA}
        else:
            check_frame(picture, seen)
        session.call("action", text="true-fullscreen off")
        wait_fullscreen(window, False)
        # By the client's own request the frame stays, whatever the policy.
        window.toplevel("set_fullscreen", None)
        wait_fullscreen(window, True)
        check_frame(look(session), session.windows(title=vm)[0])
        client.close()
        session.wait(lambda: not session.windows(), "the window to go")


@pytest.mark.parametrize("scale", [1.5, 2.0])
def test_frames_are_crisp_at_any_scale(scale: float) -> None:
    with running(
        config=LABELS, vms=VMS, outputs=["1280x720", f"1500x900@{scale:g}"]
    ) as session, Client(session.start_vm("work")) as vm:
        outputs = session.call("outputs")
        assert [output["scale"] for output in outputs] == [1.0, scale]
        right = outputs[1]["geometry"]
        assert right["width"] == 1500 / scale
        for output in outputs:
            session.call("action", text=f"focus-output {output['name']}")
            Window(vm, title=output["name"], color=MAGENTA)
        settle(vm)
        for output in outputs:
            (seen,) = session.windows(title=output["name"])
            assert seen["output"] == output["name"]
            picture = look(session, output["name"])
            origin = output["geometry"]
            for rectangle in (seen["geometry"], seen["content"]):
                rectangle["x"] -= origin["x"]
                rectangle["y"] -= origin["y"]
            check_frame(picture, seen, output["scale"])
            content = box(seen["content"], output["scale"])
            where = picture.where(MAGENTA)
            assert where is not None and within(where, content)
            x, y, width, height = content
            # The client's pixels are enlarged: the outermost may be mixed with the backing.
            assert picture.colors((x + 2, y + 2, width - 4, height - 4)) == {MAGENTA}
            # Through the left border: background, label, perhaps an accent, and no mixture.
            across = picture.colors((0, y + height // 2, x, 1))
            assert 2 <= len(across) <= 3, across


def test_a_client_moves_its_window_only_while_a_button_holds_it(
    session: SessionProcess, connect: Connect
) -> None:
    vm, host = connect("work"), connect(None)
    window = Window(vm, title="pushy", color=MAGENTA)
    Window(host, title="beside")
    pointer = VirtualPointer(host, (1280, 720))
    seat = Seat(vm)

    def demand() -> list[dict[str, Any]]:
        for serial in (0, 1, seat.serial, seat.press_serial, 0xFFFFFFFF):
            window.toplevel("move", seat.seat, serial)
            window.toplevel("resize", seat.seat, serial, 10)
            window.toplevel("show_window_menu", seat.seat, serial, 3, 3)
        settle(vm, host)
        x, y, width, height = box(session.windows(title="pushy")[0]["content"])
        pointer.move(x + width // 2 + 70, y + height // 2 + 70)
        settle(vm, host)
        return session.windows(title="pushy")

    for title in ("pushy", "beside"):
        (target,) = session.windows(title=title)
        x, y, width, height = box(target["content"])
        pointer.click(x + width // 2, y + height // 2)
        if title == "beside":
            pointer.button(PRESSED)
        settle(vm, host)
        before = session.windows(title="pushy")
        assert demand() == before
        pointer.button(RELEASED)

    # With a button down on it the person drags it by its content.
    (target,) = before
    x, y, width, height = box(target["content"])
    pointer.move(x + width // 2, y + height // 2)
    pointer.button(PRESSED)
    settle(vm, host)
    (after,) = demand()
    assert after["geometry"] != target["geometry"]
    pointer.button(RELEASED)
    pointer.unplug()
