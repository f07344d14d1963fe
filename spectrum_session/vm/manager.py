"""All VMs of the session: the one place that knows which there are and what state they are in."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from spectrum_session.config.schema import VM
from spectrum_session.config.spectrum import SpectrumVM
from spectrum_session.images.store import Store
from spectrum_session.logs.line import of_vm

from .boot_stages import Boot, took
from .boot_times import Boots
from .definition import attachment
from .drivers.cloud_hypervisor import api, command
from .drivers.cloud_hypervisor.attach import AttachedVM
from .drivers.cloud_hypervisor.driver import CloudHypervisorVM
from .drivers.driven import DrivenVM
from .drivers.local import LocalVM
from .drivers.machine import GuestVM
from .drivers.qemu.driver import QMP, QemuVM
from .drivers.qemu.qmp import quit_at
from .drivers.unusable import UnusableVM
from .errors import VMError
from .guest.program import Program
from .model import VMState, VMStatus
from .names import check_name, log_path, socket_path
from .net.order import NetOrder
from .net.places import Places
from .storage import record
from .storage.leftovers import GUESTS, machines
from .storage.remove import remove_tree

log = logging.getLogger(__name__)

_LOOK_S = 1.0
"""How long who asks what VMs do waits for machines that somebody else runs."""

_DRIVERS: dict[str, type[DrivenVM]] = {
    "local": LocalVM,
    "qemu": QemuVM,
    "cloud-hypervisor": CloudHypervisorVM,
}


class VMManager:
    """Starts, stops and looks after the VMs that the configuration defines, on one asyncio loop.

    `on_change(name, status)` is called from the loop with every new status of a VM; it must not
    block. `socket_for(name)` makes the session listen on the VM's Wayland socket and returns its
    path; it is called at each start and must give `socket_path(runtime_dir, name)`.
    """

    def __init__(
        self,
        definitions: Mapping[str, VM],
        runtime_dir: Path,
        log_dir: Path,
        on_change: Callable[[str, VMStatus], None],
        socket_for: Callable[[str], Path],
        why_no_kvm: Callable[[], str] = lambda: "nobody looked",
        on_stage: Callable[[str], None] = lambda name: None,
    ) -> None:
        """Nothing starts yet. `why_no_kvm` tries hardware virtualisation and says what is wrong
        with it, or ""; it may block, and is called once, in a thread, when a guest needs it.
        `on_stage(name)` is called from the loop when the start of a VM comes to another stage.

        Raises VMError as `update`.
        """
        self._runtime_dir = runtime_dir
        self._log_dir = log_dir
        self._on_change = on_change
        self._socket_for = socket_for
        self._definitions: dict[str, VM] = {}
        self._net = NetOrder(self._find, self._start)
        self._why_no_kvm = why_no_kvm
        self._on_stage = on_stage
        self._boots = Boots(log_dir.parent / "boots")
        self._awaited: set[str] = set()
        self._kvm_tried: asyncio.Future[str] | None = None
        self._store = Store.default(os.environ)
        self._places = Places()
        self._vms: dict[str, DrivenVM] = {}
        self._removing: set[asyncio.Task[None]] = set()
        self._starts: set[asyncio.Task[None]] = set()
        self._closing = False
        self.update(definitions)

    def update(self, definitions: Mapping[str, VM]) -> None:
        """Take over other definitions: they hold from each VM's next start on.

        A VM that is defined no longer and still runs stays until it ends. Raises VMError when a
        name is no VM name or a VM would wait for itself; then nothing has changed.
        """
        for name in definitions:
            check_name(name)
        self._net.update({name: definition.net for name, definition in definitions.items()})
        self._definitions = dict(definitions)
        for name, definition in definitions.items():
            known = self._vms.get(name)
            # A VM that runs keeps its driver until it has ended.
            if known is None or (known.status.state.ended and not _fits(known, definition)):
                self._put(name, self._make(name, definition))
        self._forget()

    def watch(self) -> None:
        """Look at the machines that somebody else runs, from now on; again after each `update`.

        One that could be the session's own becomes another's when that has begun to run it.
        """
        for name, definition in self._definitions.items():
            vm = self._vms[name]
            own = isinstance(vm, CloudHypervisorVM) and vm.status.state.ended
            if own and not _fits(vm, definition):
                vm = self._make(name, definition)
                self._put(name, vm)
            if isinstance(vm, AttachedVM):
                vm.watch()

    async def look(self) -> None:
        """Return when what is known of machines that somebody else runs is what they do now, or
        they took too long to tell."""
        self.watch()
        others = [vm for vm in self._vms.values() if isinstance(vm, AttachedVM)]
        if others:
            looks = [asyncio.ensure_future(vm.look()) for vm in others]
            await asyncio.wait(looks, timeout=_LOOK_S)

    def _put(self, name: str, vm: DrivenVM | None) -> None:
        """From now on the VM is this one, or there is none."""
        before = self._vms.pop(name, None)
        if isinstance(before, AttachedVM):
            before.unwatch()
        if vm is not None:
            self._vms[name] = vm

    def _make(self, name: str, definition: VM) -> DrivenVM:
        vm = self._driven(name, definition)
        vm.expected = partial(self._boots.expected, name, definition.driver)
        vm.on_stage = partial(self._on_stage, name)
        return vm

    def _driven(self, name: str, definition: VM) -> DrivenVM:
        socket, log = socket_path(self._runtime_dir, name), log_path(self._log_dir, name)
        changed = partial(self._changed, name)
        problem = _problem(definition)
        if problem:
            return UnusableVM(name, log, changed, definition.driver, problem)
        if definition.driver == "local":
            return LocalVM(name, socket, log, changed)
        find = partial(self._definition, name)
        if attachment(definition) is not None:
            directory = self._runtime_dir / "attached" / name
            listen = partial(self._socket_for, name)
            return AttachedVM(name, socket, log, changed, find, directory, listen)
        place = (name, socket, log, changed, find, self._runtime_dir / GUESTS / name)
        if definition.driver == "cloud-hypervisor":
            return CloudHypervisorVM(*place, self._store, self._try_kvm)
        return QemuVM(*place, self._store, self._try_kvm, self._places)

    async def _try_kvm(self) -> str:
        if self._kvm_tried is None:
            self._kvm_tried = asyncio.ensure_future(asyncio.to_thread(self._why_no_kvm))
        # Who waits may be told to wait no longer; the others go on.
        return await asyncio.shield(self._kvm_tried)

    def _definition(self, name: str) -> VM | None:
        return self._definitions.get(name)

    def states(self) -> dict[str, VMStatus]:
        """The status of every VM that is defined or still runs, by name, in order of names."""
        return {name: self._vms[name].status for name in sorted(self._vms)}

    def driver(self, name: str) -> str:
        """What runs the VM, as the configuration calls it. VMError: no such VM."""
        return self._find(name).driver

    def boot(self, name: str) -> Boot | None:
        """The start of a VM that is under way, or its last; None before the first."""
        vm = self._vms.get(name)
        return vm.boot if vm is not None else None

    def console(self, name: str) -> list[str]:
        """The last lines that a VM printed, made harmless; of its last run when it has ended."""
        vm = self._vms.get(name)
        return vm.last_lines if vm is not None else []

    def await_window(self, name: str) -> None:
        """Somebody waits for a window of a VM that is about to start. One with a kernel of its own
        may have none, and without this its start is over once it runs."""
        self._awaited.add(name)

    def shows_windows(self, name: str) -> bool:
        """Is there a window to wait for, when it runs?"""
        definition = self._definitions.get(name)
        if definition is None:
            return False
        spectrum = isinstance(definition, SpectrumVM)
        own = spectrum or bool(definition.kernel or definition.api_socket)
        return bool(definition.command) or (own and name in self._awaited)

    def showed(self, name: str) -> None:
        """A VM's window is on the screen: its start is over, and how long it took is kept."""
        vm = self._vms.get(name)
        if vm is None or vm.boot is None or vm.boot.ended is not None:
            return
        self._finish(name, vm)
        self._on_stage(name)

    def _finish(self, name: str, vm: DrivenVM) -> None:
        vm.booted()
        definition = self._definitions.get(name)
        if definition is not None and vm.status.state is VMState.RUNNING and vm.boot is not None:
            self._boots.add(name, definition.driver, took(vm.boot))

    def socket_path(self, name: str) -> Path:
        """Where the VM's Wayland socket is once it has been started. VMError: no such VM."""
        self._find(name)
        return socket_path(self._runtime_dir, name)

    def log_path(self, name: str) -> Path:
        """Where the VM's log is once it has been started. VMError: no such VM."""
        self._find(name)
        return log_path(self._log_dir, name)

    async def start(self, name: str) -> None:
        """Start a VM with the command of its definition, or with its socket alone if it has none.

        Its net provider is started before it when that does not run. Returns when it runs. Raises
        VMError when it is unknown, runs already or fails to start. Who is cancelled waits no
        longer; what was begun goes on.
        """
        task = asyncio.get_running_loop().create_task(self._start(name))
        self._starts.add(task)
        task.add_done_callback(self._start_over)
        await asyncio.shield(task)

    def _start_over(self, task: asyncio.Task[None]) -> None:
        self._starts.discard(task)
        if not task.cancelled():
            # Nobody may be waiting for it any more; the VM's status says the same.
            task.exception()

    async def _start(self, name: str) -> None:
        vm, definition = self._startable(name)
        if isinstance(vm, UnusableVM):
            await vm.start()
        if definition.net:
            await self._net.wait(vm, definition.net)
            now = self._definitions.get(name)
            if now is None or not _fits(vm, now):
                reason = "its definition changed while it waited for its network: start it again"
                vm.give_up(reason)
                raise VMError(f"{name}: {reason}")
            definition = now
        try:
            path = self._socket_for(name)
            if path != socket_path(self._runtime_dir, name):
                raise VMError(f"{name}: its socket is in the wrong place: {path}")
            await vm.start([definition.command] if definition.command else [])
        except (OSError, VMError) as error:
            if vm.waits:
                vm.give_up(str(error))
            raise

    def _startable(self, name: str) -> tuple[DrivenVM, VM]:
        """A VM that may start now, with what it is to be. Raises VMError."""
        vm = self._find(name)
        definition = self._definitions.get(name)
        if definition is None:
            raise VMError(f"{name}: it is defined no longer")
        if self._closing:
            raise VMError(f"{name}: cannot start, the session is ending")
        if not vm.status.state.ended:
            raise VMError(f"{name}: cannot start, it is {vm.status.state.value}")
        if not _fits(vm, definition):
            vm = self._make(name, definition)
            self._put(name, vm)
        return vm, definition

    def clients_of(self, name: str) -> list[str]:
        """The VMs that run and have their network from this one."""
        states = self.states()
        return [
            client
            for client in self._net.clients_of(name)
            if client in states and states[client].state is VMState.RUNNING
        ]

    def find_again(self) -> list[str]:
        """Have again what an earlier session left in the runtime directory.

        Returns the names of those that run, for which `reattach` has to follow. What is defined no
        longer is there until it ends.
        """
        found = []
        for directory in machines(self._runtime_dir):
            noted = record.load(directory)
            if noted is None or not issubclass(_DRIVERS.get(noted.driver, LocalVM), GuestVM):
                log.warning("nothing is known of the machine in %s: it is removed", directory)
                task = asyncio.get_running_loop().create_task(_remove_unknown(directory))
                self._removing.add(task)
                task.add_done_callback(self._removing.discard)
                continue
            try:
                if self._find_again(noted):
                    found.append(noted.name)
            except (OSError, VMError) as error:
                log.error("cannot have it again: %s", error, extra=of_vm(noted.name))
        return found

    def _find_again(self, noted: record.Record) -> bool:
        name, definition = noted.name, self._definitions.get(noted.name)
        vm = self._vms.get(name)
        if vm is None or not isinstance(vm, _DRIVERS[noted.driver]):
            # It is the session's own, whatever its definition says now.
            vm = self._make(name, replace(VM(), driver=noted.driver))
            self._put(name, vm)
        assert isinstance(vm, GuestVM)
        if noted.alive:
            self._socket_for(name)
        if not vm.find(noted):
            return False
        if definition is None:
            log.warning("it runs, and is defined no longer", extra=of_vm(name))
        elif record.digest(definition) != noted.definition:
            text = "it was started with another definition: this one holds from its next start on"
            log.warning(text, extra=of_vm(name))
        return True

    async def reattach(self, name: str) -> None:
        """Connect to a machine that was found again; its command is started again, whose windows
        went with the session. Raises VMError when it cannot be connected to, or has ended."""
        vm = self._find(name)
        assert isinstance(vm, GuestVM)
        definition = self._definitions.get(name)
        command = definition.command if definition is not None else []
        await vm.reattach([command] if command else [])

    def spawn(self, name: str, argv: Sequence[str]) -> int:
        """Run a program in a running VM and return its pid on the host. Raises VMError."""
        return self._find(name).spawn(argv)

    def run(self, name: str, argv: Sequence[str], streamed: bool = False) -> Program:
        """Run a program in a guest and keep its output; `streamed`, it is taken as it comes.

        Raises VMError, also for a local VM.
        """
        guest = self._guest(name, "keeps no output; start programs in it with spawn --vm")
        return guest.run(argv, streamed)

    async def open_console(self, name: str) -> None:
        """Open the window of a VM's console; returns when it shows the console.

        Raises ConsoleTakenError when it is open, VMError when there is none to open.
        """
        await self._guest(name, "has no console").open_console()

    async def console_closed(self, name: str) -> None:
        """Return when the window of a VM's console is closed. VMError: it can have none."""
        await self._guest(name, "has no console").console_closed()

    def console_pids(self, name: str) -> list[int]:
        """The processes on the host whose window is a VM's console; none while it is not open."""
        vm = self._vms.get(name)
        return vm.console_pids() if isinstance(vm, GuestVM) else []

    async def stop(self, name: str, deadline_s: float | None = None) -> None:
        """Ask a VM to stop, kill it after the deadline, return when it has ended.

        Without a deadline it is that of its driver. Stopping what does not run is no error; VMError
        is for an unknown VM.
        """
        vm = self._find(name)
        await vm.stop(vm.stop_deadline_s if deadline_s is None else deadline_s)

    def kill(self, name: str) -> None:
        """End a VM now; its status follows. Raises VMError when it is unknown."""
        self._find(name).kill()

    async def shutdown(self, deadline_s: float = 0.0, *, keep: bool = False) -> None:
        """Stop all VMs and let none start; return when nothing runs.

        All at the same time, but for net providers: each ends after its clients. Programs get
        `deadline_s`, a machine as long as it needs. With `keep` machines go on, for the next
        session to find; those that somebody else runs go on in any case. When it is cancelled,
        what is left is killed.
        """
        self._closing = True
        ends: dict[str, asyncio.Task[None]] = {}

        async def end(name: str, vm: DrivenVM) -> None:
            before = [ends[client] for client in self._net.clients_of(name) if client in ends]
            if before:
                await asyncio.wait(before)
            await self._end(vm, deadline_s)

        for name, vm in list(self._vms.items()):
            if isinstance(vm, GuestVM) and vm.can_be_left and (keep or not vm.owned):
                vm.leave()
            else:
                ends[name] = asyncio.get_running_loop().create_task(end(name, vm))
        try:
            await asyncio.gather(*ends.values())
        except asyncio.CancelledError:
            for vm in list(self._vms.values()):
                if vm.owned:
                    vm.kill()
            raise

    @staticmethod
    async def _end(vm: DrivenVM, deadline_s: float) -> None:
        machine = isinstance(vm, GuestVM)
        await vm.stop(max(deadline_s, vm.stop_deadline_s) if machine else deadline_s)

    def _guest(self, name: str, why_not: str) -> GuestVM:
        """A VM that is a machine; for another VMError, that the local driver does not do that."""
        vm = self._find(name)
        if not isinstance(vm, GuestVM):
            raise VMError(f"{name}: the local driver {why_not}")
        return vm

    def _find(self, name: str) -> DrivenVM:
        # The name may come from anywhere: it is looked up, never made into a path before that.
        vm = self._vms.get(name)
        if vm is None:
            raise VMError(f"there is no VM {name[:80]!r}")
        return vm

    def _changed(self, name: str, status: VMStatus) -> None:
        if status.state is VMState.RUNNING and not self.shows_windows(name):
            # That it runs is all that there is to wait for.
            self._finish(name, self._vms[name])
        if status.state.ended:
            self._awaited.discard(name)
        try:
            self._on_change(name, status)
        finally:
            self._forget()
            self._net.changed(name)

    def _forget(self) -> None:
        """Let go of VMs that are defined no longer and have ended."""
        for name in [name for name in self._vms if name not in self._definitions]:
            if self._vms[name].status.state.ended:
                self._put(name, None)


def _problem(definition: VM) -> str:
    """Why no VM can be made of this, or ""."""
    if isinstance(definition, SpectrumVM) and definition.problem:
        return definition.problem
    return ""


def _fits(vm: DrivenVM, definition: VM) -> bool:
    """Is it what this definition makes?"""
    problem = _problem(definition)
    if problem or isinstance(vm, UnusableVM):
        return isinstance(vm, UnusableVM) and vm.why == problem
    attaches = attachment(definition) is not None
    return isinstance(vm, AttachedVM if attaches else _DRIVERS[definition.driver])


async def _remove_unknown(directory: Path) -> None:
    """Remove what a session left that was killed before it had noted what it started."""
    # Out of the way of a new start, which would find it in its place.
    moved = directory.with_name(f".{directory.name}.unknown")
    remove_tree(moved)
    with suppress(OSError):
        directory.rename(moved)
        await quit_at(moved / QMP)
        await api.quit_at(moved / command.OWN / command.API)
    remove_tree(moved)
