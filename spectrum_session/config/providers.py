"""Who gives whom a network: pure questions about names. A VM has at most one provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def chain(name: str, net: Mapping[str, str]) -> list[str]:
    """The VMs that must run before `name` can: its provider last, and that one's before it.

    `net` maps a VM to its provider, and to "" or nothing when it has none. Raises ValueError when
    the chain comes back to where it was.
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
    """These VMs, each after all that it needs; else in the order in which they come.

    Raises ValueError as `chain`.
    """
    return sorted(names, key=lambda name: len(chain(name, net)))


def cycles(net: Mapping[str, str]) -> list[list[str]]:
    """All cycles, each from its first name in alphabetical order on, in order of those."""
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
