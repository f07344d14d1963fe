"""The console of a real guest: its window, what is typed into it, and its end."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from spectrum_session.control.client import Client
from spectrum_session.control.errors import UNAVAILABLE, ControlError
from tests.session.harness import SessionProcess

from .world import (
    BOOT_S,
    boot,
    current,
    has_frame,
    kill,
    open_foot,
    process_of,
    status,
    wait_picture,
)

READY = "Press Enter for a shell on the console of "
SHELL = "Type `resize` when the window has changed."


def log_of(session: SessionProcess, vm: str) -> str:
    return str(session.call("vm-log", name=vm)["text"])


def exists(session: SessionProcess, vm: str, path: str) -> bool:
    return session.spectrumctl("vm", "run", vm, "--", "ls", path).returncode == 0


def open_console(session: SessionProcess, vm: str) -> int:
    """Open it by the program, and return its window's id."""
    done = session.spectrumctl("vm", "console", vm)
    assert (done.returncode, done.stderr) == (0, b"")
    window = session.wait_window(vm=vm, app_id="console")
    assert window["title"] == "console"
    return int(window["id"])


def focus(session: SessionProcess, window: int) -> None:
    session.call("window", id=window, action="focus")
    session.wait(lambda: current(session, window)["focused"], "the keys to be its own")


def type_into(session: SessionProcess, window: int, *words: str) -> None:
    focus(session, window)
    session.run("wtype", *words)


def interrupt(session: SessionProcess, window: int, then: str) -> None:
    """End what runs in a console, and type a line."""
    type_into(session, window, "-M", "ctrl", "c", "-m", "ctrl")
    type_into(session, window, then, "-k", "Return")


def log_in(session: SessionProcess, vm: str, window: int) -> None:
    """Have a shell in a console's window."""
    session.wait(lambda: READY + vm in log_of(session, vm), "the console to wait for Enter")
    before = log_of(session, vm).count(SHELL)
    # A terminal that is new loses its first key, and a shell does nothing for an empty line.
    type_into(session, window, "-k", "Return", "-k", "Return")
    session.wait(lambda: log_of(session, vm).count(SHELL) > before, "a shell on the console")


def test_typed_into(session: SessionProcess) -> None:
    boot(session, "work")
    window = open_console(session, "work")
    wait_picture(session, lambda picture: has_frame(picture, session, window))
    assert current(session, window)["label"]["name"] == "work"
    log_in(session, "work", window)
    # Computed in the guest: what is echoed on the way is not what is looked for.
    type_into(session, window, "touch /tmp/typed-$((6*7))", "-k", "Return")
    session.wait(lambda: exists(session, "work", "/tmp/typed-42"), "what was typed to be done")
    line = "(tty; id -un; stty size) >/tmp/told; mv /tmp/told /tmp/all"
    type_into(session, window, line, "-k", "Return")
    session.wait(lambda: exists(session, "work", "/tmp/all"), "the next line to be done")
    told = session.spectrumctl("vm", "run", "work", "--", "cat", "/tmp/all").stdout.split()
    assert told[0].startswith(b"/dev/tty") and told[1] == b"root"
    rows, columns = int(told[2]), int(told[3])
    content = current(session, window)["content"]
    # As large as its window, which no cell is less than four pixels of.
    assert 24 < rows < content["height"] / 4 and 80 < columns < content["width"] / 4


def test_ctrl_c_in_it(session: SessionProcess) -> None:
    (window,) = session.windows(vm="work", app_id="console")
    type_into(session, window["id"], "touch /tmp/began; cat", "-k", "Return")
    session.wait(lambda: exists(session, "work", "/tmp/began"), "a program to begin")
    interrupt(session, window["id"], "touch /tmp/interrupted")
    session.wait(lambda: exists(session, "work", "/tmp/interrupted"), "the shell to be back")


