"""What stands in a VM's frame until its first window, and after it failed."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.control.client import Client as Control
from spectrum_session.control.errors import ControlError
from tests.wire import Client, Seat, Surface, VirtualKeyboard, VirtualPointer, Window
from tests.wire.devices import PRESSED, RELEASED
from tests.wire.picture import Picture, bands, box, look, parse_color, solid_lines

from .harness import SessionProcess, running

SIZE = (1280, 720)
BORDER = 4
BUTTON_EDGE = (0x4B, 0x55, 0x63)
OVERLAY, EXCLUSIVE = 3, 1
ESCAPE, TAB, ENTER, KEY_S, KEY_L, KEY_K = 1, 15, 28, 31, 38, 37

NASTY = r"""
import sys, time
out = sys.stdout.buffer
out.write(b"\x1b[2J\x1b]0;title\x07\x1b[31mred\n")
out.write("\u202e\u2066turned\u2069 \u05e9\u05dc\u05d5\u05dd\n".encode() * 3)
out.write(b"spectrum-guest: transport\nspectrum-guest: agent over vsock\nvictim: Failed\n")
out.write(b"M" * (1 << 20) + b"\n")
out.write(("<span size='999999'>" + "a" + "\u0301" * 3000 + "\n").encode())
out.write(b"\xff\xfe\x00\n" + b"W" * 5000)
out.flush()
time.sleep(100000)
"""


def shell(script: str) -> str:
    return f"command = {json.dumps(['sh', '-c', script])}\n"


VMS = {
    "late": 'label = "blue"\n' + shell("echo says this; exec sleep 100000"),
    "other": 'label = "green"\n' + shell("exec sleep 100000"),
    "nasty": 'label = "red"\n' + f"command = {json.dumps(['python3', '-c', NASTY])}\n",
    "fails": 'label = "orange"\n' + shell("echo the last words; exit 3"),
    "fails-mute": 'label = "orange"\n' + shell("exit 3"),
    "fails-later": shell("sleep 2; exit 3"),
    "silent": 'label = "gray"\n',
    "machine": 'label = "purple"\ndriver = "qemu"\n',
    "offers": (
        '[[apps]]\nname = "Terminal"\ncommand = ["foot", "-e", "top"]\nicon = "foot"\n'
        '[[apps]]\nname = "Web"\ncommand = ["elinks"]\n'
    ),
}
CONFIG = "[focus]\nguard-ms = 0\n"


@pytest.fixture(scope="module")
def whole_session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS) as process:
        yield process


@pytest.fixture
def session(whole_session: SessionProcess) -> Iterator[SessionProcess]:
    """With nothing left of the test before."""
    yield whole_session
    clear(whole_session)


def clear(session: SessionProcess) -> None:
    for name in VMS:
        session.call("vm-stop", name=name)
    for window in session.windows():
        session.call("window", id=window["id"], action="close")
    session.wait(lambda: not session.windows(), "the windows to go")


def vm(session: SessionProcess, name: str) -> dict[str, Any]:
    (found,) = [one for one in session.call("vms") if one["name"] == name]
    return dict(found)


def placeholder(session: SessionProcess, name: str) -> dict[str, Any]:
    """The placeholder of a VM, once it is there."""
    return session.wait_window(vm=name, placeholder=True)


def start(session: SessionProcess, name: str) -> dict[str, Any]:
    """Start a VM whose program shows nothing by itself; its placeholder."""
    session.call("vm-start", name=name)
    return placeholder(session, name)


def fail(session: SessionProcess, name: str = "fails") -> dict[str, Any]:
    """Start a VM that fails, and wait until that is shown."""
    # It may have failed before it was up.
    with suppress(ControlError):
        session.call("vm-start", name=name)
    session.wait(lambda: vm(session, name)["state"] == "failed", "it to fail")
    return placeholder(session, name)


def is_framed(picture: Picture, window: dict[str, Any]) -> bool:
    frame, content = box(window["geometry"]), box(window["content"])
    color = parse_color(window["label"]["color"])
    return all(
        solid_lines(picture, band, color) >= BORDER - 1
        for band in bands(frame, content).values()
    )


def seen(session: SessionProcess, window: dict[str, Any]) -> Picture:
    """The screen, once the placeholder is drawn in its frame: there is writing in it."""
    content = box(window["content"])

    def drawn() -> Picture | None:
        picture = look(session)
        many = len(picture.colors(content)) > 20
        return picture if many and is_framed(picture, window) else None

    picture = session.wait(drawn, "the placeholder to be drawn")
    assert picture is not None
    return picture


def writing(picture: Picture, window: dict[str, Any]) -> tuple[int, int, int, int]:
    """The box around all that stands on the placeholder's ground."""
    x, y, width, height = box(window["content"])
    ground = picture.pixel(x + 1, y + 1)
    found = [
        (i, j)
        for j in range(y, y + height)
        for i in range(x, x + width)
        if picture.pixel(i, j) != ground
    ]
    left, right = min(i for i, _ in found), max(i for i, _ in found)
    top, bottom = min(j for _, j in found), max(j for _, j in found)
    return left, top, right - left + 1, bottom - top + 1


