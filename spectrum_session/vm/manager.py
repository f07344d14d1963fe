"""Keeps the session's VMs: which there are, their states, their starts and ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from spectrum_session.config.schema import VM
from spectrum_session.config.spectrum import SpectrumVM
from spectrum_session.logs.line import of_vm

from .boot_stages import Boot, took
from .boot_times import Boots
from .drivers.base import BaseVM
from .errors import VMError
from .factory import Kind, VMFactory, kind_of
from .guest.program import Program
from .model import VMState, VMStatus
from .names import check_name, log_path, socket_path
from .net.order import NetOrder
from .recovery import Recovery
from .storage import record

log = logging.getLogger(__name__)

_LOOK_S = 1.0
"""How long `look` waits for machines that the host runs."""

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
        self._on_stage = on_stage
        self._boots = Boots(log_dir.parent / "boots")
        self._awaited: set[str] = set()
        self._factory = VMFactory(
            runtime_dir, log_dir, self._definition, self._changed, socket_for, why_no_kvm
        )
        self._recovery = Recovery(runtime_dir)
        self._vms: dict[str, BaseVM] = {}
        self._kinds: dict[str, Kind] = {}
        """What each of them is."""
        self._starts: set[asyncio.Task[None]] = set()
        self._closing = False
        self.update(definitions)

    def update(self, definitions: Mapping[str, VM]) -> None:
        """Take over other definitions: they hold from each VM's next start on.

        A running VM that is removed from the configuration stays until it ends. Raises VMError when
        a name is not a VM name or a VM would wait for itself; then nothing has changed.
        """
        for name in definitions:
            check_name(name)
        self._net.update({name: definition.net for name, definition in definitions.items()})
        self._definitions = dict(definitions)
        for name, definition in definitions.items():
            known = self._vms.get(name)
            # A VM that runs keeps its driver until it has ended.
            if known is None or known.status.state.ended:
                self._make_fit(name, definition)
        self._forget()

    def watch(self) -> None:
        """Follow the machines that the host runs, from now on; again after each `update`.

        One that could be the session's own becomes the host's when that has begun to run it.
        """
        for name, definition in self._definitions.items():
            vm = self._vms[name]
            if vm.owned and vm.status.state.ended:
                vm = self._make_fit(name, definition)
            vm.watch()

    async def look(self) -> None:
        """Return when the status of machines that the host runs is what they do now, or they took
        too long to tell."""
        self.watch()
        others = [vm for vm in self._vms.values() if not vm.owned]
        if others:
            looks = [asyncio.ensure_future(vm.look()) for vm in others]
            await asyncio.wait(looks, timeout=_LOOK_S)

    def _make_fit(self, name: str, definition: VM) -> BaseVM:
        """The VM of this name, made anew when it is not what its definition makes."""
        kind = kind_of(definition)
        if self._kinds.get(name) != kind:
            self._make(name, kind)
        return self._vms[name]

    def _make(self, name: str, kind: Kind) -> BaseVM:
        """Make a VM in place of the one of this name. Raises VMError."""
        vm = self._factory.make(name, kind)
        vm.expected = partial(self._boots.expected, name, kind.driver)
        vm.on_stage = partial(self._on_stage, name)
        self._drop(name)
        self._vms[name], self._kinds[name] = vm, kind
        return vm

    def _drop(self, name: str) -> None:
        vm = self._vms.pop(name, None)
        if vm is not None:
            del self._kinds[name]
            vm.unwatch()

    def _definition(self, name: str) -> VM | None:
        return self._definitions.get(name)

    def states(self) -> dict[str, VMStatus]:
        """The status of every VM that is defined or still runs, by name, in order of names."""
        return {name: self._vms[name].status for name in sorted(self._vms)}

    def driver(self, name: str) -> str:
        """The driver's name in the configuration. Raises VMError for an unknown VM."""
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

    def _finish(self, name: str, vm: BaseVM) -> None:
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
        if vm.problem:
            await vm.start()
        if definition.net:
            await self._net.wait(vm, definition.net)
            now = self._definitions.get(name)
            if now is None or kind_of(now) != self._kinds[name]:
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

    def _startable(self, name: str) -> tuple[BaseVM, VM]:
        """A VM that may start now, with what it is to be. Raises VMError."""
        vm = self._find(name)
        definition = self._definitions.get(name)
        if definition is None:
            raise VMError(f"{name}: removed from the configuration")
        if self._closing:
            raise VMError(f"{name}: cannot start, the session is ending")
        if not vm.status.state.ended:
            raise VMError(f"{name}: cannot start, it is {vm.status.state.value}")
        return self._make_fit(name, definition), definition

    def clients_of(self, name: str) -> list[str]:
        """The VMs that run and have their network from this one."""
        states = self.states()
        return [
            client
            for client in self._net.clients_of(name)
            if client in states and states[client].state is VMState.RUNNING
        ]

    def find_again(self) -> list[str]:
        """Take over the machines that an earlier session left in the runtime directory.

        Returns the names of those that run, for which `reattach` has to follow. A machine that has
        been removed from the configuration stays until it ends.
        """
        found = []
        for noted in self._recovery.records():
            try:
                if self._find_again(noted):
                    found.append(noted.name)
            except (OSError, VMError) as error:
                log.error("cannot take it over: %s", error, extra=of_vm(noted.name))
        return found

    def _find_again(self, noted: record.Record) -> bool:
        name, definition = noted.name, self._definitions.get(noted.name)
        # It is the session's own, whatever its definition makes now.
        kind = Kind(noted.driver)
        vm = self._vms[name] if self._kinds.get(name) == kind else self._make(name, kind)
        if noted.alive:
            self._socket_for(name)
        if not vm.find(noted):
            return False
        if definition is None:
            log.warning("running, but removed from the configuration", extra=of_vm(name))
        elif record.digest(definition) != noted.definition:
            text = "running with an earlier definition; the new one holds from its next start on"
            log.warning(text, extra=of_vm(name))
        return True

    async def reattach(self, name: str) -> None:
        """Connect to a machine that was found again, and start its command again, whose windows
        went with the session. Raises VMError when it cannot be connected to, or has ended."""
        definition = self._definitions.get(name)
        command = definition.command if definition is not None else []
        await self._find(name).reattach([command] if command else [])

    def spawn(self, name: str, argv: Sequence[str]) -> int:
        """Run a program in a running VM and return its pid on the host. Raises VMError."""
        return self._find(name).spawn(argv)

    def run(self, name: str, argv: Sequence[str], streamed: bool = False) -> Program:
        """Run a program in a guest and keep its output; `streamed`: deliver output as it arrives.

        Raises VMError, also for a local VM.
        """
        return self._find(name).run(argv, streamed)

    async def open_console(self, name: str) -> None:
        """Open the window of a VM's console; returns when it shows the console.

        Raises ConsoleTakenError when it is open, VMError when there is none to open.
        """
        await self._find(name).open_console()

    async def console_closed(self, name: str) -> None:
        """Return when the window of a VM's console is closed. VMError: it can have none."""
        await self._find(name).console_closed()

    def console_pids(self, name: str) -> list[int]:
        """The processes on the host whose window is a VM's console; none while it is not open."""
        vm = self._vms.get(name)
        return vm.console_pids() if vm is not None else []

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

        async def end(name: str, vm: BaseVM) -> None:
            before = [ends[client] for client in self._net.clients_of(name) if client in ends]
            if before:
                await asyncio.wait(before)
            await vm.stop(vm.shutdown_deadline_s(deadline_s))

        for name, vm in list(self._vms.items()):
            if not vm.leave(keep):
                ends[name] = asyncio.get_running_loop().create_task(end(name, vm))
        try:
            await asyncio.gather(*ends.values())
        except asyncio.CancelledError:
            for vm in list(self._vms.values()):
                if vm.owned:
                    vm.kill()
            raise

    def _find(self, name: str) -> BaseVM:
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
        """Forget VMs that have ended and have been removed from the configuration."""
        for name in [name for name in self._vms if name not in self._definitions]:
            if self._vms[name].status.state.ended:
                self._drop(name)
