"""A log record as one line: time, level, where, VM, what.

    2026-03-01T09:30:00.123+01:00 WARNING compositor.server vm=work: refused to a client: …

The VM stands in a place of its own, before anything that a VM could have chosen, and `-` is the
host or nobody in particular. What a message holds is text from anywhere: a character that is not
printable is written as its escape, so a message is one line and steers no terminal.
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
"""Priorities of sd-daemon(3), by which the journal knows a line's level."""

_BREAK = " | "


def of_vm(name: str | None) -> dict[str, str | None]:
    """What a log call takes as `extra` for an event of a VM; None is the host."""
    return {"vm": name}


def vm_of(record: logging.LogRecord) -> str | None:
    """The VM that a record names."""
    vm = getattr(record, "vm", None)
    return vm if isinstance(vm, str) else None


def printable(text: str) -> str:
    """`text` on one line, each character in it that is not printable as its escape."""
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
    """A record without its time and level: where, VM, what. A traceback is folded into the line."""
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
    """A record as the journal wants it: it knows the time, and the level by a prefix."""
    return f"<{SYSLOG.get(record.levelno, 6)}>{record.levelname} {body(record)}"
