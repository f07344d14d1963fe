"""The shell's options, from the configuration, as plain data."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .names import LayoutName


class Rule(msgspec.Struct, frozen=True):
    """A rule for new windows; the first that matches wins, field by field. None says nothing.

    `vm`, `app_id` and `title` are globs, case-sensitive; `vm` "" is the host, and no other glob
    ever matches the host.
    """

    vm: str | None = None
    app_id: str | None = None
    title: str | None = None
    floating: bool | None = None
    workspace: int | None = None
    """1 to 10."""
    fullscreen: bool | None = None
    """False also refuses the client's own wish when the window opens."""
    maximised: bool | None = None
    focus: bool | None = None
    """False: never takes the focus when it opens. True gives a window nothing it had not."""
    width: int | None = None
    """Width of the floating frame, logical pixels."""
    height: int | None = None


class ShellOptions(msgspec.Struct, frozen=True):
    """All options of the shell. Lengths are logical pixels."""

    gap: int = 8
    """Between tiled windows."""
    outer_gap: int = 8
    """Between tiled windows and the edge of the work area."""
    master_ratio: float = 0.55
    """Share of the width that the master area gets, 0.1 to 0.9."""
    default_layout: LayoutName = "master-stack"
    layouts: Mapping[int, LayoutName] = msgspec.field(default_factory=dict)
    """Layout per workspace number, where it is not the default."""
    rules: tuple[Rule, ...] = ()
    focus_follows_pointer: bool = False
    true_fullscreen: frozenset[str] = frozenset()
    """VMs whose windows the user may show without a frame. The host always may."""
    cascade: int = 32
    """Offset of a floating window that would open exactly over another."""
    move_step: int = 40
    """How far `move` takes a floating window."""
    title_height: int = 28
    """The part of a floating window's top edge that stays reachable."""

    def layout_for(self, workspace: int) -> LayoutName:
        """The layout that `workspace` starts with."""
        return self.layouts.get(workspace, self.default_layout)
