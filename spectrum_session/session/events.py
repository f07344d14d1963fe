"""Events that the session itself publishes, on the compositor's bus (compositor/events.py)."""

from __future__ import annotations

from dataclasses import dataclass

from spectrum_session.vm.model import VMStatus


@dataclass(frozen=True, slots=True)
class VMChanged:
    """A VM's state, stage of its start, or gate changed."""

    name: str


@dataclass(frozen=True, slots=True)
class VMStateChanged:
    """A VM's state changed; its windows and its gate are still there when it ended.

    `VMChanged` follows.
    """

    name: str
    status: VMStatus


@dataclass(frozen=True, slots=True)
class VMStageChanged:
    """The start of a VM came to another stage. `VMChanged` follows."""

    name: str


@dataclass(frozen=True, slots=True)
class VMRequested:
    """The user asks for a VM now and waits for it; its start follows."""

    name: str


@dataclass(frozen=True, slots=True)
class VMStartFailed:
    """A start that the session or the user asked for failed."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """Another set of bindings is in force."""

    mode: str


@dataclass(frozen=True, slots=True)
class ConfigReloaded:
    """The configuration was read again; with errors the old one stays."""

    errors: tuple[str, ...] = ()
