"""Pictures of notices and of the list of bindings, for the compositor's overlay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from spectrum_session.labels.image import Image
from spectrum_session.labels.overlay import draw_bindings, draw_notice
from spectrum_session.shell.actions import format_action
from spectrum_session.shell.keybindings import DEFAULT_MODE, BindingTable

Kind = Literal["error", "info"]
Draw = Callable[[int, int, float], Image]

SECONDS: Mapping[Kind, float] = MappingProxyType({"error": 12.0, "info": 4.0})
"""How long a notice stays."""

MERGED = 4
"""So many neighbours at least are shown as one row."""
ARROWS = "← ↓ ↑ →"

NOTICE_WIDTH = 720
"""Logical pixels at most."""

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Programs",
        (
            "spawn",
            "spawn-in-vm",
            "start-vm",
            "stop-vm",
            "console-vm",
            "close",
            "kill",
            "screenshot",
        ),
    ),
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
    """All bindings of the default mode by heading: (chord, action)."""
    heading = {action: name for name, actions in GROUPS for action in actions}
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name, _ in GROUPS}
    groups["Session"] = []
    for binding in table.bindings:
        if binding.mode != DEFAULT_MODE:
            continue
        group = groups[heading.get(binding.action.name, "Session")]
        group.append((binding.text, format_action(binding.action)))
    return [(name, merge(rows)) for name, rows in groups.items() if rows]


def merge(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Make one row of neighbours that differ in their key and one word: workspaces, directions.

    `Super+1` to `Super+0` for `workspace 1` to `10` become `Super+1…0`, `workspace 1 … 10`.
    """
    merged: list[tuple[str, str]] = []
    index = 0
    while index < len(rows):
        end = index + 1
        while end < len(rows) and _alike(rows[index], rows[end]):
            end += 1
        run = rows[index:end]
        if len(run) >= MERGED:
            merged.append(_one_row(run))
        else:
            merged += run
        index = end
    return merged


def _alike(a: tuple[str, str], b: tuple[str, str]) -> bool:
    return (
        a[0].rpartition("+")[0] == b[0].rpartition("+")[0]
        and a[1].rpartition(" ")[0] == b[1].rpartition(" ")[0] != ""
        and _kind(a) == _kind(b)
    )


def _kind(row: tuple[str, str]) -> tuple[bool, bool]:
    """Arrows do not mix with letters, nor numbers with names."""
    key, word = row[0].rpartition("+")[2], row[1].rpartition(" ")[2]
    return key in ("Left", "Down", "Up", "Right"), word.isdigit()


def _one_row(run: list[tuple[str, str]]) -> tuple[str, str]:
    modifiers, plus, first = run[0][0].rpartition("+")
    action, _, word = run[0][1].rpartition(" ")
    last_key, last_word = run[-1][0].rpartition("+")[2], run[-1][1].rpartition(" ")[2]
    if word.isdigit():
        return f"{modifiers}{plus}{first}…{last_key}", f"{action} {word} … {last_word}"
    arrows, _ = _kind(run[0])
    keys = ARROWS if arrows else " ".join(chord.rpartition("+")[2].upper() for chord, _ in run)
    words = ", ".join(text.rpartition(" ")[2] for _, text in run)
    return f"{modifiers}{plus}{keys}", f"{action} {words}"


def bindings_picture(table: BindingTable, font: str) -> Draw:
    """The list of bindings."""
    groups = binding_groups(table)
    return lambda width, height, scale: draw_bindings(groups, width, height, scale, font=font)


def notice_picture(title: str, lines: list[str], kind: Kind, font: str) -> Draw:
    """A notice."""
    return lambda width, _height, scale: draw_notice(
        title, lines, kind, min(width, NOTICE_WIDTH), scale, font=font
    )
