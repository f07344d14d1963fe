"""Starting, watching and ending processes on the host: real ones."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.processes.child import Kind
from spectrum_session.vm.processes.host_process import Exit, HostProcess, Spawn
from spectrum_session.vm.processes.identity import Identity
from tests.open_descriptors import open_descriptors
from tests.unit.vm.world import WAIT_S, run


class Run:
    """A shell script that is watched, and how it ended."""

    def __init__(self, script: str) -> None:
        self.ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self.printed = b""
        self.left_at_end: list[bool] = []
        self.state_before_reap = ""
        with Spawn("a script") as spawn:
            output, sink = spawn.pipe()
            argv = ["sh", "-c", script]
            self.child = spawn.run(argv, sink, Kind.PROGRAM, "", {"PATH": os.defpath})
            self.process = HostProcess(self.child, self._ended, self._note)
        self.process.read(output, self._printed)

    def _note(self) -> None:
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        self.state_before_reap = stat.rpartition(")")[2].split()[0]

    def _ended(self, status: int | None) -> None:
        self.left_at_end.append(self.process.adopted)
        self.ended.set_result(status)

    def _printed(self, data: bytes) -> None:
        self.printed += data

    async def line(self) -> bytes:
        while b"\n" not in self.printed:
            await asyncio.sleep(0.01)
        return self.printed.splitlines()[0]

    async def end(self) -> int | None:
        return await asyncio.wait_for(self.ended, WAIT_S)


def leaving_no_descriptor(test: Coroutine[Any, Any, None]) -> None:
    before = open_descriptors()
    run(test)
    assert open_descriptors() == before


def test_its_end_comes_with_its_status_and_all_that_it_printed() -> None:
    async def check() -> None:
        watched = Run("echo one; echo two >&2; exit 7")
        assert await watched.end() == 7
        assert watched.printed == b"one\ntwo\n"
        assert watched.state_before_reap == "Z", "its number could be another's already"

    leaving_no_descriptor(check())


def test_a_kill_ends_its_group() -> None:
    async def check() -> None:
        watched = Run("sleep 1000000 & echo $!; wait")
        pidfd = os.pidfd_open(int(await watched.line()))
        watched.process.kill()
        assert await watched.end() == -signal.SIGKILL
        await until_ended(pidfd)

    leaving_no_descriptor(check())


def test_the_first_process_of_its_sandbox_ends_with_it_and_is_waited_for() -> None:
    async def check() -> None:
        with subprocess.Popen(["sleep", "1000000"]) as first:
            watched = Run("echo begun; exec sleep 1000000")
            watched.process.adopt(os.pidfd_open(first.pid))
            os.kill(watched.process.pid, signal.SIGKILL)
            assert await watched.end() == -signal.SIGKILL
            assert watched.left_at_end == [False], "told before all was gone, or twice"
        assert first.returncode == -signal.SIGKILL

    leaving_no_descriptor(check())


def test_one_that_is_released_goes_on_and_its_end_is_not_told() -> None:
    async def check() -> None:
        watched = Run("echo begun; exec sleep 1000000")
        await watched.line()
        where = Identity.of(watched.process.pid)
        assert where is not None
        watched.process.release()
        again: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        found = HostProcess(where, again.set_result)
        assert not found.ended
        found.kill()
        assert await asyncio.wait_for(again, WAIT_S) is None, "it is no child of who found it"
        assert not watched.ended.done()
        os.waitpid(where.pid, 0)

    leaving_no_descriptor(check())


def test_one_that_is_gone_when_it_is_found() -> None:
    async def check() -> None:
        ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        HostProcess(Identity(1 << 30, 1), ended.set_result)
        assert await asyncio.wait_for(ended, WAIT_S) is None

    leaving_no_descriptor(check())


def test_a_start_that_fails_leaves_no_descriptor_and_says_what_did_not_start() -> None:
    async def check() -> None:
        failed: list[bool] = []
        with pytest.raises(VMError, match="cannot start the thing: No such file"), Spawn(
            "the thing"
        ) as spawn:
            spawn.failed.callback(failed.append, True)
            _, sink = spawn.pipe()
            spawn.inherit_file(b"content")
            spawn.run(["/nowhere/at/all"], sink, Kind.VM, "", {})
        assert failed == [True]

    leaving_no_descriptor(check())


def test_a_child_reads_a_file_that_was_made_for_it() -> None:
    with Spawn("cat") as spawn:
        output, sink = spawn.pipe()
        fd = spawn.inherit_file(b"content")
        child = spawn.run(["cat", f"/proc/self/fd/{fd}"], sink, Kind.PROGRAM, "", {})
    assert child.wait() == 0
    assert os.read(output, 100) == b"content"
    os.close(output)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (None, "ended, exit status unknown"),
        (0, "exited with status 0"),
        (-9, "was killed by SIGKILL"),
        (139, "was ended by SIGSEGV (exit status 139)"),
        (128 + 40, "was ended by signal 40 (exit status 168)"),
    ],
)
def test_an_exit_in_words(status: int | None, text: str) -> None:
    assert str(Exit(status)) == text


async def until_ended(pidfd: int) -> None:
    """Return when it has ended, and close the descriptor."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(pidfd, ended.set)
    await asyncio.wait_for(ended.wait(), WAIT_S)
    loop.remove_reader(pidfd)
    os.close(pidfd)
