"""The `qemu` driver: a guest in QEMU, of our images or not, in a sandbox with no network."""

from __future__ import annotations

import asyncio
import shutil
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

from spectrum_session.config.schema import VM
from spectrum_session.images.store import Store
from spectrum_session.vm import model, sandbox, sandboxed, waypipe
from spectrum_session.vm.definition import Bootable, resolve
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest import GuestVM
from spectrum_session.vm.model import VMStatus
from spectrum_session.vm.net.machine import MachineNet
from spectrum_session.vm.net.places import Places
from spectrum_session.vm.process import Exit, SandboxProcess

from . import command
from .qmp import Monitor

KVM = Path("/dev/kvm")
SLOW = "no hardware virtualisation, so it is slow"
"""In a VM's note, before why it has none."""
NO_AGENT = "its guest is not of our images: it takes no programs"
"""In a VM's note."""


def machine_binds(boot: Bootable, machine: Path, transport: Path, kvm: bool) -> list[sandbox.Bind]:
    """All that QEMU has of the host's files, but for its network; it can write to none of it."""
    binds = [
        sandbox.Bind(boot.kernel, command.KERNEL),
        sandbox.Bind(machine, command.MACHINE),
        sandbox.Bind(transport, waypipe.DIRECTORY),
    ]
    if boot.initramfs is not None:
        binds.append(sandbox.Bind(boot.initramfs, command.INITRAMFS))
    for index, disk in enumerate(boot.disks):
        binds.append(sandbox.Bind(disk, f"{command.DISK}{index}"))
    return [*binds, sandbox.Bind(KVM, str(KVM), device=True)] if kvm else binds


class QemuVM(GuestVM):
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
        why_no_kvm: Callable[[], Awaitable[str]],
        places: Places,
    ) -> None:
        """`directory` will hold the sockets of its processes; `why_no_kvm` tells why there is no
        hardware virtualisation here, "" when there is. Raises VMError when `name` is no VM name."""
        super().__init__(name, socket, log, on_change, directory)
        self._definition = definition
        self._machine = directory / "machine"
        self._store = store
        self._why_no_kvm = why_no_kvm
        self._places = places
        self._net: MachineNet | None = None
        self._monitor: Monitor | None = None
        self._ending: asyncio.Task[None] | None = None

    async def _boot(self) -> None:
        definition = self._definition()
        if definition is None:
            raise VMError("it is defined no longer")
        tools = sandbox.find_tools()
        boot = resolve(self.name, definition, self._store, as_nobody=tools.setpriv is not None)
        self._of_image = boot.image
        problem = sandbox.namespaces_problem(sandbox.read_sysctl)
        if problem:
            raise VMError(problem)
        missing = [one for one in (command.program(), "socat", "waypipe") if not shutil.which(one)]
        if missing:
            raise VMError(f"{', '.join(missing)} not found (Debian: {command.needed(missing)})")
        why = await self._why_no_kvm() or _closed_to_nobody(tools)
        if self.status.state is not model.VMState.STARTING:
            raise VMError("it was stopped while it started")
        notes = [f"{SLOW}: {why}"] if why else []
        self._say_note("; ".join(notes if boot.image else [*notes, NO_AGENT]))
        log = self._open_log()
        try:
            await self._listen(tools, self._machine / command.AGENT)
            path = self._machine / command.QMP
            self._monitor = Monitor(path) if boot.image else Monitor(path, self._came_up)
            await self._monitor.listen()
            sandboxed.hand_over(tools, self._monitor.path)
        except OSError as error:
            raise VMError(f"its sockets in {self._directory}: {error.strerror}") from error
        self._net = MachineNet(tools, self.name, definition, self._directory, self._places)
        self._net.start(log)
        self._start_waypipe(tools)
        binds = machine_binds(boot, self._machine, self._transport, not why)
        machine = command.Machine(
            self.name, boot, not why, self._net.devices, self._net.kernel_words
        )
        argv, binds = command.command_line(machine), [*binds, *self._net.binds]
        process = sandboxed.start(tools, self.name, log, argv, self._exited, binds=binds)
        self._processes[process.pid] = process
        self._apply(model.Spawned(self._now(), process.pid))

    def _exited(self, process: SandboxProcess, end: Exit) -> None:
        self._ending = asyncio.get_running_loop().create_task(self._account(process, end))

    async def _account(self, process: SandboxProcess, end: Exit) -> None:
        """What QEMU said last may still have to be read."""
        if self._monitor is not None:
            await self._monitor.finished()
        super()._exited(process, end)
        self._came_up()

    def _why_it_ended(self, end: Exit) -> tuple[bool, str]:
        shutdown = self._monitor.shutdown if self._monitor is not None else None
        if shutdown is not None and end.status == 0:
            return shutdown
        return end.status == 0, f"QEMU {end}"

    def _turn_off(self, process: SandboxProcess) -> None:
        # Whoever made the guest may have it listen to the power button.
        if self._of_image or self._monitor is None or not self._monitor.power_down():
            super()._turn_off(process)

    def _let_go(self) -> None:
        if self._monitor is not None:
            self._monitor.close()
            self._monitor = None
        if self._net is not None:
            self._net.stop()
            self._net = None
        super()._let_go()


def _closed_to_nobody(tools: sandbox.Tools) -> str:
    """Why a session of root's gives its guests no KVM though it works; "" when it does."""
    for_all = stat.S_IROTH | stat.S_IWOTH
    if tools.setpriv is None or KVM.stat().st_mode & for_all == for_all:
        return ""
    return f"the session is root's, whose guests run as nobody, and {KVM} is not open to all"
