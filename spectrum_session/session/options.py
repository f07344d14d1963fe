"""Options of a session, from the command line and the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BARE_METAL = frozenset({"drm"})
"""Backends of a session that is the machine's own: nothing for development is allowed on it."""
NESTED = frozenset({"wayland", "x11"})
"""Backends whose outputs are windows of another session."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the command line and of the environment."""

    config_directory: Path | None
    outputs: tuple[tuple[int, int, float], ...]
    """Width and height in physical pixels, and scale."""
    backend: str
    """The one chosen: drm, wayland, x11 or headless."""
    ready_fd: int | None
    notify_socket: str | None
    parent_display: str | None
    """WAYLAND_DISPLAY of the session around this one, when it runs in a window of that."""
    runtime_directory: Path
    state_directory: Path
    crashed: list[str] | None = None
    """The notice about the session before this one, when it crashed."""