def client(session: SessionProcess, name: str) -> Client:
    return Client(session.call("vm-socket", name=name)["path"])


# --- while it starts


def test_it_stands_in_the_frame_of_its_vm(session: SessionProcess) -> None:
    window = start(session, "late")
    assert window["label"] == {"name": "late", "color": "#2f6fd6", "pattern": "rings"}
    assert window["title"] == "Waiting for its first window"
    assert window["focused"] and window["visible"] and not window["floating"]
    assert window["pid"] == session.process.pid
    seen(session, window)
    assert session.windows(vm="late") == [session.windows(placeholder=True)[0]]
    boot = vm(session, "late")["boot"]
    assert (boot["stage"], boot["expected_ms"], boot["verdict"]) == ("window", None, "good")
    assert boot["elapsed_ms"] >= 0
    assert b"window, " in session.spectrumctl("vms").stdout
    tree = session.spectrumctl("tree").stdout.decode()
    assert "placeholder" in tree


def test_the_first_window_takes_its_place(session: SessionProcess) -> None:
    with Client(session.display) as host:
        beside = Window(host, title="beside")
        session.wait_window(title="beside")
        start(session, "other")
        start(session, "late")
        before = placeholder(session, "late")
        session.call("window", id=before["id"], action="focus")
        session.wait(lambda: placeholder(session, "late")["focused"], "the focus")
        before = placeholder(session, "late")
        placed = {w["id"]: w["geometry"] for w in session.windows()}
        with Control(session.control_path) as watcher, client(session, "late") as guest:
            watcher.subscribe("window", "focus")
            window = Window(guest, title="the program's", color=(10, 200, 10))
            assert window.configured == (before["content"]["width"], before["content"]["height"])
            after = session.wait_window(title="the program's")
            assert after["geometry"] == before["geometry"]
            assert after["focused"] and not after["placeholder"]
            session.wait(lambda: not session.windows(vm="late", placeholder=True), "it to go")
            now = {w["id"]: w["geometry"] for w in session.windows()}
            del placed[before["id"]], now[after["id"]]
            assert now == placed, "nothing else has moved"
            told = [event for event in events(watcher) if event["event"] == "window"]
            moved = [one["window"]["id"] for one in told if one["window"]["id"] in placed]
            assert not moved, "and nothing was told to"
            changes = [(one["change"], one["window"]["id"]) for one in told]
            assert changes.index(("opened", after["id"])) < changes.index(("closed", before["id"]))
            assert vm(session, "late")["boot"] is None
            content = box(after["content"])
            session.wait(lambda: look(session).colors(content) == {(10, 200, 10)}, "its picture")
            # The next window of the same VM opens beside it, as ever.
            Window(guest, title="second")
            assert session.wait_window(title="second")["geometry"] != after["geometry"]
        beside.destroy()


def events(watcher: Control) -> list[dict[str, Any]]:
    """What a subscriber was sent until now."""
    watcher.call("version")
    found = []
    while True:
        try:
            found.append(next(watcher.events(timeout=0.05)))
        except ControlError:
            return found


def test_how_long_it_took_is_expected_of_the_next(session: SessionProcess) -> None:
    start(session, "other")
    with client(session, "other") as guest:
        Window(guest, title="shows")
        session.wait_window(title="shows")
        session.wait(lambda: vm(session, "other")["boot"] is None, "the end of its start")
    took = session.call("vm-status", name="other")["last_start"]
    assert list(took["stages_ms"]) == ["machine", "window"]
    assert took["total_ms"] >= took["stages_ms"]["window"] > 0
    session.call("vm-stop", name="other")
    start(session, "other")
    assert session.call("vm-status", name="other")["last_start"] is None
    expected = vm(session, "other")["boot"]["expected_ms"]
    assert isinstance(expected, int) and expected >= 0
    done = session.spectrumctl("vm", "status", "other")
    assert b" of about " in done.stdout


