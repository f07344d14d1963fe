"""The real way out, with a device of the test's in the place of a machine's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from spectrum_session.vm.log import VMLog
from spectrum_session.vm.net.address import UPLINK_MAC
from spectrum_session.vm.net.own import own_addresses
from spectrum_session.vm.net.places import LINK
from spectrum_session.vm.net.uplink import Uplink
from spectrum_session.vm.processes import sandbox
from tests.ethernet import Port
from tests.unit.vm.world import WAIT_S, run

from .network import of_its_own

NEVER_S = 1.5
"""How long it is tried to reach what must not be reached; what can be is within milliseconds."""


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    """A way out of the test's own, where one can be made; else the machine's."""
    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(of_its_own())
        yield


@pytest.fixture
def service(network: None) -> Iterator[int]:
    """The number of a port of the host's on which somebody listens, on every address."""
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def through(
    tmp_path: Path, host_loopback: bool, check: Callable[[Port, str, str], None]
) -> str:
    """Have `check` look at a way out: a port on it, its own address and its router's; the log."""
    tools = sandbox.find_tools()
    machine, network, own = (tmp_path / name for name in ("machine", "network", "own"))

    async def look() -> None:
        log = VMLog(tmp_path / "log")
        for directory in (machine, network, own):
            directory.mkdir(mode=0o700)
            sandbox.hand_over(tools, "netvm", directory)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(machine / LINK))
            sandbox.hand_over(tools, "netvm", machine / LINK)
            listener.listen()
            listener.setblocking(False)
            way = Uplink(tools, "netvm", log, machine, network, own, host_loopback)
            way.start()
            try:
                loop = asyncio.get_running_loop()
                link, _ = await asyncio.wait_for(loop.sock_accept(listener), WAIT_S)
                link.setblocking(True)
                with Port(link, UPLINK_MAC, WAIT_S) as port:
                    await asyncio.to_thread(check, port, *default_route())
            finally:
                way.stop()
        log.close()

    run(look())
    return (tmp_path / "log").read_text()


def default_route() -> tuple[str, str]:
    """The address that passt gives to the machine, which is the host's, and its router."""
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        words = line.split()
        if words[1] == "00000000":
            router = socket.inet_ntoa(bytes.fromhex(words[2])[::-1])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect((router, 9))
                return str(probe.getsockname()[0]), router
    raise AssertionError("the tests need a machine with a default route")


@pytest.mark.parametrize("granted", [False, True])
def test_the_hosts_loopback(tmp_path: Path, service: int, granted: bool) -> None:
    def check(port: Port, own: str, router: str) -> None:
        port.resolve(own, router)
        assert port.opens(own, router, service, WAIT_S if granted else NEVER_S) == granted

    through(tmp_path, granted, check)


def test_the_host_itself_is_closed_whoever_asks(tmp_path: Path, service: int) -> None:
    """What a machine that does not keep to its addresses would try; passt itself lets it."""
    closed = ["127.0.0.1", "127.1.2.3", "0.0.0.0", *own_addresses()]

    def check(port: Port, own: str, router: str) -> None:
        port.resolve(own, router)
        for to in closed:
            for source in (own, "10.9.8.7"):
                assert not port.opens(source, to, service, NEVER_S / 3), to
        assert port.opens(own, router, service, WAIT_S), "it is not that nothing passes"

    log = through(tmp_path, True, check)
    for to in closed:
        assert f"what is for {to} may not leave the machine this way\n" in log
