"""A machine that one session leaves is found again by the next: a real one, with a small kernel."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from spectrum_session.config.schema import VM
from spectrum_session.vm.drivers.machine import FOUND
from spectrum_session.vm.drivers.qemu.driver import QMP
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.manager import VMManager
from spectrum_session.vm.model import VMState, VMStatus
from spectrum_session.vm.names import socket_path
from spectrum_session.vm.storage import record
from spectrum_session.vm.storage.leftovers import GUESTS
from tests.unit.vm.drivers.qemu.test_own_kernel import Machine
from tests.unit.vm.world import WAIT_S, run


class Sessions:
    """One session after the other in the same directory, with the VM "own"."""

    def __init__(self, root: Path, machine: Machine) -> None:
        self.root = root
        self.machine = machine
        self.directory = root / GUESTS / "own"
        self.wayland = socket_path(root, "own")
        self.seen: list[tuple[str, VMStatus]] = []
        self.sockets: list[str] = []
        self.listener = socket.socket(socket.AF_UNIX)
        self._listen()

    def _listen(self) -> None:
        """The VM's Wayland socket, of a session that has just begun."""
        self.wayland.parent.mkdir(parents=True, exist_ok=True)
        self.wayland.unlink(missing_ok=True)
        self.listener.close()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.wayland))
        self.listener.listen()
        self.listener.setblocking(False)

    async def waypipe_comes(self) -> None:
        """Return when a waypipe has connected to that socket."""
        loop = asyncio.get_running_loop()
        client, _ = await asyncio.wait_for(loop.sock_accept(self.listener), WAIT_S)
        client.close()

    def begin(self, definitions: dict[str, VM] | None = None) -> VMManager:
        self.seen.clear()
        self.sockets.clear()
        self._listen()
        return VMManager(
            {"own": self.machine.definition} if definitions is None else definitions,
            self.root,
            self.root / "log",
            lambda name, status: self.seen.append((name, status)),
            self._socket,
            lambda: "not here",
        )

    def _socket(self, name: str) -> Path:
        self.sockets.append(name)
        return self.wayland

    def log(self) -> str:
        return (self.root / "log" / "own.log").read_text()

    async def says(self, text: str) -> None:
        async def there() -> None:
            while text not in self.log():
                await asyncio.sleep(0.02)

        await asyncio.wait_for(there(), WAIT_S)

    def end_qemu(self) -> None:
        """Kill what an earlier session left, from outside."""
        noted = record.load(self.directory)
        assert noted is not None
        pidfd = noted.processes[0].init.open()
        if pidfd is not None:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)

    async def until_gone(self) -> None:
        noted = record.load(self.directory)
        assert noted is not None

        async def gone() -> None:
            while noted.alive:
                await asyncio.sleep(0.02)

        await asyncio.wait_for(gone(), WAIT_S)


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    with socket.socket(socket.AF_UNIX) as listener:
        made = Sessions(tmp_path, Machine(tmp_path, listener))
        yield made
        made.listener.close()
    with suppress(AssertionError):
        made.end_qemu()


def test_it_goes_on_and_is_found_again(sessions: Sessions) -> None:
    async def check() -> None:
        first = sessions.begin()
        await first.start("own")
        before = first.states()["own"]
        await sessions.says("what the initramfs holds\n")
        await first.shutdown(keep=True)
        assert sessions.log().endswith("--- VM own goes on without the session\n")
        second = sessions.begin()
        assert second.find_again() == ["own"]
        assert sessions.sockets == ["own"]
        told = second.states()["own"]
        assert (told.state, told.reason) == (VMState.RUNNING, FOUND)
        assert (told.since, told.pids, told.note) == (before.since, before.pids, before.note)
        with pytest.raises(VMError, match="cannot start, it is running"):
            await second.start("own")
        await second.reattach("own")
        await sessions.waypipe_comes()
        assert "waypipe exited" not in sessions.log()
        # Its power button is pressed through the monitor.
        await second.stop("own", WAIT_S)
        told = second.states()["own"]
        assert (told.state, told.reason) == (VMState.STOPPED, "stopped on request")
        assert not sessions.directory.exists()
        assert "goes on, found again after a restart of the session" in sessions.log()

    run(check())


def test_it_is_found_and_killed(sessions: Sessions) -> None:
    async def check() -> None:
        first = sessions.begin()
        await first.start("own")
        await first.shutdown(keep=True)
        second = sessions.begin()
        second.find_again()
        # Before anything is connected.
        second.kill("own")
        await second.stop("own")
        assert second.states()["own"].reason == "killed on request"
        assert not sessions.directory.exists()

    run(check())


