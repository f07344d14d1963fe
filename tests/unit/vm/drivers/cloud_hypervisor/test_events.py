"""The events of cloud-hypervisor: found in what comes, however it comes, and bounded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.vm.drivers.cloud_hypervisor.events import (
    DEPTH_LIMIT,
    OBJECT_LIMIT,
    Event,
    EventError,
    Parser,
)


def _told(source: str, event: str, properties: object = None) -> bytes:
    """As cloud-hypervisor tells it."""
    told = {
        "timestamp": {"secs": 1, "nanos": 2},
        "source": source,
        "event": event,
        "properties": properties,
    }
    return json.dumps(told, indent=2).encode() + b"\n\n"


def test_events_come_in_order() -> None:
    booted = _told("vm", "booted", {"a": '}"{\\'})
    assert Parser().feed(_told("vmm", "starting") + booted + _told("vm", "shutdown")) == [
        Event("vmm", "starting"),
        Event("vm", "booted"),
        Event("vm", "shutdown"),
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20))), st.integers(1, 40))
def test_pieces_make_no_difference(events: list[tuple[str, str]], step: int) -> None:
    data = b"".join(_told(source, event, {"x": [source, {}]}) for source, event in events)
    parser = Parser()
    found: list[Event] = []
    for at in range(0, len(data), step):
        found += parser.feed(data[at : at + step])
    assert found == [Event(*event) for event in events]


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_properties_may_be_anything(properties: object) -> None:
    data = _told("vm", "booted", properties) + _told("vm", "shutdown")
    assert [event.event for event in Parser().feed(data)] == ["booted", "shutdown"]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200)))
def test_anything_is_events_or_an_error(parts: list[bytes]) -> None:
    parser = Parser()
    try:
        for part in parts:
            parser.feed(part)
    except EventError:
        return


@settings(deadline=None)
@given(st.lists(st.text('{}[]"\\ a:,', max_size=200)))
def test_what_looks_like_events_is_too(parts: list[str]) -> None:
    parser = Parser()
    try:
        for part in parts:
            parser.feed(part.encode())
            assert len(parser._buffer) <= OBJECT_LIMIT
    except EventError:
        return


BAD = {
    "words": b"hello",
    "an array": b'["vm", "booted"]',
    "broken": b'{"source" "vm"}',
    "a nul": b'{"source": \0}',
    "no UTF-8": b'{"source": "\xff", "event": "x"}',
    "too large": b'{"source": "' + b"x" * OBJECT_LIMIT,
    "too deep": b'{"x":' + b"[" * DEPTH_LIMIT,
    "brackets that do not match": b'{"x": ["vm"}]',
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_none(case: str) -> None:
    with pytest.raises(EventError):
        Parser().feed(BAD[case])


def test_objects_of_another_kind_are_left_out() -> None:
    data = b'{"source": 1, "event": "x"} {} {"event": "x"}' + _told("vm", "booted")
    assert Parser().feed(data) == [Event("vm", "booted")]


def test_an_event_is_harmless_where_it_is_shown() -> None:
    assert str(Event("vm\x1b[2J", "x" * 200)) == ("vm?[2J " + "x" * 200)[:80]
