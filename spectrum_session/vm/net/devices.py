"""QEMU's network devices for links. Pure.

QEMU serves each on a socket that listens already and that it inherits: who joins the ends (link.py,
uplink.py) may come, go and come again, and QEMU can make no socket, and none of another's.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import address


def client(place: int, fd: int) -> list[str]:
    """The device of a machine that has a network, at a place of its provider's."""
    return _device("net", fd, address.client_mac(place))


def provider(uplink: int, places: Mapping[int, int]) -> list[str]:
    """The devices of a machine that gives others a network; the descriptor of each place's."""
    made = _device("uplink", uplink, address.UPLINK_MAC)
    for place, fd in places.items():
        made += _device(f"place{place}", fd, address.provider_mac(place))
    return made


def _device(name: str, fd: int, mac: str) -> list[str]:
    return [
        *("-netdev", f"stream,id={name},server=on,addr.type=fd,addr.str={fd}"),
        *("-device", f"virtio-net-pci,netdev={name},mac={mac},romfile="),
    ]
