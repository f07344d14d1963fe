"""Names and numbers of the protocol that the session and its clients share.

Only the standard library's lightest modules are imported here: `spectrumctl` starts with it.
"""

from __future__ import annotations

from typing import Literal, get_args

PROTOCOL_VERSION = 1
"""Goes up when a key or a command changes its meaning or goes; new ones do not raise it."""

ENVIRONMENT_VARIABLE = "SPECTRUM_SESSION_SOCKET"
"""Names the socket to every program that the session starts on the host."""

SESSIONS_DIRECTORY = "spectrum-session"
"""In the user's runtime directory: a directory for each session, called after its display."""

CONTROL_SOCKET = "control"
"""The name of the socket in a session's directory."""

MAX_REQUEST = 1 << 20
"""Bytes of the longest request, without its newline: 1 MiB."""

EventName = Literal["window", "workspace", "output", "vm", "focus", "mode", "config", "exit"]
EVENTS: tuple[EventName, ...] = get_args(EventName)

WindowAction = Literal[
    "focus",
    "close",
    "kill",
    "move",
    "resize",
    "fullscreen",
    "float",
    "maximise",
    "minimise",
    "workspace",
]
WINDOW_ACTIONS: tuple[WindowAction, ...] = get_args(WindowAction)

Switch = Literal["on", "off", "toggle"]
SWITCHES: tuple[Switch, ...] = get_args(Switch)
SWITCHED: tuple[WindowAction, ...] = ("fullscreen", "float", "maximise")
"""The actions of a window that take a `Switch`; `minimise` is undone by `focus`."""

VMState = Literal["stopped", "starting", "running", "stopping", "failed", "unknown"]
VM_STATES: tuple[VMState, ...] = get_args(VMState)

BootStage = Literal[
    "waiting",
    "machine",
    "kernel",
    "drivers",
    "root",
    "user-space",
    "transport",
    "program",
    "window",
]
BOOT_STAGES: tuple[BootStage, ...] = get_args(BootStage)
"""In the order in which a start goes through them."""

BootVerdict = Literal["good", "late", "silent"]

GateState = Literal["none", "starting", "running", "waiting", "off"]
GATE_STATES: tuple[GateState, ...] = get_args(GateState)
"""none: the VM is not started; waiting: it died and starts again; off: for development, the VM is
connected without one."""
