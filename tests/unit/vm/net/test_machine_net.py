"""A machine's network as a whole: what QEMU is told and has, and that another session goes on."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from spectrum_session.config.schema import VM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.net import address, devices
from spectrum_session.vm.net.machine_net import MachineNet, Wanted
from spectrum_session.vm.net.slots import Slots
from spectrum_session.vm.processes import sandbox
from tests.unit.vm.world import WAIT_S, run

from .test_link import End, passes


def looked_at(tmp_path: Path, definition: VM, check: Callable[[MachineNet], None]) -> None:
    """Have `check` look at the network of the machine "work", which is started, and again in
    another session, which knows nothing but what is in the directories."""

    async def look() -> None:
        log = VMLog(tmp_path / "log")
        directory = tmp_path / "guest"
        directory.mkdir(mode=0o700, exist_ok=True)
        for again in (False, True):
            wanted = Wanted.noted(directory) if again else Wanted.of(definition)
            slots = Slots()
            if not again:
                slots.take("netvm", "other")
            net = MachineNet(sandbox.find_tools(), "work", wanted, directory, slots)
            try:
                net.start(log)
                check(net)
            finally:
                net.stop()
            assert slots.take("netvm", "new", 2) == 2, "its slot is free again"
        log.close()

    run(look())


def test_a_machine_without_a_network_has_none(tmp_path: Path) -> None:
    def check(net: MachineNet) -> None:
        with net.listening() as network:
            assert (network.devices, network.fds, net.kernel_words) == ([], [], [])

    looked_at(tmp_path, VM(driver="qemu"), check)


def test_one_that_has_its_network_from_another(tmp_path: Path) -> None:
    def check(net: MachineNet) -> None:
        with net.listening() as network:
            (fd,) = network.fds
            assert network.devices == devices.client(2, fd)
            assert listens(tmp_path / "guest/net/link")
        assert not listens(tmp_path / "guest/net/link"), "it would be QEMU's alone"

    looked_at(tmp_path, VM(driver="qemu", net="netvm"), check)


@pytest.mark.parametrize("granted", [False, True])
def test_one_that_has_the_hosts_network(tmp_path: Path, granted: bool) -> None:
    guest = tmp_path / "guest"

    def check(net: MachineNet) -> None:
        with net.listening() as network:
            *slots, uplink = network.fds
            assert network.devices == devices.provider(uplink, dict(enumerate(slots, 1)))
            for slot in range(1, address.SLOTS + 1):
                assert listens(guest / f"places/{slot}/link")
            assert listens(guest / "uplink/link")
        assert net.kernel_words == ["spectrum.host-loopback"] * granted
        assert "127.0.0.1" not in (guest / "own/addresses").read_text().split()

    looked_at(tmp_path, VM(driver="qemu", uplink=True, host_loopback=granted), check)


def listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def test_a_link_comes_and_goes_with_the_provider(tmp_path: Path) -> None:
    """Two machines, of which the one that gives the network starts once more."""
    tools, slots = sandbox.find_tools(), Slots()

    async def check() -> None:
        log = VMLog(tmp_path / "log")
        made = {}
        for name, wanted in (
            ("work", Wanted("netvm", uplink=False, host_loopback=False)),
            ("netvm", Wanted("", uplink=True, host_loopback=False)),
        ):
            (tmp_path / name).mkdir()
            made[name] = MachineNet(tools, name, wanted, tmp_path / name, slots)
        made["work"].start(log)
        client = End(tmp_path / "work/net", there=True)
        for _ in range(2):
            made["netvm"].start(log)
            provider = End(tmp_path / "netvm/places/1", there=True)
            with await client.accept() as one, await provider.accept() as other:
                await passes(one, other)
                made["netvm"].stop()
                loop = asyncio.get_running_loop()
                assert await asyncio.wait_for(loop.sock_recv(one, 1), WAIT_S) == b""
            shutil.rmtree(tmp_path / "netvm")
            (tmp_path / "netvm").mkdir()
        made["work"].stop()
        log.close()

    run(check())


def test_what_cannot_be_understood_is_told(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"provider": 1}'):
        (tmp_path / "network.json").write_text(text)
        with pytest.raises(VMError, match="which network it was started with"):
            Wanted.noted(tmp_path)


def test_where_it_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "guest").mkdir()
    (tmp_path / "guest/net").touch()
    with pytest.raises(VMError, match="guest/net: "):
        looked_at(tmp_path, VM(driver="qemu", net="netvm"), lambda net: None)
