"""Tell a service manager that clients can connect: s6's notification fd, systemd's sd_notify."""

from __future__ import annotations

import os
import socket


def notify_fd(fd: int | None) -> None:
    """Write a newline to the s6 notification descriptor and close it."""
    if fd is None:
        return
    try:
        os.write(fd, b"\n")
    finally:
        os.close(fd)


def notify_systemd(state: str, address: str | None) -> None:
    """Send a state such as READY=1 to NOTIFY_SOCKET's address; None: nobody listens."""
    if not address:
        return
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.sendto(state.encode(), target)
