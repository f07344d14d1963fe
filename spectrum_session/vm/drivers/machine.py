"""A VM that is a real machine with our agent in it, whatever runs it.

On the host it consists of a virtual machine monitor, which reaches the sockets of this VM's agent
and transport and no Wayland socket at all, and of the host's end of waypipe (waypipe.py).
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from spectrum_session.config.schema import VM
from spectrum_session.vm import boot_stages as boot
from spectrum_session.vm import model
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest import waypipe_version
from spectrum_session.vm.guest.agent import SOCKET, Agent
from spectrum_session.vm.guest.console import Console
from spectrum_session.vm.guest.console_window import ConsoleWindow
from spectrum_session.vm.guest.program import Program
from spectrum_session.vm.guest.waypipe import LINK, Waypipe
from spectrum_session.vm.log import Lines
from spectrum_session.vm.model import VMStatus
from spectrum_session.vm.processes import detached_sandbox, sandbox
from spectrum_session.vm.processes.detached_sandbox import DetachedSandbox, exit_status
from spectrum_session.vm.processes.host_process import Exit, Process
from spectrum_session.vm.storage import record
from spectrum_session.vm.storage.remove import remove_tree

from .base import BaseVM

BOOT_S = 240.0
"""How long a guest gets until its programs can show windows: without hardware virtualisation, on a
slow and busy machine, it is over a minute."""

_LINK_TRIES, _LINK_PAUSE_S = 500, 0.02

_TAIL_LINES = 5
_RECENT_LINES = 60
FOUND = "found again after a restart of the session"
LOST = "it ended while no session looked"
"""Reasons of states that this session did not bring about."""
_PANIC = "Kernel panic - "
"""Precedes the trace of a crashed kernel, of which the last lines would show nothing else."""


@dataclass(frozen=True)
class MachineSetup:
    """Arguments that all drivers of machines share."""

    name: str
    socket: Path
    """The VM's Wayland socket."""
    log: Path
    """The file that takes its output."""
    on_change: Callable[[VMStatus], None]
    definition: Callable[[], VM | None]
    """Its present definition; None when it has been removed from the configuration."""
    directory: Path
    """The session's alone; will hold what belongs to this machine."""


