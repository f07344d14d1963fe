"""Formats results of the control socket as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .tables import Cell, Style, clean, swatch, table

Json = dict[str, Any]
"""As docs/CONTROL.md describes it."""

HOST = "(host)"  # no VM can be named so

_STATES = (
    *("focused", "visible", "floating", "fullscreen", "maximised", "minimised", "urgent"),
    "placeholder",
)


def show(command: str, result: Any, style: Style) -> str:
    """The text of a result with its final newline; may be empty."""
    shower = _SHOWERS.get(command)
    if shower is None or result is None:
        return ""
    return "".join(line + "\n" for line in shower(result, style))


def _windows(windows: list[Json], style: Style) -> list[str]:
    rows = [
        [
            Cell(str(w["id"]), right=True),
            _origin(w),
            Cell(w["label"]["name"] if w["label"] else "-"),
            Cell(str(w["workspace"]), right=True),
            Cell(w["output"] or "-"),
            Cell(_geometry(w["geometry"])),
            Cell(_states(w)),
            Cell(w["app_id"] or "-"),
            Cell(w["title"]),
        ]
        for w in windows
    ]
    headers = ("ID", "VM", "LABEL", "WS", "OUTPUT", "GEOMETRY", "STATE", "APP", "TITLE")
    return table(headers, rows, style)


def _outputs(outputs: list[Json], style: Style) -> list[str]:
    rows = [
        [
            Cell(o["name"]),
            Cell(_mode(o["mode"]) if o["enabled"] else "off"),
            Cell(f"{o['scale']:g}", right=True),
            Cell(o["transform"]),
            Cell(_geometry(o["geometry"]) if o["enabled"] else "-"),
            Cell("-" if o["workspace"] is None else str(o["workspace"]), right=True),
            Cell("focused" if o["focused"] else "-"),
            Cell(" ".join(t for t in (o["make"], o["model"], o["serial"]) if t) or "-"),
        ]
        for o in outputs
    ]
    headers = ("NAME", "MODE", "SCALE", "TRANSFORM", "GEOMETRY", "WS", "STATE", "MODEL")
    return table(headers, rows, style)


def _workspaces(workspaces: list[Json], style: Style) -> list[str]:
    rows = [
        [
            Cell(str(w["number"]), right=True),
            Cell(w["layout"]),
            Cell(w["output"] or "-"),
            Cell(str(len(w["windows"])), right=True),
            Cell(_states(w)),
        ]
        for w in workspaces
    ]
    return table(("WS", "LAYOUT", "OUTPUT", "WINDOWS", "STATE"), rows, style)


def _vms(vms: list[Json], style: Style) -> list[str]:
    rows = [
        [
            Cell(v["name"], v["label"]["color"]),
            Cell(v["label"]["name"]),
            Cell(_driver(v["driver"])),
            Cell(v["state"]),
            Cell(_age(v["since"]), right=True),
            Cell(str(len(v["windows"])), right=True),
            Cell("-" if v["pid"] is None else str(v["pid"]), right=True),
            Cell(_boot(v["boot"]) if v["boot"] else v["reason"] or ""),
        ]
        for v in vms
    ]
    headers = ("NAME", "LABEL", "DRIVER", "STATE", "FOR", "WINDOWS", "PID", "REASON")
    # A narrow terminal's swatches tell the labels.
    return table(headers, rows, style, spare=("PID", "WINDOWS", "LABEL"))


def _age(since: str | None) -> str:
    """Time since a state began, by the host's clock."""
    if since is None:
        return "-"
    from datetime import datetime

    begun = datetime.fromisoformat(since)
    return _duration(max(0, int((datetime.now(begun.tzinfo) - begun).total_seconds() * 1000)))


def _boot(boot: Json) -> str:
    """Progress of a start: "user-space, 12s of about 14s"."""
    expected = boot["expected_ms"]
    usual = f" of about {_duration(max(1000, expected))}" if expected is not None else ""
    judged = {"late": ", late", "silent": ", silent"}.get(boot["verdict"], "")
    return f"{boot['stage']}, {_duration(boot['elapsed_ms'])}{usual}{judged}"


