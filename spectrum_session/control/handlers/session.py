"""Commands about the session itself and programs on the host."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from spectrum_session import __version__
from spectrum_session.compositor.port import CompositorPort
from spectrum_session.control import commands, messages
from spectrum_session.control.errors import CONFIG, FAILED, ControlError
from spectrum_session.control.ports import Programs, VMs
from spectrum_session.control.server import AfterReply
from spectrum_session.shell.actions import ACTIONS, format_action


class SessionCommands:
    """A method for each command of the area `session`."""

    def __init__(
        self,
        compositor: CompositorPort,
        vms: VMs,
        programs: Programs,
        reload: Callable[[], list[str]],
        stop: Callable[[], None],
        backend: str,
        display: str,
    ) -> None:
        """`reload` returns the configuration's errors; `display` is WAYLAND_DISPLAY."""
        self._compositor = compositor
        self._vms = vms
        self._programs = programs
        self._reload = reload
        self._stop = stop
        self._backend = backend
        self._display = display

    def bindings(self, _args: commands.NoArgs) -> list[messages.Binding]:
        """The key bindings in force."""
        found = []
        for binding in self._compositor.bindings().bindings:
            flags = [
                flag
                for flag in ("repeat", "release", "locked", "keycode")
                if getattr(binding, flag)
            ]
            spec = ACTIONS.get(binding.action.name)
            found.append(
                messages.Binding(
                    mode=binding.mode,
                    chord=binding.text,
                    action=format_action(binding.action),
                    description=spec.description if spec is not None else "",
                    flags=flags,
                )
            )
        return found

    def version(self, _args: commands.NoArgs) -> messages.Version:
        """Versions of the session and of the libraries under it."""
        versions = self._compositor.versions()
        return messages.Version(
            version=__version__,
            wlroots=versions.wlroots,
            provider=versions.provider,
            backend=self._backend,
            renderer=versions.renderer,
            python=".".join(map(str, sys.version_info[:3])),
            pid=os.getpid(),
            wayland_display=self._display,
        )

    def spawn(self, args: commands.SpawnArgs) -> messages.Spawned:
        """Start a program on the host or in a VM."""
        if args.vm is not None:
            return messages.Spawned(pid=self._vms.spawn(args.vm, args.argv))
        try:
            pid = self._programs.start(args.argv)
        except OSError as error:
            text = f"cannot start {args.argv[0]!r}: {error.strerror or error}"
            raise ControlError(FAILED, text) from error
        return messages.Spawned(pid=pid)

    def reload(self, _args: commands.NoArgs) -> None:
        """Read the configuration again."""
        lines = self._reload()
        if lines:
            raise ControlError(CONFIG, "\n".join(lines))

    def exit(self, _args: commands.NoArgs) -> AfterReply:
        """End the session once the client has its reply."""
        return AfterReply(None, self._stop)
