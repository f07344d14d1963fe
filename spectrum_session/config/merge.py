"""Put the files' values over one another."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from .chords import Chords
from .files import Source

PATHS = ("kernel", "initramfs", "api-socket")
"""Keys of vms/NAME.toml that hold a path; `disks` holds several."""


def merge(
    sources: Iterable[Source], chords: Chords, vms: Mapping[str, dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Merge files, the least important first, all of them free of errors.

    `vms` are VMs that no file defines, by name, with their keys; files' lie over them.

    Tables merge key by key, at any depth; every other value, arrays included, replaces the one
    before. A binding is one value: it replaces that of the same chord, however either is spelled,
    and an empty action takes the chord away.
    """
    merged: dict[str, Any] = {"vms": dict(vms or {})}
    for source in sources:
        data = source.data if source.vm is None else {"vms": {source.vm: _absolute(source)}}
        merged = _over(merged, data, chords, outermost=True)
    for vm in merged.get("vms", {}).values():
        _inherit(merged, vm)
    _drop_empty(merged)
    for mode in merged.get("modes", {}).values():
        _drop_empty(mode)
    return merged


def _absolute(source: Source) -> dict[str, Any]:
    """A VM's keys with its paths made absolute: they are relative to the file that they stand in.

    `..` stays as it is: what it leads to is for the file system to say.
    """
    directory = os.path.abspath(source.file.parent)
    data = dict(source.data)
    for key in PATHS:
        if data.get(key):
            data[key] = os.path.join(directory, data[key])
    if "disks" in data:
        data["disks"] = [os.path.join(directory, path) for path in data["disks"]]
    return data


def _over(
    under: dict[str, Any], over: dict[str, Any], chords: Chords, outermost: bool = False
) -> dict[str, Any]:
    result = dict(under)
    for key, value in over.items():
        before = result.get(key, {})
        if not isinstance(value, dict) or not isinstance(before, dict):
            result[key] = value
        elif outermost and key == "bindings":
            result[key] = chords.merge(before, value)
        elif outermost and key == "modes":
            result[key] = {**before, **_modes(before, value, chords)}
        else:
            result[key] = _over(before, value, chords)
    return result


def _modes(under: dict[str, Any], over: dict[str, Any], chords: Chords) -> dict[str, Any]:
    """Modes of `over`, each on top of the one of its name: a mode is shaped as the whole is."""
    return {name: _over(under.get(name, {}), mode, chords, True) for name, mode in over.items()}


def _inherit(merged: dict[str, Any], vm: dict[str, Any]) -> None:
    """Fill in from session.toml the keys that a VM's file leaves out."""
    for table in ("permissions", "limits"):
        vm[table] = {**merged.get(table, {}), **vm.get(table, {})}
    delay = merged.get("session", {}).get("events-max-delay-ms")
    if delay is not None:
        vm.setdefault("events-max-delay-ms", delay)


def _drop_empty(table: dict[str, Any]) -> None:
    bindings = table.get("bindings", {})
    table["bindings"] = {text: value for text, value in bindings.items() if value != ""}
