"""Checks whether machines may use hardware virtualisation (/dev/kvm)."""

from __future__ import annotations

import stat
from pathlib import Path

from spectrum_session.vm.processes.sandbox import Tools

KVM = Path("/dev/kvm")


def closed_to_nobody(tools: Tools, node: Path = KVM) -> str:
    """Why a session of root's gives its guests no KVM though it works; "" when it does."""
    for_all = stat.S_IROTH | stat.S_IWOTH
    if tools.setpriv is None or node.stat().st_mode & for_all == for_all:
        return ""
    return f"the session is root's, whose guests run as nobody, and {node} is not open to all"
