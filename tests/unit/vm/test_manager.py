"""All VMs together: by name only, each with its socket in its place."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from spectrum_session.config.schema import VM
from spectrum_session.config.spectrum import SpectrumVM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.manager import VMManager
from spectrum_session.vm.model import VMState, VMStatus
from spectrum_session.vm.names import socket_path

from .world import run


class Session:
    """A manager with two VMs, and what it told."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.seen: list[tuple[str, VMStatus]] = []
        self.listeners: list[socket.socket] = []
        self.manager = VMManager(
            {"work": VM(command=["cat", "/proc/sys/kernel/hostname"]), "idle": VM()},
            directory,
            directory / "log",
            lambda name, status: self.seen.append((name, status)),
            self.listen,
        )

    def listen(self, name: str) -> Path:
        path = socket_path(self.directory, name)
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        path.unlink(missing_ok=True)
        self.listeners.append(socket.socket(socket.AF_UNIX))
        self.listeners[-1].bind(str(path))
        self.listeners[-1].listen()
        return path

    def state(self, name: str) -> VMState:
        return self.manager.states()[name].state


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(tmp_path)
    yield made
    for listener in made.listeners:
        listener.close()


async def ended(session: Session, name: str) -> None:
    while not session.state(name).ended:
        await asyncio.sleep(0)


def test_all_that_are_defined_are_known(session: Session) -> None:
    assert list(session.manager.states()) == ["idle", "work"]
    assert session.state("work") is VMState.DEFINED
    assert session.manager.states()["work"].note == "local: not isolation"
    assert session.listeners == []


def test_each_runs_its_own_command_with_its_own_log(session: Session) -> None:
    async def check() -> None:
        await session.manager.start("work")
        await asyncio.wait_for(ended(session, "work"), 20)
        assert session.state("work") is VMState.STOPPED
        assert "\nwork\n" in session.manager.log_path("work").read_text()
        assert {name for name, _ in session.seen} == {"work"}
        await session.manager.start("work")
        await asyncio.wait_for(ended(session, "work"), 20)

    run(check())


def test_one_without_a_command_runs_until_it_is_stopped(session: Session) -> None:
    async def check() -> None:
        await session.manager.start("idle")
        assert session.state("idle") is VMState.RUNNING
        assert session.manager.socket_path("idle").is_socket()
        session.manager.spawn("idle", ["true"])
        await asyncio.wait_for(ended(session, "idle"), 20)
        await session.manager.start("idle")
        await session.manager.stop("idle")
        assert session.state("idle") is VMState.STOPPED

    run(check())


@pytest.mark.parametrize("name", ["", "../work", "--help", "work\n", "nosuch", "WORK"])
def test_a_name_that_is_not_defined_does_nothing(session: Session, name: str) -> None:
    async def check() -> None:
        with pytest.raises(VMError, match="there is no VM"):
            await session.manager.start(name)
        with pytest.raises(VMError, match="there is no VM"):
            await session.manager.stop(name)
        with pytest.raises(VMError, match="there is no VM"):
            session.manager.spawn(name, ["true"])
        with pytest.raises(VMError, match="there is no VM"):
            session.manager.kill(name)
        with pytest.raises(VMError, match="there is no VM"):
            session.manager.log_path(name)

    run(check())
    assert session.listeners == []


def test_a_definition_with_a_hostile_name_is_refused(session: Session) -> None:
    with pytest.raises(VMError, match="not a VM name"):
        session.manager.update({"work": VM(), "../x": VM()})
    assert list(session.manager.states()) == ["idle", "work"]


def test_a_socket_in_another_place_is_refused(tmp_path: Path) -> None:
    manager = VMManager(
        {"work": VM()}, tmp_path, tmp_path, lambda *_: None, lambda name: tmp_path / "wayland-1"
    )
    with pytest.raises(VMError, match="wrong place"):
        run(manager.start("work"))
    assert manager.states()["work"].state is VMState.DEFINED


def test_a_broken_definition_is_one_that_failed_until_it_is_mended(session: Session) -> None:
    def status() -> VMStatus:
        return session.manager.states()["odd"]

    def defined(problem: str) -> None:
        session.manager.update({"odd": SpectrumVM(driver="local", problem=problem)})

    async def check() -> None:
        defined("no kernel")
        assert (status().state, status().reason) == (VMState.FAILED, "no kernel")
        with pytest.raises(VMError, match="odd: no kernel"):
            await session.manager.start("odd")
        defined("no disk")
        assert status().reason == "no disk"
        defined("")
        assert status().state is VMState.DEFINED
        await session.manager.start("odd")
        defined("gone")
        assert status().state is VMState.RUNNING, "what runs is not touched"
        await session.manager.stop("odd")
        with pytest.raises(VMError, match="odd: gone"):
            await session.manager.start("odd")

    run(check())


def test_a_running_vm_outlives_its_definition(session: Session) -> None:
    async def check() -> None:
        await session.manager.start("idle")
        session.manager.update({"new": VM()})
        assert list(session.manager.states()) == ["idle", "new"]
        await session.manager.stop("idle")
        assert list(session.manager.states()) == ["new"]

    run(check())


def test_shutdown_stops_all_and_lets_none_start(session: Session) -> None:
    async def check() -> None:
        await session.manager.start("idle")
        session.manager.spawn("idle", ["cat", "/dev/full"])
        await session.manager.shutdown(5)
        assert session.state("idle").ended
        with pytest.raises(VMError, match="ending"):
            await session.manager.start("work")

    run(check())


def test_what_has_a_window_to_wait_for(session: Session) -> None:
    """A command shows one; a guest that is not of our making may, when somebody waits for it."""
    manager = session.manager
    definitions = {"own": VM(driver="qemu", kernel="/k"), "theirs": SpectrumVM(origin="/x")}
    manager.update({"work": VM(command=["cat"]), "idle": VM(), **definitions})
    assert [name for name in manager.states() if manager.shows_windows(name)] == ["work"]
    for name in manager.states():
        manager.await_window(name)
    shown = [name for name in manager.states() if manager.shows_windows(name)]
    assert shown == ["own", "theirs", "work"]
    assert not manager.shows_windows("nobody")


def test_a_start_is_over_when_nothing_is_waited_for(session: Session) -> None:
    async def go() -> None:
        assert session.manager.boot("idle") is None
        await session.manager.start("idle")
        boot = session.manager.boot("idle")
        assert boot is not None and boot.ended is not None
        await session.manager.stop("idle", 0.0)

    run(go())
    assert (session.directory / "boots" / "idle.json").is_file()
