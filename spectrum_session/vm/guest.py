"""A VM that is a real machine: QEMU and a guest of our images, its windows by waypipe.

Three processes on the host, each in a sandbox of its own with no network: QEMU, the host's end of
waypipe, which is connected to this VM's own Wayland socket, and that socket's gate.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from spectrum_session.config.schema import VM
from spectrum_session.images.recipe import Recipe
from spectrum_session.images.store import Image, Store

from . import model, qemu, sandbox
from .agent import Agent, Program
from .driven import DrivenVM
from .errors import VMError
from .model import VMStatus
from .process import Exit, SandboxProcess
from .qmp import Monitor

BOOT_S = 180.0
"""How long a guest gets until its programs can show windows: with nothing but TCG on a slow and
busy machine it is most of a minute."""

WAYPIPE = ("waypipe", "--no-gpu", "--compress", "none")
"""Both ends must be told the same: versions differ in what they do by themselves."""

_IMAGE = "/run/image"
_RESTART_S = 0.5
"""Until waypipe is started again, when it ended though the guest runs."""


class GuestVM(DrivenVM):
    """A guest in QEMU."""

    def __init__(
        self,
        name: str,
        socket: Path,
        log: Path,
        on_change: Callable[[VMStatus], None],
        definition: Callable[[], VM | None],
        directory: Path,
        store: Store,
        kvm: Callable[[], bool],
    ) -> None:
        """`directory` will hold the sockets of its processes; `kvm` tells whether hardware
        virtualisation works here. Raises VMError when `name` is no VM name."""
        super().__init__(name, log, on_change, "")
        self._socket = socket
        self._definition = definition
        self._directory = directory
        self._store = store
        self._kvm = kvm
        self._agent: Agent | None = None
        self._monitor: Monitor | None = None
        self._monitoring: asyncio.Task[None] | None = None
        self._waypipe: SandboxProcess | None = None
        self._restart: asyncio.TimerHandle | None = None
        self._up: asyncio.Future[None] | None = None
        self.stage = ""
        """How far the start is, in words; empty when it is over."""

    async def start(self, commands: Sequence[Sequence[str]] = ()) -> None:
        """Boot it, then start these commands in it. Returns when it can show windows.

        Raises VMError when it is not at rest, or when it failed: then `status.reason` says why.
        """
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
            self._apply(model.LaunchFailed(self._now(), reason))
            await self.ended()
            raise self._error(reason) from None
        self._apply(model.Ready(self._now()))
        if self.status.state is not model.VMState.RUNNING:
            raise self._error(self.status.reason or "it ended while it started")
        for argv in commands:
            self.run(argv)

    def run(self, argv: Sequence[str]) -> Program:
        """Start a program in the guest. Raises VMError when it does not run."""
        if self.status.state is not model.VMState.RUNNING or self._agent is None:
            raise self._error(f"cannot run a program, it is {self.status.state.value}")
        return self._agent.run(sandbox.check_command(argv))

    def spawn(self, argv: Sequence[str]) -> int:
        """As `run`; the number that it returns is QEMU's on the host."""
        self.run(argv)
        return self.status.pids[0]

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
        self._make_directory(tools)
        self._open_log()
        self._agent = Agent(self._directory / qemu.AGENT, self._staged)
        try:
            await self._agent.listen()
        except OSError as error:
            raise VMError(f"its agent's socket: {error.strerror}") from error
        self._hand_over(tools, self._agent.path)
        self._start_waypipe(tools)
        kvm = self._kvm()
        machine = qemu.Machine(
            self.name,
            f"{_IMAGE}/{image.kernel.name}",
            f"{_IMAGE}/{image.initramfs.name}",
            f"{_IMAGE}/{image.root.name}",
            definition.memory_mb,
            definition.vcpus,
            kvm,
        )
        assert self._log is not None
        self._log.say("--- hardware virtualisation" if kvm else "--- no KVM that works: TCG, slow")
        binds = [
            sandbox.Bind(image.directory, _IMAGE),
            sandbox.Bind(self._directory, qemu.DIRECTORY, writable=True),
        ]
        if kvm:
            binds.append(sandbox.Bind(Path("/dev/kvm"), "/dev/kvm", device=True))
        process = self._sandboxed(tools, qemu.command_line(machine), binds, self._exited)
        self._processes[process.pid] = process
        self._apply(model.Spawned(self._now(), process.pid))
        self._monitor = Monitor(self._directory / qemu.QMP)
        self._monitoring = asyncio.get_running_loop().create_task(self._monitor.watch())

    def _image(self, definition: VM) -> Image:
        image = self._store.find(Recipe(self.name, tuple(definition.packages)))
        if image is None:
            raise VMError(f"it has no image (yet): spectrumctl image build {self.name}")
        return image

    def _make_directory(self, tools: sandbox.Tools) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(mode=0o700, parents=True)
        self._hand_over(tools, self._directory)

    @staticmethod
    def _hand_over(tools: sandbox.Tools, path: Path) -> None:
        if tools.setpriv is not None:
            os.chown(path, sandbox.HOST_UID, sandbox.HOST_UID, follow_symlinks=False)

    def _sandboxed(
        self,
        tools: sandbox.Tools,
        argv: Sequence[str],
        binds: Sequence[sandbox.Bind],
        on_exit: Callable[[SandboxProcess, Exit], None],
    ) -> SandboxProcess:
        assert self._log is not None
        build = partial(
            sandbox.build,
            tools,
            name=self.name,
            socket=self._socket,
            argv=argv,
            host_environment=os.environ,
            binds=binds,
        )
        return SandboxProcess(
            lambda open_report, open_file: build(open_report=open_report, open_file=open_file),
            self._log,
            on_exit,
        )

    # --- the transport

    def _start_waypipe(self, tools: sandbox.Tools) -> None:
        self._hand_over(tools, self._socket)
        link = f"{qemu.DIRECTORY}/{qemu.LINK}"
        (self._directory / qemu.LINK).unlink(missing_ok=True)
        argv = [*WAYPIPE, "--socket", link, "client"]
        binds = [sandbox.Bind(self._directory, qemu.DIRECTORY, writable=True)]
        self._waypipe = self._sandboxed(tools, argv, binds, partial(self._waypipe_ended, tools))

    def _waypipe_ended(self, tools: sandbox.Tools, _process: SandboxProcess, end: Exit) -> None:
        self._waypipe = None
        if self.status.state.ended or self._log is None:
            return
        self._log.say(f"--- waypipe {end}; it is started again")
        loop = asyncio.get_running_loop()
        self._restart = loop.call_later(_RESTART_S, self._start_waypipe, tools)

    # --- what is heard of it

    def _staged(self, stage: str) -> None:
        if stage == "transport" and self._up is not None and not self._up.done():
            self._up.set_result(None)

    def _ask(self, process: SandboxProcess) -> None:
        if self._agent is None or not self._agent.power_off():
            # Nobody in the guest listens: the machine is turned off.
            process.ask()

    def _judge(self, end: Exit) -> tuple[bool, str]:
        shutdown = self._monitor.shutdown if self._monitor is not None else None
        if shutdown is not None and end.status == 0:
            well, reason = shutdown
        else:
            well, reason = end.status == 0, f"QEMU {end}"
        if well or self._log is None:
            return well, reason
        return False, "; ".join([reason, " | ".join(self._log.tail())])

    def _settle(self) -> None:
        if self.status.state.ended:
            self._let_go()
        super()._settle()

    def _let_go(self) -> None:
        if self._restart is not None:
            self._restart.cancel()
            self._restart = None
        if self._waypipe is not None:
            self._waypipe.kill()
        if self._agent is not None:
            self._agent.close()
            self._agent = None
        if self._monitoring is not None:
            self._monitoring.cancel()
            self._monitoring = None
        self._monitor = None
        if self._up is not None and not self._up.done():
            self._up.set_result(None)
        shutil.rmtree(self._directory, ignore_errors=True)
