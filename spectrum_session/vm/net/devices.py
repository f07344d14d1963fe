"""QEMU's network devices for links. Pure.

QEMU listens at each: who joins the ends (link.py, uplink.py) may come, go and come again.
"""

from __future__ import annotations

from . import address
from .places import LINK

CLIENT = "/run/net"
"""Where a machine finds, in its sandbox, the directory of the link to its provider."""
PLACES = "/run/places"
"""Where a provider finds those of its places, each under its number."""
UPLINK = "/run/uplink"
"""Where it finds that of the way out."""


def client(place: int) -> list[str]:
    """The device of a machine that has a network, at a place of its provider's."""
    return _device("net", CLIENT, address.client_mac(place))


def provider() -> list[str]:
    """The devices of a machine that gives others a network."""
    made = _device("uplink", UPLINK, address.UPLINK_MAC)
    for place in range(1, address.PLACES + 1):
        made += _device(f"place{place}", f"{PLACES}/{place}", address.provider_mac(place))
    return made


def _device(name: str, directory: str, mac: str) -> list[str]:
    path = f"{directory}/{LINK}"
    return [
        *("-netdev", f"stream,id={name},server=on,addr.type=unix,addr.path={path}"),
        *("-device", f"virtio-net-pci,netdev={name},mac={mac},romfile="),
    ]
