"""Reports fatal signals and exceptions of this session, and collects reports of previous ones."""

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
"""Reports of survived exceptions that one session writes at most."""


class Watch:
    """Writes crash reports. Created at start; call `end` after a clean exit."""

    def __init__(self, state: Path) -> None:
        """Collect the reports of previous sessions and begin one. Raises OSError."""
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
        """Add facts to the report."""
        self._facts.update(facts)
        if self._running is not None:
            lines = "".join(f"{key:<12} {value}\n" for key, value in facts.items())
            self._running.write(lines)

    def say_what_was_found(self) -> None:
        """Log how previous sessions ended."""
        for found in self.found:
            if found.path is not None:
                log.error("the previous session crashed (%s); report: %s", found.what, found.path)
            else:
                log.warning("%s", found.what)

    @property
    def notice(self) -> list[str] | None:
        """Lines of a notice about the latest crash; None when there is none."""
        crashed = [found for found in self.found if found.path is not None]
        return [crashed[-1].what, f"Report: {crashed[-1].path}"] if crashed else None

    def record(self, record: logging.LogRecord) -> None:
        """Log sink that writes a report for an exception logged as an error.

        Only for the first from each place in the code, and for MOST_REPORTS in all.
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
            log.warning("cannot write a crash report: %s", error)
            return
        log.error("crash report: %s", path)

    def fatal(self, error: BaseException) -> Path | None:
        """Report an exception that ends the session. Returns the path, None on failure."""
        if self._running is None:
            return None
        running, self._running = self._running, None
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        running.write(self._exception(trace))
        self._release()
        try:
            return running.keep(f"{type(error).__name__}: {error}")
        except OSError as failed:
            log.warning("cannot write a crash report: %s", failed)
            return None

    def end(self) -> None:
        """Remove the report after a clean exit. May be called twice."""
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
        # Ours runs first and calls Python's, which writes the Python stack and ends the process.
        # From 3.14 on that one would write the C stack again.
        extra: dict[str, Any] = {"c_stack": False} if sys.version_info >= (3, 14) else {}
        faulthandler.enable(file=fd, all_threads=True, **extra)
        path = os.fsencode(self.log_path)
        failed = self._native.lib.crash_install(fd, path)
        if failed:
            log.warning("crash reports will have no C stack: %s", os.strerror(failed))

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
        return "not glibc"


def _place(trace: TracebackType | None) -> tuple[str, int]:
    """File and line that raised an exception."""
    if trace is None:
        return "", 0
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno


def _unraisable(args: Any) -> None:
    """Log an exception that cannot be raised: in a destructor or a C callback."""
    info = (args.exc_type, args.exc_value, args.exc_traceback)
    where = args.err_msg or "Exception ignored in"
    log.error("%s %r", where, args.object, exc_info=info if args.exc_value else None)


def _in_thread(args: Any) -> None:
    if args.exc_type is not SystemExit:
        info = (args.exc_type, args.exc_value, args.exc_traceback)
        name = args.thread.name if args.thread else "?"
        log.error("exception in thread %s", name, exc_info=info)
