"""Guests of the tests: their definitions, their processes on the host, their windows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.session.harness import SessionProcess
from tests.wire.picture import Picture, bands, box, look, parse_color, solid_lines

CONFIGS = Path(__file__).parents[2] / "configs"
PACKAGES = ("foot", "foot-terminfo")
"""Those of configs/vms/appvm-foot.toml, whose image it is."""

BOOT_S = 240.0
"""How long anything may take before a test fails: with nothing but emulation on a busy machine of
two cores a boot is a minute."""

_MACHINE = f'driver = "qemu"\npackages = {json.dumps(PACKAGES)}\n'
SHIPPED = {
    name: (CONFIGS / f"vms/{name}.toml").read_text()
    for name in ("netvm", "appvm-elinks", "appvm-catgirl")
}
"""Definitions of machines that ship, each with an image of its own."""
VMS = {
    "work": _MACHINE + 'label = "blue"\n[[apps]]\nname = "Terminal"\ncommand = ["foot"]\n',
    # Less than what a terminal maps for its pixels.
    "play": _MACHINE + 'label = "red"\nmemory-mb = 400\n',
    "mail": _MACHINE + 'label = "green"\n',
    "shows": _MACHINE
    + 'label = "green"\n'
    + f"command = {json.dumps(['foot', '-o', 'colors.background=204060', '-o', 'pad=8x8'])}\n",
    "panics": _MACHINE + "memory-mb = 256\n",
    "behind": 'command = ["sleep", "100000"]\nnet = "hangs"\n',
    "hangs": _MACHINE + "memory-mb = 256\n",
}
BORDER = 4


def status(session: SessionProcess, name: str) -> dict[str, Any]:
    """What `vms` lists of a VM."""
    (found,) = [vm for vm in session.call("vms") if vm["name"] == name]
    return dict(found)


def boot(session: SessionProcess, name: str) -> None:
    """Have a VM run."""
    if status(session, name)["state"] != "running":
        session.call("vm-start", name=name)
    assert status(session, name)["state"] == "running"


def open_foot(session: SessionProcess, vm: str, title: str, color: str) -> dict[str, Any]:
    """A terminal in a VM whose ground is of one colour (rrggbb); its window, once it is painted."""
    session.call(
        "spawn",
        vm=vm,
        argv=[
            *("foot", f"--title={title}", "-o", f"colors.background={color}", "-o", "pad=8x8"),
            *("-o", "cursor.blink=no", "sh", "-c", "printf '\\033[?25l'; exec sleep 1000000"),
        ],
    )
    window = session.wait_window(vm=vm, title=title)
    wait_picture(session, lambda picture: is_painted(picture, session, window["id"], color))
    return current(session, window["id"])


def current(session: SessionProcess, number: int) -> dict[str, Any]:
    """A window as `spectrumctl --json windows` has it now."""
    done = session.spectrumctl("--json", "windows")
    assert done.returncode == 0, done.stderr
    (window,) = [one for one in json.loads(done.stdout) if one["id"] == number]
    return dict(window)


def is_painted(picture: Picture, session: SessionProcess, number: int, color: str) -> bool:
    """Is all of a window's content of this colour, and all round it its label's?"""
    content = box(current(session, number)["content"])
    ground = picture.colors(content) == {parse_color("#" + color)}
    return ground and has_frame(picture, session, number)


def has_frame(picture: Picture, session: SessionProcess, number: int) -> bool:
    """Is the frame round a window all of its label's colour?"""
    window = current(session, number)
    frame, content = box(window["geometry"]), box(window["content"])
    return all(
        solid_lines(picture, band, parse_color(window["label"]["color"])) >= BORDER - 1
        for band in bands(frame, content).values()
    )


def wait_picture(session: SessionProcess, wanted: Callable[[Picture], bool]) -> None:
    """Return when the screen is as wanted."""
    session.wait(lambda: wanted(look(session)), "what is on the screen")


def process_of(session: SessionProcess, vm: str, program: str) -> int | None:
    """The number on the host of a program in one of a VM's sandboxes; None when there is none."""
    # What an earlier session started is nobody's child here.
    roots = {session.process.pid, status(session, vm)["pid"]}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or _read(entry / "comm").strip() != program[:15]:
            continue
        pid, inside = int(entry.name), False
        while pid > 1 and (pid not in roots or not inside):
            words = _read(Path(f"/proc/{pid}/cmdline")).split("\0")
            inside = inside or _after("--hostname", words) == vm
            fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
            pid = int(fields[1]) if fields else 0
        if inside and pid in roots:
            return int(entry.name)
    return None


def _after(option: str, words: list[str]) -> str:
    return words[words.index(option) + 1] if option in words else ""


def kill(session: SessionProcess, vm: str, program: str) -> None:
    """Kill a program that a VM consists of, from outside."""
    pid = process_of(session, vm, program)
    assert pid is not None, f"{program} of {vm}"
    os.kill(pid, 9)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
