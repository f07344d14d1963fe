"""Commands about VMs."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import cast

from spectrum_session.compositor.port import CompositorPort
from spectrum_session.control import commands, messages, views
from spectrum_session.control.errors import FAILED, NOT_FOUND, ControlError
from spectrum_session.control.names import VMState
from spectrum_session.control.ports import Consoles, Gates, HasConfig, LabelOf, RunBeside, VMs

from . import gates as gate_views
from .boots import boot, last_start
from .guest_programs import relay


class VMCommands:
    """A method for each command of the area `vms`."""

    def __init__(
        self,
        compositor: CompositorPort,
        vms: VMs,
        gates: Gates,
        consoles: Consoles,
        settings: HasConfig,
        label_of: LabelOf,
        run_beside: RunBeside,
    ) -> None:
        self._compositor = compositor
        self._vms = vms
        self._gates = gates
        self._consoles = consoles
        self._settings = settings
        self._label_of = label_of
        self._run_beside = run_beside

    def vm(self, name: str) -> messages.VM:
        """A VM of `VMs.states` as `vms` lists it."""
        status = self._vms.states()[name]
        definition = self._settings.config.vms.get(name)
        state = "stopped" if status.state.value == "defined" else status.state.value
        return messages.VM(
            name=name,
            driver=self._vms.driver(name),
            state=cast(VMState, state),
            label=views.label(self._label_of(name)),
            windows=[view.id for view in self._compositor.windows() if view.vm == name],
            pid=status.pids[0] if status.pids else None,
            reason=status.reason or None,
            since=_clock(status.since),
            net=(definition.net or None) if definition is not None else None,
            boot=boot(self._vms.boot(name)),
        )

    async def vms(self, _args: commands.NoArgs) -> list[messages.VM]:
        """The VMs of the configuration."""
        await self._vms.look()
        return [self.vm(name) for name in self._vms.states()]

    def apps(self, _args: commands.NoArgs) -> list[messages.Launchable]:
        """The programs that VMs offer."""
        found = []
        for name in self._vms.states():
            definition = self._settings.config.vms.get(name)
            vm = self.vm(name)
            for app in definition.apps if definition is not None else []:
                found.append(
                    messages.Launchable(
                        vm=name,
                        label=vm.label,
                        state=vm.state,
                        name=app.name,
                        command=app.command,
                        icon=app.icon or None,
                    )
                )
        return found

    async def vm_start(self, args: commands.VMArgs) -> None:
        """Start a VM."""
        await self._vms.start(args.name)

    async def vm_stop(self, args: commands.VMArgs) -> None:
        """Stop a VM."""
        await self._vms.stop(args.name)

    def vm_kill(self, args: commands.VMArgs) -> None:
        """End a VM at once."""
        self._vms.kill(args.name)

    def vm_log(self, args: commands.VMArgs) -> messages.VMLog:
        """The output of a VM."""
        path = self._vms.log_path(args.name)
        try:
            text = path.read_text(errors="replace")
        except FileNotFoundError:
            text = ""
        except OSError as error:
            raise ControlError(FAILED, f"{path}: {error.strerror}") from error
        return messages.VMLog(path=str(path), text=text)

    def vm_apps(self, args: commands.VMArgs) -> list[messages.App]:
        """The programs that a VM offers."""
        definition = self._settings.config.vms.get(args.name)
        if definition is None:
            raise ControlError(NOT_FOUND, f"there is no VM {args.name!r}")
        return [
            messages.App(name=app.name, command=app.command, icon=app.icon or None)
            for app in definition.apps
        ]

    def vm_run(
        self, args: commands.RunArgs
    ) -> AsyncGenerator[messages.VMOutput | messages.Ran, None]:
        """Run a program in a VM to its end."""
        program = self._vms.run(args.name, args.argv, args.stream)
        return relay(program, args, self._run_beside)

    async def vm_console(self, args: commands.ConsoleArgs) -> messages.VMConsole:
        """Open a VM's console in a window."""
        opened = await self._consoles.open(args.name)
        if opened and args.wait:
            await self._vms.console_closed(args.name)
        return messages.VMConsole(already_open=not opened)

    def vm_socket(self, args: commands.VMArgs) -> messages.SocketPath:
        """The path of a VM's Wayland socket."""
        path = self._vms.socket_path(args.name)
        listening = self._gates.is_open(args.name) or self._compositor.is_listening(args.name)
        return messages.SocketPath(path=str(path), listening=listening)

    async def vm_status(self, args: commands.VMArgs) -> messages.VMStatus:
        """Connections, permissions, limits and gate of a VM."""
        name = args.name
        if name not in self._vms.states():
            raise ControlError(NOT_FOUND, f"there is no VM {name!r}")
        await self._vms.look()
        vm = self.vm(name)
        gate = self._gates.get(name)
        answer = await gate_views.ask_status(gate) if gate is not None else None
        config = self._settings.config
        definition = config.vms.get(name)
        limits = gate_views.keys(config.limits_of(name))
        delay = definition if definition is not None else config.session
        return messages.VMStatus(
            vm=vm,
            note=self._vms.states()[name].note or None,
            gate=gate_views.gate(gate, listening=self._compositor.is_listening(name)),
            connections=sum(client.vm == name for client in self._compositor.connections()),
            permissions=gate_views.keys(config.permissions_of(name)),
            limits=limits,
            events_max_delay_ms=delay.events_max_delay_ms,
            last_start=last_start(self._vms.boot(name)),
            usage=gate_views.usage(answer, list(limits)) if answer is not None else None,
        )


def _clock(at: float) -> str:
    """A time of time.monotonic() by the host's clock."""
    passed = time.monotonic() - at
    return datetime.fromtimestamp(time.time() - passed).astimezone().isoformat(timespec="seconds")