def test_it_is_open_once_and_again_after_it_was_closed(session: SessionProcess) -> None:
    (window,) = session.windows(vm="work", app_id="console")
    other = open_foot(session, "work", "beside it", "202060")
    focus(session, other["id"])
    done = session.spectrumctl("vm", "console", "work")
    assert done.returncode == 230
    assert done.stderr == b"spectrumctl: work: the console is already open\n"
    session.wait(lambda: current(session, window["id"])["focused"], "it to be shown instead")
    assert len(session.windows(app_id="console")) == 1
    session.call("window", id=other["id"], action="close")
    waited: list[object] = []
    session.call("window", id=window["id"], action="close")
    session.wait(lambda: not session.windows(app_id="console"), "its window to close")

    def wait() -> None:
        with Client(session.control_path, BOOT_S) as client:
            waited.append(client.call("vm-console", name="work", wait=True))

    thread = threading.Thread(target=wait)
    thread.start()
    again = session.wait_window(vm="work", app_id="console")
    assert not waited
    # What it showed is there again, and so is the shell that was left.
    type_into(session, again["id"], "x", "-k", "Return", "touch /tmp/again", "-k", "Return")
    session.wait(lambda: exists(session, "work", "/tmp/again"), "the same shell")
    session.call("window", id=again["id"], action="close")
    thread.join(BOOT_S)
    assert waited == [{"already_open": False}]


def test_a_restarted_session_has_the_same_console(session: SessionProcess) -> None:
    open_console(session, "work")
    terminal = process_of(session, "work", "foot")
    assert terminal is not None
    session.kill()
    session.start()
    assert status(session, "work")["state"] == "running"
    gone = Path(f"/proc/{terminal}")
    session.wait(lambda: not gone.exists(), "its terminal to go with the session")
    window = open_console(session, "work")
    # The shell that was on it before, and nothing to log in to.
    type_into(session, window, "-k", "Return", "-k", "Return", "touch /tmp/later", "-k", "Return")
    session.wait(lambda: exists(session, "work", "/tmp/later"), "the shell to be there")
    session.call("window", id=window, action="close")


def test_a_flood_on_it(session: SessionProcess) -> None:
    boot(session, "work")
    boot(session, "play")
    beside = open_foot(session, "work", "beside it", "206020")
    focus(session, beside["id"])
    window = open_console(session, "play")
    session.wait(lambda: current(session, window)["focused"], "it to take the focus of another VM")
    session.call("window", id=beside["id"], action="close")
    log_in(session, "play", window)
    type_into(session, window, "yes 'a flood of lines'", "-k", "Return")
    line = "a flood of lines\n" * 20
    session.wait(lambda: line in log_of(session, "play"), "it to flood")
    # Others' windows open and are painted as ever.
    beside = open_foot(session, "work", "calm", "206020")
    session.call("window", id=beside["id"], action="close")
    session.wait(lambda: not session.windows(title="calm"), "it to close")
    assert session.alive()
    # And it ends by a key in the console itself.
    interrupt(session, window, "touch /tmp/interrupted")
    session.wait(lambda: exists(session, "play", "/tmp/interrupted"), "the flood to end")


def test_it_goes_with_its_vm(session: SessionProcess) -> None:
    assert session.windows(vm="play", app_id="console")
    pid = process_of(session, "play", "foot")
    assert pid is not None
    kill(session, "play", "qemu-system-x86_64")
    session.wait(lambda: status(session, "play")["state"] == "failed", "it to fail")
    assert not session.windows(vm="play", app_id="console")
    session.wait(lambda: process_of(session, "play", "foot") is None, "its terminal to end")
    with pytest.raises(ControlError, match=r"play\.log") as caught:
        session.call("vm-console", name="play")
    assert caught.value.code == UNAVAILABLE
    done = session.spectrumctl("vm", "console", "play")
    assert done.returncode == 1 and b"has no console, it is failed" in done.stderr


def test_of_one_that_starts(session: SessionProcess) -> None:
    session.call("action", text="start-vm hangs")
    session.wait(lambda: "broken: begins" in log_of(session, "hangs"), "its kernel")
    placeholder = session.wait_window(vm="hangs", placeholder=True)
    done = session.spectrumctl("--json", "vm", "console", "hangs")
    assert json.loads(done.stdout) == {"already_open": False}
    window = session.wait_window(vm="hangs", app_id="console")
    wait_picture(session, lambda picture: has_frame(picture, session, window["id"]))
    # It is not what was waited for.
    assert session.windows(id=placeholder["id"]), "its placeholder stands"
    assert status(session, "hangs")["boot"] is not None, "its start goes on"
    session.call("vm-kill", name="hangs")
    session.wait(lambda: not session.windows(app_id="console"), "its console to close")
    assert status(session, "hangs")["reason"] == "killed on request"
