"""What a VM that is a real machine costs: its start, what it shows through waypipe, its keep."""

from __future__ import annotations

import base64
import io
import os
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from spectrum_session.control.client import Client as Control

from . import proc
from .clients import Clients
from .compositor import Compositor, Failed
from .devices import Unsupported
from .peers import Peer, Place
from .stats import median
from .window import LARGE, Canvas

KEYS = (
    *("guest_start_s", "guest_vmm_s", "guest_kernel_s", "guest_user_s", "guest_transport_s"),
    *("guest_app_s", "direct_fps", "direct_cpu", "guest_fps", "guest_cpu", "guest_waypipe_cpu"),
    *("guest_gate_cpu", "guest_compositor_cpu", "guest_mb", "guest_idle_cpu"),
)
DATA_HOME = "BENCH_DATA_HOME"
"""Variable of the environment that says where the image is; without it there is none."""
NAME = "guest"
DEFINITION = 'driver = "qemu"\nlabel = "blue"\npackages = ["foot", "foot-terminfo"]\n'
"""Of the VM, and of its image."""
SETTLE_S = 3.0
"""After a start, until what it left to do is done."""
DRAW = f"bench {NAME}"
PARTS = ("in_guest", "window", "wire")
"""What of the bench runs in the guest."""
MEGABYTE = 1e6


def with_guest(peer: Peer) -> Peer:
    """Our session with a VM that is a machine. Raises Unsupported where there is none."""
    home = os.environ.get(DATA_HOME)
    if peer.name != "ours" or home is None:
        raise Unsupported("it starts no machines")

    def command(place: Place) -> list[str]:
        argv = peer.command(place)
        place.write(f"config/vms/{NAME}.toml", DEFINITION)
        return argv

    return replace(
        peer, command=command, environment={**peer.environment, "XDG_DATA_HOME": home}
    )


class Guest:
    """The machine of a session that runs."""

    def __init__(self, compositor: Compositor) -> None:
        path = compositor.place.runtime / "spectrum-session" / compositor.socket.name / "control"
        self.control = Control(path, timeout=300)

    def status(self) -> Mapping[str, Any]:
        """What `vm-status` says of it."""
        return dict(self.control.call("vm-status", name=NAME))

    def start(self) -> None:
        """Start it, until it can show windows."""
        self.control.call("vm-start", name=NAME)

    def spawn(self, *argv: str) -> None:
        """Start a program in it."""
        self.control.call("spawn", vm=NAME, argv=list(argv))

    def wait_window(self, title: str = "") -> None:
        """Return when it shows a window (of that title)."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            windows = self.control.call("windows")
            own = [w for w in windows if w["vm"] == NAME and not w["placeholder"]]
            if any(title in w["title"] for w in own):
                return
            time.sleep(0.005)
        raise Failed("shows no window")

    def run(self, *argv: str) -> str:
        """Run a program in it and return what it printed."""
        done = self.control.call("vm-run", name=NAME, argv=list(argv))
        if done["status"] != 0:
            raise Failed("the guest's client failed")
        return base64.b64decode(done["output"]).decode()

    def processes(self) -> dict[str, list[int]]:
        """Its processes on the host: QEMU, waypipe, its gate, and what holds them ("rest")."""
        found: dict[str, list[int]] = {"qemu": [], "waypipe": [], "gate": [], "rest": []}
        gate = int(self.status()["gate"]["pid"])
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            pid = int(entry.name)
            if pid == gate:
                found["gate"].append(pid)
            elif _is_of(pid, NAME):
                name = _read(entry / "comm").strip()
                kind = "qemu" if name.startswith("qemu") else name
                found[kind if kind in found else "rest"].append(pid)
        return found


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _is_of(pid: int, vm: str) -> bool:
    """Is it in one of the VM's sandboxes, or what makes one?"""
    while pid > 1:
        words = _read(Path(f"/proc/{pid}/cmdline")).split("\0")
        if "--hostname" in words and words[words.index("--hostname") + 1] == vm:
            return True
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        pid = int(fields[1]) if fields else 0
    return False


