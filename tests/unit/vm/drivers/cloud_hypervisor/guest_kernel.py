"""A guest without a machine: what stands in for cloud-hypervisor runs this as its kernel.

It is told its vsock and its initramfs. That is the agent of our images itself, which speaks to the
host and runs real waypipe; only what needs a machine of its own (root, vsock's addresses, busybox)
is another thing here.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import threading
from importlib.machinery import SourceFileLoader
from typing import Any

VSOCK, INITRAMFS = sys.argv[1:3]
RUN = tempfile.mkdtemp(prefix="guest-")


def load() -> Any:
    loader = SourceFileLoader("agent", INITRAMFS)
    spec = importlib.util.spec_from_loader("agent", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


agent = load()
agent.LINK = f"{RUN}/link"


async def open_stream() -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
    while True:
        try:
            return (*await asyncio.open_unix_connection(f"{VSOCK}_{agent.AGENT_PORT}"), "vsock")
        except OSError:
            await asyncio.sleep(agent.RETRY_S)


def environment() -> dict[str, str]:
    own = {"XDG_RUNTIME_DIR": RUN, "WAYLAND_DISPLAY": "wayland-0", "HOME": RUN}
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **own}


async def display_is_there() -> None:
    while not os.path.exists(f"{RUN}/wayland-0"):
        await asyncio.sleep(0.05)


def link_command(_way: str) -> list[str]:
    listen = f"UNIX-LISTEN:{agent.LINK},fork,unlink-early"
    return ["socat", listen, f"UNIX-CONNECT:{VSOCK}_{agent.WAYLAND_PORT}"]


agent.open_stream, agent.environment = open_stream, environment
agent.display_is_there, agent.link_command = display_is_there, link_command
agent.become_user = os.setsid


class Programs:
    """Of the agent's way to other programs: without a machine there is none to be turned off."""

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    @staticmethod
    def run(argv: list[str], **options: Any) -> Any:
        if argv[-1] == "poweroff":
            end(0)
        return subprocess.run(argv, **options)


agent.subprocess = Programs()


def end(status: int) -> None:
    """Its programs are in sessions of their own: with a machine, they would be gone with it."""
    for task in os.listdir("/proc/self/task"):
        # A thread may end meanwhile.
        with (
            contextlib.suppress(OSError),
            open(f"/proc/self/task/{task}/children") as children,
        ):
            for child in children.read().split():
                with contextlib.suppress(OSError):
                    os.killpg(int(child), signal.SIGKILL)
    os._exit(status)


def console() -> None:
    """Greets whoever sits at it, and says again what is said."""
    os.write(0, b"guest console\r\n")
    while data := os.read(0, 100):
        os.write(0, b"<" + data.strip() + b">\r\n")


if __name__ == "__main__":
    agent.say(f"kernel: {os.environ['CMDLINE']}")
    signal.signal(signal.SIGTERM, lambda *_: end(0))
    if os.isatty(0):
        threading.Thread(target=console, daemon=True).start()
    asyncio.run(agent.Agent().serve())
