"""Sets up log and crash reports for the command line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spectrum_session.logs.file import LogFile
from spectrum_session.logs.setup import Outlet, start, to_file

from .watch import Watch

log = logging.getLogger(__name__)


@contextmanager
def watched(level: str, state: Path) -> Iterator[Watch | None]:
    """Log to standard error and the state directory; report exceptions that leave the block.

    Yields None when the state directory is not writable: then there is no log file and no report.
    The exception is raised again.
    """
    outlet = start(level)
    watch = _begin(outlet, state)
    try:
        yield watch
    except BaseException as error:
        if watch is not None and not isinstance(error, (KeyboardInterrupt, SystemExit)):
            tell(watch, error)
        raise
    finally:
        if watch is not None:
            watch.end()


def tell(watch: Watch | None, error: BaseException) -> None:
    """Report an exception that ends the session, and log the path of the report."""
    path = watch.fatal(error) if watch is not None else None
    log.critical("the session ends with %s: %s", type(error).__name__, error)
    if path is not None:
        log.critical("crash report: %s", path)


def _begin(outlet: Outlet, state: Path) -> Watch | None:
    try:
        watch = Watch(state)
        file = LogFile(watch.log_path)
    except OSError as error:
        log.warning("no log file and no crash reports: %s", error)
        return None
    outlet.sinks += [to_file(file), watch.record]
    watch.say_what_was_found()
    return watch
