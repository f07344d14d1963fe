"""The way from a machine to the host's network: passt, which has it, and what filters before it.

Neither QEMU nor the filter has a network. passt opens the machine's connections as a program of
the host would, in a sandbox in which nothing but its socket is; what a machine may not reach is
kept from it by the filter (way_out.py), whatever passt itself would do.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from spectrum_session.vm import sandbox, sandboxed
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gate.command import Interpreter
from spectrum_session.vm.log import VMLog

from . import way_out
from .address import RESOLVER
from .kept import Kept
from .own import FILE, OwnAddresses
from .places import LINK

MACHINE, NETWORK, CLOSED = "/run/machine", "/run/network", "/run/closed"
"""Where the directories are in the sandboxes with the sockets of QEMU and of passt, and with the
host's own addresses."""
_PROGRAM = "/run/way_out.py"
_SOCKET = "passt"
_RESOLVERS = Path("/etc/resolv.conf")
_USR = Path("/usr")


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
        python = Interpreter.running()
        self._programs = [
            Kept(
                "passt",
                lambda ended: sandboxed.start(
                    tools,
                    name,
                    log,
                    passt_command(host_loopback),
                    ended,
                    binds=passt_binds(network),
                    network=True,
                ),
                log,
            ),
            Kept(
                "its way out",
                lambda ended: sandboxed.start(
                    tools,
                    name,
                    log,
                    filter_command(python),
                    ended,
                    binds=filter_binds(python, machine, network, closed),
                ),
                log,
            ),
        ]

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


def filter_command(python: Interpreter) -> list[str]:
    """The filter."""
    files = (f"{MACHINE}/{LINK}", f"{NETWORK}/{_SOCKET}", f"{CLOSED}/{FILE}")
    return [str(python.executable), "-I", "-S", "-B", _PROGRAM, *files]


def filter_binds(
    python: Interpreter, machine: Path, network: Path, closed: Path
) -> list[sandbox.Bind]:
    """All that the filter has of the host's files."""
    made = [sandbox.Bind(machine, MACHINE), sandbox.Bind(network, NETWORK)]
    made.append(sandbox.Bind(closed, CLOSED))
    made.append(sandbox.Bind(Path(way_out.__file__).resolve(), _PROGRAM))
    if python.prefix != _USR:
        library = python.prefix / "lib"
        made += [sandbox.Bind(path, str(path)) for path in (library, python.executable)]
    return made
