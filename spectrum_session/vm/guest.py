"""A VM that is a real machine: QEMU and a guest of our images, its windows by waypipe.

Two processes on the host beside the VM's gate, each in a sandbox of its own with no network: QEMU,
which reaches the sockets of this VM's agent and transport and no Wayland socket at all, and the
host's end of waypipe, which has the transport's directory and this VM's own Wayland socket.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from spectrum_session.config.schema import VM
from spectrum_session.images.recipe import Recipe, RecipeError, this_architecture
from spectrum_session.images.store import Image, Store

from . import boot, model, qemu, sandbox
from .agent import Agent, Program
from .driven import DrivenVM
from .errors import VMError
from .log import Lines
from .model import VMStatus
from .process import Exit, SandboxProcess
from .qmp import Monitor

BOOT_S = 240.0
"""How long a guest gets until its programs can show windows: without hardware virtualisation, on a
slow and busy machine, it is over a minute."""

WAYPIPE = ("waypipe", "--no-gpu", "--compress", "none")
"""Both ends must be told the same: versions differ in what they do by themselves."""

KVM = Path("/dev/kvm")
SLOW = "no hardware virtualisation, so it is slow"
"""In a VM's note, before why it has none."""

_IMAGE = "/run/image"
_RESTART_S = 0.5
_RESTART_MAX_S = 16.0
"""Until waypipe is started again, when it ended though the guest runs: twice as long each time."""
_TAIL_LINES = 5
_RECENT_LINES = 60
_PANIC = "Kernel panic - "
"""Before the trace of a kernel that crashed, which would be all that the last lines show."""


def machine_binds(image: Path, machine: Path, transport: Path, kvm: bool) -> list[sandbox.Bind]:
    """All that QEMU has of the host's files; it can write to none of it."""
    binds = [
        sandbox.Bind(image, _IMAGE),
        sandbox.Bind(machine, qemu.MACHINE),
        sandbox.Bind(transport, qemu.TRANSPORT),
    ]
    return [*binds, sandbox.Bind(KVM, str(KVM), device=True)] if kvm else binds


def transport_binds(transport: Path) -> list[sandbox.Bind]:
    """All that waypipe has of the host's files beside the VM's Wayland socket."""
    return [sandbox.Bind(transport, qemu.TRANSPORT, writable=True)]


