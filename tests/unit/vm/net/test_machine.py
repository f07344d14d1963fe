"""A machine's network as a whole: what QEMU is told and has, and that another session goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from spectrum_session.config.schema import VM
from spectrum_session.vm import sandbox
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.net import address, devices
from spectrum_session.vm.net.machine import MachineNet, Wanted
from spectrum_session.vm.net.places import Places
from tests.unit.vm.world import run


def looked_at(tmp_path: Path, definition: VM, check: Callable[[MachineNet], None]) -> None:
    """Have `check` look at the network of the machine "work", which is started."""

    async def look() -> None:
        log = VMLog(tmp_path / "log")
        directory = tmp_path / "guest"
        directory.mkdir(mode=0o700, exist_ok=True)
        wanted = Wanted.of(definition)
        wanted.note(directory)
        for one in (wanted, Wanted.noted(directory)):
            # As another session would, which knows nothing but what is in the directories.
            places = Places(tmp_path / "links")
            net = MachineNet(sandbox.find_tools(), "work", one, directory, places)
            net.start(log)
            try:
                check(net)
            finally:
                net.stop()
        log.close()

    run(look())


def test_a_machine_without_a_network_has_none(tmp_path: Path) -> None:
    def check(net: MachineNet) -> None:
        assert (net.binds, net.devices, net.kernel_words) == ([], [], [])

    looked_at(tmp_path, VM(driver="qemu"), check)


def test_one_that_has_its_network_from_another(tmp_path: Path) -> None:
    before = Places(tmp_path / "links").take("netvm", "other")

    def check(net: MachineNet) -> None:
        assert net.devices == devices.client(before + 1)
        (bind,) = net.binds
        assert (bind.source, bind.target) == (tmp_path / "guest/net", devices.CLIENT)
        # The one place in which it may write: its end of the link is a socket there.
        assert bind.writable and bind.source.is_dir()

    looked_at(tmp_path, VM(driver="qemu", net="netvm"), check)


@pytest.mark.parametrize("granted", [False, True])
def test_one_that_has_the_hosts_network(tmp_path: Path, granted: bool) -> None:
    def check(net: MachineNet) -> None:
        assert net.devices == devices.provider()
        assert net.kernel_words == ["spectrum.host-loopback"] * granted
        sources = [bind.source for bind in net.binds]
        assert sources[0] == tmp_path / "guest/uplink"
        assert sources[1:] == [
            tmp_path / "links/work" / str(place) for place in range(1, address.PLACES + 1)
        ]
        closed = (tmp_path / "guest/own/addresses").read_text().split()
        assert "127.0.0.1" not in closed

    looked_at(tmp_path, VM(driver="qemu", uplink=True, host_loopback=granted), check)


def test_what_cannot_be_understood_is_told(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"provider": 1}'):
        (tmp_path / "network.json").write_text(text)
        with pytest.raises(VMError, match="what network it has"):
            Wanted.noted(tmp_path)


@pytest.mark.parametrize("what", ["guest/net", "links"])
def test_where_it_cannot_be_made(tmp_path: Path, what: str) -> None:
    (tmp_path / "guest").mkdir()
    (tmp_path / what).touch()
    with pytest.raises(VMError, match=os.path.basename(what)):
        looked_at(tmp_path, VM(driver="qemu", net="netvm"), lambda net: None)
