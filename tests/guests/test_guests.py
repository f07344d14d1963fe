"""Real guests: their windows in their frames, what runs in them, and every way in which they end.

In the order in which they stand: a boot takes long, so that a guest serves more than one test.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from functools import partial

import pytest

from spectrum_session.control.client import Client
from spectrum_session.control.errors import ControlError
from tests.session.harness import SessionProcess
from tests.wire.picture import look

from .world import (
    BOOT_S,
    boot,
    is_painted,
    kill,
    open_foot,
    process_of,
    status,
    wait_picture,
)

COLORS = ("103050", "305010", "501030", "505050")
THREE = {"work": "182838", "play": "382818", "mail": "183828"}
"""Guests, and the ground of each one's window."""


def log_of(session: SessionProcess, vm: str) -> str:
    return str(session.call("vm-log", name=vm)["text"])


def test_four_windows_of_one_guest(session: SessionProcess) -> None:
    boot(session, "work")
    for number, color in enumerate(COLORS):
        window = open_foot(session, "work", f"window {number}", color)
        assert (window["vm"], window["label"]["name"]) == ("work", "work")
    assert len(session.windows(vm="work")) == 4
    picture = look(session)
    for number, color in enumerate(COLORS):
        (window,) = session.windows(title=f"window {number}")
        assert is_painted(picture, session, window["id"], color)
    for window in session.windows(vm="work")[1:]:
        session.call("window", id=window["id"], action="close")
    session.wait(lambda: len(session.windows(vm="work")) == 1, "three of them to close")


def test_what_a_person_is_told_of_it(session: SessionProcess) -> None:
    boot(session, "work")
    told = session.call("vm-status", name="work")
    log = log_of(session, "work")
    if told["note"] is not None:
        assert told["note"].startswith("no hardware virtualisation, so it is slow: ")
        assert told["note"] in log
    assert "\nspectrum-guest: user space\n" in log, "lines end as lines do"
    assert session.call("vm-apps", name="work") == [
        {"name": "Terminal", "command": ["foot"], "icon": None}
    ]


def test_running_a_program(session: SessionProcess) -> None:
    boot(session, "work")
    script = "printf out; printf err >&2; exit 7"
    done = session.spectrumctl("vm", "run", "work", "--", "sh", "-c", script)
    assert (done.stdout, done.stderr, done.returncode) == (b"out", b"err", 7)
    done = session.spectrumctl("vm", "run", "work", "--", "printf", "%s|", "a b", "$HOME", ";")
    assert (done.stdout, done.returncode) == (b"a b|$HOME|;|", 0)
    done = session.spectrumctl("vm", "run", "work", "--", "sh", "-c", "kill -9 $$")
    assert done.returncode == 128 + 9
    done = session.spectrumctl("vm", "run", "work", "--", "nope")
    assert done.returncode == 1
    assert done.stderr == b"spectrumctl: work: nope: No such file or directory\n"
    done = session.spectrumctl("vm", "run", "work", "--", "sh", "-c", "id -un; hostname")
    assert done.stdout.split() == [b"user", b"work"]


def run_in(session: SessionProcess, vm: str, script: str) -> subprocess.Popen[bytes]:
    """A shell's script in a guest by `vm run`, which is left to run."""
    interruptible = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return session.spawn(
        *(sys.executable, "-m", "spectrum_session.cli.spectrumctl"),
        *("vm", "run", vm, "--", "sh", "-c", script),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=interruptible,
    )


def in_guest(session: SessionProcess, vm: str, *argv: str) -> bool:
    """Whether a program in a guest ends well."""
    return session.spectrumctl("vm", "run", vm, "--", *argv).returncode == 0


def test_what_a_program_writes_comes_as_it_is_written(session: SessionProcess) -> None:
    boot(session, "work")
    assert in_guest(session, "work", "mkfifo", "/tmp/fifo")
    process = run_in(session, "work", "echo first; read line </tmp/fifo; echo $line >&2")
    assert process.stdout is not None
    assert process.stdout.readline() == b"first\n"
    assert in_guest(session, "work", "sh", "-c", "echo last >/tmp/fifo")
    assert process.communicate(timeout=BOOT_S) == (b"", b"last\n")
    assert process.returncode == 0


def test_an_interrupt_ends_the_program_in_the_guest(session: SessionProcess) -> None:
    boot(session, "work")
    script = "trap 'touch /tmp/asked; exit' TERM; echo begun; while :; do sleep 1; done"
    process = run_in(session, "work", script)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(BOOT_S) == 130
    session.wait(lambda: in_guest(session, "work", "ls", "/tmp/asked"), "the program to be asked")


def test_a_deaf_program_is_killed(session: SessionProcess) -> None:
    boot(session, "work")
    process = run_in(session, "work", "trap '' TERM; echo $$; while :; do sleep 1; done")
    assert process.stdout is not None
    number = process.stdout.readline().decode().strip()
    process.kill()
    process.communicate()
    alive = ("test", "-e", f"/proc/{number}")
    session.wait(lambda: not in_guest(session, "work", *alive), "the program to be killed")


def test_a_program_whose_output_is_not_read_waits(session: SessionProcess) -> None:
    boot(session, "work")
    count = 2_000_000
    process = run_in(session, "work", f"yes | head -c {count}; touch /tmp/all")
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 1) == b"y"
    # Others go on meanwhile, and it cannot: its window and what pipes hold are far less.
    assert in_guest(session, "work", "true")
    assert not in_guest(session, "work", "ls", "/tmp/all")
    output, errors = process.communicate(timeout=BOOT_S)
    assert (len(output) + 1, errors) == (count, b""), "all of it came"
    assert in_guest(session, "work", "ls", "/tmp/all")


