"""Listeners on a signal of our own."""

from __future__ import annotations

from typing import Any

import pytest

from spectrum_session.wlr import Listeners, ffi, lib


class Signal:
    """A `struct wl_signal` to emit by hand, as libwayland does it."""

    def __init__(self) -> None:
        self.pointer = ffi.new("struct wl_signal *")
        lib.wl_list_init(ffi.addressof(self.pointer, "listener_list"))

    def emit(self, data: Any = ffi.NULL) -> None:
        head = ffi.addressof(self.pointer, "listener_list")
        link = head.next
        while link != head:
            following = link.next
            listener = ffi.cast("struct wl_listener *", link)
            listener.notify(listener, data)
            link = following


@pytest.fixture
def listeners() -> Listeners:
    return Listeners(ffi, lib)


def test_a_listener_gets_the_argument_in_its_type(listeners: Listeners) -> None:
    signal, seen = Signal(), []
    box = ffi.new("struct wlr_box *", [1, 2, 3, 4])
    listeners.add(signal.pointer, lambda b: seen.append(b.width), "struct wlr_box *", "test")
    signal.emit(ffi.cast("void *", box))
    assert seen == [3]


def test_a_removed_listener_is_not_called(listeners: Listeners) -> None:
    signal = Signal()
    seen: list[Any] = []
    listener = listeners.add(signal.pointer, seen.append, None, "test")
    listeners.remove(listener)
    listeners.remove(listener)
    signal.emit()
    assert seen == []
    assert len(listeners) == 0


def test_a_listener_may_remove_itself_and_the_others(listeners: Listeners) -> None:
    signal = Signal()
    seen: list[str] = []
    made: list[Any] = []

    def first(_data: Any) -> None:
        seen.append("first")
        for listener in made:
            listeners.remove(listener)

    made.append(listeners.add(signal.pointer, first, None, "first"))
    signal.emit()
    signal.emit()
    assert seen == ["first"]
    assert len(listeners) == 0


def test_an_exception_is_logged_with_its_place_and_goes_no_further(
    listeners: Listeners, caplog: pytest.LogCaptureFixture
) -> None:
    signal = Signal()
    seen: list[Any] = []

    def bad(_data: Any) -> None:
        raise RuntimeError("boom")

    # The one added last is called last.
    listeners.add(signal.pointer, bad, None, "wlr_thing.event")
    listeners.add(signal.pointer, seen.append, None, "good")
    signal.emit()
    assert len(seen) == 1
    assert "wlr_thing.event" in caplog.text
    assert "boom" in caplog.text
