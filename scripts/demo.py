"""Take the picture of the demo: three VMs and the host's terminal, headless. `make demo`."""

from __future__ import annotations

import base64
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spectrum_session.control.client import Client
from spectrum_session.control.errors import TIMEOUT, ControlError

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = "1800x1125@1.25"
DEADLINE_S = 60.0
VMS = ("demo-work", "demo-personal", "demo-untrusted")
HOST_TERMINAL = [
    "foot",
    "--config=/dev/null",
    "--override=font=monospace:size=10",
    "--override=pad=10x8",
    "--title=Terminal",
    "sh",
    "-c",
    # foot's options for colours have other names in later versions.
    "printf '\\033]11;#16181d\\007';"
    ' export PATH="$BIN:$PATH";'
    ' while spectrumctl vms | grep -Eq "stopped|starting"; do sleep 0.1; done;'
    " printf '\\033[1m$ spectrumctl vms\\033[0m\\n'; spectrumctl vms | cut -c-64;"
    " printf '\\n\\033[1m$ \\033[0m'; exec sleep infinity",
]


def main() -> int:
    """Run the demo; returns the exit code."""
    target = ROOT / "build" / "demo.png"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="spectrum-demo-") as name:
        runtime = Path(name)
        process, control = start(runtime)
        try:
            with control:
                control.subscribe()
                arrange(control)
                result = control.call("screenshot")
                target.write_bytes(base64.b64decode(result["png"]))
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(DEADLINE_S)
    print(f"{target.relative_to(ROOT)}: {result['width']}x{result['height']}")
    return code


def start(runtime: Path) -> tuple[subprocess.Popen[bytes], Client]:
    """Start the session and connect to it when it is ready."""
    environment = {
        key: value for key, value in os.environ.items() if key not in ("WAYLAND_DISPLAY", "DISPLAY")
    }
    environment["XDG_RUNTIME_DIR"] = str(runtime)
    environment["XDG_STATE_HOME"] = str(runtime / "state")
    environment["BIN"] = str(Path(sys.executable).parent)
    read, write = os.pipe()
    argv = [sys.executable, "-m", "spectrum_session", "--backend", "headless"]
    argv += ["--config", str(ROOT / "configs" / "demo"), "--output", OUTPUT]
    argv += ["--ready-fd", str(write), "--log-level", "warning"]
    process = subprocess.Popen(argv, env=environment, pass_fds=[write], cwd=ROOT)
    os.close(write)
    readable, _, _ = select.select([read], [], [], DEADLINE_S)
    if not readable or os.read(read, 1) != b"\n":
        process.kill()
        process.wait()
        raise SystemExit("the session did not start")
    os.close(read)
    [control] = (runtime / "spectrum-session").glob("wayland-*/control")
    return process, Client(control)


def arrange(control: Client) -> None:
    """Open all windows, one after another so that each has its place, and focus the first VM's."""
    for vm in VMS[:2]:
        control.call("vm-start", name=vm)
        wait_for_window(control, vm)
    control.call("spawn", argv=HOST_TERMINAL)
    wait_for_window(control, None)
    control.call("vm-start", name=VMS[2])
    wait_for_window(control, VMS[2])
    for window in control.call("windows"):
        control.call("window", id=window["id"], action="focus")
    control.call("window", id=windows(control, VMS[0])[0]["id"], action="focus")
    wait(control, lambda: not any(w["urgent"] for w in control.call("windows")))
    settle(control)


def windows(control: Client, vm: str | None) -> list[dict[str, Any]]:
    """The windows of a VM, or of the host, without what stands for a VM's first one."""
    return [
        window
        for window in control.call("windows")
        if window["vm"] == vm and not window["placeholder"]
    ]


def wait_for_window(control: Client, vm: str | None) -> None:
    """Wait until a VM, or the host, has a window."""
    wait(control, lambda: windows(control, vm))


def settle(control: Client) -> None:
    """Wait until two pictures in a row are the same: every client has drawn."""
    previous = b""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        picture = control.call("screenshot")["png"].encode()
        if picture == previous:
            return
        previous = picture
        next_event(control, 0.4)
    raise SystemExit("the picture does not come to rest")


def wait(control: Client, condition: Callable[[], Any]) -> None:
    """Wait for a state of the session, looking again at each event."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("the demo's windows do not appear")
        next_event(control, 0.2)


def next_event(control: Client, seconds: float) -> None:
    """Wait for one event, or so long."""
    try:
        next(control.events(timeout=seconds))
    except ControlError as error:
        if error.code != TIMEOUT:
            raise


sys.exit(main())
