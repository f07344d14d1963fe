"""A session's own watch over its end: fatal signals, exceptions, and what the one before left."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from spectrum_session import __version__, native

from . import reports

log = logging.getLogger(__name__)

MOST_REPORTS = 5
"""How many reports of exceptions that it lives through one session writes."""


class Watch:
    """Everything that makes a report. Made at the start; `end` when the session ended in order."""

    def __init__(self, state: Path) -> None:
        """Finish what a session before left, and begin a report. Raises OSError."""
        self.directory = state / "crash"
        self.found = reports.collect(self.directory, state)
        self._running: reports.Running | None = reports.Running(self.directory)
        self.log_path = state / reports.log_name(self._running.number)
        self._native = native.load()
        self._facts: dict[str, str] = {}
        self._seen: set[tuple[str, int]] = set()
        self._running.write(reports.header(_facts(self.log_path)))
        self._catch_signals(self._running.fd)
        sys.unraisablehook = _unraisable
        threading.excepthook = _in_thread

    def tell(self, facts: Mapping[str, str]) -> None:
        """Add to the report's facts what became known since."""
        self._facts.update(facts)
        if self._running is not None:
            lines = "".join(f"{key:<12} {value}\n" for key, value in facts.items())
            self._running.write(lines)

    def say_what_was_found(self) -> None:
        """Log how sessions before this one ended."""
        for found in self.found:
            if found.path is not None:
                log.error("the session before crashed (%s); its report: %s", found.what, found.path)
            else:
                log.warning("%s", found.what)

    @property
    def notice(self) -> list[str] | None:
        """Lines to show on screen about the youngest crash; None when there is none."""
        crashed = [found for found in self.found if found.path is not None]
        return [crashed[-1].what, f"Report: {crashed[-1].path}"] if crashed else None

    def record(self, record: logging.LogRecord) -> None:
        """A sink of the log: an exception that is logged as an error leaves a report too.

        The first of each place in the code does, and no more than MOST_REPORTS.
        """
        info = record.exc_info
        if record.levelno < logging.ERROR or not info or info[0] is None:
            return
        place = _place(info[2])
        if place in self._seen or len(self._seen) >= MOST_REPORTS:
            return
        self._seen.add(place)
        trace = "".join(traceback.format_exception(*info))
        facts = {**_facts(self.log_path), **self._facts, "what": record.getMessage()}
        text = f"{reports.header(facts)}{self._exception(trace)}"
        try:
            path = reports.write_report(self.directory, text)
        except OSError as error:
            log.warning("no report of this could be written: %s", error)
            return
        log.error("a report of this: %s", path)

    def fatal(self, error: BaseException) -> Path | None:
        """Report an exception that ends the session. Returns where, None when that failed."""
        if self._running is None:
            return None
        running, self._running = self._running, None
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        running.write(self._exception(trace))
        self._release()
        try:
            return running.keep(f"{type(error).__name__}: {error}")
        except OSError as failed:
            log.warning("no report of this could be written: %s", failed)
            return None

    def end(self) -> None:
        """The session ended in order: there is nothing to report. May be called twice."""
        if self._running is not None:
            running, self._running = self._running, None
            self._release()
            running.drop()

    def _exception(self, trace: str) -> str:
        tail = reports.log_tail(self.log_path)
        return f"\n{reports.EXCEPTION}\n{trace}\n{reports.LOG}\n{tail}"

    def _catch_signals(self, fd: int) -> None:
        if self._native is None:
            faulthandler.enable(file=fd, all_threads=True)
            return
        # Ours runs first and calls Python's, which tells its own stack and ends the process. From
        # 3.14 on that one would tell the C stack again.
        extra: dict[str, Any] = {"c_stack": False} if sys.version_info >= (3, 14) else {}
        faulthandler.enable(file=fd, all_threads=True, **extra)
        path = os.fsencode(self.log_path)
        failed = self._native.lib.crash_install(fd, path)
        if failed:
            log.warning("a crash would leave no C stack: %s", os.strerror(failed))

    def _release(self) -> None:
        if self._native is not None:
            self._native.lib.crash_remove()
        faulthandler.enable(file=sys.__stderr__ or 2)


def _facts(log_path: Path) -> dict[str, str]:
    kernel = os.uname()
    return {
        "version": __version__,
        "Python": f"{sys.version.split()[0]} ({sys.executable})",
        "system": f"{kernel.sysname} {kernel.release} {kernel.machine}, {_libc()}",
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "process": f"{os.getpid()}, user {os.getuid()}",
        reports.BOOT: reports.boot_id(),
        "command": " ".join(sys.argv),
        "log": str(log_path),
    }


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or "?"
    except (OSError, ValueError):
        return "another libc than glibc"


def _place(trace: TracebackType | None) -> tuple[str, int]:
    """Where an exception was raised."""
    if trace is None:
        return "", 0
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno


def _unraisable(args: Any) -> None:
    """An exception that Python can hand to nobody: in a destructor, in a C callback."""
    info = (args.exc_type, args.exc_value, args.exc_traceback)
    where = args.err_msg or "Exception ignored in"
    log.error("%s %r", where, args.object, exc_info=info if args.exc_value else None)


def _in_thread(args: Any) -> None:
    if args.exc_type is not SystemExit:
        info = (args.exc_type, args.exc_value, args.exc_traceback)
        name = args.thread.name if args.thread else "?"
        log.error("in the thread %s", name, exc_info=info)
