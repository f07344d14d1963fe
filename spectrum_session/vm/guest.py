"""A VM that is a real machine with our agent in it, whatever runs it; its windows by waypipe.

On the host it consists of a virtual machine monitor, which reaches the sockets of this VM's agent
and transport and no Wayland socket at all, and of the host's end of waypipe (waypipe.py).
"""

from __future__ import annotations

import asyncio
import shutil
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from . import boot, model, sandbox, sandboxed
from .agent import Agent, Program
from .driven import DrivenVM
from .errors import VMError
from .model import VMStatus
from .process import Exit, SandboxProcess
from .waypipe import LINK, Waypipe

BOOT_S = 240.0
"""How long a guest gets until its programs can show windows: without hardware virtualisation, on a
slow and busy machine, it is over a minute."""

_TAIL_LINES = 5
_RECENT_LINES = 60
_PANIC = "Kernel panic - "
"""Before the trace of a kernel that crashed, which would be all that the last lines show."""


class GuestVM(DrivenVM):
    """A guest: what all drivers of machines have in common.

    A driver says how the machine is started (`_boot`), and why it ended (`_why_it_ended`).
    """

    stop_deadline_s = 20.0
    stages = boot.MACHINE_STAGES

    def __init__(
        self,
        name: str,
        socket: Path,
        log: Path,
        on_change: Callable[[VMStatus], None],
        directory: Path,
    ) -> None:
        """`directory` will hold the sockets of its processes. Raises VMError when `name` is no VM
        name."""
        super().__init__(name, log, on_change, "")
        self._socket = socket
        self._directory = directory
        self._transport = directory / "transport"
        """What waypipe can write to."""
        self._of_image = True
        """Its guest is of an image of ours and has our agent; of another the start is over when its
        machine runs."""
        self._agent: Agent | None = None
        self._waypipe: Waypipe | None = None
        self._up: asyncio.Future[None] | None = None
        self._started: set[asyncio.Task[None]] = set()

    # --- what a driver does

    @abstractmethod
    async def _boot(self) -> None:
        """Start all that the machine consists of on the host, and say Spawned for what may end it.

        Raises VMError.
        """

    @abstractmethod
    def _why_it_ended(self, end: Exit) -> tuple[bool, str]:
        """Whether that is how the machine should end, and why it did."""

    # --- what a person asks for

    async def start(self, commands: Sequence[Sequence[str]] = ()) -> None:
        """Boot it, then start these commands in it. Returns when it can show windows.

        Raises VMError when it is not at rest, or when it failed: then `status.reason` says why.
        """
        for argv in commands:
            sandbox.check_command(argv)
        self._ended.clear()
        refused = self._apply(model.StartRequested(self._now()))
        if refused:
            raise self._error(f"cannot start, {refused}")
        self._up = asyncio.get_running_loop().create_future()
        try:
            await self._boot()
        except VMError as error:
            self._apply(model.LaunchFailed(self._now(), str(error)))
            raise self._error(str(error)) from error
        try:
            await asyncio.wait_for(asyncio.shield(self._up), BOOT_S)
        except asyncio.TimeoutError:
            reason = f"it could show no window {BOOT_S:.0f} s after its start; it was killed"
            self._apply(model.LaunchFailed(self._now(), self._with_console(reason)))
            await self.ended()
        except VMError as error:
            self._apply(model.LaunchFailed(self._now(), str(error)))
            await self.ended()
        else:
            self._apply(model.Ready(self._now()))
        if self.status.state is not model.VMState.RUNNING:
            raise self._error(self.status.reason or "it ended while it started")
        for argv in commands:
            await self._start_program(argv)

    def run(self, argv: Sequence[str]) -> Program:
        """Start a program in the guest and keep its output. Raises VMError when it cannot be."""
        return self._running_agent().run(sandbox.check_command(argv))

    def spawn(self, argv: Sequence[str]) -> int:
        """Start a program in the guest; its output goes to the log, and so does that there is none.

        Returns the machine's number on the host. Raises VMError when the VM does not run.
        """
        self._running_agent()
        task = asyncio.get_running_loop().create_task(self._spawn(argv))
        self._started.add(task)
        task.add_done_callback(self._started.discard)
        return self.status.pids[0]

    async def _spawn(self, argv: Sequence[str]) -> None:
        try:
            await self._start_program(argv)
        except VMError as error:
            if self._log is not None:
                self._log.write(f"--- {error}\n".encode())

    async def _start_program(self, argv: Sequence[str]) -> None:
        agent = self._running_agent()
        assert self._log is not None
        program = agent.run(sandbox.check_command(argv), self._log.write)
        try:
            await program.started
        except VMError as error:
            raise self._error(f"it runs, but not its program: {error}") from error

    def _running_agent(self) -> Agent:
        if self.status.state is not model.VMState.RUNNING or self._agent is None:
            raise self._error(f"cannot run a program, it is {self.status.state.value}")
        if not self._of_image and not self._agent.connected:
            raise self._error("it has no agent: only in guests of our images programs can be run")
        return self._agent

    # --- agent and transport

    async def _listen(self, tools: sandbox.Tools, agent: Path) -> None:
        """Make the directories anew and wait for the guest's agent at `agent`. Raises OSError."""
        shutil.rmtree(self._directory, ignore_errors=True)
        for directory in (agent.parent, self._transport):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            sandboxed.hand_over(tools, directory)
        self._agent = Agent(agent, self._staged)
        await self._agent.listen()
        for path in (agent, self._socket):
            sandboxed.hand_over(tools, path)

    def _start_waypipe(self, tools: sandbox.Tools, link: str = LINK) -> None:
        """Start the host's end of the transport on the socket `link`. Raises VMError."""
        assert self._log is not None
        self._waypipe = Waypipe(self.name, self._socket, self._transport, self._log, link)
        self._waypipe.start(tools)

    # --- what is heard of it

    def _staged(self, stage: str) -> None:
        if stage == "version":
            self._came_up("its image is of another version: build it again")
            return
        if self._log is not None and self._agent is not None:
            self._log.say(f"--- the guest has {self._agent.waypipe or 'no waypipe'}")
        self._reach(boot.Stage.PROGRAM)
        self._came_up()

    def _came_up(self, problem: str = "") -> None:
        """The start waits no longer: its guest is there, or `problem` says why it never will be."""
        if self._up is None or self._up.done():
            return
        if problem:
            self._up.set_exception(VMError(problem))
        else:
            self._up.set_result(None)

    def _ask(self, process: SandboxProcess) -> None:
        if self._agent is None or not self._agent.power_off():
            self._turn_off(process)

    def _turn_off(self, process: SandboxProcess) -> None:
        """End a machine in whose guest nobody listens."""
        process.ask()

    def _judge(self, end: Exit) -> tuple[bool, str]:
        well, reason = self._why_it_ended(end)
        return well, reason if well else self._with_console(reason)

    def _with_console(self, reason: str) -> str:
        """A reason, with the last lines of the console: of a kernel that crashed, up to its why."""
        tail = self._log.tail(_RECENT_LINES) if self._log is not None else []
        panics = [index for index, line in enumerate(tail) if _PANIC in line]
        tail = tail[: panics[-1] + 1 if panics else None][-_TAIL_LINES:]
        return f"{reason}; the console's last lines: {' | '.join(tail)}" if tail else reason

    def _settle(self) -> None:
        if self.status.state.ended:
            self._let_go()
        super()._settle()

    def _let_go(self) -> None:
        """Give back all that only a running machine needs."""
        if self._waypipe is not None:
            self._waypipe.stop()
            self._waypipe = None
        if self._agent is not None:
            self._agent.close()
            self._agent = None
        self._came_up()
        shutil.rmtree(self._directory, ignore_errors=True)
