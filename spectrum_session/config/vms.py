"""Checks of VMs across files: keys that require or exclude others, and networks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from .errors import KeyPath, show_value
from .files import Source
from .providers import cycles
from .vm_name import is_vm_name

_OF_A_KERNEL = ("initramfs", "disks", "kernel-command-line")
_OF_A_MACHINE = ("uplink", "host-loopback", "kernel", *_OF_A_KERNEL)
_MONITOR = 'driver = "cloud-hypervisor"'
_KINDS = {"uplink": bool, "host-loopback": bool, "packages": list, "command": list, "disks": list}
"""Types of values; all other keys here are strings."""


class Mistake(NamedTuple):
    """An error at a place in a file."""

    source: Source
    path: KeyPath
    found: str
    allowed: str


class _Place(NamedTuple):
    source: Source
    value: object


_Keys = Mapping[str, _Place]
"""The effective keys of one VM: the last value read for each."""


def check_vms(sources: Sequence[Source], elsewhere: Collection[str] = ()) -> list[Mistake]:
    """All errors of this kind. `elsewhere` are VMs that no file defines.

    Values may be anything that a file can hold; those of a wrong type are somebody else's to
    report.
    """
    vms: dict[str, dict[str, _Place]] = {}
    for source in sources:
        if source.vm is not None:
            keys = vms.setdefault(source.vm, {})
            keys.update({key: _Place(source, value) for key, value in source.data.items()})
    # Which keys those may have that are defined elsewhere is told of each alone (join.py).
    own = [keys for name, keys in vms.items() if name not in elsewhere]
    mistakes = [mistake for keys in own for mistake in _keys(keys)]
    return [*mistakes, *_nets(vms, elsewhere)]


def _keys(keys: _Keys) -> Iterator[Mistake]:
    driver = _driver(keys)
    if driver == "local":
        yield from _misplaced(keys, _OF_A_MACHINE, 'a driver other than "local"')
    transport = keys["transport"].value if "transport" in keys else "auto"
    if transport == "guestfwd" and driver != "qemu":
        yield from _misplaced(keys, ("transport",), 'driver = "qemu"')
    elif transport == "vsock" and driver == "local":
        yield from _misplaced(keys, ("transport",), 'a driver other than "local"')
    elif transport == "cross-domain" and driver != "cloud-hypervisor":
        yield from _misplaced(keys, ("transport",), _MONITOR)
    if driver != "cloud-hypervisor":
        yield from _misplaced(keys, ("api-socket",), _MONITOR)
    elif _given(keys, "api-socket"):
        without = "no api-socket: another service defines that machine"
        yield from _misplaced(keys, ("packages", "command", *_OF_A_MACHINE), without)
        return
    if driver == "local":
        return
    if _given(keys, "kernel"):
        without = "no kernel: packages are for images, which have their own"
        yield from _misplaced(keys, ("packages",), without)
        without = "no kernel: only guests of images can start programs"
        yield from _misplaced(keys, ("command",), without)
    else:
        yield from _misplaced(keys, _OF_A_KERNEL, "a kernel: an image has its own")
    if driver != "qemu":
        yield from _misplaced(keys, ("uplink", "host-loopback"), 'driver = "qemu"')
    elif not _given(keys, "uplink"):
        yield from _misplaced(keys, ("host-loopback",), "uplink = true")


def _misplaced(keys: _Keys, names: Sequence[str], only_with: str) -> Iterator[Mistake]:
    for name in names:
        if _given(keys, name):
            place = keys[name]
            yield Mistake(place.source, (name,), show_value(place.value), f"only with {only_with}")


def _given(keys: _Keys, name: str) -> bool:
    kind = _KINDS.get(name, str)
    return name in keys and isinstance(keys[name].value, kind) and bool(keys[name].value)


def _nets(vms: Mapping[str, _Keys], elsewhere: Collection[str]) -> Iterator[Mistake]:
    """Missing providers, and cycles, each reported once as a whole."""
    given = {
        name: keys["net"]
        for name, keys in vms.items()
        if _given(keys, "net") and name not in elsewhere
    }
    net: dict[str, str] = {}
    for name, (source, provider) in given.items():
        if not isinstance(provider, str) or not is_vm_name(provider):
            continue
        if provider not in vms and provider not in elsewhere:
            there = sorted({*vms, *elsewhere} - {name})
            others = ", ".join(show_value(other) for other in there)
            allowed = f'one of {others}, or "" for no network' if others else '""'
            yield Mistake(source, ("net",), f"no VM {show_value(provider)}", allowed)
        else:
            net[name] = provider
            yield from _linked(source, vms[name], provider, vms.get(provider, {}))
    for cycle in cycles(net):
        if len(cycle) == 1:
            found, allowed = "the VM itself", "the name of another VM"
        else:
            steps = [f"{name} ({_where(given[name])})" for name in cycle]
            found = "a cycle: " + " needs ".join([*steps, cycle[0]])
            allowed = "providers without a cycle: remove one of these"
        yield Mistake(given[cycle[0]].source, ("net",), found, allowed)


def _linked(source: Source, client: _Keys, name: str, provider: _Keys) -> Iterator[Mistake]:
    """Errors of a QEMU machine's network: the session only links QEMU machines to each other."""
    if _driver(client) != "qemu":
        return
    if _given(client, "uplink"):
        yield Mistake(source, ("net",), show_value(name), "only without uplink = true")
    elif _driver(provider) != "qemu" or not _given(provider, "uplink"):
        found = f"{show_value(name)}, which provides no network"
        allowed = 'the name of a VM with driver = "qemu" and uplink = true'
        yield Mistake(source, ("net",), found, allowed)


def _driver(keys: _Keys) -> object:
    return keys["driver"].value if "driver" in keys else "local"


def _where(place: _Place) -> str:
    error = place.source.error(("net",), "", "")
    return f"{error.file}:{error.line}"
