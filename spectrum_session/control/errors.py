"""Why a request was refused."""

from __future__ import annotations

BAD_MESSAGE = "bad-message"
"""Not a request: no JSON, no object, a key missing or unknown."""
TOO_LARGE = "too-large"
"""Longer than `names.MAX_REQUEST`."""
UNKNOWN_COMMAND = "unknown-command"
BAD_ARGUMENTS = "bad-arguments"
"""An argument is missing, unknown, or has a wrong type or value."""
NOT_FOUND = "not-found"
"""No window, VM, workspace or output of that name or id."""
UNAVAILABLE = "unavailable"
"""It exists, but cannot do that now."""
FAILED = "failed"
"""It was tried and did not work."""
CONFIG = "config"
"""The configuration has errors; the message lists them, one a line."""
DENIED = "denied"
"""The peer is not the session's user."""
BUSY = "busy"
"""Too many connections."""
INTERNAL = "internal"
"""A fault of the session's own; its log has the rest."""

NO_SESSION = "no-session"
"""Said by the client alone: nothing to connect to."""
DISCONNECTED = "disconnected"
"""Said by the client alone: the session closed the connection before it answered."""
TIMEOUT = "timeout"
"""Said by the client alone: no answer came in time."""

CODES = (
    BAD_MESSAGE,
    TOO_LARGE,
    UNKNOWN_COMMAND,
    BAD_ARGUMENTS,
    NOT_FOUND,
    UNAVAILABLE,
    FAILED,
    CONFIG,
    DENIED,
    BUSY,
    INTERNAL,
)
"""Every code that a reply can hold."""


class ControlError(Exception):
    """A request failed: `code` is for programs, `message` for people.

    A handler raises it to refuse a command; the client raises it for every reply that is an error.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
