"""Labels of the session's VMs, from the configuration."""

from __future__ import annotations

from spectrum_session.config.schema import Config
from spectrum_session.labels.label import SUSPICIOUS, Label, make_labels
from spectrum_session.session.settings import Settings

NO_GATE = "NO GATE"
"""Stands in the frames of a VM that is connected without a gate, beside its name."""


class Labels:
    """The label of every VM."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._config: Config | None = None
        self._labels: dict[str, Label] = {}
        self.without_gate: set[str] = set()
        """VMs that are connected without a gate."""

    def of(self, vm: str) -> Label:
        """The label of a VM under the VM's own name; the most suspicious one without any."""
        config = self._settings.config
        if config is not self._config:
            self._config = config
            self._labels = dict(
                make_labels(
                    (name, label.color, label.pattern) for name, label in config.labels.items()
                )
            )
        definition = config.vms.get(vm)
        label = self._labels.get(definition.label) if definition is not None else None
        # The end of a long name is cut off first.
        shown = f"{NO_GATE} {vm}" if vm in self.without_gate else vm
        return (label or SUSPICIOUS).named(shown)
