"""What is checked of each message, a file for each noun of the protocol.

A rule is attached to a message by `@request` or `@event` (see `registry`); what it may say is in
`verdict`. A message without a rule is still decoded by its signature, its objects are looked up,
and it is encoded anew.
"""

from __future__ import annotations

from collections.abc import Mapping

from spectrum_session.gate.schema import Interface

from . import (
    activation,
    constraints,
    cursor,
    data_device,
    data_offer,
    data_source,
    decoration,
    display,
    dmabuf,
    extensions,
    idle_inhibit,
    output,
    presentation,
    region,
    seat,
    shm,
    shortcuts_inhibit,
    single_pixel,
    subsurface,
    surface,
    tablet,
    text_input,
    viewport,
    xdg_popup,
    xdg_positioner,
    xdg_surface,
    xdg_toplevel,
    xdg_wm_base,
)
from .registry import EVENTS, REQUESTS

MODULES = (
    activation,
    constraints,
    cursor,
    data_device,
    data_offer,
    data_source,
    decoration,
    display,
    dmabuf,
    extensions,
    idle_inhibit,
    output,
    presentation,
    region,
    seat,
    shm,
    shortcuts_inhibit,
    single_pixel,
    subsurface,
    surface,
    tablet,
    text_input,
    viewport,
    xdg_popup,
    xdg_positioner,
    xdg_surface,
    xdg_toplevel,
    xdg_wm_base,
)
"""Imported for the rules they register."""


def attach(schema: Mapping[str, Interface]) -> None:
    """Give every message its rule. Raises LookupError for a rule of a message that is not there."""
    for (interface, name), rule in REQUESTS.items():
        schema[interface].request(name).attach(rule)
    for (interface, name), rule in EVENTS.items():
        schema[interface].event(name).attach(rule)
