"""The way from a machine to the host's network: passt, which has it, and what filters before it.

Neither QEMU nor the filter has a network. passt opens the machine's connections as a program of
the host would, in a sandbox in which nothing but its socket is; what a machine may not reach is
kept from it by the filter (joint.py), whatever passt itself would do.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes import sandbox, sandbox_process

from .address import RESOLVER
from .kept import Kept
from .link import join
from .own import FILE, OwnAddresses
from .places import LINK

NETWORK = "/run/network"
"""Where passt makes its socket, in its sandbox."""
_SOCKET = "passt"
_RESOLVERS = Path("/etc/resolv.conf")


class Uplink:
    """Keeps the way out open until it is told to stop. It belongs to one asyncio loop."""

    def __init__(
        self,
        tools: sandbox.Tools,
        name: str,
        log: VMLog,
        machine: Path,
        network: Path,
        closed: Path,
        host_loopback: bool,
    ) -> None:
        """`machine`: the directory in which QEMU's socket is; `network`: where passt's will be;
        `closed`: where the host's addresses will be.

        `name`, the VM's, must have passed check_name. Raises VMError when passt is not installed.
        """
        if shutil.which("passt") is None:
            raise VMError("passt not found, its way to the network (Debian: apt-get install passt)")
        self._own = OwnAddresses(closed)
        passt = Kept(
            "passt",
            lambda ended: sandbox_process.start(
                tools,
                name,
                log,
                passt_command(host_loopback),
                ended,
                binds=passt_binds(network),
                network=True,
            ),
            log,
        )
        ends = (machine / LINK, network / _SOCKET, closed / FILE)
        self._programs = [passt, join(tools, name, log, "its way out", *ends)]

    def start(self) -> None:
        """Start it. Raises VMError when it cannot be."""
        self._own.start()
        for program in self._programs:
            program.start()

    def stop(self) -> None:
        """End it, for good."""
        for program in self._programs:
            program.stop()
        self._own.stop()


def passt_command(host_loopback: bool) -> list[str]:
    """passt with one machine, and no port of the host's that leads into it."""
    made = ["passt", "--foreground", "--quiet", "--ipv4-only"]
    made += ["--socket", f"{NETWORK}/{_SOCKET}", "--dns-forward", RESOLVER]
    # With it the gateway's address would be the host's loopback.
    return made if host_loopback else [*made, "--no-map-gw"]


def passt_binds(network: Path) -> list[sandbox.Bind]:
    """All that passt has of the host's files."""
    made = [sandbox.Bind(network, NETWORK, writable=True)]
    if _RESOLVERS.exists():
        # A link, as often as not, to where a sandbox has nothing.
        made.append(sandbox.Bind(_RESOLVERS.resolve(), str(_RESOLVERS)))
    return made
