"""What VMs cost that nobody uses: many defined, some of them running, all of them quiet."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from . import proc
from .compositor import Compositor
from .devices import Unsupported
from .gate import Gates
from .peers import Peer, Place

KEYS = (
    *("vms_none_mb", "vms_none_cpu_ms", "vms_none_wakeups", "vms_defined_mb"),
    *("vms_mb", "vms_cpu_ms", "vms_wakeups", "vm_processes", "vm_gate_mb", "vm_gate_wakeups"),
    "vm_gate_cpu_ms",
)
DEFINED = 50
RUNNING = 12
MEGABYTE = 1e6
SETTLE_S = 2.0
_VM = 'label = "red"\n'


def with_vms(peer: Peer, count: int) -> Peer:
    """Our session with so many VMs, none of them started. Raises Unsupported for others."""
    if peer.name != "ours":
        raise Unsupported("it has no VMs")

    def command(place: Place) -> list[str]:
        argv = peer.command(place)
        for number in range(count):
            place.write(f"config/vms/vm{number:02}.toml", _VM)
        return argv

    return replace(peer, command=command)


def vms(peer: Peer, *, idle_s: float) -> dict[str, float]:
    """All of it. Raises Unsupported for compositors that have no VMs."""
    with Compositor(with_vms(peer, 0)) as compositor:
        time.sleep(SETTLE_S)
        values = _idle("vms_none", compositor, idle_s)
    with Compositor(with_vms(peer, DEFINED)) as compositor:
        time.sleep(SETTLE_S)
        values["vms_defined_mb"] = compositor.rss_anon() / MEGABYTE
        before = len(_descendants(compositor.pid))
        pids = _start(compositor)
        time.sleep(SETTLE_S)
        values["vm_processes"] = (len(_descendants(compositor.pid)) - before) / RUNNING
        values["vm_gate_mb"] = max(proc.rss_anon(pid) for pid in pids) / MEGABYTE
        used = [proc.usage(pid) for pid in pids]
        values.update(_idle("vms", compositor, idle_s))
        used = [proc.usage(pid).since(one) for pid, one in zip(pids, used, strict=True)]
        values["vm_gate_wakeups"] = sum(one.wakeups for one in used) / idle_s
        values["vm_gate_cpu_ms"] = sum(one.cpu_s for one in used) * 1000 / idle_s
    return values


def _start(compositor: Compositor) -> list[int]:
    """Have twelve VMs run a program that sleeps; the processes of their gates."""
    gates = Gates(compositor)
    pids = []
    for number in range(RUNNING):
        name = f"vm{number:02}"
        # A client that was answered: its gate is ready.
        gates.start(name)
        gates.control.call("spawn", vm=name, argv=["sleep", "1000000"])
        pids.append(gates.pid(name))
    gates.control.close()
    return pids


def _idle(name: str, compositor: Compositor, seconds: float) -> dict[str, float]:
    before = compositor.usage()
    time.sleep(seconds)
    used = compositor.usage().since(before)
    return {
        f"{name}_mb": compositor.rss_anon() / MEGABYTE,
        f"{name}_cpu_ms": used.cpu_s * 1000 / seconds,
        f"{name}_wakeups": used.wakeups / seconds,
    }


def _descendants(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = []
    for task in (proc.PROC / str(pid) / "task").iterdir():
        for child in map(int, Path(task, "children").read_text().split()):
            found += [child, *_descendants(child)]
    return found
