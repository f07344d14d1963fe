"""Layouts and workspaces: what the shell, the configuration and the control protocol call them.

Imports the standard library's lightest modules only: `spectrumctl` starts with it.
"""

from __future__ import annotations

from typing import Literal, get_args

LayoutName = Literal["master-stack", "columns", "monocle"]
LAYOUTS: tuple[LayoutName, ...] = get_args(LayoutName)

WORKSPACES = range(1, 11)
"""Numbers of the workspaces."""
