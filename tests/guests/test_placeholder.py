"""A real guest starts: what a person sees until its window is there, and of one that hangs."""

from __future__ import annotations

import threading

from spectrum_session.control.client import Client
from spectrum_session.control.names import BOOT_STAGES
from tests.session.harness import SessionProcess
from tests.wire.picture import bands, box, look, parse_color, solid_lines

from .world import BOOT_S, BORDER, status, wait_picture


def test_from_the_kernel_to_the_window(session: SessionProcess) -> None:
    stages: list[str] = []
    with Client(session.control_path, BOOT_S) as watcher:
        watcher.subscribe("vm")
        starting = threading.Thread(target=start, args=(session, "shows"))
        starting.start()
        window = session.wait_window(vm="shows", placeholder=True)
        assert status(session, "shows")["state"] == "starting"
        assert window["label"]["name"] == "shows" and window["visible"]
        frame, content = box(window["geometry"]), box(window["content"])

        def drawn() -> bool:
            picture = look(session)
            color = parse_color(window["label"]["color"])
            return len(picture.colors(content)) > 20 and all(
                solid_lines(picture, band, color) >= BORDER - 1
                for band in bands(frame, content).values()
            )

        session.wait(drawn, "the placeholder in its frame")
        told = status(session, "shows")["boot"]
        assert told is None or told["stage"] in BOOT_STAGES
        shown = session.wait_window(vm="shows", placeholder=False)
        starting.join(BOOT_S)
        assert shown["geometry"] == window["geometry"]
        assert shown["focused"] == window["focused"]
        assert not session.windows(placeholder=True)
        for event in watcher.events(timeout=BOOT_S):
            boot = event["vm"]["boot"]
            if boot is not None and boot["stage"] not in stages:
                stages.append(boot["stage"])
            if event["vm"]["windows"] == [shown["id"]] or boot is None:
                break
    wanted = ["machine", "kernel", "drivers", "root", "user-space", "transport", "program"]
    assert stages[: len(wanted)] == wanted
    ground = parse_color("#204060")
    wait_picture(session, lambda picture: ground in picture.colors(content))
    session.call("vm-stop", name="shows")
    starting = threading.Thread(target=start, args=(session, "shows"))
    starting.start()
    session.wait_window(vm="shows", placeholder=True)
    boot = status(session, "shows")["boot"]
    assert boot is not None and boot["expected_ms"] > 0, "the first one is remembered"
    starting.join(BOOT_S)


def start(session: SessionProcess, name: str) -> None:
    with Client(session.control_path, BOOT_S) as client:
        client.call("vm-start", name=name)


def test_closing_that_of_one_that_hangs_stops_it(session: SessionProcess) -> None:
    session.call("action", text="start-vm hangs")
    window = session.wait_window(vm="hangs", placeholder=True)
    assert window["focused"], "the person asked for it"
    session.wait(
        lambda: "broken: begins" in session.call("vm-log", name="hangs")["text"], "its kernel"
    )
    assert status(session, "hangs")["boot"]["stage"] == "kernel"
    session.call("window", id=window["id"], action="close")
    session.wait(lambda: status(session, "hangs")["state"] == "stopped", "the guest to end")
    session.wait(lambda: not session.windows(vm="hangs"), "it to go")


def test_one_that_waits_for_its_network(session: SessionProcess) -> None:
    session.call("action", text="start-vm behind")
    session.wait_window(vm="behind", placeholder=True, title="Waits for hangs")
    assert status(session, "behind")["boot"]["stage"] == "waiting"
    session.wait(lambda: status(session, "hangs")["pid"] is not None, "the other one's machine")
    session.call("vm-kill", name="hangs")
    session.wait(lambda: status(session, "behind")["state"] == "failed", "it to fail")
    shown = session.wait_window(vm="behind", placeholder=True)
    assert shown["title"].startswith("Failed to start")
    session.call("window", id=shown["id"], action="close")
    session.wait(lambda: not session.windows(vm="behind"), "it to go")


def test_a_kernel_that_panics_is_shown(session: SessionProcess) -> None:
    session.call("action", text="start-vm panics")
    session.wait(lambda: status(session, "panics")["state"] == "failed", "it to fail")
    window = session.wait_window(vm="panics", placeholder=True)
    assert window["title"].startswith("Failed to start")
