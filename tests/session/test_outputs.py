"""Outputs that change, go and come back, with windows on them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spectrum_session.control.client import Client as ControlClient
from spectrum_session.control.find import running_sessions
from tests.wire import Client, Popup, Window
from tests.wire.picture import box, look, within

from .harness import DEADLINE_S, SessionProcess, running

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


def heard(watcher: ControlClient, until: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Events as they come, up to and with one that is wanted."""
    seen = []
    for event in watcher.events(timeout=DEADLINE_S):
        seen.append(event)
        if until(event):
            break
    return seen


def changes(events: list[dict[str, Any]], kind: str, key: str) -> list[tuple[str, object]]:
    return [(one["change"], one[kind][key]) for one in events if one["event"] == kind]


def test_subscribers_hear_of_an_output_that_is_turned_off_and_on(session: SessionProcess) -> None:
    with ControlClient(session.control_path) as watcher:
        watcher.subscribe("output")
        for state, enabled in (("--off", False), ("--on", True)):
            randr(session, RIGHT, state)

            def done(event: dict[str, Any], enabled: bool = enabled) -> bool:
                return (event["output"]["name"], event["output"]["enabled"]) == (RIGHT, enabled)

            events = heard(watcher, done)
            # Those which nothing happened to are not told of, and none came or went.
            assert changes(events, "output", "name") == [("changed", RIGHT)]
            assert events[0]["output"] == output(session, RIGHT)
        watcher.subscribe("output")
        randr(session, RIGHT, "--scale", "2")
        (event,) = heard(watcher, lambda event: True)
        assert (event["change"], event["output"]["scale"]) == ("changed", 2.0)
    randr(session, RIGHT, "--scale", "1")


def test_subscribers_hear_which_workspace_is_focused(session: SessionProcess) -> None:
    session.call("action", text=f"focus-output {LEFT}")
    before = next(one for one in session.call("workspaces") if one["focused"])["number"]
    with ControlClient(session.control_path) as watcher:
        watcher.subscribe("workspace")
        for number, left in ((7, before), (before, 7)):
            session.call("workspace", number=number)
            events = heard(watcher, lambda event: event["change"] == "focused")
            assert [one["event"] for one in events] == ["workspace"] * 2
            assert changes(events, "workspace", "number") == [
                ("changed", left),
                ("focused", number),
            ]
            assert [one["workspace"]["focused"] for one in events] == [False, True]
        assert events[1]["workspace"] in session.call("workspaces")
        # A window on it is a change, and no focus of the workspace.
        session.spawn("foot", "--title=one")
        (event, *_) = heard(watcher, lambda event: bool(event["workspace"]["windows"]))
        assert (event["change"], event["workspace"]["number"]) == ("changed", before)
        session.call("window", id=session.wait_window(title="one")["id"], action="close")
        session.wait(lambda: not session.windows(), "the window to go")


def test_a_subscriber_is_not_told_what_was_before(session: SessionProcess) -> None:
    """Of ten workspaces and two outputs nothing is told that did not change."""
    session.call("workspace", number=6)
    with ControlClient(session.control_path) as watcher:
        watcher.subscribe("workspace", "output", "mode")
        session.call("workspace", number=5)
        events = heard(watcher, lambda event: event.get("change") == "focused")
        assert sorted(changes(events, "workspace", "number")) == [("changed", 6), ("focused", 5)]
        assert changes(events, "output", "workspace") == [("changed", 5)]
    session.call("workspace", number=1)


def test_an_output_that_goes_for_good_is_told_of(session: SessionProcess) -> None:
    """The outputs of a nested session are windows of another, which can be closed."""
    runtime = session.directory / "nested"
    runtime.mkdir(mode=0o700)
    environment = dict(
        session.client_environment,
        XDG_RUNTIME_DIR=str(runtime),
        WAYLAND_DISPLAY=str(session.display),
        WLR_WL_OUTPUTS="2",
    )
    del environment["SPECTRUM_SESSION_SOCKET"]
    argv = [sys.executable, "-m", "spectrum_session", "--backend", "wayland", "--config"]
    inner = session.spawn(*argv, str(session.config_directory), environment=environment)
    session.wait(lambda: len(session.windows(app_id="wlroots")) == 2, "both outputs")
    # The socket is served last.
    path = session.wait(lambda: find_one(str(runtime)), "the nested session")
    with ControlClient(path) as watcher:
        before = {one["name"]: one for one in watcher.call("outputs")}
        assert set(before) == {"WL-1", "WL-2"}
        watcher.subscribe("output")
        window = session.windows(app_id="wlroots")[-1]
        session.call("window", id=window["id"], action="close")
        events = heard(watcher, lambda event: event["change"] == "removed")
        gone = events[-1]["output"]
        left = watcher.call("outputs")
        assert gone["name"] in before and [one["name"] for one in left] == list(
            before.keys() - {gone["name"]}
        )
        assert gone["geometry"] == before[gone["name"]]["geometry"]
        assert "added" not in {event["change"] for event in events}
        watcher.call("exit")
    assert inner.wait(DEADLINE_S) == 0
    session.wait(lambda: not session.windows(), "its windows to go")


def find_one(runtime: str) -> str:
    """The control socket of the one session there; empty until there is one."""
    return next(iter(running_sessions(runtime).values()), "")


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


def test_a_reload_keeps_the_command_line_and_what_tools_have_set() -> None:
    with running(config=CONFIG, outputs=["1280x720@2"]) as session:

        def seen() -> tuple[float, str]:
            found = output(session, LEFT)
            return found["scale"], found["transform"]

        session.call("reload")
        assert seen() == (2, "normal")
        randr(session, LEFT, "--scale", "1.5", "--transform", "90")
        assert seen() == (1.5, "90")
        session.write_config(CONFIG + "[frame]\nborder = 5\n")
        session.call("reload")
        assert seen() == (1.5, "90")
        # A section that changes is applied, in the mode that the command line names.
        session.write_config(CONFIG + f'[outputs."{LEFT}"]\nscale = 1.0\ntransform = "180"\n')
        session.call("reload")
        assert seen() == (1, "180")
        assert box(output(session, LEFT)["geometry"])[2:] == (1280, 720)
