"""Deferred work of the loop, and the order in which the server's parts are closed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from spectrum_session.compositor.loop import Loop
from spectrum_session.compositor.part import Part
from spectrum_session.compositor.server import Server
from spectrum_session.wlr import lib


def run(check: object) -> None:
    """Call an async function with a started loop of a display of its own."""

    async def with_loop() -> None:
        display = lib.display_create()
        loop = Loop(display)
        loop.start()
        try:
            await check(loop)  # type: ignore[operator]
        finally:
            loop.close()
            lib.wl_display_destroy(display)

    asyncio.run(asyncio.wait_for(with_loop(), 10))


def test_deferred_work_runs_once_per_key() -> None:
    async def check(loop: Loop) -> None:
        done: list[int] = []
        for number in (1, 2, 3):
            loop.defer("same", lambda number=number: done.append(number))  # type: ignore[misc]
        loop.defer("other", lambda: done.append(4))
        loop.dispatch()
        loop.dispatch()
        assert done == [3, 4]

    run(check)


def test_deferred_work_runs_without_further_events() -> None:
    async def check(loop: Loop) -> None:
        done = asyncio.Event()
        loop.defer("key", done.set)
        await done.wait()

    run(check)


def test_failing_work_does_not_hold_up_other_work(caplog: pytest.LogCaptureFixture) -> None:
    async def check(loop: Loop) -> None:
        done: list[int] = []
        loop.defer("bad", lambda: done.append(1 // 0))
        loop.defer("good", lambda: done.append(1))
        loop.dispatch()
        assert done == [1]
        assert "in deferred work" in caplog.text

    run(check)


def test_work_is_dropped_while_closing() -> None:
    async def check(loop: Loop) -> None:
        done: list[int] = []
        loop.defer("before", lambda: done.append(1))
        loop.close()
        loop.defer("after", lambda: done.append(2))
        loop.dispatch()
        assert not done

    run(check)


def test_parts_register_themselves() -> None:
    server = cast(Server, SimpleNamespace(parts=[]))
    first = Part(server)
    second = Part(server)
    assert server.parts == [first, second]
