"""From a command's name to the method that carries it out, and from errors to replies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from spectrum_session.compositor.port import CompositorPort
from spectrum_session.control.commands import COMMANDS, Area, Args
from spectrum_session.control.errors import (
    BAD_ARGUMENTS,
    FAILED,
    NOT_FOUND,
    UNAVAILABLE,
    ControlError,
)
from spectrum_session.control.names import EventName
from spectrum_session.control.ports import ScreenshotError, VMs
from spectrum_session.shell.actions import ActionError
from spectrum_session.vm.errors import VMError

Subscribing = Callable[[Iterable[EventName]], None]


class Dispatch:
    """Implements `control.server.Handler` with an object for each area."""

    def __init__(
        self,
        areas: Mapping[Area, object],
        compositor: CompositorPort,
        vms: VMs,
        subscribing: Subscribing,
    ) -> None:
        """Raises AttributeError when an area has no method for one of its commands."""
        self._methods: dict[str, Callable[[Any], Any]] = {
            command.name: getattr(areas[command.area], command.name.replace("-", "_"))
            for command in COMMANDS.values()
            if command.area != "server"
        }
        self._compositor = compositor
        self._vms = vms
        self._subscribing = subscribing

    def subscribing(self, events: Iterable[EventName]) -> None:
        """See `control.server.Handler`."""
        self._subscribing(events)

    async def handle(self, command: str, args: Args) -> object:
        """See `control.server.Handler`."""
        try:
            result = self._methods[command](args)
            if asyncio.iscoroutine(result):
                result = await result
        except VMError as error:
            name = getattr(args, "vm" if command == "spawn" else "name")
            known = name in self._vms.states()
            raise ControlError(UNAVAILABLE if known else NOT_FOUND, str(error)) from error
        except ActionError as error:
            raise ControlError(BAD_ARGUMENTS, str(error)) from error
        except ScreenshotError as error:
            raise ControlError(FAILED, str(error)) from error
        self._compositor.wake()
        return result
