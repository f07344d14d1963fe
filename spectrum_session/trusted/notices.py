"""Pictures of notices and of the bindings list, as the compositor's overlay wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from spectrum_session.labels.image import Image
from spectrum_session.labels.overlay import draw_bindings, draw_notice
from spectrum_session.shell.actions import ACTIONS, format_action
from spectrum_session.shell.keybindings import DEFAULT_MODE, BindingTable

Kind = Literal["error", "info"]
Draw = Callable[[int, int, float], Image]

SECONDS: Mapping[Kind, float] = MappingProxyType({"error": 12.0, "info": 4.0})
"""How long a notice stays."""

NOTICE_WIDTH = 720
"""Logical pixels at most."""

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Programs", ("spawn", "spawn-in-vm", "start-vm", "stop-vm", "close", "kill", "screenshot")),
    ("Focus", ("focus", "focus-output", "focus-window")),
    (
        "Windows",
        (
            "move",
            "promote",
            "float",
            "fullscreen",
            "true-fullscreen",
            "maximise",
            "minimise",
            "restore",
            "resize",
            "move-window",
            "resize-window",
            "move-to-output",
        ),
    ),
    ("Workspaces", ("workspace", "move-to-workspace", "workspace-to-output")),
    ("Layout", ("layout", "master-ratio", "master-count")),
)
"""Which actions stand under which heading; the rest stands under "Session"."""


def binding_groups(table: BindingTable) -> list[tuple[str, list[tuple[str, str]]]]:
    """All bindings of the default mode by heading: (chord, what it does)."""
    heading = {action: name for name, actions in GROUPS for action in actions}
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name, _ in GROUPS}
    groups["Session"] = []
    for binding in table.bindings:
        if binding.mode != DEFAULT_MODE:
            continue
        group = groups[heading.get(binding.action.name, "Session")]
        group.append((binding.text, describe(binding.action.name, format_action(binding.action))))
    return [(name, rows) for name, rows in groups.items() if rows]


def describe(name: str, text: str) -> str:
    """What an action does, for people: its text, which is short and exact."""
    return text if name in ACTIONS else name


def bindings_picture(table: BindingTable, font: str) -> Draw:
    """The list of bindings."""
    groups = binding_groups(table)
    return lambda width, height, scale: draw_bindings(groups, width, height, scale, font=font)


def notice_picture(title: str, lines: list[str], kind: Kind, font: str) -> Draw:
    """A notice."""
    return lambda width, _height, scale: draw_notice(
        title, lines, kind, min(width, NOTICE_WIDTH), scale, font=font
    )
