"""Guests outlive the session that started them, and the next one has them again.

In the order in which they stand: a boot takes long, so that a guest serves more than one test.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from spectrum_session.control.client import Client
from spectrum_session.control.errors import ControlError
from spectrum_session.vm.storage import record
from spectrum_session.vm.storage.leftovers import machines
from tests.session.harness import SessionProcess, running
from tests.wire.picture import look

from .world import BOOT_S, VMS, boot, is_painted, open_foot, process_of, status

CONFIG = "[focus]\nguard-ms = 0\n"
KEEP = '[session]\nspawn-terminal = false\nvms-at-exit = "keep"\n' + CONFIG
FOUND = "found again after a restart of the session"


@pytest.fixture(scope="module")
def session(data_home: Path) -> Iterator[SessionProcess]:
    environment = {"XDG_DATA_HOME": str(data_home)}
    vms = {name: VMS[name] for name in ("work", "play")}
    with running(config=CONFIG, vms=vms, environment=environment, deadline_s=BOOT_S) as process:
        yield process


def log_of(session: SessionProcess, vm: str) -> str:
    return str(session.call("vm-log", name=vm)["text"])


def since_found(session: SessionProcess, vm: str) -> str:
    """What stands in its log since it was found again."""
    return log_of(session, vm).rpartition(f" goes on, {FOUND}")[2]


def runs_in(session: SessionProcess, vm: str, *argv: str) -> tuple[bytes, int]:
    done = session.spectrumctl("vm", "run", vm, "--", *argv)
    return done.stdout, done.returncode


def has_agent(session: SessionProcess, vm: str) -> None:
    session.wait(lambda: "the guest has waypipe" in since_found(session, vm), "its agent")


def test_a_killed_session_finds_its_guest_again(session: SessionProcess) -> None:
    boot(session, "work")
    before = status(session, "work")
    open_foot(session, "work", "before", "103050")
    session.call("spawn", vm="work", argv=["sh", "-c", "echo from before; sleep 999999"])
    session.wait(lambda: "from before" in log_of(session, "work"), "its program")
    qemu = process_of(session, "work", "qemu-system-x86_64")
    session.kill()
    session.start()
    told = status(session, "work")
    assert (told["state"], told["reason"]) == ("running", FOUND)
    assert told["pid"] == before["pid"]
    assert process_of(session, "work", "qemu-system-x86_64") == qemu
    has_agent(session, "work")
    assert runs_in(session, "work", "sh", "-c", "echo again; exit 3") == (b"again\n", 3)
    # What an earlier session started goes on, and its output is told to nobody.
    commands, _ = runs_in(session, "work", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert b"sleep 999999" in commands
    window = open_foot(session, "work", "after", "305010")
    assert (window["vm"], window["label"]["name"]) == ("work", "work")
    assert is_painted(look(session), session, window["id"], "305010")


def test_a_session_that_keeps_them(session: SessionProcess) -> None:
    """It ends in order, and says nothing of a crash."""
    session.write_config(KEEP)
    session.call("reload")
    before = status(session, "work")["pid"]
    assert session.stop() == 0, session.log()
    (left,) = machines(session.session_directory)
    noted = record.load(left)
    assert noted is not None and noted.alive
    assert sorted(os.listdir(session.session_directory)) == ["guests", "lock"]
    session.write_config(CONFIG)
    session.start()
    assert (status(session, "work")["state"], status(session, "work")["pid"]) == ("running", before)
    has_agent(session, "work")
    assert runs_in(session, "work", "true") == (b"", 0)


def test_under_another_display(session: SessionProcess) -> None:
    """Another compositor has taken the name of the display meanwhile."""
    old = session.session_directory
    session.kill()
    with session.display.with_name(session.display.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        session.start()
        assert session.session_directory != old
        assert status(session, "work")["state"] == "running"
        has_agent(session, "work")
        assert runs_in(session, "work", "true") == (b"", 0)
        window = open_foot(session, "work", "elsewhere", "501030")
        assert window["label"]["name"] == "work"
        assert not old.exists()


def test_one_that_is_defined_no_longer(session: SessionProcess) -> None:
    blue = status(session, "work")["label"]["color"]
    definition = session.config_directory / "vms" / "work.toml"
    definition.rename(definition.with_suffix(".gone"))
    session.kill()
    session.start()
    told = status(session, "work")
    assert (told["state"], told["driver"]) == ("running", "qemu")
    assert told["label"]["color"] != blue
    has_agent(session, "work")
    session.call("vm-stop", name="work")
    log = (session.directory / "state" / "spectrum-session" / "log" / "work.log").read_text()
    assert "spectrum-guest: asked to power off" in log.rpartition(FOUND)[2], "its console goes on"
    assert "work" not in [vm["name"] for vm in session.call("vms")]
    definition.with_suffix(".gone").rename(definition)
    session.call("reload")
    assert status(session, "work")["state"] == "stopped"


def test_a_start_that_a_crash_cut_off_is_finished(session: SessionProcess) -> None:
    def start() -> None:
        with suppress(ControlError, OSError), Client(session.control_path, BOOT_S) as client:
            client.call("vm-start", name="play")

    thread = threading.Thread(target=start)
    thread.start()
    session.wait(lambda: status(session, "play")["pid"], "its process")
    directory = session.session_directory / "guests" / "play"
    session.wait(lambda: record.load(directory) is not None, "what is noted of it")
    session.kill()
    thread.join(BOOT_S)
    session.start()
    told = status(session, "play")
    assert (told["state"], told["reason"]) == ("starting", FOUND)
    session.wait(lambda: status(session, "play")["state"] == "running", "it to run")
    assert "spectrum-guest: user space" in log_of(session, "play")
    assert runs_in(session, "play", "true") == (b"", 0)


def test_one_that_ended_meanwhile(session: SessionProcess) -> None:
    noted = record.load(session.session_directory / "guests" / "play")
    assert noted is not None
    session.kill()
    os.kill(noted.processes[0].init.pid, signal.SIGKILL)
    end = time.monotonic() + BOOT_S
    while noted.alive:
        assert time.monotonic() < end
        time.sleep(0.05)
    session.start()
    told = status(session, "play")
    assert told["state"] == "failed"
    assert told["reason"].startswith("it ended while no session looked: ")
    assert log_of(session, "play"), "its log is kept"
    assert f" vm=play: failed: {told['reason']}" in session.log()
    assert process_of(session, "play", "qemu-system-x86_64") is None
    boot(session, "play")
