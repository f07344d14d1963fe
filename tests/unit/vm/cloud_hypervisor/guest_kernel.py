"""A guest without a machine: what the server that stands in for cloud-hypervisor runs as its kernel.

It is told its vsock and its initramfs. That is the agent of our images itself, which speaks to the
host and runs real waypipe; only what needs a machine of its own (root, vsock's addresses, busybox)
is another thing here.
"""

import asyncio
import contextlib
import importlib.util
import os
import signal
import sys
import tempfile
import threading
from importlib.machinery import SourceFileLoader

VSOCK, INITRAMFS = sys.argv[1:3]
RUN = tempfile.mkdtemp(prefix="guest-")


def load():
    loader = SourceFileLoader("agent", INITRAMFS)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("agent", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


agent = load()
agent.LINK = f"{RUN}/link"


async def open_stream():
    while True:
        try:
            return (*await asyncio.open_unix_connection(f"{VSOCK}_{agent.AGENT_PORT}"), "vsock")
        except OSError:
            await asyncio.sleep(agent.RETRY_S)


def environment():
    return {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": RUN, "WAYLAND_DISPLAY": "wayland-0",
            "HOME": RUN, "LANG": "C.UTF-8"}


async def display_is_there():
    while not os.path.exists(f"{RUN}/wayland-0"):
        await asyncio.sleep(0.05)


def link_command(_way):
    listen = f"UNIX-LISTEN:{agent.LINK},fork,unlink-early"
    return ["socat", listen, f"UNIX-CONNECT:{VSOCK}_{agent.WAYLAND_PORT}"]


agent.open_stream, agent.environment = open_stream, environment
agent.display_is_there, agent.link_command = display_is_there, link_command
agent.become_user = os.setsid


class Agent(agent.Agent):
    async def obey(self, order):
        if "poweroff" in order:
            agent.say("asked to power off")
            end(0)
        await super().obey(order)


def end(status):
    """Its programs are in sessions of their own: with a machine, they would be gone with it."""
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children") as children:
            for child in children.read().split():
                with contextlib.suppress(OSError):
                    os.killpg(int(child), signal.SIGKILL)
    os._exit(status)


def console():
    """Greets whoever sits at it, and says again what is said."""
    os.write(0, b"guest login: ")
    while data := os.read(0, 100):
        os.write(0, b"<" + data.strip() + b">\r\n")


if __name__ == "__main__":
    agent.say(f"kernel: {os.environ['CMDLINE']}")
    signal.signal(signal.SIGTERM, lambda *_: end(0))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if os.isatty(0):
        threading.Thread(target=console, daemon=True).start()
    asyncio.run(Agent().serve())
