"""Events that the session itself publishes, on the compositor's bus (compositor/events.py)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VMChanged:
    """A VM's state, stage of its start, or gate changed."""

    name: str


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """Another set of bindings is in force."""

    mode: str


@dataclass(frozen=True, slots=True)
class ConfigReloaded:
    """The configuration was read again; with errors the old one stays."""

    errors: tuple[str, ...] = ()