def test_it_has_no_network(session: SessionProcess) -> None:
    boot(session, "work")
    reach = "import socket; socket.create_connection(('10.0.2.2', 22), 3)"
    done = session.spectrumctl("vm", "run", "work", "--", "python3", "-c", reach)
    assert done.returncode == 1 and b"Error" in done.stderr


def test_two_guests_and_one_floods(session: SessionProcess) -> None:
    boot(session, "work")
    boot(session, "play")
    (before,) = session.windows(vm="work")
    session.call("spawn", vm="play", argv=["foot", "--title=flood", "yes", "flood"])
    session.wait_window(vm="play", title="flood")
    session.call("spawn", vm="play", argv=["yes", "of lines"])
    colored = open_foot(session, "play", "calm", "602020")
    assert colored["label"]["color"] != before["label"]["color"]
    # The other guest's windows open, are painted and close as ever.
    window = open_foot(session, "work", "beside it", "202060")
    assert is_painted(look(session), session, before["id"], COLORS[0])
    session.call("window", id=window["id"], action="close")
    session.wait(lambda: not session.windows(title="beside it"), "it to close")
    done = session.spectrumctl("vm", "run", "work", "--", "echo", "calm")
    assert (done.stdout, done.returncode) == (b"calm\n", 0)
    assert session.alive()
    assert session.spectrumctl("vm", "run", "play", "--", "killall", "yes").returncode == 0
    session.wait(lambda: not session.windows(title="flood"), "the flood to end")


def test_three_guests_of_different_labels(session: SessionProcess) -> None:
    """At the same time, and each says that it is another."""
    windows = {}
    for name, color in THREE.items():
        boot(session, name)
        windows[name] = open_foot(session, name, "work: the real one", color)
    assert len({window["label"]["color"] for window in windows.values()}) == 3
    for name, window in windows.items():
        assert (window["vm"], window["label"]["name"]) == (name, name)
    # All are on the screen together, each in its own frame.
    picture = look(session)
    for name, color in THREE.items():
        assert is_painted(picture, session, windows[name]["id"], color)
    for window in windows.values():
        session.call("window", id=window["id"], action="close")
    session.call("vm-stop", name="mail")


def test_waypipe_killed(session: SessionProcess) -> None:
    boot(session, "work")
    boot(session, "play")
    open_foot(session, "play", "goes", "602020")
    old = process_of(session, "play", "waypipe")
    kill(session, "play", "waypipe")
    session.wait(lambda: not session.windows(vm="play"), "the guest's windows to go")
    assert status(session, "play")["state"] == "running"
    session.wait(lambda: process_of(session, "play", "waypipe") not in (None, old), "another")
    open_foot(session, "play", "comes", "206020")
    assert "--- waypipe was" in log_of(session, "play")
    (window,) = session.windows(vm="work")
    assert is_painted(look(session), session, window["id"], COLORS[0])


def test_qemu_killed(session: SessionProcess) -> None:
    boot(session, "work")
    boot(session, "play")
    kill(session, "play", "qemu-system-x86_64")
    session.wait(lambda: status(session, "play")["state"] == "failed", "it to fail")
    (shown,) = session.windows(vm="play")
    assert shown["placeholder"] and shown["title"] == "Failed"
    session.call("window", id=shown["id"], action="close")
    told = status(session, "play")
    assert "QEMU was ended by SIGKILL" in told["reason"]
    assert "the console's last lines: " in told["reason"]
    assert process_of(session, "play", "waypipe") is None
    assert "--- VM play: failed" in log_of(session, "play")
    (window,) = session.windows(vm="work")
    wait_picture(session, lambda picture: is_painted(picture, session, window["id"], COLORS[0]))


def test_a_stop_asks_the_guest(session: SessionProcess) -> None:
    boot(session, "work")
    session.call("vm-stop", name="work")
    told = status(session, "work")
    assert (told["state"], told["reason"]) == ("stopped", "stopped on request")
    assert not session.windows(vm="work")
    assert "spectrum-guest: asked to power off" in log_of(session, "work")
    with pytest.raises(ControlError, match="it is stopped"):
        session.call("vm-run", name="work", argv=["true"])


def test_a_kernel_that_panics(session: SessionProcess) -> None:
    with pytest.raises(ControlError) as caught:
        session.call("vm-start", name="panics")
    told = status(session, "panics")
    assert told["state"] == "failed"
    assert "its guest restarted, as after a crash of its kernel" in told["reason"]
    assert "Kernel panic" in told["reason"] and told["reason"] in caught.value.message
    assert "broken: ends" in log_of(session, "panics")


def starting(session: SessionProcess, errors: list[str]) -> threading.Thread:
    """Start the guest that hangs, and wait until its kernel runs."""

    def start() -> None:
        with Client(session.control_path, BOOT_S) as client:
            try:
                client.call("vm-start", name="hangs")
            except ControlError as error:
                errors.append(error.message)

    before = log_of(session, "hangs").count("broken: begins")
    thread = threading.Thread(target=start)
    thread.start()
    session.wait(lambda: log_of(session, "hangs").count("broken: begins") > before, "its kernel")
    return thread


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_one_that_hangs_is_ended_while_it_starts(session: SessionProcess, how: str) -> None:
    errors: list[str] = []
    thread = starting(session, errors)
    assert status(session, "hangs")["state"] == "starting"
    done = session.spectrumctl("vm", how, "hangs")
    assert done.returncode == 0, done.stderr
    session.wait(lambda: status(session, "hangs")["state"] == "stopped", "it to end")
    thread.join(BOOT_S)
    reason = {"stop": "stopped on request", "kill": "killed on request"}[how]
    assert status(session, "hangs")["reason"] == reason
    assert errors == [f"hangs: {reason}"]
    assert process_of(session, "hangs", "qemu-system-x86_64") is None
