"""Reads Spectrum's own definitions of VMs: directories, which are never written.

    DEFINITIONS/NAME/vmlinux                 the kernel
    DEFINITIONS/NAME/blk/*.img               its disks; in older trees DEFINITIONS/NAME/rootfs.ext4
    DEFINITIONS/NAME/providers/net/NETVM     an empty file: the VM that it has its network from
    RUN/user.NAME/vmm                        while the host's service manager runs it, its API
    RUN/by-name/{user,sys}.NAME/vmm          socket; the latter in newer trees

An error in one concerns that VM only. Only directories are opened, so that a pipe in place of a
file cannot block; symbolic links are followed.
"""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from .errors import show_value
from .limits import is_file_path
from .schema import VM, Config
from .vm_name import VM_NAME_WORDS, is_vm_name

_SERIAL = "ttyAMA0" if platform.machine() == "aarch64" else "ttyS0"
_RUN_PREFIXES = ("user.", "sys.")
COMMAND_LINE = f"console={_SERIAL} root=PARTLABEL=root"
"""Spectrum's kernel command line."""


class SpectrumVM(VM, frozen=True):
    """A VM that Spectrum defines, with label and permissions from our own file."""

    origin: str = ""
    """The directory that defines it, or its directory in RUN if there is no other."""
    api_sockets: tuple[str, ...] = ()
    """Possible paths of its API socket while the host's service manager runs it."""
    problem: str = ""
    """Why it cannot start; "" when no problem is known."""


def troubles(config: Config) -> list[str]:
    """Errors of Spectrum's VMs, which keep them from starting: a line each."""
    broken = [
        f"{name} cannot start: {vm.problem}"
        for name, vm in sorted(config.vms.items())
        if isinstance(vm, SpectrumVM) and vm.problem
    ]
    return [*broken, *config.ignored]


class Found(msgspec.Struct):
    """A directory that may define a VM."""

    name: str
    origin: str
    api_sockets: tuple[str, ...]
    service_only: bool = False
    """Whether it only has a directory in RUN."""
    keys: dict[str, Any] = {}
    """Keys as in vms/NAME.toml."""
    problem: str = ""


class Tree(msgspec.Struct):
    """The VMs by name, and a line for each entry that is not a VM."""

    vms: dict[str, Found] = {}
    ignored: list[str] = []


def read(definitions: str, run: str) -> Tree:
    """Read both directories; "" for none. A missing directory is empty."""
    tree = Tree()
    for path in _entries(definitions, tree) if definitions else ():
        name = path.name
        if not is_vm_name(name):
            why = f"not a VM name; allowed: {VM_NAME_WORDS}"
            tree.ignored.append(f"{_shown(path)}: {why}")
        elif not path.is_dir():
            tree.ignored.append(f"{_shown(path)} is not a directory, and defines no VM")
        else:
            tree.vms[name] = _defined(path, _api_sockets(run, name))
    for path, name in _run_names(run, tree) if run else ():
        if not is_vm_name(name):
            why = f"not a VM name; allowed: {VM_NAME_WORDS}"
            tree.ignored.append(f"{_shown(path)}: {why}")
        elif name not in tree.vms:
            keys = {"driver": "cloud-hypervisor"}
            tree.vms[name] = Found(name, str(path), (str(path / "vmm"),), True, keys)
    return tree


def _api_sockets(run: str, name: str) -> tuple[str, ...]:
    places = (f"user.{name}", f"by-name/user.{name}", f"by-name/sys.{name}") if run else ()
    return tuple(os.path.join(run, place, "vmm") for place in places)


def _entries(directory: str, tree: Tree) -> list[Path]:
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    except OSError as error:
        tree.ignored.append(f"{directory}: {error.strerror}")
        return []
    return [Path(directory, name) for name in sorted(names) if not name.startswith(".")]


def _run_names(run: str, tree: Tree) -> Iterator[tuple[Path, str]]:
    for directory in (run, os.path.join(run, "by-name")):
        entries = _entries(directory, tree)
        for prefix in _RUN_PREFIXES:
            for path in entries:
                if path.name.startswith(prefix):
                    yield path, path.name[len(prefix) :]


def _defined(path: Path, api_sockets: tuple[str, ...]) -> Found:
    found = Found(path.name, str(path), api_sockets)
    found.keys = {"driver": "cloud-hypervisor", "kernel-command-line": COMMAND_LINE}
    try:
        found.keys["kernel"] = _file(path / "vmlinux")
        found.keys["disks"] = _disks(path)
        found.keys["net"] = _net(path)
    except _Problem as problem:
        found.problem = str(problem)
    return found


def _shown(path: Path) -> str:
    """A path, escaped to one line."""
    return str(path) if str(path).isprintable() else show_value(str(path))


class _Problem(ValueError):
    pass


def _file(path: Path) -> str:
    if not is_file_path(str(path)):
        why = "the path contains ',' or unprintable characters"
        raise _Problem(f"{show_value(str(path))}: {why}")
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise _Problem(f"{_shown(path)}: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise _Problem(f"{_shown(path)} is not a regular file")
    return str(path)


def _names(directory: Path) -> list[str] | None:
    """The entries of a directory, sorted; None when it does not exist."""
    try:
        return sorted(name for name in os.listdir(directory) if not name.startswith("."))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _Problem(f"{_shown(directory)}: {error.strerror}") from error


def _disks(path: Path) -> list[str]:
    names = _names(path / "blk")
    if names is None:
        return [_file(path / "rootfs.ext4")]
    disks = [_file(path / "blk" / name) for name in names if name.endswith(".img")]
    if not disks:
        raise _Problem(f"{_shown(path / 'blk')} has no disk (*.img)")
    return disks


def _net(path: Path) -> str:
    providers = _names(path / "providers" / "net") or []
    if len(providers) > 1:
        raise _Problem(f"{_shown(path / 'providers/net')} names several VMs; only one is allowed")
    for name in providers:
        if not is_vm_name(name):
            raise _Problem(f"{_shown(path / 'providers/net')}: {show_value(name)} is not a VM name")
    return providers[0] if providers else ""
