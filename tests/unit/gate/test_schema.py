"""The gate's table of interfaces, compared with the XML that is installed."""

from __future__ import annotations

import pytest

from spectrum_session.gate.policy import INTERFACES as GLOBALS
from spectrum_session.gate.schema import SCHEMA, Interface, Message
from spectrum_session.gate.schema_table import INTERFACES

from .protocol_xml import Described, interfaces

NOT_DESCRIBED = {
    "org_kde_kwin_server_decoration_manager": "in no package",
    "org_kde_kwin_server_decoration": "in no package",
}
DESTRUCTORS = ("destroy", "release")
COMPARED = sorted(set(SCHEMA) & set(interfaces()))


def test_nearly_all_of_the_table_is_compared() -> None:
    """What newer XML has than Debian's: as of 1.31 cursor shapes are missing."""
    missing = set(SCHEMA) - set(COMPARED) - set(NOT_DESCRIBED)
    assert missing <= {"wp_cursor_shape_manager_v1", "wp_cursor_shape_device_v1"}


@pytest.mark.parametrize("name", COMPARED)
def test_messages_are_as_described(name: str) -> None:
    described = interfaces()[name]
    both = min(described.version, SCHEMA[name].version)
    for ours, theirs, lines in (
        (SCHEMA[name].requests, described.requests, INTERFACES[name][1]),
        (SCHEMA[name].events, described.events, INTERFACES[name][2]),
    ):
        # What one of them has in a later version only the other one cannot have.
        known = [
            (one.name, one.since, tuple(line.split()[1:]))
            for one, line in zip(ours, lines, strict=True)
            if one.since <= both
        ]
        said = [(one.name, one.since, _words(one)) for one in theirs if one.since <= both]
        assert known == said


def _words(message: Described) -> tuple[str, ...]:
    # A new object of the compositor's own is never null; some XML says that it might be.
    return tuple(word.lstrip("?") if word.lstrip("?")[0] == "n" else word for word in message.words)


@pytest.mark.parametrize("name", COMPARED)
def test_destructors_are_those_described(name: str) -> None:
    both = min(interfaces()[name].version, SCHEMA[name].version)
    for message in interfaces()[name].requests:
        if message.since <= both:
            assert SCHEMA[name].request(message.name).destroys is message.destroys, message.name


@pytest.mark.parametrize("name", sorted(SCHEMA))
def test_destructors_are_the_requests_of_two_names(name: str) -> None:
    for message in SCHEMA[name].requests:
        assert message.destroys is (message.name in DESTRUCTORS)
        if message.destroys:
            # The gate may send it by itself: it has nothing to say but that.
            assert message.kinds == ()
    assert not any(message.destroys for message in SCHEMA[name].events)


@pytest.mark.parametrize("name", sorted(SCHEMA))
def test_what_an_object_has_is_the_beginning_of_what_there_is(name: str) -> None:
    interface = SCHEMA[name]
    for messages in (interface.requests, interface.events):
        assert [one.opcode for one in messages] == list(range(len(messages)))
        assert all(1 <= one.since <= interface.version for one in messages)
    if name == "zwp_pointer_gestures_v1":
        assert interface.requests_of(1) == interface.requests[:2]
    for version in range(1, interface.version + 1):
        having = interface.requests_of(version)
        assert having == interface.requests[: len(having)]
        assert all(one.since > version for one in interface.requests[len(having) :])


@pytest.mark.parametrize("name", sorted(SCHEMA))
def test_all_that_messages_make_and_name_is_known(name: str) -> None:
    for message in _all(SCHEMA[name]):
        if message.creates is not None and message.creates[1] is not None:
            assert message.creates[1] in SCHEMA
        for _, kind, _ in message.refers:
            assert kind is None or kind in SCHEMA


def test_all_globals_are_known() -> None:
    assert set(GLOBALS) <= set(SCHEMA)


def _all(interface: Interface) -> tuple[Message, ...]:
    return (*interface.requests, *interface.events)
