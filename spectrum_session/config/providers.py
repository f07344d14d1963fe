"""Network providers of VMs, by name. Pure. A VM has at most one provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def chain(name: str, net: Mapping[str, str]) -> list[str]:
    """The VMs that must run before `name` can: its provider last, and that one's before it.

    `net` maps a VM to its provider, to "" or nothing for none. Raises ValueError for a cycle.
    """
    found: list[str] = []
    provider = net.get(name, "")
    while provider:
        if provider == name or provider in found:
            raise ValueError(
                f"{name} would wait for itself: {' → '.join([name, *found, provider])}"
            )
        found.append(provider)
        provider = net.get(provider, "")
    found.reverse()
    return found


def clients(name: str, net: Mapping[str, str]) -> list[str]:
    """The VMs whose provider this is, in alphabetical order."""
    return sorted(client for client, provider in net.items() if provider == name != client)


def in_order(names: Iterable[str], net: Mapping[str, str]) -> list[str]:
    """These VMs, each after its providers, otherwise in the given order.

    Raises ValueError as `chain`.
    """
    return sorted(names, key=lambda name: len(chain(name, net)))


def cycles(net: Mapping[str, str]) -> list[list[str]]:
    """All cycles, each beginning with its alphabetically first name, sorted."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in sorted(net):
        path: list[str] = []
        name = start
        while name and name not in done and name not in path:
            path.append(name)
            name = net.get(name, "")
        if name in path:
            cycle = path[path.index(name) :]
            first = cycle.index(min(cycle))
            found.append(cycle[first:] + cycle[:first])
        done.update(path)
    return sorted(found)
