"""The compositors: how each is started so that all do the same, and what is peculiar to each."""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .clients import grid
from .window import CANVAS

WIDTH, HEIGHT = CANVAS
SIZE = f"{WIDTH}x{HEIGHT}"
SLEEP = ("sleep", "100000")
"""What a kiosk shows: no window at all."""

OURS_CONFIG = """\
[session]
spawn-terminal = false

[layout]
default = "columns"
gap = 0
outer-gap = 0
"""
SWAY_CONFIG = f"""\
xwayland disable
output HEADLESS-1 resolution {SIZE}
focus_follows_mouse no
default_border normal
default_orientation horizontal
"""
WESTON_CONFIG = """\
[core]
idle-time=0
xwayland=false

[shell]
panel-position=none
locking=false
animation=none
startup-animation=none
close-animation=none
focus-animation=none
"""
QTILE_CONFIG = """\
from libqtile import layout
from libqtile.config import Group, Screen

keys = []
groups = [Group("1")]
layouts = [layout.Columns(num_columns=16, fair=True, margin=0, border_width=2)]
screens = [Screen()]
follow_mouse_focus = False
wl_input_rules = {}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a compositor runs: a directory of its own, and its environment."""

    directory: Path
    environment: Mapping[str, str]

    @property
    def runtime(self) -> Path:
        """XDG_RUNTIME_DIR."""
        return self.directory / "run"

    def write(self, name: str, content: str) -> str:
        """Make a file; returns its path."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return str(path)


def _nothing(place: Place, number: int, count: int) -> None:
    """Windows tile by themselves, or not at all."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One compositor."""

    name: str
    version: str
    command: Callable[[Place], list[str]]
    """Writes what configuration it needs and returns its command line."""
    before_window: Callable[[Place, int, int], None] = _nothing
    """Called before window `number` of `count` opens: what tiles it into the grid."""
    remark: str = ""
    """What a reader of the table must know."""
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    """Working directory."""


def ours(python: Path, root: Path) -> Peer:
    """Our session, from the checkout."""

    def command(place: Place) -> list[str]:
        place.write("config/session.toml", OURS_CONFIG)
        return [
            *(str(python), "-m", "spectrum_session", "--backend", "headless"),
            *("--config", str(place.directory / "config"), "--output", SIZE),
            *("--log-level", "warning"),
        ]

    version = _output([str(python), "-m", "spectrum_session", "--version"], root)
    wlroots = re.search(r"wlroots (\S+) \((\w+)\)", version)
    python_version = re.search(r"Python (\S+)", version)
    return Peer(
        "ours",
        f"wlroots {wlroots[1] if wlroots else '?'} ({wlroots[2] if wlroots else '?'}),"
        f" Python {python_version[1] if python_version else '?'}",
        command,
        directory=root,
    )


def system_peers() -> tuple[dict[str, Peer], dict[str, str]]:
    """Those that Debian packages: the peers, and why others are left out."""
    found: dict[str, Peer] = {}
    missing: dict[str, str] = {}
    for name, make in {"sway": _sway, "cage": _cage, "weston": _weston}.items():
        if shutil.which(name) is None:
            missing[name] = "is not installed (scripts/packages-bench)"
        else:
            found[name] = make()
    return found, missing


def pip_peers(venv: Path) -> dict[str, Peer]:
    """Those that pywlroots' wheel carries, as far as they are in this virtual environment."""
    python = venv / "bin" / "python"
    # What an environment holds does not depend on the Python that looks.
    found: dict[str, Peer] = {}
    if (venv / "bin" / "qtile").exists():
        found["qtile"] = Peer("qtile", _version_in(venv, "qtile"), _qtile_command(venv))
    if (venv / "bin" / "gabbia").exists():

        def gabbia(place: Place) -> list[str]:
            return [str(venv / "bin" / "gabbia"), "--no-x", *SLEEP]

        found["gabbia"] = Peer(
            "gabbia", _version_in(venv, "gabbia"), gabbia, remark="a kiosk: windows over each other"
        )
    sample = venv / "tiny"
    if (sample / "tiny").is_dir():
        found["tiny"] = Peer(
            "tiny",
            f"of pywlroots {_version_in(venv, 'pywlroots')}",
            lambda place: [str(python), "-m", "tiny"],
            remark="floating windows",
            directory=sample,
        )
    return found


def _version_in(venv: Path, package: str) -> str:
    for path in venv.glob(f"lib/python*/site-packages/{package}-*.dist-info"):
        return path.name[len(package) + 1 : -len(".dist-info")]
    return "?"


def _output(argv: list[str], directory: Path | None = None) -> str:
    result = subprocess.run(
        argv, cwd=directory, capture_output=True, text=True, check=False, timeout=60
    )
    return result.stdout + result.stderr


def _version(argv: list[str]) -> str:
    match = re.search(r"\d+(?:\.\d+)+", _output(argv))
    return match[0] if match else "?"


def _sway() -> Peer:
    def command(place: Place) -> list[str]:
        return ["sway", "--config", place.write("sway.conf", SWAY_CONFIG)]

    return Peer("sway", _version(["sway", "--version"]), command, _sway_before_window)


def _sway_before_window(place: Place, number: int, count: int) -> None:
    """The first of each column stand side by side; the others go below them, column by column."""
    columns, rows = grid(count)
    below = number - columns
    if below < 0 or rows < 2 or below % (rows - 1):
        return
    _sway_message(place, f'[title="^bench {below // (rows - 1)}$"] focus; splitv')


def _sway_message(place: Place, command: str) -> None:
    """One command over sway's IPC: magic, length, type 0, text."""
    path = next(place.runtime.glob("sway-ipc.*.sock"))
    data = command.encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(os.fspath(path))
        connection.sendall(b"i3-ipc" + struct.pack("=II", len(data), 0) + data)
        connection.recv(4096)


def _cage() -> Peer:
    return Peer(
        "cage",
        _version(["cage", "-v"]),
        lambda place: ["cage", "--", *SLEEP],
        remark="a kiosk: windows over each other",
    )


def _weston() -> Peer:
    version = _version(["weston", "--version"])
    old = int(version.partition(".")[0] or 0) < 13

    def command(place: Place) -> list[str]:
        return [
            "weston",
            *(
                ("--backend=headless-backend.so", "--use-pixman")
                if old
                else ("--backend=headless", "--renderer=pixman")
            ),
            *(f"--width={WIDTH}", f"--height={HEIGHT}", "--socket=wayland-1"),
            "--config=" + place.write("weston.ini", WESTON_CONFIG),
        ]

    return Peer("weston", version, command, remark="not wlroots; floating windows")


def _qtile_command(venv: Path) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        config = place.write("qtile.py", QTILE_CONFIG)
        return [
            *(str(venv / "bin" / "qtile"), "start", "-b", "wayland", "-c", config),
            *("-l", "ERROR", "-p", str(place.directory / "qtile.log")),
        ]

    return command
