"""What QEMU, waypipe and a console of one VM reach of the host: their own sockets, no others.

Real sandboxes with what the driver gives them, in which Perl tries instead.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from spectrum_session.vm.definition import Bootable
from spectrum_session.vm.drivers.qemu import command, driver
from spectrum_session.vm.guest import console_window, waypipe
from spectrum_session.vm.guest.agent import SOCKET
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes import sandbox, users
from spectrum_session.vm.processes.host_process import Exit
from spectrum_session.vm.processes.sandbox_process import SandboxProcess
from tests.unit.vm.world import run

TRY = (
    "use Socket; for (@ARGV) { socket(S, PF_UNIX, SOCK_STREAM, 0);"
    'print connect(S, sockaddr_un($_)) ? "reached $_\\n" : "no $_\\n"; }'
    "socket(S, PF_INET, SOCK_STREAM, 0);"
    'print connect(S, sockaddr_in(9, inet_aton("10.0.0.1"))) ? "net\\n" : "no net $!\\n";'
    'print "interfaces ", join(" ", map { /^ *(\\w+):/ ? $1 : () } `cat /proc/net/dev`), "\\n";'
    'print "write $_ ", (open(F, ">", "$_/new") ? "yes" : "no"), "\\n"'
    ' for "/run/machine", "/run/transport", "/run/console";'
    'print "write $_ ", (open(F, ">>", $_) ? "yes" : "no"), "\\n"'
    ' for "/run/boot/kernel", "/run/boot/initramfs", "/run/boot/disk0", "/run/boot/disk1";'
)


class Places:
    """The directories of a VM, with sockets that listen."""

    def __init__(self, root: Path, name: str, ends: ExitStack) -> None:
        self.machine, self.transport = root / name / "machine", root / name / "transport"
        self.terminal = root / name / "terminal"
        self.wayland = root / name / "wayland-0"
        for directory in (self.machine, self.transport, self.terminal):
            directory.mkdir(parents=True)
            self._for_all(directory)
        files = [root / name / file for file in ("kernel", "initramfs", "a.img", "b.img")]
        for file in files:
            file.touch()
            self._for_all(file)
        kernel, initramfs, *disks = files
        self.boot = Bootable(kernel, initramfs, tuple(disks), "", 256, 1, image=False)
        self.sockets = [
            self.machine / SOCKET,
            self.transport / waypipe.LINK,
            self.terminal / console_window.SOCKET,
            root / name / driver.SERIAL,
            root / name / driver.QMP,
            self.wayland,
        ]
        for path in self.sockets:
            made = ends.enter_context(socket.socket(socket.AF_UNIX))
            made.bind(str(path))
            made.listen()
            self._for_all(path)

    @staticmethod
    def _for_all(path: Path) -> None:
        if os.getuid() == 0:
            os.chown(path, users.sandbox("work"), users.sandbox("work"))


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[Places, Places]]:
    with ExitStack() as ends:
        yield Places(tmp_path, "work", ends), Places(tmp_path, "other", ends)


def said(
    directory: Path, socket: Path | None, binds: Sequence[sandbox.Bind], paths: Sequence[object]
) -> list[str]:
    """What Perl prints in a sandbox with these."""
    argv = ["perl", "-e", TRY, *map(str, paths)]
    build = partial(
        sandbox.build,
        sandbox.find_tools(),
        name="work",
        socket=socket,
        argv=argv,
        host_environment=os.environ,
        binds=binds,
    )

    async def check() -> list[str]:
        log = VMLog(directory / "log")
        ended = asyncio.get_running_loop().create_future()

        def on_exit(process: SandboxProcess, end: Exit) -> None:
            ended.set_result(end)

        SandboxProcess(
            lambda open_report, open_file: build(open_report=open_report, open_file=open_file),
            log,
            on_exit,
        )
        assert (await ended).status == 0, (directory / "log").read_text()
        log.close()
        return (directory / "log").read_text().splitlines()

    return run(check())


def test_qemu_reaches_its_own_sockets_alone(tmp_path: Path, places: tuple[Places, Places]) -> None:
    work, other = places
    own = [f"{command.MACHINE}/{SOCKET}", f"{waypipe.DIRECTORY}/{waypipe.LINK}"]
    foreign = [sandbox.SOCKET, *work.sockets, *other.sockets]
    binds = driver.machine_binds(work.boot, work.machine, work.transport, kvm=False)
    lines = said(tmp_path, None, binds, [*own, *foreign])
    assert lines[:2] == [f"reached {path}" for path in own]
    assert lines[2 : 2 + len(foreign)] == [f"no {path}" for path in foreign]
    net, interfaces, *writes = lines[2 + len(foreign) :]
    assert net.startswith("no net")
    assert interfaces == "interfaces lo"
    assert [line.split()[-1] for line in writes] == ["no"] * 7


def test_waypipe_reaches_its_own_sockets_alone(
    tmp_path: Path, places: tuple[Places, Places]
) -> None:
    work, other = places
    own = [sandbox.SOCKET, f"{waypipe.DIRECTORY}/{waypipe.LINK}"]
    foreign = [f"{command.MACHINE}/{SOCKET}"]
    foreign += [str(path) for path in (*work.sockets, *other.sockets)]
    lines = said(tmp_path, work.wayland, waypipe.binds(work.transport), [*own, *foreign])
    assert lines[:2] == [f"reached {path}" for path in own]
    assert lines[2 : 2 + len(foreign)] == [f"no {path}" for path in foreign]
    net, interfaces, *writes = lines[2 + len(foreign) :]
    assert net.startswith("no net")
    assert interfaces == "interfaces lo"
    assert [line.split()[-1] for line in writes] == ["no", "yes", *["no"] * 5]


def test_the_consoles_terminal_reaches_its_own_sockets_alone(
    tmp_path: Path, places: tuple[Places, Places]
) -> None:
    work, other = places
    own = [sandbox.SOCKET, f"{console_window.DIRECTORY}/{console_window.SOCKET}"]
    foreign = [f"{command.MACHINE}/{SOCKET}", f"{waypipe.DIRECTORY}/{waypipe.LINK}"]
    # The host's own display is beside the directories of the VMs.
    host = tmp_path / "wayland-1"
    foreign += [str(path) for path in (host, *work.sockets, *other.sockets)]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(host))
        listener.listen()
        host.chmod(0o777)
        binds = console_window.binds(work.terminal)
        lines = said(tmp_path, work.wayland, binds, [*own, *foreign])
    assert lines[:2] == [f"reached {path}" for path in own]
    assert lines[2 : 2 + len(foreign)] == [f"no {path}" for path in foreign]
    net, interfaces, *writes = lines[2 + len(foreign) :]
    assert net.startswith("no net")
    assert interfaces == "interfaces lo"
    assert [line.split()[-1] for line in writes] == ["no"] * 7
