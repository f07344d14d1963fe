"""MACs and addresses, and QEMU's devices that bear them."""

from __future__ import annotations

import re
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.images.recipe import GUEST
from spectrum_session.ipc.listening import listening_socket
from spectrum_session.vm.net import address, devices
from spectrum_session.vm.net.address import UPLINK_MAC, client_mac, provider_mac

WAIT_S = 60


def test_spectrums_convention() -> None:
    assert client_mac(1) == "0a:b3:ec:00:00:01" and address.address(1) == "100.64.0.1"
    assert provider_mac(300) == "0a:b3:ec:80:01:2c" and address.address(300) == "100.64.1.44"


@given(st.integers(1, 0xFFFE))
def test_an_address_is_that_of_the_mac_at_either_end(place: int) -> None:
    for mac in (client_mac(place), provider_mac(place)):
        fifth, sixth = mac.split(":")[4:]
        assert address.address(place) == f"100.64.{int(fifth, 16)}.{int(sixth, 16)}"
        # Local, and of one machine alone.
        assert int(mac[:2], 16) & 3 == 2


@pytest.mark.parametrize("place", [0, -1, 0xFFFF])
def test_places_that_are_none(place: int) -> None:
    for function in (client_mac, provider_mac, address.address):
        with pytest.raises(ValueError, match=str(place)):
            function(place)


def test_the_guests_files_know_the_same() -> None:
    network = (GUEST / "network").read_text()
    assert f"gateway={address.GATEWAY}\n" in network
    for mac in (client_mac(1), provider_mac(1), UPLINK_MAC):
        assert f"{mac[:11]}:*)" in network
    for name in ("router.nft", "udhcpc"):
        assert f"dnat ip to {address.RESOLVER}" in (GUEST / name).read_text()
    assert f"ip daddr {address.GATEWAY} " in (GUEST / "router.nft").read_text()


def test_a_provider_has_a_device_for_each_place_and_one_that_leads_out() -> None:
    line = " ".join(devices.provider(7, {1: 8, 300: 9}))
    assert re.findall(r"mac=([0-9a-f:]+)", line) == [UPLINK_MAC, provider_mac(1), provider_mac(300)]
    assert re.findall(r"addr\.str=(\d+)", line) == ["7", "8", "9"]


def test_qemu_takes_them(tmp_path: Path) -> None:
    """All of them at once, beside what every machine has."""
    with ExitStack() as ours:
        sockets = [
            ours.enter_context(listening_socket(tmp_path / str(number)))
            for number in range(address.PLACES + 2)
        ]
        own, uplink, *fds = (one.fileno() for one in sockets)
        places = dict(enumerate(fds, 1))
        done = subprocess.run(
            [
                *("qemu-system-x86_64", "-nodefaults", "-machine", "q35", "-accel", "tcg"),
                *("-m", "64", "-display", "none", "-monitor", "stdio", "-S"),
                *devices.client(3, own),
                *devices.provider(uplink, places),
            ],
            input="quit\n",
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            pass_fds=[own, uplink, *fds],
        )
    assert (done.returncode, done.stderr) == (0, "")
