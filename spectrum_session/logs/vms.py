"""Lines of the log about the life of VMs."""

from __future__ import annotations

import logging

from .line import of_vm

log = logging.getLogger("spectrum_session.vm")


class VMLines:
    """Logs each state of a VM once; a status changes for less than that too."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def changed(self, vm: str, state: str, reason: str) -> None:
        """A VM's status changed. `reason` is why it is in this state, "" when there is no why."""
        if self._last.get(vm) == state:
            return
        self._last[vm] = state
        level = logging.ERROR if state == "failed" else logging.INFO
        log.log(level, "%s", f"{state}: {reason}" if reason else state, extra=of_vm(vm))
