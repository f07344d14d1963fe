"""Writes the host's own IPv4 addresses, which no machine may reach, to a file, and updates it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from spectrum_session.vm.errors import VMError

FILE = "addresses"
_ROUTES = Path("/proc/net/fib_trie")
_ADDRESSES_CHANGE = 0x10
"""RTMGRP_IPV4_IFADDR of linux/rtnetlink.h: the kernel notifies of added and removed addresses."""
_TOLD_BYTES = 1 << 16


class HostAddresses:
    """Keeps the file up to date until it is stopped. It belongs to one asyncio loop."""

    def __init__(self, directory: Path) -> None:
        """`directory` is the session's alone to write to; nothing is made yet."""
        self._directory = directory
        self._kernel: socket.socket | None = None

    def start(self) -> None:
        """Write the file, and update it from now on. Raises VMError."""
        try:
            self._kernel = socket.socket(
                socket.AF_NETLINK,
                socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC,
                socket.NETLINK_ROUTE,
            )
            self._kernel.bind((0, _ADDRESSES_CHANGE))
            self._write()
        except OSError as error:
            self.stop()
            raise VMError(f"the host's own addresses: {error}") from error
        asyncio.get_running_loop().add_reader(self._kernel, self._changed)

    def stop(self) -> None:
        """Stop updating it."""
        if self._kernel is not None:
            asyncio.get_running_loop().remove_reader(self._kernel)
            self._kernel.close()
            self._kernel = None

    def _changed(self) -> None:
        assert self._kernel is not None
        try:
            while self._kernel.recv(_TOLD_BYTES):
                continue
        except OSError:
            # Everything is read, or notifications were lost.
            self._write_or_close()

    def _write_or_close(self) -> None:
        try:
            self._write()
        except OSError:
            # Without the file nothing passes at all.
            (self._directory / FILE).unlink(missing_ok=True)

    def _write(self) -> None:
        new = self._directory / f".{FILE}"
        new.write_text("".join(f"{address}\n" for address in own_addresses()))
        # Its reader may run as nobody, and it is not secret.
        new.chmod(0o644)
        new.rename(self._directory / FILE)


def own_addresses(table: str | None = None) -> list[str]:
    """The host's own IPv4 addresses, of the kernel's table of routes (or of its text)."""
    if table is None:
        table = _ROUTES.read_text()
    found: list[str] = []
    address = ""
    for line in table.splitlines():
        words = line.split()
        if words[:1] == ["|--"]:
            address = words[1]
        elif words == ["/32", "host", "LOCAL"] and not address.startswith("127."):
            found.append(address)
    return list(dict.fromkeys(found))
