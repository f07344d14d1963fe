"""Notices to the user, and the list of bindings."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from spectrum_session.compositor.events import OutputsChanged
from spectrum_session.compositor.port import CompositorPort
from spectrum_session.config.spectrum import troubles
from spectrum_session.session.settings import Settings
from spectrum_session.trusted import notices

log = logging.getLogger(__name__)


class Notify(Protocol):
    """Tells the user."""

    def __call__(self, title: str, lines: Sequence[str], kind: notices.Kind = "error", /) -> None:
        """Show a notice for a while."""


class Notices:
    """Shows notices, each in place of the one before."""

    def __init__(
        self, compositor: CompositorPort, settings: Settings, crash: Sequence[str]
    ) -> None:
        """`crash`: the report about the session before this one, empty unless it crashed."""
        self._compositor = compositor
        self._settings = settings
        self._report = list(crash)
        self._crash = self._report
        """Still to be shown."""

    def show(self, title: str, lines: Sequence[str], kind: notices.Kind = "error", /) -> None:
        """Show a notice for a while."""
        font = self._settings.config.frame.font
        self._compositor.show(
            "notice",
            notices.notice_picture(title, list(lines), kind, font),
            centered=False,
            seconds=notices.SECONDS[kind],
        )

    def toggle_bindings(self) -> None:
        """Show the list of bindings, or hide it."""
        if self._compositor.shown == "bindings":
            self._compositor.hide()
        else:
            font = self._settings.config.frame.font
            picture = notices.bindings_picture(self._compositor.bindings(), font)
            self._compositor.show("bindings", picture, centered=True)

    def earlier_vms(self, lines: Sequence[str]) -> None:
        """VMs of the session before this one; after a crash they stand in the crash's notice."""
        if self._report:
            self._crash = [*self._report, *lines]
        elif lines:
            self.show("VMs of the session before this one", lines, "info")

    def definition_errors(self) -> None:
        """VMs of Spectrum's that cannot start, and why."""
        lines = troubles(self._settings.config)
        for line in lines:
            log.error("%s", line)
        if lines:
            self.show("Definitions of VMs with errors", lines)

    def crash(self, _event: OutputsChanged | None = None) -> None:
        """How the session before this one crashed, once there is an output to show it on."""
        if self._crash and any(output.enabled for output in self._compositor.outputs()):
            lines, self._crash = self._crash, []
            self.show("The session before this one crashed", lines)
