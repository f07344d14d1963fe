"""Who is who on the links between machines, by Spectrum's convention. Pure.

A machine that has a network has one device, with the MAC 0a:b3:ec:00:X:Y, the address 100.64.X.Y
and the gateway 169.254.0.1, which is the machine that gives it the network. That one has a device
for each place, 0a:b3:ec:80:X:Y, and one that leads out. Guests of our images do as these say
(images/guest/network); nothing is asked for, and DHCP is for the way out alone.
"""

from __future__ import annotations

PLACES = 16
"""How many machines can have their network from one at a time. Each is a device of the machine that
gives it, whether somebody is there or not."""

GATEWAY = "169.254.0.1"
RESOLVER = "169.254.0.53"
"""What the host's end of the way out takes for the host's resolver (guest/router.nft)."""

_SPECTRUM = "0a:b3:ec"
UPLINK_MAC = f"{_SPECTRUM}:c0:00:00"
"""Of the device that leads to the host's network."""


def client_mac(place: int) -> str:
    """Of the device of the machine at a place, from 1 on."""
    return f"{_SPECTRUM}:00:{_check(place) >> 8:02x}:{place & 0xFF:02x}"


def provider_mac(place: int) -> str:
    """Of the device at the other end of its link."""
    return f"{_SPECTRUM}:80:{_check(place) >> 8:02x}:{place & 0xFF:02x}"


def address(place: int) -> str:
    """The IPv4 address of the machine at a place."""
    return f"100.64.{_check(place) >> 8}.{place & 0xFF}"


def _check(place: int) -> int:
    if not 1 <= place <= 0xFFFE:
        raise ValueError(f"there is no place {place}")
    return place
