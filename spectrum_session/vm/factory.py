"""Makes VMs: decides from a definition what runs it, and gives that what it needs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from spectrum_session.config.schema import VM
from spectrum_session.config.spectrum import SpectrumVM
from spectrum_session.images.store import Store

from .definition import attachment
from .drivers.base import BaseVM
from .drivers.cloud_hypervisor.attached import AttachedVM
from .drivers.cloud_hypervisor.driver import CloudHypervisorVM
from .drivers.local import LocalVM
from .drivers.machine import MachineSetup
from .drivers.qemu.driver import QemuVM
from .drivers.unusable import UnusableVM
from .model import VMStatus
from .names import log_path, socket_path
from .net.places import Places
from .storage.leftovers import GUESTS

MACHINES = ("qemu", "cloud-hypervisor")
"""The drivers whose machines outlive a session."""


class Kind(NamedTuple):
    """What is made of a definition; a VM whose definition makes another kind is made anew."""

    driver: str
    attached: bool = False
    """The machine is run by the host."""
    problem: str = ""
    """Why it can never start."""


def kind_of(definition: VM) -> Kind:
    """The kind of VM that a definition makes now; `attachment` says when that changes."""
    if isinstance(definition, SpectrumVM) and definition.problem:
        return Kind(definition.driver, problem=definition.problem)
    return Kind(definition.driver, attachment(definition) is not None)


class VMFactory:
    """Makes the VMs of one session, on its asyncio loop."""

    def __init__(
        self,
        runtime_dir: Path,
        log_dir: Path,
        definition: Callable[[str], VM | None],
        on_change: Callable[[str, VMStatus], None],
        socket_for: Callable[[str], Path],
        why_no_kvm: Callable[[], str],
    ) -> None:
        """`definition(name)`: a VM's present one. The others are as VMManager has them."""
        self._runtime_dir = runtime_dir
        self._log_dir = log_dir
        self._definition = definition
        self._on_change = on_change
        self._socket_for = socket_for
        self._why_no_kvm = why_no_kvm
        self._kvm_tried: asyncio.Future[str] | None = None
        self._store = Store.default(os.environ)
        self._places = Places()

    def make(self, name: str, kind: Kind) -> BaseVM:
        """A VM of this kind, at rest. Raises VMError when `name` is not a VM name."""
        socket, log = socket_path(self._runtime_dir, name), log_path(self._log_dir, name)
        on_change = partial(self._on_change, name)
        if kind.problem:
            return UnusableVM(name, log, on_change, kind.driver, kind.problem)
        if kind.driver == "local":
            return LocalVM(name, socket, log, on_change)
        directory = self._runtime_dir / ("attached" if kind.attached else GUESTS) / name
        definition = partial(self._definition, name)
        setup = MachineSetup(name, socket, log, on_change, definition, directory)
        if kind.attached:
            return AttachedVM(setup, partial(self._socket_for, name))
        if kind.driver == "cloud-hypervisor":
            return CloudHypervisorVM(setup, self._store, self._try_kvm)
        return QemuVM(setup, self._store, self._try_kvm, self._places)

    async def _try_kvm(self) -> str:
        if self._kvm_tried is None:
            self._kvm_tried = asyncio.ensure_future(asyncio.to_thread(self._why_no_kvm))
        # A caller that is cancelled stops waiting; the others go on.
        return await asyncio.shield(self._kvm_tried)