def test_one_that_runs_on_when_it_is_closed(session: SessionProcess) -> None:
    window = start(session, "late")
    session.call("window", id=window["id"], action="close")
    session.wait(lambda: not session.windows(vm="late"), "it to go")
    assert vm(session, "late")["state"] == "running"
    with client(session, "late") as guest:
        Window(guest, title="in spite of that")
        session.wait_window(title="in spite of that")
    session.call("vm-stop", name="late")
    start(session, "late")


def test_killing_it_kills_the_vm(session: SessionProcess) -> None:
    window = start(session, "late")
    session.call("window", id=window["id"], action="kill")
    session.wait(lambda: vm(session, "late")["state"] == "stopped", "the VM to end")
    session.wait(lambda: not session.windows(vm="late"), "it to go")


def test_a_vm_that_stops_takes_it_along(session: SessionProcess) -> None:
    start(session, "late")
    session.call("vm-stop", name="late")
    assert not session.windows(vm="late")


def test_one_that_shows_nothing_has_none(session: SessionProcess) -> None:
    session.call("vm-start", name="silent")
    start(session, "late")
    assert not session.windows(vm="silent")
    assert vm(session, "silent")["boot"] is None


def test_who_asked_for_it_gets_it_focused(session: SessionProcess) -> None:
    with Client(session.display) as host:
        Window(host, title="at work")
        session.wait_window(title="at work", focused=True)
        window = start(session, "late")
        assert window["urgent"] and not window["focused"]
        session.call("vm-stop", name="late")
        session.call("action", text="start-vm late")
        assert placeholder(session, "late")["focused"]


def test_one_that_hangs_offers_to_kill_it(session: SessionProcess) -> None:
    """It took a tenth of a second so far, so that after ten it is late."""
    history = session.directory / "state" / "spectrum-session" / "boots" / "late.json"
    history.parent.mkdir(exist_ok=True)
    times = {"total_s": 0.1, "stages": {"window": 0.1}}
    history.write_text(json.dumps({"boots": [{"driver": "local", "times": times}]}))
    window = start(session, "late")
    with Client(session.display) as hands:
        keyboard = VirtualKeyboard(hands)
        keyboard.type(KEY_K)
        assert vm(session, "late")["state"] == "running", "nothing is offered yet"
        session.wait_window(
            id=window["id"], title="Waiting for its first window: it takes much longer than usual"
        )
        assert vm(session, "late")["boot"]["verdict"] == "late"
        keyboard.type(KEY_K)
        session.wait(lambda: vm(session, "late")["state"] == "stopped", "the VM to be killed")
    assert vm(session, "late")["reason"] == "killed on request"
    history.unlink()


# --- when it failed


def test_one_that_failed_says_why(session: SessionProcess) -> None:
    window = fail(session)
    assert window["title"] == "Failed" and window["placeholder"]
    assert "exited with status 3" in vm(session, "fails")["reason"]
    said = writing(seen(session, window), window)
    session.call("window", id=window["id"], action="close")
    session.wait(lambda: not session.windows(), "it to go")
    # The last line that it printed is in the picture: that of one that printed none is smaller.
    window = fail(session, "fails-mute")
    assert "exited with status 3" in vm(session, "fails-mute")["reason"]
    silent = writing(seen(session, window), window)
    assert said[3] > silent[3], (said, silent)
    session.call("window", id=window["id"], action="close")
    session.wait(lambda: not session.windows(), "it to go")


def test_killing_or_forgetting_one_that_failed_takes_it_away(session: SessionProcess) -> None:
    window = fail(session)
    session.call("window", id=window["id"], action="kill")
    session.wait(lambda: not session.windows(), "it to go")
    fail(session)
    definition = session.config_directory / "vms" / "fails.toml"
    definition.unlink()
    session.call("reload")
    session.wait(lambda: not session.windows(), "it to go")
    definition.write_text(VMS["fails"])
    session.call("reload")


@pytest.mark.parametrize("keys", [(ESCAPE,), (TAB, TAB, TAB, ENTER)])
def test_its_keys(session: SessionProcess, keys: tuple[int, ...]) -> None:
    fail(session)
    with Client(session.display) as hands:
        keyboard = VirtualKeyboard(hands)
        before = session.call("vm-log", name="fails")["text"].count("VM fails starts")
        keyboard.type(KEY_S)

        def again() -> bool:
            return bool(session.call("vm-log", name="fails")["text"].count("starts") > before)

        session.wait(again, "another start")
        session.wait(lambda: vm(session, "fails")["state"] == "failed", "it to fail again")
        placeholder(session, "fails")
        keyboard.type(*keys)
        session.wait(lambda: not session.windows(), "it to go")
    assert vm(session, "fails")["state"] == "failed"


