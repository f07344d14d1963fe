"""One run of a gate, seen from the session; what plays the gate here is real and not always honest.

The programs below are run in the gate's place, without its sandbox: they have the same sockets.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gates.messages import Message
from spectrum_session.vm.gates.process import MESSAGES_PER_SECOND, GateProcess
from tests.open_descriptors import open_descriptors

DEADLINE_S = 20.0
START = (
    "import array, json, os, socket, sys, time\n"
    "control = socket.socket(fileno=int(sys.argv[2]))\n"
    "policy = json.loads(control.recv(1 << 17))['policy']\n"
    "def tell(**message): control.send(json.dumps(message).encode())\n"
)


class Run:
    """A gate's process and all that it said."""

    def __init__(self, program: str, read: Callable[[], None] | None = None) -> None:
        self.messages: list[Message] = []
        self.sockets: list[socket.socket | None] = []
        self.changed = asyncio.Event()
        self.end: tuple[str, list[str]] | None = None
        self.listener = socket.socket(socket.AF_UNIX)
        self.process = GateProcess(
            lambda fds: [sys.executable, "-c", START + program, *fds],
            self.listener,
            {"some": "policy"},
            self._said,
            self._ended,
        )

    def _said(self, _process: GateProcess, message: Message, beside: socket.socket | None) -> None:
        self.messages.append(message)
        self.sockets.append(beside)
        self.changed.set()

    def _ended(self, _process: GateProcess, how: str, lines: list[str]) -> None:
        self.end = (how, lines)
        self.changed.set()

    async def wait(self, condition: Callable[[], Any]) -> None:
        async def until() -> None:
            while not condition():
                self.changed.clear()
                await self.changed.wait()

        await asyncio.wait_for(until(), DEADLINE_S)

    async def ended(self) -> tuple[str, list[str]]:
        await self.wait(lambda: self.end is not None)
        assert self.end is not None
        self.listener.close()
        return self.end


def go(coroutine: Any) -> Any:
    """Run a test, and see that it leaves no descriptor behind."""
    before = len(open_descriptors())
    result = asyncio.run(coroutine)
    assert len(open_descriptors()) == before
    return result


def test_it_says_that_it_is_ready_and_who_it_is() -> None:
    async def test() -> None:
        run = Run("tell(ready=['seccomp', 'a\\x1b[1m']); control.recv(100)")
        await run.wait(lambda: run.process.pid)
        # The kernel's word, not the gate's.
        cmdline = Path(f"/proc/{run.process.pid}/cmdline").read_bytes()
        assert b"tell(ready=" in cmdline
        assert run.process.features == ["seccomp", "a[1m"]
        run.process.send({"anything": 1})
        assert await run.ended() == ("it exited with status 0", [])

    go(test())


@pytest.mark.parametrize(
    ("program", "how"),
    [
        ("sys.exit(3)", "it exited with status 3"),
        ("os.kill(os.getpid(), 9)", "it was killed by SIGKILL"),
        ("os.kill(os.getpid(), 11)", "it was killed by SIGSEGV"),
    ],
)
def test_how_it_ended(program: str, how: str) -> None:
    async def test() -> None:
        assert (await Run(program).ended())[0] == how

    go(test())


def test_the_last_that_it_printed_is_told_and_made_safe() -> None:
    async def test() -> None:
        run = Run(
            "for n in range(9): print('line', n, file=sys.stderr)\n"
            "sys.stderr.write('\\x1b]0;x\\x07 the end'); sys.stderr.flush(); os._exit(1)"
        )
        how, lines = await run.ended()
        assert how == "it exited with status 1"
        assert lines == [*(f"line {n}" for n in range(5, 9)), "]0;x the end"]

    go(test())


def test_a_flood_of_output_is_no_flood_of_work_or_memory() -> None:
    async def test() -> None:
        run = Run("tell(ready=[])\nwhile True: os.write(2, b'x' * 65536)")
        await run.wait(lambda: run.process.pid)
        await asyncio.sleep(0)
        assert len(run.process.__dict__["_unfinished"]) <= 2 * 4096
        run.process.kill("enough")
        how, lines = await run.ended()
        assert how == "enough"
        assert all(len(line) <= 300 for line in lines)

    go(test())