def _clients(clients: list[Json], style: Style) -> list[str]:
    rows = [
        [
            Cell("-" if c["pid"] is None else str(c["pid"]), right=True),
            Cell(c["vm"] or HOST),
            Cell("-" if c["connected_ms"] is None else _duration(c["connected_ms"]), right=True),
            Cell(str(len(c["windows"])), right=True),
        ]
        for c in clients
    ]
    return table(("PID", "VM", "CONNECTED", "WINDOWS"), rows, style)


def _bindings(bindings: list[Json], style: Style) -> list[str]:
    rows = [
        [
            Cell(b["mode"]),
            Cell(b["chord"]),
            Cell(b["action"]),
            Cell(",".join(b["flags"]) or "-"),
            Cell(b["description"]),
        ]
        for b in bindings
    ]
    return table(("MODE", "CHORD", "ACTION", "FLAGS", "DESCRIPTION"), rows, style)


def _version(version: Json, style: Style) -> list[str]:
    return [f"{key.replace('_', ' ')}: {clean(str(value))}" for key, value in version.items()]


def _tree(tree: Json, style: Style) -> list[str]:
    lines: list[str] = []
    for output in tree["outputs"]:
        where = _geometry(output["geometry"]) if output["enabled"] else "off"
        focused = "  focused" if output["focused"] else ""
        lines.append(f"{clean(output['name'])}  {where}{focused}")
        lines += _branches(output["workspaces"], style)
    if tree["detached"]:
        lines.append("(no output)")
        lines += _branches(tree["detached"], style)
    for gate in tree["gates"]:
        lines += _gate(gate)
    return lines


def _gate(gate: Json) -> list[str]:
    lines = [f"gate of {clean(gate['vm'])}"]
    if gate["reason"]:
        lines[0] += f"  ({clean(gate['reason'])})"
    for connection in gate["connections"]:
        pid = connection["pid"] or "-"
        lines.append(
            f"  connection {connection['number']}  pid {pid}  {connection['objects']} objects"
        )
        for one in connection["known"]:
            rest = [
                f"{key}={_value(value)}"
                for key, value in one.items()
                if key not in ("id", "interface")
            ]
            name = f"{one.get('interface', '?')}#{one.get('id', '?')}"
            lines.append(("    " + "  ".join([clean(name), *rest])).rstrip())
        if connection["cut"]:
            lines.append("    …")
    return lines


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_value(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{clean(k)}:{_value(v)}" for k, v in value.items()) + "}"
    return "-" if value is None else clean(str(value))


def _vm_status(status: Json, style: Style) -> list[str]:
    vm, gate, usage = status["vm"], status["gate"], status["usage"]
    lines = _properties(
        ("name", swatch(vm["label"]["color"], style) + clean(vm["name"])),
        ("state", vm["state"] + (f" ({clean(vm['reason'])})" if vm["reason"] else "")),
        ("since", clean(vm["since"] or "")),
        ("start", _boot(vm["boot"]) if vm["boot"] else ""),
        ("driver", _driver(vm["driver"])),
        ("network", f"from {clean(vm['net'])}" if vm["net"] else ""),
        ("note", clean(status["note"] or "")),
        ("windows", str(len(vm["windows"]))),
        ("connections", str(status["connections"])),
        ("gate", _gate_state(gate)),
        ("sandbox", clean(", ".join(gate["sandbox"]))),
        ("restarts", str(gate["restarts"])),
        ("last end", clean(gate["last_end"] or "")),
        ("allowed", ", ".join(name for name, may in status["permissions"].items() if may)),
        ("denied", ", ".join(name for name, may in status["permissions"].items() if not may)),
        ("input delay", f"up to {status['events_max_delay_ms']} ms"),
    )
    if usage is None:
        return lines
    lines += _properties(("stalls", f"{usage['stalls']}{', now' if usage['stalled'] else ''}"))
    rows = [
        [
            Cell(name),
            Cell(str(limit or usage["automatic"].get(name, 0)), right=True),
            Cell("-" if name.endswith("-per-second") else str(usage["used"][name]), right=True),
            Cell("-" if name.endswith("-per-second") else str(usage["most"][name]), right=True),
            Cell(str(usage["refused"].get(name, 0)), right=True),
        ]
        for name, limit in status["limits"].items()
    ]
    lines += ["", *table(("LIMIT", "ALLOWED", "USED", "MOST", "REFUSED"), rows, style)]
    others = [
        [Cell(name), Cell(str(count), right=True)]
        for name, count in usage["refused"].items()
        if name not in status["limits"]
    ]
    if others:
        lines += ["", *table(("REFUSED", "TIMES"), others, style)]
    return lines


