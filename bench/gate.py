"""What a VM's gate costs: the same clients on the host's socket and on VMs' sockets."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from spectrum_session.control.client import Client as Control

from . import proc
from .clients import Clients
from .compositor import Compositor
from .devices import FeelingWindow, Unsupported, VirtualPointer, move
from .peers import Peer, Place
from .stats import median, percentile
from .window import LARGE, Canvas
from .wire import Link

KEYS = (
    *("gate_start_ms", "gate_rss_mb", "host_rt_p50_us", "gate_added_p50_us"),
    *("gate_added_p99_us", "gate_draw_cpu", "gate_copied_cpu", "gate_16_fps", "gate_16_cpu"),
    "gate_pointer_cpu",
)
VMS = ("one", "two", "three", "four")
WINDOWS = 16
HERTZ = 1000
MEGABYTE = 1e6


def with_vms(peer: Peer) -> Peer:
    """Our session with VMs that are not started yet. Raises Unsupported for others."""
    if peer.name != "ours":
        raise Unsupported("it has no gates")

    def command(place: Place) -> list[str]:
        argv = peer.command(place)
        for vm in VMS:
            place.write(f"config/vms/{vm}.toml", 'label = "red"\n')
        return argv

    return replace(peer, command=command)


class Gates:
    """The VMs of a session that runs."""

    def __init__(self, compositor: Compositor) -> None:
        path = compositor.place.runtime / "spectrum-session" / compositor.socket.name / "control"
        self.control = Control(path)

    def start(self, vm: str) -> float:
        """Start a VM; returns the seconds until a client on its socket was answered."""
        began = time.perf_counter()
        self.control.call("vm-start", name=vm)
        roundtrips(self.socket(vm), 1)
        return time.perf_counter() - began

    def socket(self, vm: str) -> Path:
        """Where its clients connect."""
        return Path(self.control.call("vm-socket", name=vm)["path"])

    def pid(self, vm: str) -> int:
        """Its gate's process."""
        return int(self.control.call("vm-status", name=vm)["gate"]["pid"])


def roundtrips(path: Path, count: int) -> list[float]:
    """Seconds that each of so many syncs took on a connection of its own."""
    delays = []
    with Link(path) as link:
        link.roundtrip()
        for _ in range(count):
            began = time.perf_counter()
            link.roundtrip()
            delays.append(time.perf_counter() - began)
    return delays


def start(peer: Peer, runs: int) -> dict[str, float]:
    """From the command that starts a VM to the first answer through its gate."""
    with Compositor(with_vms(peer)) as compositor:
        gates = Gates(compositor)
        time.sleep(1)
        return {"gate_start_ms": median([gates.start(vm) for vm in VMS[:runs]]) * 1000}


def roundtrip(peer: Peer, count: int) -> dict[str, float]:
    """Syncs on both sockets by turns, so that both have the machine's same moods."""
    host: list[float] = []
    vm: list[float] = []
    with Compositor(with_vms(peer)) as compositor:
        gates = Gates(compositor)
        gates.start("one")
        for _ in range(10):
            host += roundtrips(compositor.socket, count // 10)
            vm += roundtrips(gates.socket("one"), count // 10)
    return {
        "host_rt_p50_us": percentile(host, 50) * 1e6,
        **{
            f"gate_added_p{percent}_us": (percentile(vm, percent) - percentile(host, percent)) * 1e6
            for percent in (50, 99)
        },
    }


def drawing(
    peer: Peer, canvas: Canvas, count: int, vms: Sequence[str], seconds: float
) -> dict[str, float]:
    """Windows of these VMs by turns that draw at frame rate: what each gets and the gates take."""
    with Compositor(with_vms(peer)) as compositor:
        gates = Gates(compositor)
        for vm in vms:
            gates.start(vm)
        pids = [gates.pid(vm) for vm in vms]
        paths = [gates.socket(vm) for vm in vms]
        with Clients(paths, canvas) as clients:
            clients.open(count, compositor.before_window)
            for window in clients.windows:
                window.draw(LARGE)
            clients.run(1)
            for window in clients.windows:
                window.frames.clear()
            before = [proc.usage(pid) for pid in pids]
            began = time.perf_counter()
            clients.run(seconds)
            elapsed = time.perf_counter() - began
            used = [proc.usage(pid).since(one).cpu_s for pid, one in zip(pids, before, strict=True)]
            frames = sum(len(window.frames) for window in clients.windows)
            return {
                "fps": frames / count / elapsed,
                "cpu": sum(used) * 100 / elapsed,
                "rss": max(proc.rss_anon(pid) for pid in pids) / MEGABYTE,
            }


def pointer(peer: Peer, canvas: Canvas, seconds: float) -> dict[str, float]:
    """A fast mouse over a VM's window."""
    with Compositor(with_vms(peer)) as compositor:
        gates = Gates(compositor)
        gates.start("one")
        with (
            VirtualPointer(compositor.socket) as mouse,
            FeelingWindow(gates.socket("one"), canvas) as window,
        ):
            width, height = compositor.output_size
            mouse.place(width // 2, height // 2)
            window.listen_pointer()
            move(mouse, window, HERTZ, 0.5)
            before = proc.usage(gates.pid("one"))
            rate, _ = move(mouse, window, HERTZ, seconds)
            used = proc.usage(gates.pid("one")).since(before)
    return {"gate_pointer_cpu": used.cpu_s * 100 / seconds * HERTZ / rate}


def gate(peer: Peer, canvas: Canvas, *, draw_s: float, pointer_s: float, syncs: int) -> (
    dict[str, float]
):
    """All of it. Raises Unsupported for compositors that have no gates."""
    values = {**start(peer, len(VMS)), **roundtrip(peer, syncs)}
    alone = drawing(peer, canvas, 1, VMS[:1], draw_s)
    many = drawing(peer, canvas, WINDOWS, VMS, draw_s)
    values["gate_draw_cpu"] = alone["cpu"]
    own = Canvas(sealable=False)
    try:
        values["gate_copied_cpu"] = drawing(peer, own, 1, VMS[:1], draw_s)["cpu"]
    finally:
        own.close()
    values["gate_16_fps"], values["gate_16_cpu"] = many["fps"], many["cpu"]
    values["gate_rss_mb"] = max(alone["rss"], many["rss"])
    return {**values, **pointer(peer, canvas, pointer_s)}
