"""Outputs that change, go and come back, with windows on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.wire import Client, Popup, Window
from tests.wire.picture import box, look, within

from .harness import SessionProcess, running

CONFIG = "[focus]\nguard-ms = 0\n"
VMS = {"work": 'label = "blue"\n'}
LEFT, RIGHT = "HEADLESS-1", "HEADLESS-2"
MAGENTA, CYAN = (255, 0, 255), (0, 255, 255)


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS, outputs=["1280x720", "800x600"]) as process:
        process.start_vm("work")
        yield process


@pytest.fixture
def vm(session: SessionProcess) -> Iterator[Client]:
    with Client(session.call("vm-socket", name="work")["path"]) as client:
        yield client
    session.wait(lambda: not session.windows(), "the windows to go")
    for name in (LEFT, RIGHT):
        randr(session, name, "--on", "--scale", "1", "--transform", "normal")
    randr(session, LEFT, "--pos", "0,0")
    randr(session, RIGHT, "--pos", "1280,0")
    session.call("action", text=f"focus-output {LEFT}")


def randr(session: SessionProcess, output: str, *options: str) -> None:
    session.run("wlr-randr", "--output", output, *options)


def output(session: SessionProcess, name: str) -> dict[str, Any]:
    (found,) = (one for one in session.call("outputs") if one["name"] == name)
    return dict(found)


def settle(client: Client) -> None:
    for _ in range(3):
        client.roundtrip()


def open_on(session: SessionProcess, client: Client, name: str, **options: Any) -> Window:
    """A window on an output, with the output's name for a title."""
    session.call("action", text=f"focus-output {name}")
    window = Window(client, title=name, **options)
    settle(client)
    assert session.windows(title=name)[0]["output"] == name
    return window


def check_places(session: SessionProcess) -> None:
    """Every visible window lies on its output, and the focus is on a visible window or nowhere."""
    outputs = {one["name"]: box(one["geometry"]) for one in session.call("outputs")}
    for window in session.windows():
        if window["visible"]:
            assert within(box(window["geometry"]), outputs[window["output"]]), window
        assert window["visible"] or not window["focused"]


def check_frames(window: Window) -> None:
    """The client is told when to draw."""
    before = window.frames
    window.ask_frame()
    window.commit()
    window.client.wait_for(lambda: window.frames > before, "a frame")


def test_outputs_lie_beside_each_other(session: SessionProcess, vm: Client) -> None:
    assert box(output(session, LEFT)["geometry"]) == (0, 0, 1280, 720)
    assert box(output(session, RIGHT)["geometry"]) == (1280, 0, 800, 600)
    listed = session.run("wlr-randr").stdout.decode()
    assert LEFT in listed and RIGHT in listed and "800x600" in listed
    open_on(session, vm, LEFT, color=MAGENTA)
    open_on(session, vm, RIGHT, color=CYAN)
    check_places(session)
    assert look(session, LEFT).where(CYAN) is None
    assert look(session, RIGHT).where(MAGENTA) is None
    assert len({one["workspace"] for one in session.windows()}) == 2


def test_scale_and_transform_and_place(session: SessionProcess, vm: Client) -> None:
    window = open_on(session, vm, RIGHT, color=CYAN)
    for options, size in (
        (("--scale", "2"), (400, 300)),
        (("--scale", "1.25"), (640, 480)),
        (("--transform", "90"), (480, 640)),
        (("--scale", "1", "--transform", "flipped-270"), (600, 800)),
        (("--transform", "180"), (800, 600)),
    ):
        randr(session, RIGHT, *options)
        settle(vm)
        geometry = output(session, RIGHT)["geometry"]
        assert (geometry["width"], geometry["height"]) == size, options
        check_places(session)
        (seen,) = session.windows(title=RIGHT)
        content = seen["content"]
        assert window.configured == (content["width"], content["height"])
        assert seen["geometry"]["width"] >= size[0] - 20
        assert look(session, RIGHT).where(CYAN) is not None
    randr(session, RIGHT, "--pos", "-2000,300", "--transform", "normal")
    settle(vm)
    assert box(output(session, RIGHT)["geometry"]) == (-2000, 300, 800, 600)
    check_places(session)


