"""What is made of a definition."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest

from spectrum_session.config.schema import VM
from spectrum_session.config.spectrum import SpectrumVM
from spectrum_session.vm.drivers.cloud_hypervisor.attached import AttachedVM
from spectrum_session.vm.drivers.cloud_hypervisor.driver import CloudHypervisorVM
from spectrum_session.vm.drivers.local import LocalVM
from spectrum_session.vm.drivers.qemu.driver import QemuVM
from spectrum_session.vm.drivers.unusable import UnusableVM
from spectrum_session.vm.factory import Kind, VMFactory, kind_of

CH: Final = "cloud-hypervisor"


@pytest.mark.parametrize(
    ("definition", "kind"),
    [
        (VM(driver="local"), Kind("local")),
        (VM(driver="qemu"), Kind("qemu")),
        (VM(driver=CH), Kind(CH)),
        (VM(driver=CH, api_socket="/run/nowhere/vmm"), Kind(CH, attached=True)),
        (SpectrumVM(driver=CH, kernel="/boot/k"), Kind(CH)),
        (SpectrumVM(driver=CH, problem="no disk"), Kind(CH, problem="no disk")),
    ],
)
def test_the_kind_of_a_definition(definition: VM, kind: Kind) -> None:
    assert kind_of(definition) == kind


def test_spectrums_vm_is_attached_to_while_the_host_runs_it(tmp_path: Path) -> None:
    socket = tmp_path / "vmm"
    definition = SpectrumVM(driver=CH, kernel="/boot/k", api_sockets=(str(socket),))
    assert kind_of(definition) == Kind(CH)
    socket.touch()
    assert kind_of(definition) == Kind(CH, attached=True)


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        (Kind("local"), LocalVM),
        (Kind("qemu"), QemuVM),
        (Kind(CH), CloudHypervisorVM),
        (Kind(CH, attached=True), AttachedVM),
        (Kind("qemu", problem="no disk"), UnusableVM),
    ],
)
def test_what_is_made_of_a_kind(tmp_path: Path, kind: Kind, made: type) -> None:
    async def check() -> None:
        factory = VMFactory(
            tmp_path,
            tmp_path,
            lambda name: None,
            lambda name, status: None,
            lambda name: tmp_path,
            lambda: "",
        )
        vm = factory.make("work", kind)
        assert type(vm) is made
        assert (vm.driver, vm.problem, vm.owned) == (kind.driver, kind.problem, not kind.attached)
        assert not vm.leave(keep=True) or kind.attached, "one at rest is nothing to keep"

    asyncio.run(check())


def test_hardware_virtualisation_is_tried_once(tmp_path: Path) -> None:
    tried = []

    async def check() -> None:
        factory = VMFactory(
            tmp_path,
            tmp_path,
            lambda name: None,
            lambda name, status: None,
            lambda name: tmp_path,
            lambda: tried.append(1) or "not here",  # type: ignore[func-returns-value]
        )
        first = asyncio.ensure_future(factory._try_kvm())
        second = asyncio.ensure_future(factory._try_kvm())
        await asyncio.sleep(0)
        first.cancel()
        assert await second == "not here", "a caller that gave up took the others with it"
        assert await factory._try_kvm() == "not here"

    asyncio.run(check())
    assert tried == [1]
