"""Titles and app ids of VMs that have no gate: the compositor makes them harmless by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attack.stage import string
from tests.wire import Client, Disconnected, Window

from .harness import SessionProcess, running

CONFIG = "[session]\nspawn-terminal = false\ngate = false\n"
VMS = {"work": 'label = "blue"\n', "poet": 'label = "green"\nutf8-titles = true\n'}

HOSTILE = "a\u202eb\u200bc\nd\x1b[31me  \u2028\u00fc"
"""Turned direction, zero width, two kinds of line ends, a terminal's escape, more than ASCII."""
ASCII, UTF8 = "abc d[31me _", "abc d[31me ü"


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS) as process:
        for vm in VMS:
            process.start_vm(vm)
        yield process


def socket(session: SessionProcess, vm: str) -> str:
    """Where a client becomes that VM's."""
    return str(session.call("vm-socket", name=vm)["path"])


@pytest.mark.parametrize(("vm", "title"), [("work", ASCII), ("poet", UTF8)])
@pytest.mark.parametrize("renamed", [False, True])
def test_names_are_harmless_without_a_gate(
    session: SessionProcess, vm: str, title: str, renamed: bool
) -> None:
    with Client(socket(session, vm)) as client:
        if renamed:
            window = Window(client, title="before", app_id="before")
            session.wait_window(title="before", app_id="before")
            window.rename(HOSTILE)
            window.toplevel("set_app_id", HOSTILE)
        else:
            window = Window(client, title=HOSTILE, app_id=HOSTILE)
        client.roundtrip()
        (seen,) = session.windows()
        # App ids are ASCII for everybody.
        assert (seen["vm"], seen["title"], seen["app_id"]) == (vm, title, ASCII)
    session.wait(lambda: not session.windows(), "the window to go")


@pytest.mark.parametrize("vm", VMS)
def test_names_have_a_limit_without_a_gate(session: SessionProcess, vm: str) -> None:
    with Client(socket(session, vm)) as client:
        Window(client, title="m" * 3000, app_id="n" * 3000)
        (seen,) = session.windows()
        assert (seen["title"], seen["app_id"]) == ("m" * 128, "n" * 128)
    session.wait(lambda: not session.windows(), "the window to go")


def test_names_that_are_not_utf8_without_a_gate(session: SessionProcess) -> None:
    """wlroots hands such bytes on, from 0.18 on not those of a title, which it refuses: they are
    replaced, and nothing fails at them."""
    for vm, replaced in (("work", "_"), ("poet", "\ufffd")):
        for request in ("set_title", "set_app_id"):
            with Client(socket(session, vm)) as client:
                window = Window(client)
                opcode = window.toplevel.interface.requests[request].opcode
                client.send(window.toplevel.id, opcode, string(b"x\xff\x80y"))
                try:
                    client.roundtrip()
                except Disconnected as end:
                    assert end.error is not None and "not valid UTF-8" in end.error.text
                    assert session.wlroots >= (0, 18)
                else:
                    (seen,) = session.windows()
                    title = request == "set_title"
                    told = f"x{replaced * 2}y" if title else "x__y"
                    assert seen["title" if title else "app_id"] == told
            session.wait(lambda: not session.windows(), "the window to go")
