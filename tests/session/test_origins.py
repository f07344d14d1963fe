"""Who a client is: the socket decides, and nothing that a client says, was or inherits."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from spectrum_session.labels.label import SUSPICIOUS
from tests.wire import Client, Connection, Window

from .harness import SessionProcess, running

LABELS = '[labels.mine]\ncolor = "#123456"\npattern = "dots"\n'
VMS = {
    "work": 'label = "blue"\n',
    "other": 'label = "mine"\n',
    "stranger": "",
    "misled": 'label = ""\n',
}
NEWCOMERS = 300


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=LABELS, vms=VMS) as process:
        yield process


@pytest.fixture(scope="module")
def work(session: SessionProcess) -> Path:
    return session.start_vm("work")


@pytest.fixture(scope="module")
def other(session: SessionProcess) -> Path:
    return session.start_vm("other")


def test_sockets_are_for_the_sessions_own_user(session: SessionProcess, work: Path) -> None:
    for path in (session.display, work):
        mode = os.lstat(path).st_mode
        assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600, path
    for directory in (work.parent, session.session_directory):
        assert stat.S_IMODE(os.lstat(directory).st_mode) == 0o700, directory
    assert list(work.parent.iterdir()) == [work]


def test_the_label_comes_from_the_socket(session: SessionProcess, work: Path, other: Path) -> None:
    with Client(work) as first, Client(other) as second, Client(session.display) as host:
        Window(first, title="a")
        Window(second, title="b")
        Window(host, title="c")
        assert session.wait_window(title="a")["vm"] == "work"
        assert session.wait_window(title="a")["label"]["name"] == "work"
        assert session.wait_window(title="b")["vm"] == "other"
        label = {"name": "other", "color": "#123456", "pattern": "dots"}
        assert session.wait_window(title="b")["label"] == label
        assert session.wait_window(title="c")["vm"] is None
        assert session.wait_window(title="c")["label"] is None
        assert [window["pid"] for window in session.windows()] == [os.getpid()] * 3
    session.wait(lambda: not session.windows(), "the windows to go")


@pytest.mark.parametrize("claim", ["work", "[work] mail", "spectrum.work", "host", ""])
def test_what_a_client_claims_changes_nothing(
    session: SessionProcess, other: Path, claim: str
) -> None:
    with Client(other) as liar:
        window = Window(liar, title=claim, app_id=claim or "x")
        seen = session.wait_window(app_id=claim or "x")
        assert (seen["vm"], seen["label"]["color"], seen["title"]) == ("other", "#123456", claim)
        window.rename("work: " + claim)
        window.toplevel("set_app_id", "work")
        liar.roundtrip()
        seen = session.wait_window(app_id="work", title=("work: " + claim).strip())
        assert (seen["vm"], seen["label"]["color"]) == ("other", "#123456")
    session.wait(lambda: not session.windows(), "the window to go")


def test_a_title_is_made_harmless(session: SessionProcess, work: Path) -> None:
    with Client(work) as client:
        window = Window(client, app_id="titles")
        window.rename("a\u202eb\u200bc\nd\x1b[31me")
        client.roundtrip()
        title = session.wait_window(app_id="titles")["title"]
        assert title.isascii() and title.isprintable()
        assert title.startswith("a") and "e" in title
        window.rename("m" * 3000)
        client.roundtrip()
        assert len(session.wait_window(app_id="titles")["title"]) <= 128
    session.wait(lambda: not session.windows(), "the window to go")


def test_a_vm_without_a_label_gets_the_suspicious_one(session: SessionProcess) -> None:
    for name in ("stranger", "misled"):
        with Client(session.start_vm(name)) as client:
            Window(client, title=name)
            label = session.wait_window(title=name)["label"]
            assert label["name"] == name
            assert label["color"] == SUSPICIOUS.color.hex
            assert label["pattern"] == SUSPICIOUS.pattern.value
        session.call("vm-stop", name=name)


def test_no_newcomer_inherits_a_label(session: SessionProcess, work: Path, other: Path) -> None:
    """libwayland gives a newcomer the address of whoever hung up last."""
    sockets = ((work, "work"), (session.display, None), (other, "other"), (session.display, None))
    for number in range(NEWCOMERS):
        path, vm = sockets[number % len(sockets)]
        with Client(path) as client:
            Window(client, title=str(number))
            (seen,) = session.windows(title=str(number))
            assert seen["vm"] == vm, f"newcomer {number} is taken for {seen['vm']}"
            assert (seen["label"] is None) == (vm is None)
            assert bool(client.offers("zwlr_layer_shell_v1")) == (vm is None)
    session.wait(lambda: not session.windows(), "the windows to go")
    session.wait(lambda: len(session.call("clients")) == 0, "the clients to go")


def test_clients_are_listed_with_their_origin(session: SessionProcess, work: Path) -> None:
    with Client(work), Client(work), Client(session.display):
        seen = sorted(str(client["vm"]) for client in session.call("clients"))
        assert seen == ["None", "work", "work"]
    session.wait(lambda: not session.call("clients"), "the clients to go")


@contextmanager
def sandbox(session: SessionProcess, host: Client, app_id: str) -> Iterator[Path]:
    """The socket of a security context that a host client sets up."""
    path = session.runtime / "sandbox"
    listening = socket.socket(socket.AF_UNIX)
    ours, theirs = os.pipe()
    try:
        listening.bind(os.fspath(path))
        listening.listen()
        context = host.bind("wp_security_context_manager_v1")(
            "create_listener", listening.fileno(), ours
        )
        context("set_sandbox_engine", "org.example")
        context("set_app_id", app_id)
        context("set_instance_id", "1")
        context("commit")
        context("destroy")
        host.roundtrip()
        yield path
    finally:
        listening.close()
        os.close(ours)
        os.close(theirs)
        path.unlink()


def test_a_sandboxed_client_is_neither_a_vm_nor_trusted(
    session: SessionProcess, work: Path
) -> None:
    with (
        Client(session.display) as host,
        Client(work) as vm,
        sandbox(session, host, "work") as path,
        Client(path) as client,
    ):
        offered = {one.interface for one in client.globals.values()}
        assert offered == {one.interface for one in vm.globals.values()}
        assert client.offers("wl_seat") != vm.offers("wl_seat")
        Window(client, title="sandboxed", app_id="work")
        seen = session.wait_window(title="sandboxed")
        assert seen["vm"] is None and seen["label"] is None

        # Nor can it set up a sandbox of its own, whatever it guesses.
        hidden = host.offers("wp_security_context_manager_v1")[0]
        for name in (hidden.name, host.offers("zwlr_screencopy_manager_v1")[0].name):
            with Connection(path) as guess:
                guess.bind_by_name(name, host.globals[name].interface)
                assert guess.refused().code == 0
    session.wait(lambda: not session.windows(), "the window to go")


def test_a_security_context_cannot_be_made_twice(session: SessionProcess) -> None:
    with Client(session.display) as host, sandbox(session, host, "a"):
        manager = host.bind("wp_security_context_manager_v1")
        ours, theirs = os.pipe()
        context = manager("create_listener", ours, theirs)
        os.close(ours)
        os.close(theirs)
        context("commit")
        # A pipe is no listening socket.
        assert host.refused().interface == "wp_security_context_manager_v1"


def test_windows_go_with_their_vm(session: SessionProcess) -> None:
    path = session.start_vm("stranger")
    with Client(path) as client, Client(path) as second:
        Window(client, title="one")
        Window(second, title="two")
        assert len(session.windows(vm="stranger")) == 2
        session.call("vm-stop", name="stranger")
        assert session.windows() == []
        assert client.wait_closed() is None
        assert second.wait_closed() is None
        assert not path.exists()
    with Client(session.start_vm("stranger")) as client:
        Window(client, title="again")
        assert session.wait_window(title="again")["vm"] == "stranger"
    session.call("vm-stop", name="stranger")
