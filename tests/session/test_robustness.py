"""Clients that crash, hang, flood and lie: the session and everybody else go on."""

from __future__ import annotations

import itertools
import os
import random
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.wire import (
    Client,
    Connection,
    Disconnected,
    Popup,
    Positioner,
    Seat,
    Subsurface,
    Surface,
    Window,
)
from tests.wire.nonsense import Nonsense
from tests.wire.witness import Honest, Resources

from .harness import SessionProcess, running

CONFIG = '[focus]\nguard-ms = 0\n[layout]\ndefault = "monocle"\n'
WORK = 'label = "blue"\n[limits]\nbuffer-bytes = 8589934592\n'
"""One window of 16384×5000 pixels takes 330 MB, and the picture of it as much."""
VMS = {"work": WORK, "calm": 'label = "green"\n'}
CROWD = 200
ROUNDS = 10
GROWTH_KB = 2048
"""What ten rounds of killed clients may leave behind."""
SPARE_FDS = 8
"""An output makes up to four buffers, when it needs them; each is a descriptor."""


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    # Two outputs: what is on the first never hides the honest client's window on the second.
    with running(config=CONFIG, vms=VMS, outputs=["1280x720", "400x300"]) as process:
        yield process


@pytest.fixture(scope="module")
def work(session: SessionProcess) -> Path:
    return session.start_vm("work")


@pytest.fixture(scope="module")
def honest(session: SessionProcess) -> Iterator[Honest]:
    path = session.start_vm("calm")
    outputs = [output["name"] for output in session.call("outputs")]
    session.call("action", text=f"focus-output {outputs[1]}")
    client = Honest(path)
    session.call("action", text=f"focus-output {outputs[0]}")
    yield client
    client.client.close()


@pytest.fixture(autouse=True)
def unharmed(session: SessionProcess, work: Path, honest: Honest) -> Iterator[None]:
    """Before and after each test the honest client's frames are shown, and nobody else is left."""
    honest.tick()
    yield
    assert session.alive()
    honest.tick()
    session.wait(lambda: len(session.call("clients")) == 1, "the test's clients to go")
    assert [window["title"] for window in session.windows()] == ["honest"]
    honest.tick()


# --- those who crash


def test_a_crowd_that_is_killed_leaves_nothing(
    session: SessionProcess, work: Path, honest: Honest
) -> None:
    def crowd() -> None:
        argv = [sys.executable, "-m", "tests.wire.crowd", str(CROWD), str(work)]
        argv.append(str(session.display))
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            assert len(session.windows()) == CROWD + 1
            child.send_signal(signal.SIGKILL)
        session.wait(lambda: len(session.call("clients")) == 1, "the crowd to go")
        honest.tick()

    # What is made once and kept (fonts, caches, the allocator's pools) is made by the first.
    crowd()
    before = Resources(session.process.pid)
    for _ in range(ROUNDS):
        crowd()
    after = Resources(session.process.pid)
    assert after.fds <= before.fds + SPARE_FDS
    assert after.anonymous_kb <= before.anonymous_kb + GROWTH_KB


def test_hanging_up_in_the_middle_of_anything(session: SessionProcess, work: Path) -> None:
    def connected(client: Client) -> None:
        pass

    def unconfigured(client: Client) -> None:
        Window(client, show=False)
        client.pump()

    def shown(client: Client) -> None:
        window = Window(client)
        Popup(window, show=False)
        Subsurface(window).draw(10, 10)
        window.toplevel("set_fullscreen", None)
        client.pump()

    def half_a_message(client: Client) -> None:
        client.send_raw(b"\1\0\0\0\0\0")
        client.pump()

    def unread(client: Client) -> None:
        Window(client)
        for _ in range(200):
            client.display("sync")
        client.flush()

    before = Resources(session.process.pid)
    for stop in (connected, unconfigured, shown, half_a_message, unread) * 20:
        with Client(work) as client:
            stop(client)
    session.wait(lambda: len(session.call("clients")) == 1, "the clients to go")
    assert Resources(session.process.pid).fds <= before.fds + SPARE_FDS


# --- those who hang


