"""The `cloud-hypervisor` driver: a machine in a cloud-hypervisor of the session's own.

It runs in a sandbox without a network, and can write to one directory, in which it makes its API's
socket and its vsock. Nothing there is trusted: the API is asked on a socket that stands there
itself, and what is answered is bounded and checked (http.py, api.py).
"""

from __future__ import annotations

import asyncio
import platform
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from spectrum_session.config.schema import VM
from spectrum_session.images.store import Store
from spectrum_session.vm import model
from spectrum_session.vm.definition import CONSOLES, Bootable, resolve
from spectrum_session.vm.drivers.kvm import KVM, closed_to_nobody
from spectrum_session.vm.drivers.machine import MachineSetup, MachineVM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import Lines
from spectrum_session.vm.processes import detached_sandbox, sandbox, sandbox_process
from spectrum_session.vm.processes.host_process import Exit, Process
from spectrum_session.vm.processes.output import Output

from . import command, console, crosvm, pipes
from .api import ApiError, Client, State
from .config import VmConfig
from .events import Event

NO_AGENT = "its guest is not of our images: it takes programs only if it has our agent"
"""In a VM's note."""

_TRY_S, _TRIES = 0.05, 600
"""Sockets that its processes make are there as soon as they have begun: on a slow machine within
half a minute."""
_GONE_S = 1.0
"""How long its end is waited for when it stopped answering: that tells more."""
_PRESS_S = 8.0
"""Until the power button of a guest that was asked to end is pressed."""

_RESTARTED = (False, "its guest restarted, as after a crash of its kernel")
_ENDS = {
    ("vm", "shutdown"): (True, "its guest shut down"),
    ("vm", "rebooting"): _RESTARTED,
    ("vm", "rebooted"): _RESTARTED,
    ("guest", "panic"): (False, "its guest's kernel crashed"),
}
"""Of events: whether that is how a machine should end, and in words."""


