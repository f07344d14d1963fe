"""Explains a missing backend, and how to get one."""

from __future__ import annotations

import glob
import grp
import os
from collections.abc import Mapping

SEATD_SOCKET = "/run/seatd.sock"
"""Where seatd listens; SEATD_SOCK names another place."""


def explain(environment: Mapping[str, str], cards: list[str] | None = None) -> str:
    """The likely cause and its remedy. `cards`: paths of the graphics devices."""
    wanted = environment.get("WLR_BACKENDS", "")
    if wanted and "drm" not in wanted.split(","):
        return f"the backend {wanted} does not start (see the log above)"
    if cards is None:
        cards = sorted(glob.glob("/dev/dri/card*"))
    if not cards:
        return (
            "there is no graphics device (/dev/dri/card*): its driver is missing or not loaded;"
            " --backend headless needs none"
        )
    socket = environment.get("SEATD_SOCK") or SEATD_SOCKET
    if os.path.exists(socket):
        if os.access(socket, os.R_OK | os.W_OK):
            return (
                f"seatd ({socket}) gives no seat, or {' '.join(cards)} cannot be used (see the log"
                " above); another session may have the seat: end it, or switch to its terminal"
            )
        return (
            f"seatd's socket {socket} is not open to you: have yourself added to the group"
            f" {_group_of(socket)} and log in again"
        )
    return (
        "nobody gives you the seat (screen, keyboard and pointer): log in on a text console of this"
        " machine with systemd-logind or elogind, or start seatd; from a remote login or a service"
        " without a terminal there is none. --backend headless needs none"
    )


def _group_of(path: str) -> str:
    number = os.stat(path).st_gid
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