def test_a_client_that_never_acknowledges(session: SessionProcess, work: Path) -> None:
    with Client(work) as client:
        lazy = Window(client, show=False)
        lazy.acknowledges = lazy.draws = False
        client.wait_for(lambda: lazy.configures, "a configure")
        assert session.windows(vm="work") == []
        # It draws without having acknowledged anything: an error, and its own.
        lazy.draw(100, 100)
        assert client.refused().interface == "xdg_surface"
    with Client(work) as client:
        lazy = Window(client, title="lazy")
        lazy.acknowledges = lazy.draws = False
        (seen,) = session.windows(title="lazy")
        for number in range(50):
            session.call("window", id=seen["id"], action="resize", width=200 + number, height=150)
            session.call("layout", name=("columns", "monocle")[number % 2])
        client.roundtrip()
        assert lazy.configures > 1
        session.call("layout", name="monocle")


def test_a_client_that_never_draws(session: SessionProcess, work: Path) -> None:
    with Client(work) as client:
        windows = [Window(client, show=False) for _ in range(50)]
        for window in windows:
            window.draws = False
        client.roundtrip()
        assert all(window.configures for window in windows)
        assert session.windows(vm="work") == []
        for window in windows:
            window.toplevel("set_fullscreen", None)
            window.toplevel("set_minimized")
            window.rename("never")
            window.commit()
        client.roundtrip()
        assert session.windows(vm="work") == []


def test_a_client_that_does_not_read(session: SessionProcess, work: Path, honest: Honest) -> None:
    """It asks and asks; the answers pile up nowhere."""
    before = Resources(session.process.pid)
    with Client(work) as client:
        # The same id again and again: the compositor is done with it before the next comes.
        ask = struct.pack("=IHHI", 1, 0, 12, client.new_id()) * 300
        try:
            for number in range(3000):
                os.write(client.fileno(), ask)
                if number % 300 == 0:
                    honest.tick()
        except (BlockingIOError, ConnectionError):
            pass
        honest.tick()
        assert Resources(session.process.pid).anonymous_kb <= before.anonymous_kb + GROWTH_KB


# --- those who lie


def test_garbage_is_not_understood(session: SessionProcess, work: Path) -> None:
    chance = random.Random(4)
    with Client(work) as probe:
        xdg = probe.offers("xdg_wm_base")[0].name
    pieces: list[bytes] = [
        bytes(8),
        b"\xff" * 70000,
        b"\1\0\0\0" + b"\0\0\7\0",  # a message of seven bytes
        b"\1\0\0\0" + b"\0\0\0\0",  # of none
        b"\1\0\0\0" + b"\0\0\xff\xff" + bytes(65536),  # of more than the buffer
        b"\1\0\0\0" + b"\x63\0\x0c\0" + bytes(4),  # opcode 99 of wl_display
        b"\2\0\0\0" + b"\0\0\x0c\0" + bytes(4),  # no such object
        b"\1\0\0\0" + b"\1\0\x0c\0" + b"\1\0\0\0",  # a registry where the display is
        b"\1\0\0\0" + b"\1\0\x0c\0" + b"\0\0\0\xff",  # one with a server's id
        b"\1\0\0\0" + b"\1\0\x0c\0" + b"\0\0\0\x70",  # far beyond the next id
    ]
    for piece in pieces:
        with Connection(work) as client:
            client.send_raw(piece + bytes(64))
            client.wait_closed()
    for _ in range(60):
        # It may announce more than it sends; then the compositor waits, and may do so for ever.
        with Connection(work) as client:
            client.send_raw(chance.randbytes(chance.randrange(8, 4000)))
            client.pump()
    # A string that is not one, lengths that lie.
    for text in (b"\xff\xff\xff\xff", b"\x40\0\0\0abc\0", b"\4\0\0\0abcd", b"\0\0\0\0"):
        with Connection(work) as client:
            registry = client.display("get_registry")
            client.send(registry.id, 0, xdg.to_bytes(4, "little") + text + bytes(8))
            client.send_raw(bytes(64))
            client.wait_closed()


def test_descriptors_nobody_asked_for(session: SessionProcess, work: Path) -> None:
    before = Resources(session.process.pid)
    for _ in range(SPARE_FDS + 2):
        with Client(work) as client, open(os.devnull, "rb") as file:
            Window(client)
            for _ in range(40):
                callback = client.make("wl_callback", 1)
                client.send(1, 0, callback.id.to_bytes(4, "little"), [file.fileno()] * 20)
            client.flush()
    session.wait(lambda: len(session.call("clients")) == 1, "the clients to go")
    assert Resources(session.process.pid).fds <= before.fds + SPARE_FDS


