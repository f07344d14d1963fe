"""QEMU's network devices for links. Pure.

QEMU serves each on a socket that listens already and that it inherits: who joins the ends (link.py,
uplink.py) may come, go and come again, and QEMU can make no socket, and none of another's.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import address


def client(slot: int, fd: int) -> list[str]:
    """The device of a machine that has a network, at a slot of its provider's."""
    return _device("net", fd, address.client_mac(slot))


def provider(uplink: int, slots: Mapping[int, int]) -> list[str]:
    """The devices of a machine that gives others a network; the descriptor of each slot's."""
    made = _device("uplink", uplink, address.UPLINK_MAC)
    for slot, fd in slots.items():
        made += _device(f"slot{slot}", fd, address.provider_mac(slot))
    return made


def _device(name: str, fd: int, mac: str) -> list[str]:
    return [
        *("-netdev", f"stream,id={name},server=on,addr.type=fd,addr.str={fd}"),
        *("-device", f"virtio-net-pci,netdev={name},mac={mac},romfile="),
    ]
