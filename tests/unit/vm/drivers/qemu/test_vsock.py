"""vsock beside QEMU: when, and that one does not go on without the other. No machine is needed."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from spectrum_session.config.schema import VM
from spectrum_session.vm.drivers.qemu import command, vsock
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest.agent import SOCKET
from spectrum_session.vm.guest.waypipe import DIRECTORY, LINK
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes import detached_sandbox, sandbox
from spectrum_session.vm.processes.host_process import Exit
from tests.unit.vm.drivers.qemu.test_command import MACHINE, options
from tests.unit.vm.world import WAIT_S, run

AGENT = f"{command.MACHINE}/{SOCKET}"

DEVICE = """#!/usr/bin/python3
import socket, sys
where = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert where["--guest-cid"] == "3", sys.argv
front = socket.socket(socket.AF_UNIX)
front.bind(where["--socket"])
front.listen()
connection, _ = front.accept()
for port in connection.recv(100).decode().split():
    with socket.socket(socket.AF_UNIX) as host:
        host.connect(where["--uds-path"] + "_" + port)
        host.send(b"guest")
connection.recv(100)
"""
"""In the device's place: it passes on what is connected, and ends when its front end does."""

FRONT = (
    "import socket, sys\n"
    "s = socket.socket(socket.AF_UNIX)\n"
    "s.connect('/run/vsock/vhost')\n"
    "s.send(b'9001')\n"
    "print('connected', *sys.argv[1:], flush=True)\n"
)
"""In QEMU's place."""


def device(directory: Path, text: str) -> str:
    path = directory / "bin" / vsock.PROGRAM
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o755)
    directory.chmod(0o755)
    path.parent.chmod(0o755)
    return str(path)


def test_which_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert vsock.find(VM(driver="qemu")) is None
    with pytest.raises(VMError, match=r'vhost-device-vsock not found .*"auto" does without'):
        vsock.find(VM(driver="qemu", transport="vsock"))
    program = device(tmp_path, DEVICE)
    assert vsock.find(VM(driver="qemu")) == program
    assert vsock.find(VM(driver="qemu", transport="vsock")) == program
    assert vsock.find(VM(driver="qemu", kernel="/k")) is None
    assert vsock.find(VM(driver="qemu", kernel="/k", transport="vsock")) == program
    assert vsock.find(VM(driver="qemu", transport="guestfwd")) is None
    (bind,) = vsock.binds(program)
    assert (bind.source, bind.writable) == (Path(program), False)
    assert vsock.binds("/usr/bin/" + vsock.PROGRAM) == []


def test_what_qemu_is_told() -> None:
    line = command.command_line(replace(MACHINE, vsock="/usr/bin/" + vsock.PROGRAM))
    assert options(line, "-netdev") == [], "there is no network at all"
    assert options(line, "-machine") == ["q35,memory-backend=memory"]
    assert options(line, "-object") == ["memory-backend-memfd,id=memory,size=512M,share=on"]
    assert "vhost-user-vsock-pci,chardev=vsock" in options(line, "-device")
    assert line[4:7] == ["/usr/bin/vhost-device-vsock", AGENT, f"{DIRECTORY}/{LINK}"]


async def ended(root: Path, program: str, front: str) -> tuple[Exit, str]:
    """How a sandbox ends in which these are device and QEMU, and what they printed."""
    (root / "machine").mkdir()
    (root / "own").mkdir()
    log = VMLog(root / "log")
    end: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(root / "machine" / SOCKET))
        agent.listen()
        tools = sandbox.find_tools()
        for path in (root / "machine", root / "machine" / SOCKET):
            sandbox.hand_over(tools, "work", path)
        detached_sandbox.start(
            tools,
            "work",
            log,
            vsock.beside(program, ["python3", "-c", front, "a b", "$c"], AGENT, "/nowhere"),
            lambda process, how: end.set_result(how),
            root / "own",
            binds=[*vsock.binds(program), sandbox.Bind(root / "machine", command.MACHINE)],
        )
        done = await asyncio.wait_for(end, 2 * WAIT_S)
        if "connected" in (root / "log").read_text():
            connection, _ = agent.accept()
            assert connection.recv(10) == b"guest"
            connection.close()
    return done, (root / "log").read_text()


def test_a_guests_connection_comes_out_of_its_own_socket(tmp_path: Path) -> None:
    front = FRONT + "import time; time.sleep(1); sys.exit(7)"
    end, log = run(ended(tmp_path, device(tmp_path, DEVICE), front))
    assert (end.status, log) == (7, "connected a b $c\n")


@pytest.mark.parametrize("when", ["at once", "later"])
def test_a_machine_does_not_go_on_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(vsock, "_START", vsock._START.replace("sleep 10", "sleep 0.2"))
    text = "#!/bin/sh\nexit 3\n" if when == "at once" else DEVICE.rpartition("connection.recv")[0]
    front = FRONT + "import time; time.sleep(1000000)"
    end, log = run(ended(tmp_path, device(tmp_path, text), front))
    assert end.status == 137
    status = 3 if when == "at once" else 0
    assert log.endswith(f"{vsock.PROGRAM} has ended with status {status}\n")
