"""Checks for a login on real screens. Pure."""

from __future__ import annotations

from .facts import Facts, Node
from .finding import Finding, Level, install


def login(facts: Facts) -> list[Finding]:
    """Findings about the seat and its devices."""
    return [_backend(facts), _seat(facts), _screens(facts), _render(facts), _input(facts)]


def _backend(facts: Facts) -> Finding:
    if "(wheel)" in facts.software.wlroots:
        text = "the wheel's wlroots has no DRM backend: nested and headless only"
        mend = f"{install('libwlroots-0.18-dev')} (Debian 13), then python3"
        mend += " spectrum_session/wlr/_system_build.py"
        return Finding("login", "drawing", "problem", text, mend)
    if not facts.software.wlroots:
        return Finding("login", "drawing", "warning", "not checked: wlroots does not load")
    return Finding("login", "drawing", "ok", "the system's wlroots has the DRM backend")


def _seat(facts: Facts) -> Finding:
    seat, user = facts.seat, facts.user
    if seat.logind and not seat.polkit and user.uid != 0:
        text = "logind opens the devices; without polkit it refuses to switch terminals"
        text += " (Ctrl+Alt+F2)"
        return Finding("login", "seat", "warning", text, install("polkitd"))
    if seat.logind:
        return Finding("login", "seat", "ok", "logind opens the devices")
    if seat.seatd is not None and seat.seatd.usable:
        return Finding("login", "seat", "ok", f"seatd opens the devices ({seat.seatd.path})")
    if user.uid == 0:
        if seat.terminals:
            text = "root opens the devices itself"
            return Finding("login", "seat", "ok", text)
        text = "root can open the devices itself, but there is no virtual terminal (/dev/tty0)"
        return Finding("login", "seat", "problem", text, "LIBSEAT_BACKEND=noop for one seat alone")
    if seat.seatd is not None:
        group = seat.seatd.group or "video"
        text = f"seatd runs, but {user.name} is not in the group {group}"
        mend = f"adduser {user.name} {group}, and log in again"
        return Finding("login", "seat", "problem", text, mend)
    if seat.logind_runs:
        text = "logind runs, but this login has no seat"
        mend = f"start at a login on the machine's own screen; or {install('seatd')}"
        return Finding("login", "seat", "problem", text, mend)
    text = "nothing opens the devices: neither logind nor seatd runs"
    mend = f"{install('seatd')}; adduser {user.name} video, and log in again"
    return Finding("login", "seat", "problem", text, mend)


def _screens(facts: Facts) -> Finding:
    cards = facts.seat.cards
    if not cards:
        text = "no DRM device: /dev/dri/card* does not exist"
        mend = "load the driver of the graphics card: modprobe i915, amdgpu or virtio_gpu"
        return Finding("login", "screens", "problem", text, mend)
    # logind or seatd opens them for us.
    if facts.user.uid == 0 or facts.seat.logind or facts.seat.seatd is not None:
        return Finding("login", "screens", "ok", _names(cards))
    return _access(facts, "screens", cards, "problem", "video")


def _render(facts: Facts) -> Finding:
    nodes = facts.seat.render
    if not nodes:
        text = "no render node: the CPU renders everything"
        mend = "load the driver of the graphics card, if there is one"
        return Finding("login", "graphics", "warning", text, mend)
    return _access(facts, "graphics", nodes, "warning", "render")


def _input(facts: Facts) -> Finding:
    inputs = facts.seat.inputs
    if not facts.seat.udev:
        text = "udev does not run: keyboards and mice would not be found"
        mend = f"{install('udev')}; udevadm trigger --action=add"
        return Finding("login", "input", "problem", text, mend)
    if not inputs:
        text = "no keyboard or mouse: /dev/input/event* does not exist"
        return Finding("login", "input", "problem", text, "modprobe evdev")
    if facts.user.uid == 0 or facts.seat.logind or facts.seat.seatd is not None:
        return Finding("login", "input", "ok", f"{len(inputs)} devices")
    return _access(facts, "input", inputs, "problem", "input")


def _access(
    facts: Facts, name: str, nodes: tuple[Node, ...], level: Level, usual: str
) -> Finding:
    if any(node.usable for node in nodes):
        return Finding("login", name, "ok", _names(tuple(n for n in nodes if n.usable)))
    group = nodes[0].group or usual
    text = f"{facts.user.name} has no access to {_names(nodes)}"
    mend = f"adduser {facts.user.name} {group}, and log in again"
    return Finding("login", name, level, text, mend)


def _names(nodes: tuple[Node, ...]) -> str:
    return ", ".join(node.path for node in nodes[:3]) + (", …" if len(nodes) > 3 else "")
