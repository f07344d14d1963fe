"""What can be asked of a VM that is a sandbox; of machines, tests/guests asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spectrum_session.control.errors import NOT_FOUND, UNAVAILABLE, ControlError
from tests.wire.picture import look

from .harness import SessionProcess, running

VMS = {
    "work": (
        'command = ["sh", "-c", "echo says this; exec sleep 1000"]\n'
        '[[apps]]\nname = "Terminal"\ncommand = ["foot", "-e", "top"]\nicon = "foot"\n'
    ),
    "idle": "",
    "machine": 'driver = "qemu"\n',
}


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(vms=VMS) as process:
        yield process


def state(session: SessionProcess, name: str) -> tuple[str, str | None]:
    (vm,) = [vm for vm in session.call("vms") if vm["name"] == name]
    return vm["state"], vm["reason"]


def test_its_log(session: SessionProcess) -> None:
    assert session.call("vm-log", name="work")["text"] == ""
    session.start_vm("work")
    session.wait(lambda: "\nsays this\n" in session.call("vm-log", name="work")["text"], "output")
    done = session.spectrumctl("vm", "log", "work")
    assert b"\nsays this\n" in done.stdout and done.returncode == 0


def test_killing_it(session: SessionProcess) -> None:
    if state(session, "work")[0] != "running":
        session.start_vm("work")
    assert session.spectrumctl("vm", "kill", "work").returncode == 0
    session.wait(lambda: state(session, "work")[0] == "stopped", "it to end")
    assert state(session, "work")[1] == "killed on request"
    session.call("vm-kill", name="work")


def test_its_apps(session: SessionProcess) -> None:
    assert session.call("vm-apps", name="idle") == []
    done = session.spectrumctl("vm", "apps", "work")
    assert done.stdout.split() == b"NAME COMMAND ICON Terminal foot -e top foot".split()


def test_a_sandbox_runs_no_program_to_its_end(session: SessionProcess) -> None:
    done = session.spectrumctl("vm", "run", "idle", "--", "true")
    assert done.returncode == 1 and b"start programs in it with spawn --vm" in done.stderr


def test_a_machine_without_an_image_says_what_to_do(session: SessionProcess) -> None:
    done = session.spectrumctl("vm", "start", "machine")
    assert done.returncode == 1
    assert b"`spectrumctl image build machine`" in done.stderr
    assert state(session, "machine")[0] == "failed"
    with pytest.raises(ControlError, match="it is failed") as caught:
        session.call("vm-run", name="machine", argv=["true"])
    assert caught.value.code == UNAVAILABLE


@pytest.mark.parametrize("command", ["vm-kill", "vm-log", "vm-apps"])
def test_one_that_is_not_there(session: SessionProcess, command: str) -> None:
    with pytest.raises(ControlError) as caught:
        session.call(command, name="nope")
    assert caught.value.code == NOT_FOUND
    with pytest.raises(ControlError) as caught:
        session.call("vm-run", name="../x", argv=["true"])
    assert caught.value.code == NOT_FOUND


def test_a_sandbox_has_no_console(session: SessionProcess) -> None:
    done = session.spectrumctl("vm", "console", "idle")
    assert done.returncode == 1
    assert done.stderr == b"spectrumctl: idle: the local driver has no console\n"
    with pytest.raises(ControlError, match="there is no VM") as caught:
        session.call("vm-console", name="../x")
    assert caught.value.code == NOT_FOUND


def test_a_machine_that_does_not_run_has_no_console(session: SessionProcess) -> None:
    done = session.spectrumctl("vm", "console", "machine")
    assert done.returncode == 1
    assert b"it has no console, it is " in done.stderr
    session.spectrumctl("vm", "start", "machine")
    done = session.spectrumctl("vm", "console", "machine")
    assert b"it is failed; what it printed is in " in done.stderr
    assert b"/log/machine.log\n" in done.stderr
    with pytest.raises(ControlError) as caught:
        session.call("vm-console", name="machine", wait=True)
    assert caught.value.code == UNAVAILABLE


def test_the_binding_says_on_screen_why_there_is_none(session: SessionProcess) -> None:
    before = look(session)
    session.call("action", text="console-vm machine")
    session.wait(lambda: look(session).differs(before), "a notice")
    assert session.alive()
