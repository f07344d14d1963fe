"""All VMs of the session: the one place that knows which there are and what state they are in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from spectrum_session.config.schema import VM
from spectrum_session.images.store import Store

from .agent import Program
from .driven import DrivenVM
from .errors import VMError
from .guest import GuestVM
from .local import LocalVM
from .model import VMStatus
from .names import check_name, log_path, socket_path
from .net.places import Places
from .qemu.driver import QemuVM
from .unusable import UnusableVM

_DRIVERS: dict[str, type[DrivenVM]] = {"local": LocalVM, "qemu": QemuVM}
"""Of what is not among them there is no driver here, and its VMs cannot start."""


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
    ) -> None:
        """Nothing starts yet. `why_no_kvm` tries hardware virtualisation and says what is wrong
        with it, or ""; it may block, and is called once, in a thread, when a guest needs it.

        Raises VMError when a name is no VM name.
        """
        self._runtime_dir = runtime_dir
        self._log_dir = log_dir
        self._on_change = on_change
        self._socket_for = socket_for
        self._definitions: dict[str, VM] = {}
        self._why_no_kvm = why_no_kvm
        self._kvm_tried: asyncio.Future[str] | None = None
        self._store = Store.default(os.environ)
        self._places = Places(runtime_dir / "links")
        self._vms: dict[str, DrivenVM] = {}
        self._closing = False
        self.update(definitions)

    def update(self, definitions: Mapping[str, VM]) -> None:
        """Take over other definitions: they hold from each VM's next start on.

        A VM that is defined no longer and still runs stays until it ends. Raises VMError when a
        name is no VM name; then nothing has changed.
        """
        for name in definitions:
            check_name(name)
        self._definitions = dict(definitions)
        for name, definition in definitions.items():
            known = self._vms.get(name)
            # A VM that runs keeps its driver until it has ended.
            if known is None or (
                known.status.state.ended
                and not isinstance(known, _DRIVERS.get(definition.driver, UnusableVM))
            ):
                self._vms[name] = self._make(name, definition.driver)
        self._forget()

    def _make(self, name: str, driver: str) -> DrivenVM:
        socket, log = socket_path(self._runtime_dir, name), log_path(self._log_dir, name)
        changed = partial(self._changed, name)
        if driver == "local":
            return LocalVM(name, socket, log, changed)
        if driver not in _DRIVERS:
            return UnusableVM(name, log, changed, f"there is no driver {driver} in this version")
        directory = self._runtime_dir / "guests" / name
        find = partial(self._definition, name)
        return QemuVM(
            name,
            socket,
            log,
            changed,
            find,
            directory,
            self._store,
            self._try_kvm,
            self._places,
        )

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

        Returns when it runs. Raises VMError when it is unknown, runs already or fails to start.
        """
        vm = self._find(name)
        definition = self._definitions.get(name)
        if definition is None:
            raise VMError(f"{name}: it is defined no longer")
        if self._closing:
            raise VMError(f"{name}: cannot start, the session is ending")
        if not vm.status.state.ended:
            raise VMError(f"{name}: cannot start, it is {vm.status.state.value}")
        if not isinstance(vm, _DRIVERS.get(definition.driver, UnusableVM)):
            vm = self._vms[name] = self._make(name, definition.driver)
        if isinstance(vm, UnusableVM):
            await vm.start()
        path = self._socket_for(name)
        if path != socket_path(self._runtime_dir, name):
            raise VMError(f"{name}: its socket is in the wrong place: {path}")
        await vm.start([definition.command] if definition.command else [])

    def spawn(self, name: str, argv: Sequence[str]) -> int:
        """Run a program in a running VM and return its pid on the host. Raises VMError."""
        return self._find(name).spawn(argv)

    def run(self, name: str, argv: Sequence[str]) -> Program:
        """Run a program in a guest and keep its output. Raises VMError, also for a local VM."""
        vm = self._find(name)
        if not isinstance(vm, GuestVM):
            raise VMError(
                f"{name}: the local driver keeps no output; start programs in it with spawn --vm"
            )
        return vm.run(argv)

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

    async def shutdown(self, deadline_s: float = 0.0) -> None:
        """Stop all VMs at the same time and let none start; return when nothing runs.

        Programs get `deadline_s`, a machine as long as it needs. When it is cancelled, what is left
        is killed.
        """
        self._closing = True
        try:
            await asyncio.gather(*(self._end(vm, deadline_s) for vm in list(self._vms.values())))
        except asyncio.CancelledError:
            for vm in list(self._vms.values()):
                vm.kill()
            raise

    @staticmethod
    async def _end(vm: DrivenVM, deadline_s: float) -> None:
        machine = isinstance(vm, GuestVM)
        await vm.stop(max(deadline_s, vm.stop_deadline_s) if machine else deadline_s)

    def _find(self, name: str) -> DrivenVM:
        # The name may come from anywhere: it is looked up, never made into a path before that.
        vm = self._vms.get(name)
        if vm is None:
            raise VMError(f"there is no VM {name[:80]!r}")
        return vm

    def _changed(self, name: str, status: VMStatus) -> None:
        try:
            self._on_change(name, status)
        finally:
            self._forget()

    def _forget(self) -> None:
        """Let go of VMs that are defined no longer and have ended."""
        for name in [name for name in self._vms if name not in self._definitions]:
            if self._vms[name].status.state.ended:
                del self._vms[name]