class MachineVM(BaseVM):
    """A machine, whatever runs it: its agent, transport, console and record.

    A driver says how the machine is started (`_boot`) and had again (`_attach`), and why it ended
    (`_why_it_ended`). The machine outlives the session that started it: what the next one needs is
    noted in its directory (record.py).
    """

    stop_deadline_s = 20.0
    stages = boot.MACHINE_STAGES

    def __init__(self, setup: MachineSetup) -> None:
        """Raises VMError when its name is not a VM name."""
        super().__init__(setup.name, setup.log, setup.on_change, "")
        self._definition = setup.definition
        self._socket = setup.socket
        self._directory = setup.directory
        self._transport = setup.directory / "transport"
        """Writable by waypipe."""
        self._machine = setup.directory / "machine"
        """Readable by the machine."""
        self._record: record.Record | None = None
        self._console: Console | None = None
        self._console_window: ConsoleWindow | None = None
        self._carrying: set[asyncio.Task[None]] = set()
        self._of_image = True
        """Its guest is of an image of ours and has our agent; of another the start is over when its
        machine runs."""
        self._agent: Agent | None = None
        self._waypipe: Waypipe | None = None
        self._host_waypipe = ""
        self._up: asyncio.Future[None] | None = None
        self._started: set[asyncio.Task[None]] = set()

    # --- the driver's part

    @abstractmethod
    async def _boot(self) -> None:
        """Start the machine's processes on the host, and send Spawned for those that may end it.

        Raises VMError.
        """

    @abstractmethod
    async def _attach(self, tools: sandbox.Tools) -> None:
        """Connect to the machine, which another session may have started.

        Raises OSError or VMError; then nothing is known of the machine but its processes.
        """

    @abstractmethod
    def _why_it_ended(self, end: Exit) -> tuple[bool, str]:
        """Whether the machine should end like that, and the reason in words."""

    # --- requests

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
            await self.ended()
            raise self._error(str(error)) from error
        await self._wait_until_up(BOOT_S)
        for argv in commands:
            await self._start_program(argv)

    async def _spawned(self, process: DetachedSandbox, definition: VM) -> None:
        """The machine's process is there: note it as soon as it can be found again."""
        self._processes[process.pid] = process
        self._apply(model.Spawned(self._now(), process.pid))
        where = await process.made
        if where is not None and not self.status.state.ended:
            since, note = self.status.since, self.status.note
            noted = record.make(
                self.name, self.driver, definition, since, note, self._of_image, [where]
            )
            self._note(noted)

    async def _wait_until_up(self, seconds: float) -> None:
        """Return when it runs; raise VMError when its start fails."""
        assert self._up is not None
        try:
            await asyncio.wait_for(asyncio.shield(self._up), seconds)
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
        if self._record is not None:
            self._note(replace(self._record, ready=True, since=self.status.since))

    def run(self, argv: Sequence[str], streamed: bool = False) -> Program:
        """Start a program in the guest and keep its output; `streamed`: deliver output as it
        arrives. Raises VMError when it cannot be started."""
        return self._running_agent().run(sandbox.check_command(argv), streamed=streamed)

    def spawn(self, argv: Sequence[str]) -> int:
        """Start a program in the guest; its output goes to the log, and so does a failed start.

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
            raise self._error(f"running, but its program did not start: {error}") from error

    def _running_agent(self) -> Agent:
        if self.status.state is not model.VMState.RUNNING or self._agent is None:
            raise self._error(f"cannot run a program, it is {self.status.state.value}")
        if not self._of_image and not self._agent.connected:
            raise self._error("it has no agent: programs can be run only in guests of our images")
        return self._agent

    # --- sessions before and after this one

    def find(self, found: record.Record) -> bool:
        """Take over the machine of an earlier session; False when it has ended meanwhile."""
        if not found.alive:
            self._learn_end(found)
            return False
        self._ended.clear()
        pids = tuple(where.bwrap.pid for where in found.processes)
        refused = self._apply(
            model.Found(self._now(), found.since, pids, found.ready, FOUND)
        )
        if refused:
            raise self._error(f"cannot be found again, {refused}")
        self._record = found
        self._of_image = found.image
        self._say_note(found.note)
        log = self._open_log("goes on, " + FOUND)
        for where in found.processes:
            process = detached_sandbox.find(where, log, self._exited, self._directory)
            self._processes[process.pid] = process
        self._up = asyncio.get_running_loop().create_future()
        return True

    def _learn_end(self, found: record.Record) -> None:
        end = Exit(exit_status(self._directory) if found.this_boot else None)
        how = str(end) if found.this_boot else "the host was started again"
        self._apply(model.FoundEnded(self._now(), end.status == 0, f"{LOST}: {how}"))
        remove_tree(self._directory)

    async def reattach(self, commands: Sequence[Sequence[str]] = ()) -> None:
        """Connect to the machine that was found."""
        try:
            tools = sandbox.find_tools()
            # It is another one than that of the session before.
            sandbox.hand_over(tools, self.name, self._socket)
            await self._attach(tools)
            self._start_waypipe(tools)
            if self._of_image:
                await self._waypipe_is_there()
            else:
                self._came_up()
            await self._listen(tools)
        except (OSError, VMError) as error:
            reason = f"found again, but not connected: {getattr(error, 'strerror', None) or error}"
            if self.status.state is model.VMState.STARTING:
                self._apply(model.LaunchFailed(self._now(), reason))
                await self.ended()
            raise self._error(reason) from error
        if self.status.state is model.VMState.STARTING:
            spent = self._now() - self.status.since
            await self._wait_until_up(max(BOOT_S - spent, BOOT_S / 10))
        elif self._up is not None:
            await self._up
        if self.status.state is model.VMState.RUNNING:
            for argv in commands:
                await self._start_program(argv)

    def leave(self, keep: bool) -> bool:
        """Let it go on for the next session to find, if `keep` and if that would find it."""
        going_on = (model.VMState.STARTING, model.VMState.RUNNING)
        if not keep or self._record is None or self.status.state not in going_on:
            return False
        self._release()
        return True

    def _release(self) -> None:
        for process in self._processes.values():
            if isinstance(process, DetachedSandbox):
                process.release()
        self._processes.clear()
        self._disconnect()
        if self._log is not None:
            self._log.say(f"--- VM {self.name} goes on without the session")
            self._log.close()
            self._log = None

    def shutdown_deadline_s(self, deadline_s: float) -> float:
        """At least as long as it gets otherwise: a guest needs it to shut down."""
        return max(deadline_s, self.stop_deadline_s)

    def _note(self, noted: record.Record) -> None:
        """Tell the next session. A full disk loses no machine of this one."""
        self._record = noted
        try:
            record.save(self._directory, noted)
        except OSError as error:
            assert self._log is not None
            self._log.say(f"--- a restarted session will not find it: {error.strerror}")

    # --- console

    def _make_console(self) -> Console:
        """The console of this session's; the driver leads the machine's stream to it."""
        assert self._log is not None
        self._console = Console(Lines(self._log))
        self._console_window = ConsoleWindow(
            self.name, self._socket, self._directory / "terminal", self._log, self._console
        )
        return self._console

    def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lead the machine's stream to its console."""
        console = self._console or self._make_console()
        task = asyncio.get_running_loop().create_task(console.carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def open_console(self) -> None:
        """Open the console's window; returns when it shows the console.

        Raises ConsoleTakenError when it is open, VMError when it cannot be opened.
        """
        if self._console_window is None:
            if self.status.state is model.VMState.DEFINED:
                raise self._error("it has no console, it is not started")
            raise self._error(
                f"it has no console, it is {self.status.state.value};"
                f" what it printed is in {self._log_path}"
            )
        try:
            await self._console_window.open(sandbox.find_tools())
        except VMError as error:
            raise type(error)(f"{self.name}: {error}") from error

    async def console_closed(self) -> None:
        """Return when the console's window is closed."""
        if self._console_window is not None:
            await self._console_window.closed()

    def console_pids(self) -> list[int]:
        """The processes on the host whose window is that of the console."""
        return self._console_window.pids() if self._console_window is not None else []

    # --- agent and transport

    def _make_directories(self, tools: sandbox.Tools) -> None:
        """Begin with nothing of an earlier start. Raises OSError."""
        remove_tree(self._directory)
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (self._machine, self._transport):
            directory.mkdir(mode=0o700, exist_ok=True)
            sandbox.hand_over(tools, self.name, directory)

    async def _listen(self, tools: sandbox.Tools) -> None:
        """Wait for the guest's agent. Raises OSError."""
        self._host_waypipe = await waypipe_version.on_host()
        agent = self._machine / SOCKET
        self._agent = Agent(agent, self._staged)
        await self._agent.listen()
        for path in (agent, self._socket):
            sandbox.hand_over(tools, self.name, path)

    async def _waypipe_is_there(self) -> None:
        """Return when the host's end listens, or has had long enough: the guest tries but once."""
        link = self._transport / LINK
        for _ in range(_LINK_TRIES):
            if link.is_socket():
                return
            await asyncio.sleep(_LINK_PAUSE_S)

    def _start_waypipe(self, tools: sandbox.Tools, link: str = LINK) -> None:
        """Start the host's end of the transport on the socket `link`. Raises VMError."""
        assert self._log is not None
        self._waypipe = Waypipe(self.name, self._socket, self._transport, self._log, link)
        self._waypipe.start(tools)

    # --- what it reports

    def _staged(self, stage: str) -> None:
        if stage == "version":
            self._came_up("its image is of another version: build it again")
            return
        guest = self._agent.waypipe if self._agent is not None else ""
        problem = waypipe_version.why_not(guest, self._host_waypipe)
        if self._log is not None:
            known = all(map(waypipe_version.is_known, (guest, self._host_waypipe)))
            self._log.say(
                f"--- the guest has {guest or 'no waypipe'}, the host"
                f" {self._host_waypipe or 'none'}{'' if known else ': not tried together'}"
            )
        self._reach(boot.Stage.PROGRAM)
        self._came_up(problem)

    def _came_up(self, problem: str = "") -> None:
        """End the wait of a start: its guest is up, or `problem` says why it never will be."""
        if self._up is None or self._up.done():
            return
        if problem:
            self._up.set_exception(VMError(problem))
        else:
            self._up.set_result(None)

    def _ask(self, process: Process) -> None:
        if self._agent is None or not self._agent.power_off():
            self._turn_off(process)

    def _turn_off(self, process: Process) -> None:
        """End a machine whose guest has no agent that could be asked."""
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

    def _disconnect(self) -> None:
        """Release all that is this session's own."""
        if self._console_window is not None:
            self._console_window.close()
            self._console_window = None
        if self._console is not None:
            self._console.close()
            self._console = None
        if self._waypipe is not None:
            self._waypipe.stop()
            self._waypipe = None
        if self._agent is not None:
            self._agent.close()
            self._agent = None

    def _let_go(self) -> None:
        """Release all that only a running machine needs."""
        self._disconnect()
        self._came_up()
        self._record = None
        remove_tree(self._directory)
