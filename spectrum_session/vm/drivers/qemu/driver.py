"""The `qemu` driver: a guest in QEMU, of our images or not, in a sandbox with no network."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from spectrum_session.images.store import Store
from spectrum_session.ipc.lines import connect
from spectrum_session.ipc.listening import listening_socket
from spectrum_session.vm import model
from spectrum_session.vm.definition import Bootable, resolve
from spectrum_session.vm.drivers.kvm import KVM, closed_to_nobody
from spectrum_session.vm.drivers.machine import MachineSetup, MachineVM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest import waypipe
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.net.machine import MachineNet, Wanted
from spectrum_session.vm.net.places import Places
from spectrum_session.vm.processes import detached_sandbox, sandbox
from spectrum_session.vm.processes.detached_sandbox import DetachedSandbox
from spectrum_session.vm.processes.host_process import Exit, Process
from spectrum_session.vm.storage import record

from . import command, vsock
from .qmp import Monitor

SLOW = "no hardware virtualisation, so it is slow"
"""In a VM's note, before why it has none."""
NO_AGENT = "its guest is not of our images: it takes no programs"
"""In a VM's note."""

SERIAL, QMP = "serial", "qmp"
"""The sockets, in the machine's directory, on which QEMU serves its console and its monitor. The
session makes them and QEMU inherits them: it can make none, and none of another's."""
_ANSWER_S = 60.0
"""How long QEMU gets to answer for the first time, on a slow and busy machine."""


def machine_binds(boot: Bootable, machine: Path, transport: Path, kvm: bool) -> list[sandbox.Bind]:
    """All that QEMU has of the host's files; it can write to none of it."""
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


class QemuVM(MachineVM):
    """A guest in QEMU."""

    driver = "qemu"

    def __init__(
        self,
        setup: MachineSetup,
        store: Store,
        why_no_kvm: Callable[[], Awaitable[str]],
        places: Places,
    ) -> None:
        """`why_no_kvm` tells why there is no hardware virtualisation here, "" when there is. Raises
        VMError when its name is not a VM name."""
        super().__init__(setup)
        self._store = store
        self._why_no_kvm = why_no_kvm
        self._places = places
        self._net: MachineNet | None = None
        self._monitor: Monitor | None = None
        self._ending: asyncio.Task[None] | None = None

    async def _boot(self) -> None:
        definition = self._definition()
        if definition is None:
            raise VMError("removed from the configuration")
        tools = sandbox.find_tools()
        boot = resolve(self.name, definition, self._store, as_nobody=tools.setpriv is not None)
        self._of_image = boot.image
        problem = sandbox.namespaces_problem(sandbox.read_sysctl)
        if problem:
            raise VMError(problem)
        device = vsock.find(definition)
        needed = [command.program(), "waypipe", *([] if device else ["socat"])]
        missing = [one for one in needed if not shutil.which(one)]
        if missing:
            raise VMError(f"{', '.join(missing)} not found (Debian: {command.needed(missing)})")
        why = await self._why_no_kvm() or closed_to_nobody(tools)
        if self.status.state is not model.VMState.STARTING:
            raise VMError("it was stopped while it started")
        notes = [f"{SLOW}: {why}"] if why else []
        self._say_note("; ".join(notes if boot.image else [*notes, NO_AGENT]))
        log = self._open_log()
        try:
            self._make_directories(tools)
            await self._listen(tools)
        except OSError as error:
            raise VMError(f"its sockets in {self._directory}: {error.strerror}") from error
        net = self._net = self._network(tools, Wanted.of(definition))
        net.start(log)
        self._start_waypipe(tools)
        process = self._start_qemu(tools, boot, not why, device, log, net)
        await self._spawned(process, definition)
        try:
            await asyncio.wait_for(self._attach(tools), _ANSWER_S)
        except (OSError, VMError, asyncio.TimeoutError) as error:
            # A QEMU that ended said why.
            try:
                await asyncio.wait_for(process.gone.wait(), _ANSWER_S)
            except asyncio.TimeoutError:
                raise VMError(f"QEMU does not answer: {error}") from error
        else:
            if not boot.image:
                self._came_up()

    def _network(self, tools: sandbox.Tools, wanted: Wanted) -> MachineNet:
        return MachineNet(tools, self.name, wanted, self._directory, self._places)

    def find(self, found: record.Record) -> bool:
        """As all machines; its place in a network is its own again before another can take it."""
        there = super().find(found)
        if there:
            assert self._log is not None
            try:
                self._net = self._network(sandbox.find_tools(), Wanted.noted(self._directory))
            except VMError as error:
                self._log.say(f"--- its network is lost until it starts again: {error}")
        return there

    def _start_qemu(
        self,
        tools: sandbox.Tools,
        boot: Bootable,
        kvm: bool,
        device: str | None,
        log: VMLog,
        net: MachineNet,
    ) -> DetachedSandbox:
        with ExitStack() as ours:
            try:
                serial, monitor = (
                    ours.enter_context(listening_socket(self._directory / name))
                    for name in (SERIAL, QMP)
                )
            except OSError as error:
                raise VMError(f"its sockets in {self._directory}: {error.strerror}") from error
            network = ours.enter_context(net.listening())
            fds = (serial.fileno(), monitor.fileno())
            machine = command.Machine(
                self.name, boot, kvm, *fds, network.devices, net.kernel_words, device
            )
            binds = machine_binds(boot, self._machine, self._transport, kvm)
            return detached_sandbox.start(
                tools,
                self.name,
                log,
                command.command_line(machine),
                self._exited,
                self._directory,
                binds=[*binds, *(vsock.binds(device) if device else [])],
                fds=[*fds, *network.fds],
            )

    async def _attach(self, tools: sandbox.Tools) -> None:
        if self._net is not None and not self._net.started:
            assert self._log is not None
            self._net.start(self._log)
        self._carry(*await connect(self._directory / SERIAL))
        self._monitor = Monitor()
        await self._monitor.open(self._directory / QMP)
        # What a machine prints before anybody listens is lost.
        while not await self._console_is_heard():
            continue
        await self._monitor.execute("cont")

    async def _console_is_heard(self) -> bool:
        assert self._monitor is not None
        ends = await self._monitor.execute("query-chardev")
        if not isinstance(ends, list):
            raise VMError("QEMU does not say what it is connected to")
        return any(
            isinstance(end, dict)
            and end.get("label") == command.CONSOLE
            and not str(end.get("filename")).startswith("disconnected:")
            for end in ends
        )

    def _exited(self, process: Process, end: Exit) -> None:
        self._ending = asyncio.get_running_loop().create_task(self._account(process, end))

    async def _account(self, process: Process, end: Exit) -> None:
        """What QEMU and the console said last may still have to be read."""
        if self._monitor is not None:
            await self._monitor.finished()
        if self._console is not None:
            await self._console.finished()
        super()._exited(process, end)
        self._came_up()

    def _why_it_ended(self, end: Exit) -> tuple[bool, str]:
        shutdown = self._monitor.shutdown if self._monitor is not None else None
        if shutdown is not None and end.status in (0, None):
            return shutdown
        return end.status == 0, f"QEMU {end}"

    def _turn_off(self, process: Process) -> None:
        # Whoever made the guest may have it listen to the power button.
        order = "quit" if self._of_image else "system_powerdown"
        if self._monitor is None or not self._monitor.tell(order):
            process.kill()

    def _disconnect(self) -> None:
        if self._monitor is not None:
            self._monitor.close()
            self._monitor = None
        if self._net is not None:
            self._net.stop()
            self._net = None
        super()._disconnect()
