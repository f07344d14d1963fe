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
from pathlib import Path

from spectrum_session.config.schema import VM
from spectrum_session.images.store import Store
from spectrum_session.vm import model, sandbox, sandboxed
from spectrum_session.vm.definition import CONSOLES, Bootable, resolve
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest import GuestVM
from spectrum_session.vm.kvm import KVM, closed_to_nobody
from spectrum_session.vm.log import Lines, VMLog
from spectrum_session.vm.model import VMStatus
from spectrum_session.vm.output import Output
from spectrum_session.vm.process import Exit, SandboxProcess

from . import command, pipes
from .api import ApiError, Client
from .events import Event

NO_AGENT = "its guest is not of our images: it takes programs only if it has our agent"
"""In a VM's note."""

_TRY_S, _TRIES = 0.05, 600
"""Its API is there as soon as it has begun: on a slow machine within half a minute."""
_GONE_S = 2.0
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


class CloudHypervisorVM(GuestVM):
    """A guest in cloud-hypervisor."""

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
        kvm: Path = KVM,
    ) -> None:
        """`directory` will hold the sockets of its processes; `why_no_kvm` tells why there is no
        hardware virtualisation here, "" when there is. Raises VMError when `name` is no VM name."""
        super().__init__(name, socket, log, on_change, directory)
        self._definition = definition
        self._store = store
        self._why_no_kvm = why_no_kvm
        self._kvm = kvm
        self._own = directory / "vmm"
        self._machine = directory / "machine"
        self._client = Client(self._own / command.API)
        self._serial: Output | None = None
        self._events: pipes.EventPipe | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._gone = asyncio.Event()
        self._end: tuple[bool, str] | None = None
        """Why the machine went down, once it has."""
        self._turned_off = False
        """Its monitor did not end by itself after that."""
        self._press: asyncio.TimerHandle | None = None

    async def _boot(self) -> None:
        definition = self._definition()
        if definition is None:
            raise VMError("it is defined no longer")
        tools = sandbox.find_tools()
        boot = resolve(self.name, definition, self._store, as_nobody=tools.setpriv is not None)
        problem = sandbox.namespaces_problem(sandbox.read_sysctl)
        if problem:
            raise VMError(problem)
        found = _find_program()
        why = await self._why_no_kvm() or closed_to_nobody(tools, self._kvm)
        if why:
            raise VMError(f"cloud-hypervisor runs nothing without hardware virtualisation: {why}")
        if self.status.state is not model.VMState.STARTING:
            raise VMError("it was stopped while it started")
        self._of_image = boot.image
        self._say_note("" if boot.image else NO_AGENT)
        log = self._open_log()
        self._end, self._turned_off = None, False
        self._gone.clear()
        try:
            await self._prepare(tools, log)
        except OSError as error:
            raise VMError(f"its sockets in {self._directory}: {error.strerror}") from error
        self._start_waypipe(tools)
        directories = command.Directories(self._own, self._machine, self._transport)
        process = sandboxed.start(
            tools,
            self.name,
            log,
            command.command_line(found),
            self._exited,
            binds=command.binds(found, boot, directories, self._kvm),
        )
        self._processes[process.pid] = process
        self._apply(model.Spawned(self._now(), process.pid))
        self._in_background(self._bring_up(boot))

    async def _prepare(self, tools: sandbox.Tools, log: VMLog) -> None:
        """Make what the machine finds of ours, and listen. Raises OSError."""
        await self._listen(tools, self._machine / command.AGENT)
        self._own.mkdir(mode=0o700)
        for name, target in command.links().items():
            (self._own / name).symlink_to(target)
        for name in (command.SERIAL, command.EVENTS):
            pipes.make(self._machine / name)
            sandboxed.hand_over(tools, self._machine / name)
        sandboxed.hand_over(tools, self._own)
        self._serial = pipes.read(self._machine / command.SERIAL, Lines(log).write)
        self._events = pipes.EventPipe(
            self._machine / command.EVENTS,
            self._heard,
            lambda why: log.say(f"--- {why}: its events are heard no more"),
        )

    async def _bring_up(self, boot: Bootable) -> None:
        """Have the machine made and booted. A guest of ours then says itself that it is up."""
        try:
            await self._answering()
            await self._client.create(command.config(boot, CONSOLES[platform.machine()]))
            await self._client.boot()
        except VMError as error:
            try:
                await asyncio.wait_for(self._gone.wait(), _GONE_S)
            except asyncio.TimeoutError:
                self._came_up(self._with_console(str(error)))
            return
        if not boot.image:
            self._came_up()

    async def _answering(self) -> None:
        """Return when the API answers. Raises ApiError."""
        for _ in range(_TRIES):
            try:
                await self._client.ping()
            except ApiError as error:
                # Its socket is not there yet, or nobody listens on it yet.
                if not isinstance(error.__cause__, (FileNotFoundError, ConnectionRefusedError)):
                    raise
                await asyncio.sleep(_TRY_S)
            else:
                return
        raise ApiError("cloud-hypervisor's API does not come")

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
        self._in_background(self._end_program())

    async def _end_program(self) -> None:
        try:
            await self._client.shutdown_vmm()
        except ApiError:
            # It is on its way, or deaf.
            try:
                await asyncio.wait_for(self._gone.wait(), _GONE_S)
            except asyncio.TimeoutError:
                self._kill_processes()

    def _kill_processes(self) -> None:
        self._turned_off = True
        for process in list(self._processes.values()):
            process.kill()

    def _ask(self, process: SandboxProcess) -> None:
        super()._ask(process)
        loop = asyncio.get_running_loop()
        self._press = loop.call_later(_PRESS_S, self._turn_off, process)

    def _turn_off(self, process: SandboxProcess) -> None:
        self._in_background(self._press_button(process))

    async def _press_button(self, process: SandboxProcess) -> None:
        try:
            await self._client.power_button()
        except ApiError:
            # There is no machine that could be asked: its monitor is.
            if not self._gone.is_set():
                process.ask()

    def _exited(self, process: SandboxProcess, end: Exit) -> None:
        self._gone.set()
        # What it wrote last may still have to be read.
        if self._events is not None:
            self._events.finish()
        if self._serial is not None:
            self._serial.finish()
        super()._exited(process, end)
        self._came_up()

    def _why_it_ended(self, end: Exit) -> tuple[bool, str]:
        if self._end is not None and (end.status == 0 or self._turned_off or not self._end[0]):
            return self._end
        return end.status == 0, f"cloud-hypervisor {end}"

    def _let_go(self) -> None:
        if self._press is not None:
            self._press.cancel()
            self._press = None
        for pipe in (self._serial, self._events):
            if pipe is not None:
                pipe.close()
        self._serial = self._events = None
        for task in list(self._tasks):
            task.cancel()
        super()._let_go()


def _find_program() -> str:
    """cloud-hypervisor on the host. Raises VMError, also when waypipe is missing."""
    found = shutil.which(command.PROGRAM)
    if found is None:
        raise VMError(f"{command.PROGRAM} not found on PATH; Debian has no package of it")
    if shutil.which("waypipe") is None:
        raise VMError("waypipe not found on PATH (Debian: apt-get install waypipe)")
    return found
