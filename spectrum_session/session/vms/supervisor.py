"""Starts, stops and restores the session's VMs: sockets, gates, control groups, notices."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from spectrum_session.compositor.events import Bus
from spectrum_session.compositor.port import CompositorPort, VMView
from spectrum_session.config.providers import in_order
from spectrum_session.logs.line import of_vm
from spectrum_session.logs.vms import VMLines
from spectrum_session.session.events import (
    VMChanged,
    VMRequested,
    VMStageChanged,
    VMStartFailed,
    VMStateChanged,
)
from spectrum_session.session.labels import Labels
from spectrum_session.session.notices import Notify
from spectrum_session.session.settings import Settings
from spectrum_session.session.tasks import Tasks
from spectrum_session.vm.drivers.machine import LOST
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gates.gates import Gates
from spectrum_session.vm.gates.policy import policy_of
from spectrum_session.vm.manager import VMManager
from spectrum_session.vm.model import VMStatus
from spectrum_session.vm.names import socket_path
from spectrum_session.vm.processes import cgroups, child
from spectrum_session.vm.storage.leftovers import collect

log = logging.getLogger(__name__)

GROUP_DELAY_S = 1.0
"""After a VM's end, until its control group is removed if that could not be done at once."""


class Supervisor:
    """Owns the VMs of a session and their gates. Belongs to its loop."""

    def __init__(
        self,
        settings: Settings,
        compositor: CompositorPort,
        bus: Bus,
        labels: Labels,
        tasks: Tasks,
        notify: Notify,
        ending: Callable[[], bool],
        directory: Path,
        log_directory: Path,
    ) -> None:
        """Nothing starts yet. `directory` is the session's. Raises VMError for a bad VM name."""
        self._settings = settings
        self._compositor = compositor
        self._bus = bus
        self._labels = labels
        self._tasks = tasks
        self._notify = notify
        self._ending = ending
        self._directory = directory
        self._lines = VMLines()
        try:
            child.groups = cgroups.Groups(cgroups.find())
        except cgroups.NoGroups as why:
            log.info("VMs have no control groups of their own: %s", why)
        self.gates = Gates(
            lambda vm: policy_of(settings.config, vm),
            compositor.connect,
            compositor.disconnect,
            self._tell,
            self._gate_died,
        )
        self.vms = VMManager(
            settings.config.vms,
            directory,
            log_directory,
            self._state_changed,
            self._open_socket,
            _why_no_kvm,
            self._stage_changed,
        )

    def _tell(self, name: str) -> None:
        self._bus.publish(VMChanged(name))

    def autostart(self) -> None:
        """Start the VMs that start with the session and do not run already."""
        vms = self._settings.config.vms
        # A provider first, so that a client of it finds it starting and starts it not again.
        for name in in_order(vms, {name: vm.net for name, vm in vms.items()}):
            if vms[name].autostart and self.vms.states()[name].state.ended:
                self.start(name)

    def is_listening(self, vm: str) -> bool:
        """Is a VM's socket open?"""
        return self.gates.is_open(vm) or self._compositor.is_listening(vm)

    def _make_group(self, name: str) -> None:
        if child.groups is None:
            return
        definition = self._settings.config.vms.get(name)
        memory = None
        if definition is not None and definition.driver != "local":
            memory = (definition.memory_mb << 20) + cgroups.ROOM
        try:
            child.groups.make(name, memory)
        except OSError as error:
            text = "its control group cannot be made: %s"
            log.warning(text, error.strerror, extra=of_vm(name))

    def _open_socket(self, name: str) -> Path:
        path = socket_path(self._directory, name)
        if self.is_listening(name):
            return path
        self._make_group(name)
        if self._settings.config.session.gate:
            self._compositor.add_vm(name)
            try:
                self.gates.open(name, path)
            except (OSError, VMError):
                self._compositor.drop_vm(name)
                raise
        else:
            self._compositor.listen(path, name)
            self._labels.without_gate.add(name)
            log.warning(
                "connected without a gate: what it sends is not checked", extra=of_vm(name)
            )
            lines = ["What it sends is not checked (session.gate)."]
            self._notify(f"{name} has no gate", lines)
        return path

    def _gate_died(self, vm: str, how: str) -> None:
        self._notify(f"The gate of {vm} ended, and its windows with it", [how])
        self._tell(vm)

    def find_again(self) -> list[str]:
        """Restore the machines that earlier sessions left. Returns lines for the user."""
        for text in collect(self._directory.parent, self._directory):
            log.warning("%s", text)
        found = self.vms.find_again()
        for name in found:
            self._tasks.run(self._reattach(name))
        states = self.vms.states().items()
        ended = [name for name, status in states if status.reason.startswith(LOST)]
        told = (("Running on", found), ("Ended meanwhile", ended))
        lines = [f"{what}: {', '.join(names)}" for what, names in told if names]
        self.vms.watch()
        return lines

    async def _reattach(self, name: str) -> None:
        try:
            await self.vms.reattach(name)
        except VMError as error:
            log.error("%s", error, extra=of_vm(name))
            self._notify(f"Cannot connect to {name}", [str(error)])

    def _state_changed(self, name: str, status: VMStatus) -> None:
        self._lines.changed(name, status.state.value, status.reason)
        self._bus.publish(VMStateChanged(name, status))
        if status.state.ended:
            self.gates.close(name)
            self._compositor.drop_vm(name)
            self._labels.without_gate.discard(name)
            if child.groups is not None:
                child.groups.remove(name)
                # Its gate is still ending.
                asyncio.get_running_loop().call_later(GROUP_DELAY_S, child.groups.sweep)
            self._tell_clients_of(name)
        self._tell(name)

    def _tell_clients_of(self, provider: str) -> None:
        """A VM has ended: name the VMs that run on without its network."""
        left = self.vms.clients_of(provider)
        if left and not self._ending():
            names = ", ".join(left)
            text = "it has ended, and leaves without a network: %s"
            log.warning(text, names, extra=of_vm(provider))
            verb = "runs" if len(left) == 1 else "run"
            self._notify(f"{provider} has ended", [f"{names} {verb} on without a network."])

    def _stage_changed(self, name: str) -> None:
        self._bus.publish(VMStageChanged(name))
        self._tell(name)

    def start(self, name: str, *, asked: bool = False) -> None:
        """Start a VM; a failure is shown. `asked`: the user asks for it now, and waits for it."""
        if asked:
            self._bus.publish(VMRequested(name))
        self._tasks.run(self._start(name))

    async def _start(self, name: str) -> None:
        try:
            await self.vms.start(name)
        except VMError as error:
            log.error("%s", error, extra=of_vm(name))
            self._bus.publish(VMStartFailed(name, str(error)))

    def views(self) -> dict[str, VMView]:
        """All VMs as our Wayland protocol shows them."""
        views = {}
        for name, status in self.vms.states().items():
            views[name] = VMView(
                driver=self.vms.driver(name),
                note=status.note,
                label=self._labels.of(name),
                state="stopped" if status.state.value == "defined" else status.state.value,
                reason=status.reason,
            )
        return views

    def start_for_client(self, name: str, refused: Callable[[str], None]) -> None:
        """Start a VM for a client of the host; `refused` is called with the reason of a failure."""
        self._bus.publish(VMRequested(name))
        self._tasks.run(self._answer(self.vms.start(name), refused))

    def stop_for_client(self, name: str, refused: Callable[[str], None]) -> None:
        """Stop a VM for a client of the host; `refused` as for a start."""
        self._tasks.run(self._answer(self.vms.stop(name), refused))

    async def _answer(self, request: Awaitable[None], refused: Callable[[str], None]) -> None:
        try:
            await request
        except VMError as error:
            log.warning("a client of the host is refused: %s", error)
            refused(str(error))

    def terminal_in(self, vm: str) -> None:
        """Open a terminal in a VM; a failure is shown."""
        definition = self._settings.config.vms.get(vm)
        if definition is None:
            return
        try:
            self.vms.spawn(vm, definition.terminal)
        except VMError as error:
            self._notify(f"Cannot open a terminal in {vm}", [str(error)])


def _why_no_kvm() -> str:
    # Imported when the first guest starts: most sessions have none.
    from spectrum_session.doctor.kvm import why_not

    return why_not()
