"""MAC and IPv4 addresses on the links between machines, by Spectrum's convention. Pure.

A machine that has a network has one device, with the MAC 0a:b3:ec:00:X:Y, the address 100.64.X.Y
and the gateway 169.254.0.1, which is the machine that gives it the network. That one has a device
for each slot, 0a:b3:ec:80:X:Y, and one that leads out. Guests of our images do as these say
(images/guest/network); nothing is asked for, and DHCP is for the way out alone.
"""

from __future__ import annotations

SLOTS = 16
"""Machines that one provider can serve at a time. Each slot is a device of the provider's, whether
a machine is there or not."""

GATEWAY = "169.254.0.1"
RESOLVER = "169.254.0.53"
"""What the host's end of the way out takes for the host's resolver (guest/router.nft)."""

_SPECTRUM = "0a:b3:ec"
UPLINK_MAC = f"{_SPECTRUM}:c0:00:00"
"""Of the device that leads to the host's network."""


def client_mac(slot: int) -> str:
    """Of the device of the machine at a slot, from 1 on."""
    return f"{_SPECTRUM}:00:{_check(slot) >> 8:02x}:{slot & 0xFF:02x}"


def provider_mac(slot: int) -> str:
    """Of the device at the other end of its link."""
    return f"{_SPECTRUM}:80:{_check(slot) >> 8:02x}:{slot & 0xFF:02x}"


def address(slot: int) -> str:
    """The IPv4 address of the machine at a slot."""
    return f"100.64.{_check(slot) >> 8}.{slot & 0xFF}"


def _check(slot: int) -> int:
    if not 1 <= slot <= 0xFFFE:
        raise ValueError(f"slot {slot} is out of range: 1 to {0xFFFE}")
    return slot
