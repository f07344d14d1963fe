"""The console of a real guest: its window, what is typed into it, and its end."""

from __future__ import annotations

import threading

import pytest

from spectrum_session.control.client import Client
from spectrum_session.control.errors import ControlError
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

HINT = "This is the console of "


def log_of(session: SessionProcess, vm: str) -> str:
    return str(session.call("vm-log", name=vm)["text"])


def exists(session: SessionProcess, vm: str, path: str) -> bool:
    done = session.spectrumctl("vm", "run", vm, "--", "ls", path)
    return done.returncode == 0


def open_console(session: SessionProcess, vm: str) -> int:
    """Open it by the program, and return its window's id."""
    done = session.spectrumctl("vm", "console", vm)
    assert (done.returncode, done.stderr) == (0, b"")
    window = session.wait_window(vm=vm, app_id="console")
    assert window["title"] == "console"
    return int(window["id"])


def type_into(session: SessionProcess, window: int, *words: str) -> None:
    session.call("window", id=window, action="focus")
    session.wait(lambda: current(session, window)["focused"], "the console to have the keys")
    session.run("wtype", *words)


def log_in(session: SessionProcess, vm: str, window: int) -> None:
    """Have a shell in a console's window."""
    before = log_of(session, vm).count(HINT + vm)
    # A terminal that is new loses its first key, and a shell does nothing for an empty line.
    type_into(session, window, "-k", "Return", "-k", "Return")
    session.wait(lambda: log_of(session, vm).count(HINT + vm) > before, "a shell on the console")


def test_typed_into(session: SessionProcess) -> None:
    boot(session, "work")
    window = open_console(session, "work")
    wait_picture(session, lambda picture: has_frame(picture, session, window))
    assert current(session, window)["label"]["name"] == "work"
    log_in(session, "work", window)
    # Computed in the guest: what is echoed on the way is not what is looked for.
    type_into(session, window, "touch /tmp/typed-$((6*7))", "-k", "Return")
    session.wait(lambda: exists(session, "work", "/tmp/typed-42"), "what was typed to be done")
    type_into(session, window, "tty >/tmp/tty; id -un >>/tmp/tty; stty size >>/tmp/tty", "-k", "Return")
    session.wait(lambda: exists(session, "work", "/tmp/tty"), "another")
    told = session.spectrumctl("vm", "run", "work", "--", "cat", "/tmp/tty").stdout.split()
    print(told)
    assert told[0].startswith(b"/dev/tty") and told[1] == b"root"
    session.call("screenshot")
    import os
    if os.environ.get("SHOT"):
        session.spectrumctl("screenshot", os.environ["SHOT"])
