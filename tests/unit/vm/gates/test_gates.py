"""Gates through their restarts, with programs of the test's own in the gate's place."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.gate.policy import Policy
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gates import gates as module
from spectrum_session.vm.gates.gates import Gates, VMGate
from tests.open_descriptors import open_descriptors

DEADLINE_S = 20.0
START = (
    "import array, json, os, socket, sys, time\n"
    "listener = socket.socket(fileno=int(sys.argv[1]))\n"
    "control = socket.socket(fileno=int(sys.argv[2]))\n"
    "def tell(**message): control.send(json.dumps(message).encode())\n"
    "def heard(): return json.loads(control.recv(1 << 17))\n"
    "policy = heard()['policy']\n"
    "tell(ready=['nothing'])\n"
)


class World:
    """All that a session would be told."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "work" / "wayland-0"
        self.changed = asyncio.Event()
        self.connected: list[tuple[str, int, int]] = []
        self.disconnected: list[str] = []
        self.died: list[tuple[str, str]] = []
        self.compositor: list[socket.socket] = []
        self.policy = Policy()
        self.gates = Gates(
            lambda vm: self.policy,
            self._connect,
            self._disconnect,
            lambda vm: self.changed.set(),
            self._died,
        )

    def _connect(self, vm: str, pid: int, uid: int) -> socket.socket | None:
        self.connected.append((vm, pid, uid))
        ours, theirs = socket.socketpair()
        self.compositor.append(ours)
        self.changed.set()
        return theirs

    def _disconnect(self, vm: str) -> None:
        self.disconnected.append(vm)

    def _died(self, vm: str, how: str) -> None:
        self.died.append((vm, how))
        self.changed.set()

    def open(self) -> VMGate:
        self.gates.open("work", self.path)
        gate = self.gates.get("work")
        assert gate is not None
        return gate

    async def wait(self, condition: Callable[[], Any]) -> None:
        async def until() -> None:
            while not condition():
                self.changed.clear()
                await self.changed.wait()

        await asyncio.wait_for(until(), DEADLINE_S)

    async def ready(self, gate: VMGate) -> None:
        await self.wait(lambda: gate.process is not None and gate.process.pid is not None)

    async def close(self, gate: VMGate | None) -> None:
        process = gate.process if gate is not None else None
        self.gates.close_all()
        while process is not None and not process._process.ended:
            await asyncio.sleep(0.01)
        for one in self.compositor:
            one.close()


