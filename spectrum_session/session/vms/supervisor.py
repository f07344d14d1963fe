"""What the session does for its VMs: sockets and gates, and what a person is told of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from spectrum_session.compositor.protocols.spectrum_protocol import VMView
from spectrum_session.config.providers import in_order
from spectrum_session.logs.line import of_vm
from spectrum_session.logs.vms import VMLines
from spectrum_session.session.events import VMChanged
from spectrum_session.vm.drivers.machine import LOST
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gates.gates import Gates
from spectrum_session.vm.gates.policy import policy_of
from spectrum_session.vm.manager import VMManager
from spectrum_session.vm.model import VMStatus
from spectrum_session.vm.names import socket_path
from spectrum_session.vm.processes import cgroups, child
from spectrum_session.vm.storage.leftovers import collect

if TYPE_CHECKING:
    from spectrum_session.session.session import Session

log = logging.getLogger(__name__)

GROUP_DELAY_S = 1.0
"""After a VM's end, until its control group is removed if that could not be done at once."""


class Caretaker:
    """Looks after the VMs of a session. Belongs to its loop."""

    def __init__(self, session: Session) -> None:
        """Nothing starts yet. Raises VMError when a name is no VM name."""
        self._session = session
        self._lines = VMLines()
        try:
            child.groups = cgroups.Groups(cgroups.find())
        except cgroups.NoGroups as why:
            log.info("VMs have no control groups of their own: %s", why)
        self.gates = Gates(
            lambda vm: policy_of(session.config, vm),
            session.server.connect,
            session.server.disconnect,
            self._tell,
            self._gate_died,
        )
        self.vms = VMManager(
            session.config.vms,
            session.directory,
            session.options.state_directory / "log",
            self._changed,
            self._open_socket,
            _why_no_kvm,
            self._staged,
        )

    def _tell(self, name: str) -> None:
        self._session.bus.publish(VMChanged(name))

    def start_those_wanted(self) -> None:
        """Start the VMs that start by themselves and do not run already."""
        vms = self._session.config.vms
        # A provider first, so that a client of it finds it starting and starts it not again.
        for name in in_order(vms, {name: vm.net for name, vm in vms.items()}):
            if vms[name].autostart and self.vms.states()[name].state.ended:
                self.start(name)

    def is_listening(self, vm: str) -> bool:
        """Is a VM's socket open?"""
        return self.gates.is_open(vm) or self._session.server.is_listening(vm)

    def _make_group(self, name: str) -> None:
        if child.groups is None:
            return
        definition = self._session.config.vms.get(name)
        memory = None
        if definition is not None and definition.driver != "local":
            memory = (definition.memory_mb << 20) + cgroups.ROOM
        try:
            child.groups.make(name, memory)
        except OSError as error:
            text = "its control group cannot be made: %s"
            log.warning(text, error.strerror, extra=of_vm(name))

    def _open_socket(self, name: str) -> Path:
        path = socket_path(self._session.directory, name)
        if self.is_listening(name):
            return path
        self._make_group(name)
        if self._session.config.session.gate:
            self._session.server.add_vm(name)
            try:
                self.gates.open(name, path)
            except (OSError, VMError):
                self._session.server.drop_vm(name)
                raise
        else:
            self._session.server.listen(path, name)
            log.warning(
                "connected without a gate: what it sends is not checked", extra=of_vm(name)
            )
            lines = ["What it sends is not checked (session.gate)."]
            self._session.notice(f"{name} has no gate", lines)
        return path

    def _gate_died(self, vm: str, how: str) -> None:
        self._session.notice(f"The gate of {vm} ended, and its windows with it", [how])
        self._tell(vm)

    def find_again(self) -> list[str]:
        """Have the machines again that sessions before this one left.

        Returns what a person is told of them.
        """
        for text in collect(self._session.directory.parent, self._session.directory):
            log.warning("%s", text)
        found = self.vms.find_again()
        for name in found:
            self._session.task(self._reattach(name))
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
            self._session.notice(f"Cannot connect to {name}", [str(error)])

    def _changed(self, name: str, status: VMStatus) -> None:
        self._lines.changed(name, status.state.value, status.reason)
        if not self._session.ending:
            self._session.placeholders.changed(name, status)
        if status.state.ended:
            self.gates.close(name)
            self._session.server.drop_vm(name)
            if child.groups is not None:
                child.groups.remove(name)
                # Its gate is still ending.
                asyncio.get_running_loop().call_later(GROUP_DELAY_S, child.groups.sweep)
            self._tell_clients_of(name)
        self._tell(name)

    def _tell_clients_of(self, provider: str) -> None:
        """A VM has ended; say aloud who had its network from it and still runs."""
        left = self.vms.clients_of(provider)
        if left and not self._session.ending:
            names = ", ".join(left)
            text = "it has ended, and leaves without a network: %s"
            log.warning(text, names, extra=of_vm(provider))
            verb = "runs" if len(left) == 1 else "run"
            self._session.notice(f"{provider} has ended", [f"{names} {verb} on without a network."])

    def _staged(self, name: str) -> None:
        self._session.placeholders.refresh(name)
        self._tell(name)

    def start(self, name: str, *, asked: bool = False) -> None:
        """Start a VM; a failure is shown. `asked`: the person asks for it now, and waits for it."""
        if asked:
            self._session.placeholders.asked(name)
        self._session.task(self._start(name))

    async def _start(self, name: str) -> None:
        try:
            await self.vms.start(name)
        except VMError as error:
            log.error("%s", error, extra=of_vm(name))
            if not self._session.placeholders.shows(name):
                self._session.notice(f"Cannot start {name}", [str(error)])

    def views(self) -> dict[str, VMView]:
        """All VMs as our Wayland protocol shows them."""
        views = {}
        for name, status in self.vms.states().items():
            views[name] = VMView(
                driver=self.vms.driver(name),
                note=status.note,
                label=self._session.label_of(name),
                state="stopped" if status.state.value == "defined" else status.state.value,
                reason=status.reason,
            )
        return views

    def start_for_client(self, name: str, refused: Callable[[str], None]) -> None:
        """A client of the host wants a VM to start; `refused` is told why it does not."""
        self._session.placeholders.asked(name)
        self._session.task(self._answer(self.vms.start(name), refused))

    def stop_for_client(self, name: str, refused: Callable[[str], None]) -> None:
        """The same, to stop."""
        self._session.task(self._answer(self.vms.stop(name), refused))

    async def _answer(self, request: Awaitable[None], refused: Callable[[str], None]) -> None:
        try:
            await request
        except VMError as error:
            log.warning("a client of the host is refused: %s", error)
            refused(str(error))

    async def terminal_in(self, vm: str) -> None:
        """Open a terminal in a VM; that it cannot be is shown."""
        definition = self._session.config.vms.get(vm)
        if definition is None:
            return
        try:
            self.vms.spawn(vm, definition.terminal)
        except VMError as error:
            self._session.notice(f"Cannot open a terminal in {vm}", [str(error)])


def _why_no_kvm() -> str:
    # Imported when the first guest starts: most sessions have none.
    from spectrum_session.doctor.kvm import why_not

    return why_not()