def _gate_state(gate: Json) -> str:
    words = {
        "none": "none, the VM is not running",
        "off": "OFF, for development: the VM's messages reach the compositor unchecked",
        "waiting": f"ended, restarts in {(gate['restart_ms'] or 0) / 1000:.1f} s",
    }
    pid = f", pid {gate['pid']}" if gate["pid"] is not None else ""
    return str(words.get(gate["state"], gate["state"])) + pid


def _properties(*pairs: tuple[str, str]) -> list[str]:
    return [f"{key + ':':13}{value}" for key, value in pairs if value]


def _branches(workspaces: list[Json], style: Style) -> list[str]:
    lines: list[str] = []
    for workspace in workspaces:
        state = _states(workspace)
        lines.append(f"  workspace {workspace['number']}  {workspace['layout']}  {state}")
        for window in workspace["windows"]:
            origin = _origin(window)
            words = (
                str(window["id"]),
                swatch(origin.swatch, style) + clean(origin.text),
                clean(window["app_id"]) or "-",
                _states(window),
                clean(window["title"]),
            )
            lines.append(("    " + "  ".join(words)).rstrip())
    return lines


def _socket_path(socket: Json, style: Style) -> list[str]:
    # Not cleaned: for use on a command line.
    return [socket["path"]]


def _vm_log(log: Json, style: Style) -> list[str]:
    return [clean(line.replace("\t", "    ")) for line in log["text"].splitlines()]


def _apps(apps: list[Json], style: Style) -> list[str]:
    from shlex import join

    rows = [[Cell(a["name"]), Cell(join(a["command"])), Cell(a["icon"] or "-")] for a in apps]
    return table(("NAME", "COMMAND", "ICON"), rows, style)


def _launchables(apps: list[Json], style: Style) -> list[str]:
    from shlex import join

    rows = [
        [
            Cell(a["vm"], a["label"]["color"]),
            Cell(a["state"]),
            Cell(a["name"]),
            Cell(join(a["command"])),
            Cell(a["icon"] or "-"),
        ]
        for a in apps
    ]
    return table(("VM", "STATE", "NAME", "COMMAND", "ICON"), rows, style)


def _images(images: list[Json], style: Style) -> list[str]:
    rows = [
        [Cell(i["name"]), Cell(i["state"]), Cell(_megabytes(i["bytes"]), right=True)]
        for i in images
    ]
    return table(("NAME", "IMAGE", "SIZE"), rows, style)


def _built(built: Json | list[Json], style: Style) -> list[str]:
    return [
        f"{image['name']}: {_megabytes(image['bytes'])} in {clean(image['directory'])}"
        for image in (built if isinstance(built, list) else [built])
    ]


def _megabytes(count: int | None) -> str:
    return "-" if count is None else f"{count / 1e6:.0f} MB"


def _origin(window: Json) -> Cell:
    label = window["label"]
    return Cell(window["vm"] or HOST, label["color"] if label else None)


def _driver(name: str) -> str:
    return "local (not isolation)" if name == "local" else name


def _states(thing: Json) -> str:
    return ",".join(state for state in _STATES if thing.get(state)) or "-"


def _geometry(rect: Json) -> str:
    return f"{rect['width']}x{rect['height']}{rect['x']:+d}{rect['y']:+d}"


def _mode(mode: Json | None) -> str:
    if mode is None:
        return "-"
    rate = f"@{mode['refresh_mhz'] / 1000:g}" if mode["refresh_mhz"] else ""
    return f"{mode['width']}x{mode['height']}{rate}"


def _duration(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    return f"{seconds // 3600}h{seconds // 60 % 60:02}m"


_SHOWERS: dict[str, Callable[[Any, Style], list[str]]] = {
    "windows": _windows,
    "outputs": _outputs,
    "workspaces": _workspaces,
    "vms": _vms,
    "clients": _clients,
    "bindings": _bindings,
    "version": _version,
    "tree": _tree,
    "vm-socket": _socket_path,
    "vm-status": _vm_status,
    "vm-log": _vm_log,
    "vm-apps": _apps,
    "apps": _launchables,
    "image-list": _images,
    "image-build": _built,
}