@pytest.fixture
def plays(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Say which program is the gate from now on."""
    monkeypatch.setattr("spectrum_session.vm.gates.backoff.FIRST_S", 0.01)

    def play(program: str) -> None:
        monkeypatch.setattr(
            module,
            "_build",
            lambda tools, user, fds: [sys.executable, "-c", START + program, *fds],
        )

    yield play


def run(directory: Path, test: Callable[[World], Any]) -> None:
    async def all_of_it() -> None:
        world = World(directory)
        before = len(open_descriptors())
        await test(world)
        await world.close(world.gates.get("work"))
        assert len(open_descriptors()) == before

    asyncio.run(all_of_it())


def test_the_socket_is_there_before_the_gate_and_is_the_sessions_users(
    tmp_path: Path, plays: Callable[[str], None]
) -> None:
    plays("time.sleep(60)")

    async def test(world: World) -> None:
        gate = world.open()
        mode = os.lstat(world.path).st_mode
        assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
        assert stat.S_IMODE(os.lstat(world.path.parent).st_mode) == 0o700
        assert world.gates.is_open("work") and [one.name for one in world.gates] == ["work"]
        await world.ready(gate)
        assert gate.process is not None and gate.process.features == ["nothing"]
        await world.close(gate)
        assert not world.path.exists() and not world.gates.is_open("work")
        assert world.died == [] and world.disconnected == []

    run(tmp_path, test)


def test_a_connection_is_made_for_a_client_whose_credentials_are_its_own(
    tmp_path: Path, plays: Callable[[str], None]
) -> None:
    plays(
        "client, _ = listener.accept()\n"
        "control.sendmsg([json.dumps({'connect': 7}).encode()],"
        " [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [client.fileno()]))])\n"
        "data, fds, _, _ = socket.recv_fds(control, 1 << 17, 1)\n"
        "assert json.loads(data) == {'connected': 7, 'pid': os.getppid()}, data\n"
        "socket.socket(fileno=fds[0]).send(b'hello')\n"
        "tell(connect=8)\n"
        "time.sleep(60)"
    )

    async def test(world: World) -> None:
        gate = world.open()
        client = socket.socket(socket.AF_UNIX)
        client.connect(os.fspath(world.path))
        await world.wait(lambda: len(world.connected) == 2)
        # The second came without its client's socket: nobody knows whose it is.
        assert world.connected == [("work", os.getpid(), os.getuid()), ("work", 0, 0)]
        world.compositor[0].settimeout(DEADLINE_S)
        assert await asyncio.to_thread(world.compositor[0].recv, 5) == b"hello"
        client.close()
        assert gate.restarts == 0
        await world.close(gate)

    run(tmp_path, test)


def test_when_it_dies_all_connections_go_and_the_next_has_the_same_socket(
    tmp_path: Path, plays: Callable[[str], None]
) -> None:
    plays("print('the last word', flush=True); os.kill(os.getpid(), 11)")

    async def test(world: World) -> None:
        gate = world.open()
        inode = os.stat(world.path).st_ino
        await world.wait(lambda: len(world.died) >= 3)
        assert world.disconnected[:3] == ["work"] * 3
        assert world.died[0] == ("work", "it was killed by SIGSEGV")
        assert gate.last_end == "it was killed by SIGSEGV; the last word"
        assert gate.restarts >= 2
        wait = gate.restart_in_s
        assert wait is None or wait <= 30
        assert os.stat(world.path).st_ino == inode
        plays("time.sleep(60)")
        await world.ready(gate)
        await world.close(gate)
        assert gate.restart_in_s is None or gate._timer is not None

    run(tmp_path, test)


def test_one_that_is_closed_is_not_started_again(
    tmp_path: Path, plays: Callable[[str], None]
) -> None:
    plays("os._exit(1)")

    async def test(world: World) -> None:
        gate = world.open()
        await world.wait(lambda: world.died)
        assert gate.restart_in_s is not None
        world.gates.close("work")
        restarts = gate.restarts
        await asyncio.sleep(0.2)
        assert gate.restarts == restarts and gate.process is None

    run(tmp_path, test)


def test_questions_are_answered_or_end(
    tmp_path: Path, plays: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plays(
        "asked = heard(); tell(answer=asked['ask'] + 100)\n"
        "tell(answer=asked['ask'], stalls=5, used={'objects': 3})\n"
        "assert heard()['what'] == 'describe'\n"
        "heard(); os._exit(0)"
    )
    monkeypatch.setattr(module, "ANSWER_S", 0.2)

    async def test(world: World) -> None:
        gate = world.open()
        with pytest.raises(VMError, match="does not run"):
            await gate.ask("status")
        await world.ready(gate)
        answer = await gate.ask("status")
        assert (answer.stalls, answer.used) == (5, {"objects": 3})
        with pytest.raises(VMError, match="does not answer"):
            await gate.ask("describe")
        monkeypatch.setattr(module, "ANSWER_S", DEADLINE_S)
        with pytest.raises(VMError, match="its gate ended"):
            await gate.ask("status")
        await world.wait(lambda: world.died)
        await world.close(gate)

    run(tmp_path, test)


def test_a_new_policy_is_told(
    tmp_path: Path, plays: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plays(
        "again = heard()['policy']\n"
        "tell(refused=dict(kind='x', text=str([policy['utf8_titles'], again['utf8_titles']]),"
        " count=2))\n"
        "time.sleep(60)"
    )

    async def test(world: World) -> None:
        told: list[tuple[str, str, str, int]] = []

        def refused(*what: Any) -> None:
            told.append(what)
            world.changed.set()

        monkeypatch.setattr(world.gates, "refused", refused)
        gate = world.open()
        world.policy = Policy(utf8_titles=True)
        world.gates.update()
        await world.wait(lambda: told)
        assert told == [("work", "x", "[False, True]", 2)]
        await world.close(gate)

    run(tmp_path, test)


def test_a_gate_that_cannot_start_leaves_no_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_build", lambda tools, user, fds: ["/nowhere/at/all"])

    async def test(world: World) -> None:
        with pytest.raises(VMError, match="cannot start its gate"):
            world.open()
        assert not world.path.exists() and not world.gates.is_open("work")

    run(tmp_path, test)