@pytest.mark.parametrize(
    "message",
    [
        b"no json",
        b"[1]",
        b"{}x",
        b'{"unknown": 1}',
        b'{"connect": -1}',
        b'{"connect": "1"}',
        b'{"refused": {"kind": "' + b"k" * 65 + b'", "text": "", "count": 1}}',
        b'{"connections": ' + b"[" * 60000 + b"]" * 60000 + b"}",
    ],
)
def test_one_that_talks_nonsense_is_ended(message: bytes) -> None:
    async def test() -> None:
        run = Run(f"control.send({message!r}); time.sleep(60)")
        how, _ = await run.ended()
        assert how.startswith("invalid message from it")
        assert how.isprintable()
        assert run.messages == []

    go(test())


def test_a_message_that_is_too_long_is_nonsense() -> None:
    async def test() -> None:
        run = Run("control.send(b' ' * 140_000 + b'{}'); time.sleep(60)")
        how, _ = await run.ended()
        assert "too long" in how

    go(test())


def test_descriptors_that_it_sends_are_the_receivers_or_closed() -> None:
    async def test() -> None:
        run = Run(
            "ours, theirs = socket.socketpair()\n"
            "def send(data, *fds): control.sendmsg([data],"
            " [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))])\n"
            "send(b'{\"connect\": 1}', theirs.fileno())\n"
            "send(b'{\"connect\": 2}', 0)\n"
            "send(b'{\"connect\": 3}', theirs.fileno(), 0, 0)\n"
            "tell(connect=4)\n"
            "send(b'nonsense', theirs.fileno())\n"
            "time.sleep(60)"
        )
        await run.ended()
        assert [message.connect for message in run.messages] == [1, 2, 3, 4]
        first, second, third, fourth = run.sockets
        assert first is not None and second is None and fourth is None
        for one in (first, third):
            if one is not None:
                one.close()

    go(test())


def test_one_that_does_not_listen_is_ended() -> None:
    async def test() -> None:
        run = Run("tell(ready=[]); time.sleep(60)")
        await run.wait(lambda: run.process.pid)
        while not run.process.reason:
            run.process.send({"ask": 1, "what": "x" * 1000})
        assert await run.ended() == ("it does not listen to the session", [])

    go(test())


def test_one_that_talks_without_end_is_heard_a_part_of_the_time() -> None:
    async def test() -> None:
        run = Run("tell(ready=[])\nwhile True: tell(connect=1)")
        await run.wait(lambda: len(run.messages) > 2 * MESSAGES_PER_SECOND)
        loop = asyncio.get_running_loop()
        turns = []
        began, heard = loop.time(), len(run.messages)
        while loop.time() < began + 0.5:
            turns.append(loop.time())
            await asyncio.sleep(0.01)
        assert len(run.messages) - heard <= MESSAGES_PER_SECOND
        # The loop has its time for everybody else.
        assert len(turns) > 10
        run.process.kill("enough")
        await run.ended()

    go(test())


def test_one_that_hangs_up_and_stays_is_ended() -> None:
    async def test() -> None:
        run = Run("control.close(); time.sleep(60)")
        assert await run.ended() == ("it hung up", [])

    go(test())


def test_one_that_cannot_be_started() -> None:
    async def test() -> None:
        with socket.socket(socket.AF_UNIX) as listener, pytest.raises(VMError) as error:
            GateProcess(
                lambda fds: ["/nowhere/at/all", *fds],
                listener,
                {},
                lambda *_: None,
                lambda *_: None,
            )
        assert "cannot start its gate" in str(error.value)

    go(test())


def test_all_of_its_processes_end_with_it() -> None:
    async def test() -> None:
        run = Run(
            "child = os.fork()\n"
            "if child: tell(ready=[], connect=child)\n"
            "time.sleep(60)"
        )
        await run.wait(lambda: run.messages)
        child = run.messages[0].connect
        assert child is not None
        watch = os.pidfd_open(child)
        run.process.kill("")
        how, _ = await run.ended()
        assert how == f"it was killed by {signal.SIGKILL.name}"
        loop = asyncio.get_running_loop()
        gone = asyncio.Event()
        loop.add_reader(watch, gone.set)
        await asyncio.wait_for(gone.wait(), DEADLINE_S)
        loop.remove_reader(watch)
        os.close(watch)

    go(test())
