"""Merges Spectrum's VMs with our files, which set their labels and permissions."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .files import Source
from .providers import cycles
from .schema import Config
from .spectrum import SpectrumVM, Tree

NOT_OURS = frozenset(
    {
        "driver",
        "net",
        "uplink",
        "host-loopback",
        "packages",
        "kernel",
        "initramfs",
        "disks",
        "kernel-command-line",
        "api-socket",
        "command",
    }
)
"""Keys that vms/NAME.toml may not have for a VM that Spectrum defines."""


def leave_ours(tree: Tree, sources: Sequence[Source]) -> None:
    """Remove VMs known by their service only that one of our files defines."""
    ours = {
        source.vm: source
        for source in sources
        if source.vm is not None and not NOT_OURS.isdisjoint(source.data)
    }
    for name, found in list(tree.vms.items()):
        if found.service_only and name in ours:
            del tree.vms[name]
            if "api-socket" not in ours[name].data:
                tree.ignored.append(f"{found.origin}: {ours[name].file} defines a VM of this name")


def join(config: Config, tree: Tree, sources: Sequence[Source]) -> Config:
    """The configuration with Spectrum's VMs as SpectrumVM, each with its problem if it has one.

    `config` has all VMs already, those of `tree` with our files' keys over theirs.
    """
    vms = dict(config.vms)
    net = {name: vm.net for name, vm in vms.items()}
    problems = {name: " needs ".join([*cycle, cycle[0]]) for cycle in cycles(net) for name in cycle}
    for name, found in tree.vms.items():
        problem = found.problem or _foreign_key(name, found.origin, sources)
        if not problem and net[name] and net[name] not in net:
            problem = f"its network provider {net[name]} does not exist"
        if not problem and name in problems:
            problem = f"its network providers form a cycle: {problems[name]}"
        plain = {field: getattr(vms[name], field) for field in vms[name].__struct_fields__}
        # A VM that never starts does not wait for its provider.
        plain["net"] = "" if problem else net[name]
        vms[name] = SpectrumVM(
            **plain, origin=found.origin, api_sockets=found.api_sockets, problem=problem
        )
    return msgspec.structs.replace(config, vms=vms, ignored=tree.ignored)


def _foreign_key(name: str, origin: str, sources: Sequence[Source]) -> str:
    for source in sources:
        for key in source.data if source.vm == name else ():
            if key in NOT_OURS:
                error = source.error((key,), "", "")
                where = f"{error.file}:{error.line}"
                return f"{where}: {key} is not allowed for a VM that {origin} defines"
    return ""
