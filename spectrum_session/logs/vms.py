"""Logs state changes of VMs."""

from __future__ import annotations

import logging

from .line import of_vm

log = logging.getLogger("spectrum_session.vm")


class VMLines:
    """Logs each state of a VM once: a status also changes without its state."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def changed(self, vm: str, state: str, reason: str) -> None:
        """Handle a changed status. `reason` explains the state and may be ""."""
        if self._last.get(vm) == state:
            return
        self._last[vm] = state
        level = logging.ERROR if state == "failed" else logging.INFO
        log.log(level, "%s", f"{state}: {reason}" if reason else state, extra=of_vm(vm))