def packed() -> str:
    """The client that draws in the guest, as one word of a command line."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bench/__init__.py", "")
        for name in PARTS:
            archive.write(Path(__file__).with_name(f"{name}.py"), f"bench/{name}.py")
    return base64.b64encode(made.getvalue()).decode()


UNPACK = (
    "import base64, sys; open('/tmp/bench.zip', 'wb').write(base64.b64decode(sys.argv[1]));"
    " sys.path.insert(0, '/tmp/bench.zip'); from bench.in_guest import draw; draw(*sys.argv[2:])"
)


PARTS_OF_START = {
    "guest_vmm_s": ("machine",),
    "guest_kernel_s": ("kernel", "drivers", "root"),
    "guest_user_s": ("user-space",),
    "guest_transport_s": ("transport",),
}
"""Which stages of a start make up which figure."""


def starts(peer: Peer, count: int) -> dict[str, float]:
    """From the command that starts it to its first window, and how long each part took."""
    found: dict[str, list[float]] = {}
    with Compositor(with_guest(peer)) as compositor:
        guest = Guest(compositor)
        for _ in range(count):
            began = time.perf_counter()
            guest.start()
            ready = time.perf_counter()
            guest.spawn("foot")
            guest.wait_window()
            shown = time.perf_counter()
            found.setdefault("guest_start_s", []).append(shown - began)
            found.setdefault("guest_app_s", []).append(shown - ready)
            for key, seconds in parts(guest.status()).items():
                found.setdefault(key, []).append(seconds)
            guest.control.call("vm-stop", name=NAME)
    return {key: median(values) for key, values in found.items()}


def parts(status: Mapping[str, Any]) -> dict[str, float]:
    """Seconds of each part of the last start, by what `vm-status` says."""
    stages = status["last_start"]["stages_ms"]
    return {
        key: sum(float(stages.get(name, 0)) for name in names) / 1000
        for key, names in PARTS_OF_START.items()
    }


def direct(peer: Peer, canvas: Canvas, seconds: float) -> dict[str, float]:
    """One client on the host's own socket, to compare with."""
    with Compositor(peer) as compositor, Clients(compositor.socket, canvas) as clients:
        clients.open(1, compositor.before_window)
        window = clients.windows[0]
        window.draw(LARGE)
        clients.run(1)
        window.frames.clear()
        before = compositor.usage()
        began = time.perf_counter()
        clients.run(seconds)
        elapsed = time.perf_counter() - began
        used = compositor.usage().since(before)
        return {
            "direct_fps": len(window.frames) / elapsed,
            "direct_cpu": used.cpu_s * 100 / elapsed,
        }


def drawing(peer: Peer, seconds: float) -> dict[str, float]:
    """The same client in the guest, through waypipe and the gate, and then the guest at rest."""
    with Compositor(with_guest(peer)) as compositor:
        guest = Guest(compositor)
        guest.start()
        told: list[str] = []
        # A connection of its own: this one waits for the end.
        other = Guest(compositor)
        words = ("python3", "-c", UNPACK, packed(), DRAW, str(2 * SETTLE_S + seconds))
        drawer = threading.Thread(target=lambda: told.append(other.run(*words)))
        drawer.start()
        guest.wait_window(DRAW)
        time.sleep(SETTLE_S)
        pids = {**guest.processes(), "compositor": [compositor.pid]}
        used = _usage(pids, seconds)
        drawer.join()
        if not told:
            raise Failed("the guest's client failed")
        time.sleep(SETTLE_S)
        rest = _usage(guest.processes(), seconds)
        return {
            "guest_fps": float(told[0]),
            "guest_cpu": sum(used[kind] for kind in used if kind != "compositor"),
            "guest_waypipe_cpu": used["waypipe"],
            "guest_gate_cpu": used["gate"],
            "guest_compositor_cpu": used["compositor"],
            "guest_idle_cpu": sum(rest.values()),
            "guest_mb": sum(memory(guest.processes()).values()) / MEGABYTE,
        }


def memory(pids: Mapping[str, list[int]]) -> dict[str, int]:
    """Bytes of each kind: its own, and its share of what several processes share (Pss)."""
    return {kind: sum(proc.pss(pid) for pid in members) for kind, members in pids.items()}


def _usage(pids: Mapping[str, list[int]], seconds: float) -> dict[str, float]:
    """Percent of a core that each kind takes."""
    before = {pid: proc.usage(pid) for kind in pids.values() for pid in kind}
    began = time.perf_counter()
    time.sleep(seconds)
    elapsed = time.perf_counter() - began
    return {
        kind: sum(proc.usage(pid).since(before[pid]).cpu_s for pid in members) * 100 / elapsed
        for kind, members in pids.items()
    }


def guest(peer: Peer, canvas: Canvas, *, draw_s: float, runs: int) -> dict[str, float]:
    """All of it. Raises Unsupported for compositors that start no machines."""
    with_guest(peer)
    return {**starts(peer, runs), **direct(peer, canvas, draw_s), **drawing(peer, draw_s)}