def test_a_session_that_stops_leaves_nothing(sessions: Sessions) -> None:
    async def check() -> None:
        first = sessions.begin()
        await first.start("own")
        await sessions.says("what the initramfs holds\n")
        await first.shutdown()
        assert first.states()["own"].state is VMState.STOPPED
        assert sessions.begin().find_again() == []
        assert not sessions.directory.exists()

    run(check())


@pytest.mark.parametrize("note", [True, False])
def test_one_that_was_killed_meanwhile(sessions: Sessions, note: bool) -> None:
    """With what bubblewrap noted of its end, and without."""

    async def check() -> None:
        first = sessions.begin()
        await first.start("own")
        await first.shutdown(keep=True)
        sessions.end_qemu()
        await sessions.until_gone()
        if not note:
            (sessions.directory / "status").unlink()
        second = sessions.begin()
        assert second.find_again() == []
        ((name, told),) = sessions.seen
        assert (name, told.state) == ("own", VMState.FAILED)
        how = "was ended by SIGKILL (exit status 137)" if note else "ended, exit status unknown"
        assert told.reason == f"it ended while no session looked: {how}"
        assert not sessions.directory.exists() and not sessions.sockets
        # And it starts again.
        await second.start("own")
        second.kill("own")
        await second.shutdown()

    run(check())


def test_one_of_another_boot_of_the_host(sessions: Sessions) -> None:
    async def check() -> None:
        first = sessions.begin()
        await first.start("own")
        await first.shutdown(keep=True)
        noted = record.load(sessions.directory)
        assert noted is not None
        sessions.end_qemu()
        boot = "another"
        record.save(sessions.directory, replace(noted, boot=boot))
        second = sessions.begin()
        assert second.find_again() == []
        assert "the host was started again" in second.states()["own"].reason

    run(check())


def test_one_that_is_defined_no_longer_stays_until_it_ends(sessions: Sessions) -> None:
    async def check() -> None:
        first = sessions.begin()
        await first.start("own")
        # Before that nobody hears its power button.
        await sessions.says("what the initramfs holds\n")
        await first.shutdown(keep=True)
        second = sessions.begin({})
        assert second.find_again() == ["own"]
        await second.reattach("own")
        assert second.driver("own") == "qemu"
        with pytest.raises(VMError, match="removed from the configuration"):
            await second.start("own")
        await second.stop("own", WAIT_S)
        assert second.states() == {}
        assert sessions.seen[-1][1].state is VMState.STOPPED

    run(check())


def test_one_whose_sockets_are_gone_is_told_and_can_be_killed(sessions: Sessions) -> None:
    async def check() -> None:
        first = sessions.begin()
        await first.start("own")
        await first.shutdown(keep=True)
        (sessions.directory / QMP).unlink()
        second = sessions.begin()
        second.find_again()
        with pytest.raises(VMError, match="own: it was found again, but: No such file"):
            await second.reattach("own")
        assert second.states()["own"].state is VMState.RUNNING
        await second.stop("own", WAIT_S)
        assert second.states()["own"].state is VMState.STOPPED
        assert not sessions.directory.exists()

    run(check())


def test_it_ends_by_itself_after_it_was_found(sessions: Sessions) -> None:
    async def check() -> None:
        first = sessions.begin()
        await first.start("own")
        await first.shutdown(keep=True)
        second = sessions.begin()
        second.find_again()
        await second.reattach("own")
        sessions.end_qemu()
        while not second.states()["own"].state.ended:
            await asyncio.sleep(0.02)
        told = second.states()["own"]
        assert told.state is VMState.FAILED
        assert "QEMU was ended by SIGKILL" in told.reason

    run(check())


def test_what_nobody_knows_of_is_removed(sessions: Sessions) -> None:
    for name, text in (("own", "rubbish"), ("other", "{}")):
        (sessions.root / GUESTS / name).mkdir(parents=True)
        (sessions.root / GUESTS / name / record.FILE).write_text(text)

    async def check() -> None:
        manager = sessions.begin()
        assert manager.find_again() == []
        while list((sessions.root / GUESTS).iterdir()):
            await asyncio.sleep(0.01)
        assert manager.states()["own"].state is VMState.DEFINED

    run(check())


def test_what_was_started_and_never_noted_is_ended(sessions: Sessions) -> None:
    async def check() -> None:
        first = sessions.begin()
        await first.start("own")
        await first.shutdown(keep=True)
        noted = record.load(sessions.directory)
        assert noted is not None
        (sessions.directory / record.FILE).unlink()
        second = sessions.begin()
        assert second.find_again() == []
        # A start does not wait for it, nor get into its way.
        await second.start("own")
        while noted.alive:
            await asyncio.sleep(0.02)
        assert second.states()["own"].state is VMState.RUNNING
        second.kill("own")
        await second.stop("own")
        while list((sessions.root / GUESTS).iterdir()):
            await asyncio.sleep(0.01)

    run(check())