def test_shortcuts_are_none_of_its_keys(session: SessionProcess) -> None:
    window = fail(session)
    with Client(session.display) as hands:
        keyboard = VirtualKeyboard(hands)
        for mask in (4, 8, 64):
            keyboard.hold(mask)
            keyboard.type(ESCAPE)
        keyboard.hold(0)
        assert [one["id"] for one in session.windows()] == [window["id"]]
        keyboard.type(ESCAPE)
        session.wait(lambda: not session.windows(), "it to go")


def test_keys_of_a_launcher_are_none_of_its(session: SessionProcess) -> None:
    window = fail(session)
    with Client(session.display) as hands, Client(session.display) as host:
        keyboard = VirtualKeyboard(hands)
        seat = Seat(host)
        launcher = Surface(host)
        shell = host.the("zwlr_layer_shell_v1")
        layer = shell("get_layer_surface", launcher.surface, None, OVERLAY, "launcher")
        layer.on("configure", lambda serial, _width, _height: layer("ack_configure", serial))
        layer("set_size", 200, 100)
        layer("set_keyboard_interactivity", EXCLUSIVE)
        launcher.commit()
        host.roundtrip()
        launcher.draw(200, 100)
        host.roundtrip()

        def has_keys() -> bool:
            host.roundtrip()
            return seat.focus is launcher.surface

        session.wait(has_keys, "its keys")
        keyboard.type(ESCAPE)
        assert [one["id"] for one in session.windows()] == [window["id"]]
        host.close()
        session.wait(lambda: len(session.call("clients")) == 1, "the launcher to go")
        keyboard.type(ESCAPE)
        session.wait(lambda: not session.windows(), "it to go")


def test_its_log_is_shown_in_the_hosts_terminal(session: SessionProcess) -> None:
    fail(session)
    with Client(session.display) as hands:
        VirtualKeyboard(hands).type(KEY_L)
        shown = session.wait_window(app_id="foot")
    assert shown["vm"] is None and shown["label"] is None