def test_a_shrinking_buffer_is_its_owners_problem(session: SessionProcess, work: Path) -> None:
    """A client truncates the file that its buffer is in, then asks for it to be shown."""
    with Client(work) as client:
        window = Window(client, title="shrinking")
        fd = os.memfd_create("shrinking")
        os.ftruncate(fd, 600 * 600 * 4)
        pool = client.the("wl_shm")("create_pool", fd, 600 * 600 * 4)
        buffer = pool("create_buffer", 0, 600, 600, 2400, 0)
        client.roundtrip()
        os.ftruncate(fd, 0)
        os.close(fd)
        window.surface("attach", buffer, 0, 0)
        window.surface("damage", 0, 0, 600, 600)
        window.ask_frame()
        window.commit()
        try:
            client.wait_for(lambda: window.frames, "a frame")
        except Disconnected as end:
            assert end.error is not None


def test_wild_sizes(session: SessionProcess, work: Path, honest: Honest) -> None:
    chance = random.Random(5)
    sizes = (0, 1, 2, 37, 400, 5000, 100_000, 0x7FFFFFFF)
    with Client(work) as client:
        window = Window(client, title="wild", size=(100, 100), fixed=True)
        assert session.windows(title="wild")[0]["floating"]
        for number in range(120):
            small = (chance.choice(sizes), chance.choice(sizes))
            large = tuple(0 if part == 0 else max(part, chance.choice(sizes)) for part in small)
            window.toplevel("set_min_size", *small)
            window.toplevel("set_max_size", *large)
            width, height = chance.randrange(1, 1500), chance.randrange(1, 1200)
            window.xdg_surface("set_window_geometry", -number, number, width, height)
            window.draw(width, height)
            if number % 50 == 0:
                client.roundtrip()
                honest.tick()
        client.roundtrip()
        assert len(session.windows(title="wild")) == 1
        with Client(work) as second:
            other = Window(second, title="other")
            other.toplevel("set_min_size", -5, -5)
            other.commit()
            assert second.refused().interface in ("xdg_toplevel", "xdg_surface")