class CloudHypervisorVM(MachineVM):
    """A guest in cloud-hypervisor."""

    driver = "cloud-hypervisor"

    def __init__(
        self,
        setup: MachineSetup,
        store: Store,
        why_no_kvm: Callable[[], Awaitable[str]],
        kvm: Path = KVM,
    ) -> None:
        """`why_no_kvm` tells why there is no hardware virtualisation here, "" when there is. Raises
        VMError when its name is not a VM name."""
        super().__init__(setup)
        self._store = store
        self._why_no_kvm = why_no_kvm
        self._kvm = kvm
        self._own = self._directory / command.OWN
        """All that the machine can write to."""
        self._gpu = self._directory / "gpu"
        self._client = Client(self._own / command.API)
        self._serial: Output | None = None
        self._events: pipes.EventPipe | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None
        self._crosvm: Process | None = None
        self._gone = asyncio.Event()
        self._end: tuple[bool, str] | None = None
        """Why the machine went down, once it has."""
        self._turned_off = False
        """Its monitor did not end by itself after that."""
        self._press: asyncio.TimerHandle | None = None

    async def _boot(self) -> None:
        definition = self._definition()
        if definition is None:
            raise VMError("removed from the configuration")
        tools = sandbox.find_tools()
        boot = resolve(self.name, definition, self._store, as_nobody=tools.setpriv is not None)
        problem = sandbox.namespaces_problem(sandbox.read_sysctl)
        if problem:
            raise VMError(problem)
        cross_domain = definition.transport == "cross-domain"
        found = _find_programs(cross_domain)
        why = await self._why_no_kvm() or closed_to_nobody(tools, self._kvm)
        if why:
            raise VMError(f"cloud-hypervisor runs nothing without hardware virtualisation: {why}")
        if self.status.state is not model.VMState.STARTING:
            raise VMError("it was stopped while it started")
        # The windows of a cross-domain guest need nothing of ours in it.
        self._of_image = boot.image and not cross_domain
        self._say_note("" if self._of_image else NO_AGENT)
        self._open_log()
        self._end, self._turned_off = None, False
        self._gone.clear()
        try:
            await self._prepare(tools)
        except OSError as error:
            raise VMError(f"its sockets in {self._directory}: {error.strerror}") from error
        if cross_domain:
            await self._start_crosvm(tools)
        else:
            self._start_waypipe(tools)
        await self._start_monitor(tools, found, boot, definition)
        try:
            await self._bring_up(command.config(boot, CONSOLES[platform.machine()], cross_domain))
        except VMError as error:
            # One that ended said why.
            try:
                await asyncio.wait_for(self._gone.wait(), _GONE_S)
            except asyncio.TimeoutError:
                raise VMError(self._with_console(str(error))) from error
        else:
            if not self._of_image:
                self._came_up()

    async def _prepare(self, tools: sandbox.Tools) -> None:
        """Make what the machine finds of ours, and listen. Raises OSError."""
        self._make_directories(tools)
        for directory in (self._own, self._gpu):
            directory.mkdir(mode=0o700)
            sandbox.hand_over(tools, self.name, directory)
        for name, target in command.links().items():
            (self._own / name).symlink_to(target)
        for name in (command.SERIAL, command.EVENTS):
            pipes.make(self._machine / name)
            sandbox.hand_over(tools, self.name, self._machine / name)
        self._read_pipes()
        await self._listen(tools)

    def _read_pipes(self) -> None:
        """Raises OSError."""
        log = self._log
        assert log is not None
        self._serial = pipes.read(self._machine / command.SERIAL, Lines(log).write)
        self._events = pipes.EventPipe(
            self._machine / command.EVENTS,
            self._heard,
            lambda why: log.say(f"--- {why}: its events are heard no more"),
        )

    async def _start_monitor(
        self, tools: sandbox.Tools, found: str, boot: Bootable, definition: VM
    ) -> None:
        assert self._log is not None
        cross_domain = self._crosvm is not None
        directories = command.Directories(
            self._own, self._machine, self._transport, self._gpu if cross_domain else None
        )
        argv = command.command_line(found)
        binds = command.binds(found, boot, directories, self._kvm)
        if cross_domain:
            # Its graphics device ends with the session, and it cannot go on without.
            process = sandbox_process.start(
                tools, self.name, self._log, argv, self._exited, binds=binds
            )
            self._processes[process.pid] = process
            self._apply(model.Spawned(self._now(), process.pid))
            return
        lasting = detached_sandbox.start(
            tools, self.name, self._log, argv, self._exited, self._directory, binds=binds
        )
        await self._spawned(lasting, definition)

    async def _start_crosvm(self, tools: sandbox.Tools) -> None:
        """Start the machine's graphics device; return when it can be connected to."""
        assert self._log is not None
        process = crosvm.start(
            tools, self.name, self._log, self._socket, self._gpu, self._exited
        )
        self._crosvm = self._processes[process.pid] = process
        self._apply(model.Spawned(self._now(), process.pid))
        for _ in range(_TRIES):
            if self._crosvm is None:
                if self._ending is not None:
                    await self._ending
                raise VMError(self.status.reason)
            if (self._gpu / crosvm.SOCKET).is_socket():
                return
            await asyncio.sleep(_TRY_S)
        raise VMError("crosvm does not make its socket")

    async def _bring_up(self, config: VmConfig) -> None:
        """Have the machine made and booted. Raises VMError."""
        await self._answering()
        await self._client.create(config)
        if config.gpu and not (await self._client.info()).config.gpu:
            raise VMError(
                "this cloud-hypervisor has no gpu, which is a patch of Spectrum's;"
                ' transport = "auto" does without it'
            )
        await self._client.boot()
        await self._lead_console()

    async def _answering(self) -> None:
        """Return when the API answers. Raises ApiError."""
        for _ in range(_TRIES):
            try:
                await self._client.ping()
            except ApiError as error:
                # Its socket is not there yet, or nobody listens on it yet.
                missing = (FileNotFoundError, ConnectionRefusedError)
                if not isinstance(error.__cause__, missing) or self._gone.is_set():
                    raise
                await asyncio.sleep(_TRY_S)
            else:
                return
        raise ApiError("cloud-hypervisor's API does not come")

    async def _lead_console(self) -> None:
        """Lead the machine's terminal to its console. A machine without one can do without."""
        try:
            await console.lead(self._client, self._carry)
        except VMError as error:
            if self._log is not None:
                self._log.say(f"--- {error}")

    async def _attach(self, tools: sandbox.Tools) -> None:
        # It may wait for somebody who reads what it has to say.
        self._read_pipes()
        state = (await self._client.info()).state
        if state is not State.RUNNING:
            raise VMError(f"its machine does not run: {state.value}")
        await self._lead_console()

    def _in_background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- its end

    def _heard(self, event: Event) -> None:
        end = _ENDS.get((event.source, event.event))
        if end is None or self._end is not None:
            return
        self._end = end
        # It may go on, with a machine that is off or that boots once more.
        self._in_background(self._end_monitor())

    async def _end_monitor(self) -> None:
        # When it does not answer it is on its way, or deaf.
        with suppress(ApiError):
            await self._client.shutdown_vmm()
        try:
            await asyncio.wait_for(self._gone.wait(), _GONE_S)
        except asyncio.TimeoutError:
            self._turned_off = True
            self._kill_all()

    def _kill_all(self) -> None:
        for process in list(self._processes.values()):
            process.kill()

    def _ask(self, process: Process) -> None:
        if process is self._crosvm:
            return
        super()._ask(process)
        loop = asyncio.get_running_loop()
        self._press = loop.call_later(_PRESS_S, self._turn_off, process)

    def _turn_off(self, process: Process) -> None:
        self._in_background(self._press_button(process))

    async def _press_button(self, process: Process) -> None:
        try:
            await self._client.power_button()
        except ApiError:
            # There is no machine that could be asked.
            process.kill()

    def _exited(self, process: Process, end: Exit) -> None:
        if process is self._crosvm:
            self._crosvm = None
            if self._end is None and not self._gone.is_set():
                self._end = False, f"crosvm, which brings its windows, {end}"
        else:
            self._gone.set()
        self._ending = asyncio.get_running_loop().create_task(self._account(process, end))

    async def _account(self, process: Process, end: Exit) -> None:
        """What it and its console said last may still have to be read."""
        if self._gone.is_set():
            if self._events is not None:
                self._events.finish()
            if self._serial is not None:
                self._serial.finish()
            if self._console is not None:
                await self._console.finished()
        # Neither goes on without the other.
        self._kill_all()
        super()._exited(process, end)
        self._came_up()

    def _why_it_ended(self, end: Exit) -> tuple[bool, str]:
        if self._end is not None:
            well, reason = self._end
            if not well or self._turned_off or end.status in (0, None):
                return well, reason
        return end.status == 0, f"cloud-hypervisor {end}"

    def _disconnect(self) -> None:
        if self._press is not None:
            self._press.cancel()
            self._press = None
        for pipe in (self._serial, self._events):
            if pipe is not None:
                pipe.close()
        self._serial = self._events = None
        for task in list(self._tasks):
            task.cancel()
        super()._disconnect()


def _find_programs(cross_domain: bool) -> str:
    """cloud-hypervisor on the host. Raises VMError, also when what brings windows is missing."""
    found = shutil.which(command.PROGRAM)
    if found is None:
        raise VMError(f"{command.PROGRAM} not found on PATH; Debian has no package of it")
    if cross_domain:
        crosvm.find_program()
    elif shutil.which("waypipe") is None:
        raise VMError("waypipe not found on PATH (Debian: apt-get install waypipe)")
    return found
