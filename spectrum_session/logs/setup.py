"""Distributes log records to the log file, standard error and other sinks."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import TextIO

from .file import LogFile
from .limit import Limit
from .line import body, for_journal, full, moment, vm_of

PRINTED = {"printed": True}
"""The `extra` argument of a log call for a text already printed to standard error."""

Sink = Callable[[logging.LogRecord], None]


class Outlet(logging.Handler):
    """The root logger's only handler: rate limits records and passes them to all sinks."""

    def __init__(self, limited: bool = True) -> None:
        super().__init__()
        self.sinks: list[Sink] = []
        self._limit = Limit() if limited else None

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on. Never raises: a failing log must not end the session."""
        if self._limit is not None:
            key = vm_of(record) or f"({record.name})"
            dropped = self._limit.take(key, time.monotonic())
            if dropped is None:
                return
            if dropped:
                record.msg = f"{record.getMessage()} ({dropped} more lines of {key} dropped)"
                record.args = None
        for sink in self.sinks:
            try:
                sink(record)
            except (OSError, ValueError, TypeError):
                self.handleError(record)


def to_file(file: LogFile) -> Sink:
    """A sink that writes to a log file."""
    return lambda record: file.write(full(record))


def to_stream(stream: TextIO) -> Sink:
    """A sink for standard error, in the format for its reader.

    The journal gets its own levels, a terminal multi-line tracebacks, all others the lines of the
    log file.
    """

    form = full
    if _is_journal(stream):
        form = for_journal
    elif stream.isatty():
        form = _for_terminal

    def write(record: logging.LogRecord) -> None:
        if not getattr(record, "printed", False):
            stream.write(form(record) + "\n")
            stream.flush()

    return write


def _for_terminal(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[0] is None:
        return full(record)
    trace = logging.Formatter().formatException(record.exc_info)
    bare = logging.makeLogRecord({**record.__dict__, "exc_info": None})
    return f"{moment(record.created)} {record.levelname} {body(bare)}\n{trace}"


def _is_journal(stream: TextIO) -> bool:
    """Whether this is the stream that systemd names in JOURNAL_STREAM (device:inode)."""
    told = os.environ.get("JOURNAL_STREAM", "")
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return told == f"{status.st_dev}:{status.st_ino}"


def start(level: str) -> Outlet:
    """Send the root logger's records of `level` and above to standard error."""
    outlet = Outlet(limited=level != "debug")
    outlet.sinks.append(to_stream(sys.stderr))
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(outlet)
    root.setLevel(level.upper())
    return outlet
