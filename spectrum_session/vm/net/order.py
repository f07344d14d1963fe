"""Starts net providers before their clients: a VM waits, as a state of its life, for its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from spectrum_session.config.providers import chain, clients
from spectrum_session.vm.drivers.base import BaseVM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.model import VMState


class NetOrder:
    """Providers of VMs, and the VMs that wait for theirs. It belongs to one asyncio loop."""

    def __init__(
        self, find: Callable[[str], BaseVM], start: Callable[[str], Awaitable[None]]
    ) -> None:
        """`find` raises VMError for a VM that is not there; `start` starts one that is at rest, and
        has it be starting before it waits for anything."""
        self._find = find
        self._start = start
        self._net: dict[str, str] = {}
        self._changes: dict[str, list[asyncio.Future[None]]] = {}
        """Waiters for a VM's next status, by its name."""

    def update(self, net: Mapping[str, str]) -> None:
        """Take over other providers, by client. VMError when a VM would wait for itself; then
        nothing has changed."""
        for name in net:
            try:
                chain(name, net)
            except ValueError as error:
                raise VMError(str(error)) from error
        self._net = dict(net)

    def clients_of(self, name: str) -> list[str]:
        """The VMs that have their network from this one, as they are defined."""
        return clients(name, self._net)

    def changed(self, name: str) -> None:
        """A VM has another status."""
        for change in self._changes.pop(name, ()):
            if not change.done():
                change.set_result(None)

    async def wait(self, vm: BaseVM, provider: str) -> None:
        """Have a VM that is at rest wait until its provider runs, which is started if need be.

        Raises VMError when the provider fails, and so does the VM then, or when the VM was stopped
        meanwhile.
        """
        if self._find(provider).status.state is VMState.RUNNING:
            return
        vm.wait(f"waits for {provider}")
        since = vm.status.since
        try:
            await self._bring_up(provider)
        except VMError as error:
            reason = f"it has no network: {error}"
            if vm.waits and vm.status.since == since:
                vm.give_up(reason)
            raise VMError(f"{vm.name}: {reason}") from error
        if not vm.waits or vm.status.since != since:
            raise VMError(f"{vm.name}: it was stopped while it waited for {provider}")

    async def _bring_up(self, name: str) -> None:
        """Have a provider run, whoever starts it. Raises VMError, also when another's start fails.

        One that stops is started again once it has ended.
        """
        joined = False
        while True:
            status = self._find(name).status
            if status.state is VMState.RUNNING:
                return
            if status.state.ended and joined:
                raise VMError(f"{name}: {status.reason}")
            if status.state.ended:
                # Not a task of its own: another client must see at once that it starts.
                await self._start(name)
                return
            joined = joined or status.state is VMState.STARTING
            change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._changes.setdefault(name, []).append(change)
            await change
