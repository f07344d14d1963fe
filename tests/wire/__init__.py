"""A Wayland client in pure Python that can send anything, nonsense included.

`Connection` speaks the wire format and knows what it sends; nothing stops a test from sending what
no honest client would. `Client` adds a registry, `Window` and the others behave as toolkits do.
"""

from __future__ import annotations

from .client import Client
from .connection import Connection, Disconnected, Object, ProtocolError
from .devices import Seat, VirtualKeyboard, VirtualPointer
from .window import Popup, Positioner, Subsurface, Surface, Window

__all__ = [
    "Client",
    "Connection",
    "Disconnected",
    "Object",
    "Popup",
    "Positioner",
    "ProtocolError",
    "Seat",
    "Subsurface",
    "Surface",
    "VirtualKeyboard",
    "VirtualPointer",
    "Window",
]
