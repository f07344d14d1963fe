"""The life of a `local` VM with real sandboxes, from its start to the driver's own death."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import spectrum_session
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.model import VMState
from tests.unit.vm.world import CONNECT, WAIT, World, perl, run


def states(world: World) -> list[VMState]:
    found: list[VMState] = []
    for status in world.seen:
        if not found or found[-1] is not status.state:
            found.append(status.state)
    return found


def test_a_program_that_ends_well_stops_its_vm(world: World) -> None:
    output = run(world.output("echo hello"))
    assert states(world) == [VMState.STARTING, VMState.RUNNING, VMState.STOPPED] or states(
        world
    ) == [VMState.STARTING, VMState.STOPPED]
    assert "hello\n" in output
    assert "local: not isolation" in output
    assert world.vm.status.note == "local: not isolation"
    assert world.vm.status.pids == ()
    assert world.log.stat().st_mode & 0o777 == 0o600


def test_a_program_that_fails_fails_its_vm_and_says_why(world: World) -> None:
    async def check() -> None:
        await world.vm.start()
        world.vm.spawn(["sh", "-c", "echo 'no such thing'; exit 3"])
        await world.vm.ended()

    run(check())
    assert world.vm.status.state is VMState.FAILED
    assert world.vm.status.reason == "its last program exited with status 3; no such thing"


def test_a_crash_is_called_by_its_signal(world: World) -> None:
    async def check() -> None:
        await world.vm.start()
        world.vm.spawn(["sh", "-c", "kill -SEGV $$"])
        await world.vm.ended()

    run(check())
    assert "SIGSEGV" in world.vm.status.reason


def test_a_program_that_is_not_there_is_named(world: World) -> None:
    async def check() -> None:
        await world.vm.start()
        world.vm.spawn(["no-such-program"])
        await world.vm.ended()

    run(check())
    assert world.vm.status.state is VMState.FAILED
    assert "no-such-program" in world.vm.status.reason


def test_it_runs_without_a_program_and_takes_more(world: World) -> None:
    async def check() -> None:
        await world.vm.start()
        assert (world.vm.status.state, world.vm.status.pids) == (VMState.RUNNING, ())
        first = world.vm.spawn(perl(CONNECT, WAIT))
        one = await world.accept()
        second = world.vm.spawn(perl(CONNECT, WAIT))
        two = await world.accept()
        assert world.vm.status.pids == (first, second)
        one.close()
        assert await two_left(world) == (second,)
        two.close()
        await world.vm.ended()
        assert world.vm.status.state is VMState.STOPPED

    async def two_left(world: World) -> tuple[int, ...]:
        while len(world.vm.status.pids) > 1:
            await asyncio.wait_for(changed(world), 20)
        return world.vm.status.pids

    run(check())


async def changed(world: World) -> None:
    """Return after the next change of status."""
    count = len(world.seen)
    while len(world.seen) == count:
        await asyncio.sleep(0)


def test_stop_asks_first(world: World) -> None:
    async def check() -> None:
        await world.vm.start(
            [perl("$SIG{TERM} = sub { print qq(asked\\n); exit 0 };", CONNECT, WAIT)]
        )
        client = await world.accept()
        await world.vm.stop(60)
        assert await client.receive() == b""
        client.close()

    run(check())
    assert world.vm.status.state is VMState.STOPPED
    assert world.vm.status.reason == "stopped on request"
    assert "asked\n" in world.log.read_text()


def test_stop_kills_after_the_deadline(world: World) -> None:
    async def check() -> None:
        await world.vm.start(
            [perl("$SIG{TERM} = sub { print qq(asked\\n) };", CONNECT, "1 while 1;")]
        )
        client = await world.accept()
        await world.vm.stop(0.1)
        assert await client.receive() == b""
        client.close()

    run(check())
    assert world.vm.status.state is VMState.STOPPED
    assert "deadline" in world.vm.status.reason
    assert "asked\n" in world.log.read_text()


@pytest.mark.parametrize("how", ["end", "stop", "kill"])
def test_nothing_outlives_the_vm(world: World, how: str) -> None:
    daemon = "use POSIX; $SIG{TERM} = 'IGNORE'; if (!fork) { POSIX::setsid();"
    script = daemon + CONNECT + WAIT + " } $SIG{TERM} = 'DEFAULT';"

    async def check() -> None:
        await world.vm.start([perl(script, CONNECT, WAIT)])
        clients = [await world.accept(), await world.accept()]
        # Which of the two is the program and which the daemon is for the kernel to say.
        pidfds = [os.pidfd_open(client.pid) for client in clients]
        if how == "stop":
            await world.vm.stop(60)
        elif how == "kill":
            world.vm.kill()
        else:
            parents = {client.pid: client for client in clients}
            program = min(parents)
            os.kill(program, signal.SIGTERM)
        await world.vm.ended()
        for client in clients:
            assert await client.receive() == b""
            client.close()
        for pidfd in pidfds:
            os.close(pidfd)

    run(check())


def test_output_that_floods_is_slowed_down(world: World) -> None:
    async def check() -> float:
        begun = time.monotonic()
        await world.output("head -c 400000 /dev/zero | tr '\\0' x")
        return time.monotonic() - begun

    # 400,000 bytes less two pipes of 64 KiB and the first read: at least three pauses.
    assert run(check()) > 0.3


def test_what_a_start_needs_is_looked_at_first(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def fails(match: str) -> None:
        with pytest.raises(VMError, match=match):
            await world.vm.start([["true"]])

    with monkeypatch.context() as context:
        context.setenv("PATH", str(tmp_path))
        run(fails("work: .*apt-get install bubblewrap"))
        assert world.vm.status.state is VMState.FAILED
        assert "bubblewrap" in world.vm.status.reason
    world.socket.unlink()
    run(fails("Wayland socket"))
    world.socket.write_text("")
    run(fails("is not a socket"))


def test_a_kernel_without_namespaces_is_explained(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "tools"
    fake.mkdir()
    (fake / "bwrap").write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    (fake / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:{os.environ['PATH']}")

    async def check() -> None:
        with pytest.raises(VMError, match="may make no user namespace"):
            await world.vm.start([["true"]])

    run(check())
    assert world.vm.status.state is VMState.FAILED


def test_requests_that_make_no_sense_change_nothing(world: World) -> None:
    async def check() -> None:
        with pytest.raises(VMError, match="it is defined"):
            world.vm.spawn(["true"])
        await world.vm.stop(1)
        world.vm.kill()
        assert world.vm.status.state is VMState.DEFINED
        with pytest.raises(VMError):
            await world.vm.start([[]])
        assert world.vm.status.state is VMState.DEFINED
        await world.vm.start()
        with pytest.raises(VMError, match="it is running"):
            await world.vm.start()
        with pytest.raises(VMError):
            world.vm.spawn(["a\0b"])
        assert len(world.seen) == 2
        await world.vm.stop(1)

    run(check())


def test_no_descriptor_is_left(world: World) -> None:
    async def check() -> list[int]:
        counts = []
        for _ in range(3):
            await world.output("true")
            counts.append(len(os.listdir("/proc/self/fd")))
        return counts

    assert len(set(run(check()))) == 1


DRIVER = """
import asyncio, sys
from pathlib import Path
from spectrum_session.vm.drivers.local import LocalVM

async def main():
    vm = LocalVM("work", Path(sys.argv[1]), Path(sys.argv[2]), lambda status: None)
    await vm.start([sys.argv[3:]])
    await vm.ended()

asyncio.run(main())
"""


def test_the_sandbox_dies_with_its_driver(world: World) -> None:
    async def check() -> None:
        package = Path(spectrum_session.__file__).parent
        driver = subprocess.Popen(
            [sys.executable, "-c", DRIVER, world.socket, world.log, *perl(CONNECT, WAIT)],
            env={**os.environ, "PYTHONPATH": str(package.parent)},
        )
        try:
            client = await world.accept()
        finally:
            driver.kill()
            driver.wait()
        assert await client.receive() == b""
        client.close()

    run(check())
