"""Small things of which a surface has one at most: fractional scale, content type, tearing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.model_input import Attached, ExtensionState
from spectrum_session.gate.objects import Object
from spectrum_session.gate.verdict import DROP, IMPLEMENTATION, Refused, Verdict

from .registry import event, request
from .roles import surface_state

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

EXISTS = 0
"""The error for a second one, in all three managers."""
CONTENT_TYPES = 3
"""The highest: none, photo, video, game."""
TEARING_HINTS = 1
"""The highest: vsync, async."""


@request("wp_fractional_scale_manager_v1", "get_fractional_scale")
@request("wp_content_type_manager_v1", "get_surface_content_type")
@request("wp_tearing_control_manager_v1", "get_tearing_control")
def get_extension(_gate: Context, manager: Object, made: Object, surface: Object) -> Verdict:
    """One a surface, until it is destroyed."""
    name = made.interface.name
    extensions = surface_state(surface).extensions
    if name in extensions:
        raise Refused(manager, EXISTS, f"{surface!r} already has {extensions[name]!r}")
    extensions[name] = made
    made.state = ExtensionState(surface, name)
    return None


@event("wp_fractional_scale_v1", "preferred_scale")
def preferred_scale(_gate: Context, extension: Object, scale: int) -> Verdict:
    """In 120ths."""
    extension.state.value = scale
    return None


@request("wp_content_type_v1", "set_content_type")
def set_content_type(_gate: Context, extension: Object, kind: int) -> Verdict:
    """The surface's content type."""
    return _set(extension, kind, CONTENT_TYPES)


@request("wp_tearing_control_v1", "set_presentation_hint")
def set_presentation_hint(_gate: Context, extension: Object, hint: int) -> Verdict:
    """May its frames tear? Of a surface that is gone wlroots, up to 0.20, writes through a null
    pointer."""
    return _set(extension, hint, TEARING_HINTS)


def _set(extension: Object, value: int, highest: int) -> Verdict:
    if value > highest:
        raise Refused(None, IMPLEMENTATION, f"{extension!r}: unknown value {value}")
    state: ExtensionState = extension.state
    if not state.surface.alive:
        return DROP
    state.value = value
    return None


@request("zxdg_output_manager_v1", "get_xdg_output")
def get_xdg_output(_gate: Context, _manager: Object, made: Object, output: Object) -> Verdict:
    """Where an output is and how large, in logical pixels."""
    made.state = Attached(output)
    return None
