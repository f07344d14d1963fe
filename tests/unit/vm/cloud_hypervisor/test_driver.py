"""The driver against a server that implements those calls: a machine's life from end to end.

The guest is a program, in which the agent of our images runs. The sandboxes, the sockets, the
agent's stream and waypipe on both ends are real.
"""

from __future__ import annotations

import asyncio

from spectrum_session.vm.model import VMState
from tests.unit.vm.world import run

from .world import WAIT_S, World


def test_it_starts_runs_programs_and_stops(world: World) -> None:
    async def check() -> None:
        await world.vm.start()
        assert world.vm.status.state is VMState.RUNNING
        await world.until(lambda: bool(world.vm._agent and world.vm._agent.connected), "its agent")
        program = world.vm.run(["sh", "-c", "echo said; echo complained >&2; exit 3"])
        assert await asyncio.wait_for(program.ended, WAIT_S) == 3
        assert (bytes(program.output), bytes(program.errors)) == (b"said\n", b"complained\n")
        await asyncio.wait_for(world.vm.stop(30), WAIT_S)

    run(check())
    assert world.vm.status.state is VMState.STOPPED
    assert world.vm.status.reason == "stopped on request"
    log = world.log.read_text()
    assert "spectrum-guest: kernel: console=ttyS0 panic=1" in log
    assert "spectrum-guest: asked to power off" in log
    assert not world.directory.exists()
