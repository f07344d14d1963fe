"""Finds the machines that earlier sessions left in the runtime directory, and removes the rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .drivers.cloud_hypervisor import api, command
from .drivers.qemu.driver import QMP
from .drivers.qemu.qmp import quit_at
from .factory import MACHINES
from .storage import record
from .storage.leftovers import machines
from .storage.remove import remove_tree

log = logging.getLogger(__name__)


class Recovery:
    """Reads what earlier sessions noted. It belongs to one asyncio loop."""

    def __init__(self, runtime_dir: Path) -> None:
        self._runtime_dir = runtime_dir
        self._removing: set[asyncio.Task[None]] = set()

    def records(self) -> Iterator[record.Record]:
        """The records of all machines that were left. A machine without one is ended and
        removed."""
        for directory in machines(self._runtime_dir):
            noted = record.load(directory)
            if noted is not None and noted.driver in MACHINES:
                yield noted
                continue
            log.warning("removing the machine in %s: it has no valid record", directory)
            task = asyncio.get_running_loop().create_task(_remove(directory))
            self._removing.add(task)
            task.add_done_callback(self._removing.discard)


async def _remove(directory: Path) -> None:
    """Remove what a session left that was killed before it had noted what it started."""
    # Out of the way of a new start, which would find it in its place.
    moved = directory.with_name(f".{directory.name}.unknown")
    remove_tree(moved)
    with suppress(OSError):
        directory.rename(moved)
        await quit_at(moved / QMP)
        await api.quit_at(moved / command.OWN / command.API)
    remove_tree(moved)