def test_windows_survive_their_output(session: SessionProcess, vm: Client) -> None:
    open_on(session, vm, LEFT, color=MAGENTA)
    window = open_on(session, vm, RIGHT, color=CYAN)
    Popup(window, (50, 40), (30, 30), color=(250, 250, 0))
    settle(vm)
    (before,) = session.windows(title=RIGHT)
    assert before["focused"]
    for _ in range(3):
        randr(session, RIGHT, "--off")
        settle(vm)
        assert not output(session, RIGHT)["enabled"]
        (seen,) = session.windows(title=RIGHT)
        assert seen["output"] == LEFT and seen["id"] == before["id"]
        check_places(session)
        # The person goes to it, wherever it went.
        session.call("window", id=seen["id"], action="focus")
        settle(vm)
        assert session.windows(title=RIGHT)[0]["visible"]
        assert look(session).where(CYAN) is not None

        randr(session, RIGHT, "--on")
        settle(vm)
        assert output(session, RIGHT)["enabled"]
        (seen,) = session.windows(title=RIGHT)
        assert seen["output"] == RIGHT and seen["workspace"] == before["workspace"]
        check_places(session)
        assert look(session, RIGHT).where(CYAN) is not None
        assert look(session, LEFT).where(MAGENTA) is not None


def test_fullscreen_and_floating_survive_their_output(
    session: SessionProcess, vm: Client
) -> None:
    full = open_on(session, vm, RIGHT, color=CYAN)
    floating = Window(vm, title="floating", size=(300, 200), fixed=True, color=MAGENTA)
    settle(vm)
    (seen,) = session.windows(title=RIGHT)
    session.call("window", id=seen["id"], action="fullscreen", switch="on")
    (other,) = session.windows(title="floating")
    session.call("window", id=other["id"], action="move", x=1900, y=500)
    settle(vm)
    assert full.fullscreen
    for state, home in (("--off", LEFT), ("--on", RIGHT)):
        randr(session, RIGHT, state)
        settle(vm)
        (seen,) = session.windows(title=RIGHT)
        (other,) = session.windows(title="floating")
        assert seen["fullscreen"] and other["floating"]
        assert seen["output"] == other["output"] == home
        if seen["visible"]:
            assert seen["geometry"] == output(session, home)["geometry"]
    assert floating.size == (300, 200)


def test_without_any_output(session: SessionProcess, vm: Client) -> None:
    first = open_on(session, vm, LEFT, color=MAGENTA)
    second = open_on(session, vm, RIGHT, color=CYAN)
    randr(session, RIGHT, "--off")
    randr(session, LEFT, "--off")
    settle(vm)
    assert session.alive()
    assert {one["output"] for one in session.windows()} == {None}
    assert not any(one["visible"] for one in session.windows())
    # Life goes on.
    third = Window(vm, title="unseen")
    settle(vm)
    assert len(session.windows()) == 3
    session.call("window", id=session.windows(title=LEFT)[0]["id"], action="focus")
    session.call("workspace", number=4)
    session.call("workspace", number=1)
    first.toplevel("set_fullscreen", None)
    third.destroy()
    settle(vm)
    first.toplevel("unset_fullscreen")
    settle(vm)

    randr(session, LEFT, "--on")
    randr(session, RIGHT, "--on")
    settle(vm)
    assert len(session.windows()) == 2
    check_places(session)
    for window, name in ((first, LEFT), (second, RIGHT)):
        (seen,) = session.windows(title=name)
        session.call("window", id=seen["id"], action="focus")
        settle(vm)
        (seen,) = session.windows(title=name)
        assert seen["visible"] and seen["output"] is not None
        check_frames(window)
    assert look(session).where(MAGENTA) is not None


def test_clients_hear_of_outputs(session: SessionProcess, vm: Client) -> None:
    assert len(vm.offers("wl_output")) == 2
    outputs = [vm.registry("bind", one.name, "wl_output", 4) for one in vm.offers("wl_output")]
    settle(vm)
    names = {one.received("name")[0][0]: one for one in outputs}
    assert set(names) == {LEFT, RIGHT}
    assert names[RIGHT].received("mode")[-1][1:3] == (800, 600)
    randr(session, RIGHT, "--scale", "2")
    settle(vm)
    assert names[RIGHT].received("scale")[-1] == (2,)
    randr(session, RIGHT, "--off")
    settle(vm)
    assert len(vm.offers("wl_output")) == 1
    randr(session, RIGHT, "--on")
    settle(vm)
    assert len(vm.offers("wl_output")) == 2


def test_a_reload_applies_to_outputs(session: SessionProcess, vm: Client) -> None:
    session.write_config(CONFIG + f'[outputs."{RIGHT}"]\nscale = 2.0\ntransform = "90"\n')
    session.call("reload")
    assert output(session, RIGHT)["scale"] == 2.0
    assert box(output(session, RIGHT)["geometry"])[2:] == (300, 400)
    session.write_config(CONFIG + f'[outputs."{RIGHT}"]\nenabled = false\n')
    session.call("reload")
    assert not output(session, RIGHT)["enabled"]
    session.write_config(CONFIG)
    session.call("reload")
    assert output(session, RIGHT)["enabled"]
    assert output(session, RIGHT)["scale"] == 1.0
    settle(vm)
