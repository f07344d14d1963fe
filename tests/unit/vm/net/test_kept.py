"""A program that is started again whenever it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.net.kept import Kept
from spectrum_session.vm.processes import sandbox, sandbox_process
from spectrum_session.vm.processes.host_process import Exit
from spectrum_session.vm.processes.sandbox_process import SandboxProcess
from tests.unit.vm.world import WAIT_S, run


def test_it_comes_again_until_it_is_stopped(tmp_path: Path) -> None:
    started: list[SandboxProcess] = []
    faults = [None, VMError("no such thing"), None]

    async def check() -> str:
        log = VMLog(tmp_path / "log")
        third = asyncio.Event()

        def start(ended: Callable[[SandboxProcess, Exit], None]) -> SandboxProcess:
            fault = faults[len(faults) - left[0]]
            left[0] -= 1
            if fault is not None:
                raise fault
            argv = ["sh", "-c", "exit 3"] if left[0] else ["sleep", "1000"]
            made = sandbox_process.start(sandbox.find_tools(), "work", log, argv, ended)
            started.append(made)
            if not left[0]:
                third.set()
            return made

        left = [len(faults)]
        kept = Kept("the thing", start, log)
        kept.start()
        await asyncio.wait_for(third.wait(), WAIT_S)
        last = started[-1]
        await last.up
        kept.stop()
        pid = last.pid
        while Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.01)
        log.close()
        return (tmp_path / "log").read_text()

    text = run(check())
    assert len(started) == 2
    assert "--- the thing exited with status 3; it is started again in 0.1 s\n" in text
    assert "--- the thing did not start: no such thing; it is started again in 0.2 s\n" in text
    assert text.count("started again") == 2
