"""Reads the configuration again and has every part take it over."""

from __future__ import annotations

import logging
from pathlib import Path

from spectrum_session.compositor.events import Bus
from spectrum_session.compositor.port import CompositorPort
from spectrum_session.config.errors import ConfigErrors
from spectrum_session.config.load import load
from spectrum_session.session.events import ConfigReloaded
from spectrum_session.session.notices import Notices
from spectrum_session.session.settings import Keysym, Settings, shell_options
from spectrum_session.session.vms.placeholders import Placeholders
from spectrum_session.session.vms.supervisor import Supervisor

log = logging.getLogger(__name__)


class Reload:
    """Call `reload`."""

    def __init__(
        self,
        directory: Path | None,
        bare_metal: bool,
        keysym: Keysym,
        settings: Settings,
        compositor: CompositorPort,
        bus: Bus,
        notices: Notices,
        supervisor: Supervisor,
        placeholders: Placeholders,
    ) -> None:
        """`directory` is that of the command line."""
        self._directory = directory
        self._bare_metal = bare_metal
        self._keysym = keysym
        self._settings = settings
        self._compositor = compositor
        self._bus = bus
        self._notices = notices
        self._supervisor = supervisor
        self._placeholders = placeholders

    def reload(self) -> list[str]:
        """Read the configuration again; with errors the old one stays. Returns the errors."""
        try:
            config = load(self._directory, keysym=self._keysym, bare_metal=self._bare_metal)
        except ConfigErrors as errors:
            lines = str(errors).splitlines()
            for line in lines:
                log.error("configuration: %s", line)
            self._notices.show("The configuration has errors; the old one stays", lines)
            self._bus.publish(ConfigReloaded(tuple(lines)))
            return lines
        self._settings.config = config
        self._supervisor.vms.update(config.vms)
        self._supervisor.vms.watch()
        self._notices.definition_errors()
        self._compositor.reconfigure(config, shell_options(config))
        self._supervisor.gates.update()
        self._placeholders.reconfigured()
        log.info("configuration reloaded")
        self._bus.publish(ConfigReloaded())
        return []