class GuestVM(DrivenVM):
    """A guest in QEMU."""

    stop_deadline_s = 20.0
    stages = boot.MACHINE_STAGES

    def __init__(
        self,
        name: str,
        socket: Path,
        log: Path,
        on_change: Callable[[VMStatus], None],
        definition: Callable[[], VM | None],
        directory: Path,
        store: Store,
        why_no_kvm: Callable[[], Awaitable[str]],
    ) -> None:
        """`directory` will hold the sockets of its processes; `why_no_kvm` tells why there is no
        hardware virtualisation here, "" when there is. Raises VMError when `name` is no VM name."""
        super().__init__(name, log, on_change, "")
        self._socket = socket
        self._definition = definition
        self._directory = directory
        self._machine = directory / "machine"
        self._transport = directory / "transport"
        self._store = store
        self._why_no_kvm = why_no_kvm
        self._agent: Agent | None = None
        self._monitor: Monitor | None = None
        self._waypipe: SandboxProcess | None = None
        self._restart: asyncio.TimerHandle | None = None
        self._restart_s = _RESTART_S
        self._up: asyncio.Future[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._started: set[asyncio.Task[None]] = set()

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

        Returns QEMU's number on the host. Raises VMError when the VM does not run.
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
        return self._agent

    async def _boot(self) -> None:
        """Start all that a guest consists of on the host. Raises VMError."""
        definition = self._definition()
        if definition is None:
            raise VMError("it is defined no longer")
        image = self._image(definition)
        tools = sandbox.find_tools()
        problem = sandbox.namespaces_problem(sandbox.read_sysctl)
        if problem:
            raise VMError(problem)
        missing = [one for one in (qemu.program(), "socat", "waypipe") if not shutil.which(one)]
        if missing:
            raise VMError(f"{', '.join(missing)} not found (Debian: {qemu.needed(missing)})")
        why = await self._why_no_kvm() or _closed_to_nobody(tools)
        if self.status.state is not model.VMState.STARTING:
            raise VMError("it was stopped while it started")
        self._say_note(f"{SLOW}: {why}" if why else "")
        self._open_log()
        await self._listen(tools)
        self._start_waypipe(tools)
        machine = qemu.Machine(
            self.name,
            f"{_IMAGE}/{image.kernel.name}",
            f"{_IMAGE}/{image.initramfs.name}",
            f"{_IMAGE}/{image.root.name}",
            definition.memory_mb,
            definition.vcpus,
            not why,
        )
        binds = machine_binds(image.directory, self._machine, self._transport, not why)
        process = self._sandboxed(tools, None, qemu.command_line(machine), binds, self._exited)
        self._processes[process.pid] = process
        self._apply(model.Spawned(self._now(), process.pid))

    async def _listen(self, tools: sandbox.Tools) -> None:
        """Wait for what QEMU connects to. Raises VMError."""
        self._agent = Agent(self._machine / qemu.AGENT, self._staged)
        self._monitor = Monitor(self._machine / qemu.QMP)
        try:
            shutil.rmtree(self._directory, ignore_errors=True)
            for directory in (self._machine, self._transport):
                directory.mkdir(mode=0o700, parents=True)
                _hand_over(tools, directory)
            await self._agent.listen()
            await self._monitor.listen()
            for path in (self._agent.path, self._monitor.path, self._socket):
                _hand_over(tools, path)
        except OSError as error:
            raise VMError(f"its sockets in {self._directory}: {error.strerror}") from error

    def _image(self, definition: VM) -> Image:
        packages = tuple(definition.packages)
        recipe = Recipe(self.name, packages, architecture=this_architecture())
        try:
            recipe.check()
        except RecipeError as error:
            raise VMError(str(error)) from error
        image = self._store.find(recipe)
        if image is None:
            raise VMError(
                "it has no image, or one of other packages; build it with"
                f" `spectrumctl image build {self.name}`"
            )
        return image

    def _sandboxed(
        self,
        tools: sandbox.Tools,
        socket: Path | None,
        argv: Sequence[str],
        binds: Sequence[sandbox.Bind],
        on_exit: Callable[[SandboxProcess, Exit], None],
    ) -> SandboxProcess:
        assert self._log is not None
        build = partial(
            sandbox.build,
            tools,
            name=self.name,
            socket=socket,
            argv=argv,
            host_environment=os.environ,
            binds=binds,
        )
        lines = Lines(self._log)

        def ended(process: SandboxProcess, end: Exit) -> None:
            lines.flush()
            on_exit(process, end)

        return SandboxProcess(
            lambda open_report, open_file: build(open_report=open_report, open_file=open_file),
            lines,
            ended,
        )

    # --- the transport

    def _start_waypipe(self, tools: sandbox.Tools) -> None:
        (self._transport / qemu.LINK).unlink(missing_ok=True)
        argv = [*WAYPIPE, "--socket", f"{qemu.TRANSPORT}/{qemu.LINK}", "client"]
        ended = partial(self._waypipe_ended, tools)
        binds = transport_binds(self._transport)
        self._waypipe = self._sandboxed(tools, self._socket, argv, binds, ended)

    def _waypipe_ended(self, tools: sandbox.Tools, process: SandboxProcess, end: Exit) -> None:
        if process is not self._waypipe:
            return
        self._waypipe = None
        if self._log is not None:
            self._log.say(f"--- waypipe {end}; it is started again in {self._restart_s:g} s")
        self._restart_later(tools)

    def _restart_later(self, tools: sandbox.Tools) -> None:
        loop = asyncio.get_running_loop()
        self._restart = loop.call_later(self._restart_s, self._restart_waypipe, tools)
        self._restart_s = min(2 * self._restart_s, _RESTART_MAX_S)

    def _restart_waypipe(self, tools: sandbox.Tools) -> None:
        try:
            self._start_waypipe(tools)
        except VMError as error:
            if self._log is not None:
                self._log.say(f"--- waypipe: {error}")
            self._restart_later(tools)

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
        if self._up is None or self._up.done():
            return
        if problem:
            self._up.set_exception(VMError(problem))
        else:
            self._up.set_result(None)

    def _ask(self, process: SandboxProcess) -> None:
        if self._agent is None or not self._agent.power_off():
            # Nobody in the guest listens: the machine is turned off.
            process.ask()

    def _exited(self, process: SandboxProcess, end: Exit) -> None:
        self._ending = asyncio.get_running_loop().create_task(self._account(process, end))

    async def _account(self, process: SandboxProcess, end: Exit) -> None:
        """What QEMU said last may still have to be read."""
        if self._monitor is not None:
            await self._monitor.finished()
        super()._exited(process, end)
        self._came_up()

    def _judge(self, end: Exit) -> tuple[bool, str]:
        shutdown = self._monitor.shutdown if self._monitor is not None else None
        if shutdown is not None and end.status == 0:
            well, reason = shutdown
        else:
            well, reason = end.status == 0, f"QEMU {end}"
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
        if self._restart is not None:
            self._restart.cancel()
            self._restart = None
        self._restart_s = _RESTART_S
        if self._waypipe is not None:
            self._waypipe.kill()
            self._waypipe = None
        if self._agent is not None:
            self._agent.close()
            self._agent = None
        if self._monitor is not None:
            self._monitor.close()
            self._monitor = None
        self._came_up()
        shutil.rmtree(self._directory, ignore_errors=True)


def _hand_over(tools: sandbox.Tools, path: Path) -> None:
    # Root needs no permission for it; the sandbox is somebody else.
    if tools.setpriv is not None:
        os.chown(path, sandbox.HOST_UID, sandbox.HOST_UID, follow_symlinks=False)


def _closed_to_nobody(tools: sandbox.Tools) -> str:
    """Why a session of root's gives its guests no KVM though it works; "" when it does."""
    for_all = stat.S_IROTH | stat.S_IWOTH
    if tools.setpriv is None or KVM.stat().st_mode & for_all == for_all:
        return ""
    return f"the session is root's, whose guests run as nobody, and {KVM} is not open to all"
