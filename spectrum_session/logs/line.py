"""Formats a log record as one line: time, level, logger, VM, message.

    2026-03-01T09:30:00.123+01:00 WARNING compositor.server vm=work: refused to a client: …

The VM stands before any text that a VM could choose; `-` is the host or no VM. A message may hold
untrusted text: unprintable characters are escaped, so that it stays one line and cannot control a
terminal.
"""

from __future__ import annotations

import logging
import time

PACKAGE = "spectrum_session."

SYSLOG = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}
"""Priorities of sd-daemon(3), for the journal."""

_BREAK = " | "


def of_vm(name: str | None) -> dict[str, str | None]:
    """The `extra` argument of a log call about a VM; None is the host."""
    return {"vm": name}


def vm_of(record: logging.LogRecord) -> str | None:
    """The VM that a record names."""
    vm = getattr(record, "vm", None)
    return vm if isinstance(vm, str) else None


def printable(text: str) -> str:
    """`text` with unprintable characters escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def moment(seconds: float) -> str:
    """A time since the epoch as ISO 8601 with milliseconds and the offset of the local time."""
    local = time.localtime(seconds)
    milliseconds = int(seconds * 1000) % 1000
    offset = time.strftime("%z", local)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", local)
    return f"{stamp}.{milliseconds:03d}{offset[:3]}:{offset[3:]}"


def body(record: logging.LogRecord) -> str:
    """A record without time and level; a traceback is folded into the line."""
    text = record.getMessage()
    if record.exc_info and record.exc_info[0] is not None:
        text += "\n" + logging.Formatter().formatException(record.exc_info)
    parts = [printable(part) for part in text.splitlines()] or [""]
    name = record.name.removeprefix(PACKAGE)
    return f"{name} vm={vm_of(record) or '-'}: {_BREAK.join(parts)}"


def full(record: logging.LogRecord) -> str:
    """A record as a line of the log file."""
    return f"{moment(record.created)} {record.levelname} {body(record)}"


def for_journal(record: logging.LogRecord) -> str:
    """A record for the journal, which adds the time and reads the level from a prefix."""
    return f"<{SYSLOG.get(record.levelno, 6)}>{record.levelname} {body(record)}"