def test_a_thousand_popups_beside_each_other(
    session: SessionProcess, work: Path, honest: Honest
) -> None:
    with Client(work) as client:
        window = Window(client)
        popups = [Popup(window, (20, 20), (i % 99, i // 9), show=False) for i in range(1000)]
        try:
            client.roundtrip()
            client.roundtrip()
            honest.tick()
            for popup in reversed(popups[500:]):
                popup.destroy()
            client.roundtrip()
        except Disconnected:
            pass
        honest.tick()


@pytest.mark.parametrize("end", ["hang up", "topmost first", "window first"])
def test_a_thousand_popups_on_each_other(
    session: SessionProcess, work: Path, honest: Honest, end: str
) -> None:
    with Client(work) as client:
        window = Window(client)
        chain: list[Popup] = []
        try:
            for _ in range(1000):
                chain.append(Popup(chain[-1] if chain else window, (20, 20), (1, 1), show=False))
            client.roundtrip()
            client.roundtrip()
            # wlroots walks them by recursion, so there must be an end to it.
            assert not chain[0].dismissed and chain[-1].dismissed
            honest.tick()
            if end == "topmost first":
                for popup in reversed(chain):
                    popup.destroy()
                client.roundtrip()
            elif end == "window first":
                window.destroy()
                client.roundtrip()
        except Disconnected:
            pass
        honest.tick()


def test_deep_subsurfaces(session: SessionProcess, work: Path, honest: Honest) -> None:
    with Client(work) as client:
        window = Window(client)
        chain: list[Surface] = [window]
        try:
            for _ in range(400):
                child = Subsurface(chain[-1])
                child.draw(5, 5)
                chain.append(child)
            for surface in reversed(chain):
                surface.commit()
            client.roundtrip()
            honest.tick()
        except Disconnected:
            pass
        honest.tick()


def test_a_flood_of_requests(session: SessionProcess, work: Path, honest: Honest) -> None:
    with Client(work) as client:
        window = Window(client, title="flood")
        for number in range(3000):
            window.rename(f"flood {number}")
            window.toplevel("set_app_id", f"flood{number}")
            window.toplevel("set_fullscreen", None)
            window.toplevel("unset_fullscreen")
            window.toplevel("set_maximized")
            window.toplevel("unset_maximized")
            window.commit()
        client.roundtrip()
        honest.tick()


# --- those who tidy up in the wrong order


def test_objects_may_go_in_any_order(session: SessionProcess, work: Path) -> None:
    chance = random.Random(6)
    for number in range(150):
        with Client(work) as client:
            seat = Seat(client)
            window = Window(client, title="order", decorate=True)
            assert window.decoration is not None
            child = Subsurface(window)
            child.draw(30, 30)
            popup = Popup(window, (40, 40), show=number % 3 > 0)
            positioner = Positioner(client, (10, 10)).object
            window.ask_frame()
            objects = [
                window.surface,
                window.xdg_surface,
                window.toplevel,
                child.surface,
                child.role,
                popup.surface,
                popup.xdg_surface,
                popup.popup,
                positioner,
                window.viewport(),
                client.the("wp_fractional_scale_manager_v1")(
                    "get_fractional_scale", window.surface
                ),
                window.decoration,
                client.the("zwp_idle_inhibit_manager_v1")("create_inhibitor", window.surface),
                client.the("zwp_pointer_constraints_v1")(
                    "lock_pointer", window.surface, seat.pointer, None, 2
                ),
                client.the("wp_content_type_manager_v1")(
                    "get_surface_content_type", window.surface
                ),
                client.the("wp_tearing_control_manager_v1")(
                    "get_tearing_control", window.surface
                ),
                client.the("zwp_text_input_manager_v3")("get_text_input", seat.seat),
                client.the("zwp_relative_pointer_manager_v1")(
                    "get_relative_pointer", seat.pointer
                ),
                client.the("wl_compositor")("create_region"),
                client.buffer(33, 33, (1, 2, 3)),
                client.the("xdg_wm_base"),
                client.the("wl_subcompositor"),
                client.the("wp_viewporter"),
            ]
            chance.shuffle(objects)
            for one in objects:
                one("destroy")
                if chance.random() < 0.2:
                    client.display("sync")
                if chance.random() < 0.1:
                    client.pump()
            try:
                client.roundtrip()
            except Disconnected as end:
                assert end.error is not None


def test_every_order_of_a_windows_own_objects(session: SessionProcess, work: Path) -> None:
    right = ("decoration", "toplevel", "xdg_surface", "surface")
    for shown in (False, True):
        for order in itertools.permutations(right):
            with Client(work) as client:
                window = Window(client, title="order", decorate=True, show=shown)
                client.roundtrip()
                for name in order:
                    getattr(window, name)("destroy")
                try:
                    client.roundtrip()
                except Disconnected as end:
                    assert end.error is not None
                    assert order != right


def wait_configured(window: Window, before: int) -> None:
    """Return when it was configured once more."""
    window.client.wait_for(lambda: window.configures > before, "a configure")


def test_a_window_may_come_and_go(session: SessionProcess, work: Path) -> None:
    """Unmapping and mapping again: the same objects, another window."""
    with Client(work) as client:
        window = Window(client, title="again")
        for _ in range(30):
            # A configure may be under way that nobody waited for.
            client.roundtrip()
            client.roundtrip()
            window.surface("attach", None, 0, 0)
            window.commit()
            client.roundtrip()
            assert session.windows(vm="work") == []
            seen = window.configures
            window.commit()
            wait_configured(window, seen)
            client.roundtrip()
            assert len(session.windows(vm="work")) == 1


# --- those who do anything


@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    # A session that has crashed cannot be asked again: what was sent is in the message.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_requests_without_sense(session: SessionProcess, work: Path, data: Any) -> None:
    choose: Callable[[int], int] = lambda count: data.draw(st.integers(0, count - 1))  # noqa: E731
    with Client(work) as client:
        nonsense = Nonsense(client, choose)
        try:
            for _ in range(50):
                nonsense.step()
            client.roundtrip()
        except Disconnected:
            pass
        assert session.process.poll() is None, nonsense.log
    assert session.alive(), nonsense.log
