"""A control socket for tests: the real server on a loop in a thread, and a canned handler."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from spectrum_session.control.client import Client
from spectrum_session.control.commands import Args
from spectrum_session.control.errors import NOT_FOUND, ControlError
from spectrum_session.control.messages import Event
from spectrum_session.control.names import EventName
from spectrum_session.control.server import ControlServer, Handler

T = TypeVar("T")

_SECONDS = 10.0


class Canned:
    """A handler that returns `results[command]` and keeps what it was asked in `calls`.

    A result that is an exception is raised; one that is callable is called with the args.
    """

    def __init__(self, **results: Any) -> None:
        self.results = {name.replace("_", "-"): result for name, result in results.items()}
        self.calls: list[tuple[str, Args]] = []

    def subscribing(self, events: Iterable[EventName]) -> None:
        """See `server.Handler`."""

    async def handle(self, command: str, args: Args) -> object:
        """See `server.Handler`."""
        self.calls.append((command, args))
        if command not in self.results:
            raise ControlError(NOT_FOUND, f"this test has no answer to {command}")
        result = self.results[command]
        if callable(result):
            result = result(args)
            if asyncio.iscoroutine(result):
                result = await result
        if isinstance(result, BaseException):
            raise result
        return result


class Served:
    """A context in which `handler` is served at `path`."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self.path = path
        self.server = ControlServer(path, logging.getLogger("control"))
        self._handler = handler
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Served:
        self._thread.start()
        try:
            self.wait(self.server.start(self._handler))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self.wait(self.server.close())
        finally:
            self._stop()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop and return what it returns."""
        return self.begin(work).result(_SECONDS)

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the server's loop meanwhile."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def do(self, work: Callable[[], T]) -> T:
        """Call a function on the server's loop."""

        async def call() -> T:
            return work()

        return self.wait(call())

    def publish(self, *events: Event) -> None:
        """Publish events without a pause for the loop between them."""

        def publish() -> None:
            for event in events:
                self.server.publish(event)

        self.do(publish)

    def client(self, timeout: float = _SECONDS) -> Client:
        """A new client."""
        return Client(self.path, timeout)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()