def test_its_buttons_by_pointer(session: SessionProcess) -> None:
    """Found by their pictures: a press on the ground does nothing, one on "Close" closes."""
    window = fail(session)
    picture = seen(session, window)
    buttons = picture.where(BUTTON_EDGE)
    assert buttons is not None
    x, y, width, height = buttons
    with Client(session.display) as hands:
        pointer = VirtualPointer(hands, SIZE)
        pointer.click(x + width + 20, y + height // 2)
        assert session.windows(id=window["id"])
        pointer.click(x + width - 6, y + height - 6)
        session.wait(lambda: not session.windows(), "it to go")


def test_a_press_that_was_meant_for_what_was_there_before(session: SessionProcess) -> None:
    """A button that comes to lie under a resting pointer does nothing until the guard is over."""
    window = fail(session)
    buttons = seen(session, window).where(BUTTON_EDGE)
    assert buttons is not None
    x, y, width, height = buttons
    session.call("window", id=window["id"], action="close")
    session.wait(lambda: not session.windows(), "it to go")
    try:
        # Longer than anything here takes.
        session.write_config("[focus]\nguard-ms = 5000\n")
        session.call("reload")
        with Client(session.display) as hands:
            pointer = VirtualPointer(hands, SIZE)
            pointer.move(x + width - 6, y + height - 6)
            began = time.monotonic()
            window = fail(session)
            seen(session, window)
            for _ in range(3):
                pointer.button(PRESSED)
                pointer.button(RELEASED)
            # On a machine on which that took longer than the guard nothing was tried.
            if time.monotonic() - began < 5:
                assert [one["id"] for one in session.windows()] == [window["id"]]
            # The same press, without a guard.
            session.write_config(CONFIG)
            session.call("reload")
            pointer.button(PRESSED)
            pointer.button(RELEASED)
            session.wait(lambda: not session.windows(), "it to go")
    finally:
        session.write_config(CONFIG)
        session.call("reload")


def test_it_comes_in_the_place_of_its_vms_windows(session: SessionProcess) -> None:
    with Client(session.display) as host:
        Window(host, title="beside")
        session.call("vm-start", name="late")
        with client(session, "late") as guest:
            Window(guest, title="first")
            Window(guest, title="last")
            last = session.wait_window(title="last")
            session.call("window", id=last["id"], action="focus")
            first = session.wait_window(title="first")
            kept = session.windows(title="beside")[0]
            os.kill(vm(session, "late")["pid"], signal.SIGKILL)
            window = placeholder(session, "late")
            assert session.windows(vm="late") == [window]
        assert window["focused"] and window["title"] == "Failed"
        assert first["workspace"] == window["workspace"] == kept["workspace"]
        assert len(session.windows()) == 2


def test_that_is_where_they_were_and_not_where_the_person_is(session: SessionProcess) -> None:
    session.call("vm-start", name="late")
    with client(session, "late") as guest:
        Window(guest, title="far")
        number = session.wait_window(title="far")["id"]
        session.call("window", id=number, action="workspace", workspace=3)
        os.kill(vm(session, "late")["pid"], signal.SIGKILL)
        window = placeholder(session, "late")
        assert (window["workspace"], window["visible"]) == (3, False)


def test_a_machine_that_cannot_start_says_what_to_do(session: SessionProcess) -> None:
    window = fail(session, "machine")
    assert window["title"].startswith("Failed to start")
    assert "spectrumctl image build machine" in vm(session, "machine")["reason"]
    seen(session, window)


# --- whoever types on


def test_who_types_on_means_what_was_there_before() -> None:
    """With a guard, keys without a pause before them do nothing to a placeholder."""
    guarded = "[focus]\nguard-ms = 5000\n"
    with running(config=guarded, vms=VMS) as session, Client(session.display) as hands:
        keyboard = VirtualKeyboard(hands)
        session.call("vm-start", name="fails-later")
        while vm(session, "fails-later")["state"] != "failed":
            keyboard.type(ESCAPE)
        window = placeholder(session, "fails-later")
        assert window["focused"]
        for _ in range(5):
            keyboard.type(ESCAPE, KEY_S, TAB, ENTER)
        assert [one["id"] for one in session.windows()] == [window["id"]]
        log = session.call("vm-log", name="fails-later")["text"]
        assert log.count("VM fails-later starts") == 1


# --- an attacker


def test_what_a_vm_prints_stays_in_its_frame(session: SessionProcess) -> None:
    victim = start(session, "late")
    seen(session, victim)
    session.call("vm-start", name="nasty")
    window = placeholder(session, "nasty")
    session.wait(
        lambda: "W" * 4000 in session.call("vm-log", name="nasty")["text"], "all of it to come"
    )
    victim = session.windows(vm="late")[0]
    seen(session, victim)
    picture = seen(session, window)
    # Its frame is what its label says, the victim's too, and what is round both is the desktop.
    assert window["label"]["name"] == "nasty"
    assert (victim["title"], victim["label"]["name"]) == ("Waiting for its first window", "late")
    assert vm(session, "nasty")["boot"]["stage"] == "window"
    outside = [
        (0, 0, SIZE[0], victim["geometry"]["y"]),
        (0, 0, victim["geometry"]["x"], SIZE[1]),
        (0, SIZE[1] - victim["geometry"]["y"], SIZE[0], victim["geometry"]["y"]),
    ]
    for band in outside:
        assert len(picture.colors(band)) == 1
    assert "\x1b" not in json.dumps(session.windows(), ensure_ascii=False)
    assert session.alive()


# --- a launcher's data


def test_the_programs_of_all_vms(session: SessionProcess) -> None:
    found = session.call("apps")
    assert [(one["vm"], one["name"], one["state"]) for one in found] == [
        ("offers", "Terminal", "stopped"),
        ("offers", "Web", "stopped"),
    ]
    assert (found[0]["command"], found[0]["icon"]) == (["foot", "-e", "top"], "foot")
    assert found[0]["label"]["name"] == "offers"
    session.call("vm-start", name="offers")
    done = session.spectrumctl("apps")
    rows = [line.split() for line in done.stdout.decode().splitlines()]
    assert rows[2] == ["offers", "running", "Web", "elinks", "-"]
    stages = []
    with Control(session.control_path) as watcher:
        watcher.subscribe("vm")
        start(session, "late")
        for event in events(watcher):
            if event["vm"]["name"] == "late" and event["vm"]["boot"] is not None:
                stages.append(event["vm"]["boot"]["stage"])
    assert stages[0] == "machine" and stages[-1] == "window"
    assert Path(session.call("vm-log", name="late")["path"]).is_file()
