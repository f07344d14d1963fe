"""The bus that carries events."""

from __future__ import annotations

from spectrum_session.compositor.events import Bus, FocusMoved, WindowClosed, WindowOpened


def test_subscribers_get_events_of_their_type_alone_in_their_order() -> None:
    bus = Bus()
    calls: list[tuple[str, object]] = []
    bus.subscribe(WindowOpened, lambda event: calls.append(("first", event)))
    bus.subscribe(WindowOpened, lambda event: calls.append(("second", event)))
    bus.subscribe(FocusMoved, lambda event: calls.append(("focus", event)))
    bus.publish(WindowOpened(7))
    bus.publish(WindowClosed(7))
    bus.publish(FocusMoved(None))
    assert calls == [
        ("first", WindowOpened(7)),
        ("second", WindowOpened(7)),
        ("focus", FocusMoved(None)),
    ]
