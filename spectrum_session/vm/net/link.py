"""The link between a machine and the one that gives it a network: what joins its two ends."""

from __future__ import annotations

from pathlib import Path

from spectrum_session.vm import sandbox, sandboxed
from spectrum_session.vm.log import VMLog

from .kept import Kept
from .places import LINK

CLIENT, PROVIDER = "/run/client", "/run/provider"
"""Where the ends' directories are in the sandbox of what joins them."""

COMMAND = (
    "socat",
    *("-b", "65536"),
    *(
        # Waits for either machine, and ends when one of them does: then it is started again.
        f"UNIX-CONNECT:{directory}/{LINK},forever,interval=0.5"
        for directory in (CLIENT, PROVIDER)
    ),
)


def join(tools: sandbox.Tools, name: str, log: VMLog, client: Path, provider: Path) -> Kept:
    """What joins the link of VM `name`, whose ends are in these directories. Not started yet."""
    return Kept(
        "its link to its network",
        lambda ended: sandboxed.start(
            tools, name, log, COMMAND, ended, binds=binds(client, provider)
        ),
        log,
    )


def binds(client: Path, provider: Path) -> list[sandbox.Bind]:
    """All that it has of the host's files."""
    return [sandbox.Bind(client, CLIENT), sandbox.Bind(provider, PROVIDER)]
