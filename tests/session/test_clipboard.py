"""Clipboard, primary selection and drags: what one origin has does not exist for another."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.wire import Client, Seat, Surface, VirtualKeyboard, VirtualPointer, Window
from tests.wire.devices import PRESSED, RELEASED
from tests.wire.picture import box
from tests.wire.selection import Selection

from .harness import SessionProcess, running

CONFIG = '[focus]\nguard-ms = 0\n[layout]\ndefault = "columns"\n'
VMS = {"work": 'label = "blue"\n', "other": 'label = "red"\n'}
SIZE = (1280, 720)
KEY_A = 30
TEXT = "text/plain;charset=utf-8"
KINDS = ("clipboard", "primary")


class Actor:
    """A client with a window, and what it knows of selections."""

    def __init__(self, session: SessionProcess, vm: str | None, title: str) -> None:
        self.session, self.title = session, title
        path = session.display if vm is None else session.call("vm-socket", name=vm)["path"]
        self.client = Client(path)
        self.seat = Seat(self.client)
        self.selections = {kind: Selection(self.seat, kind) for kind in KINDS}
        self.clipboard = self.selections["clipboard"]
        self.window = Window(self.client, title=title)
        self.settle()

    def settle(self) -> None:
        for _ in range(3):
            self.client.roundtrip()

    def focus(self, hands: VirtualKeyboard | None = None) -> None:
        """The person goes to it (and types something)."""
        (window,) = self.session.windows(title=self.title)
        self.session.call("window", id=window["id"], action="focus")
        if hands is not None:
            hands.type(KEY_A)
        self.settle()
        assert self.seat.focus is self.window.surface

    @property
    def middle(self) -> tuple[int, int]:
        (window,) = self.session.windows(title=self.title)
        x, y, width, height = box(window["content"])
        return x + width // 2, y + height // 2


Act = Callable[["str | None", str], Actor]


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=CONFIG, vms=VMS) as process:
        for name in VMS:
            process.start_vm(name)
        yield process


@pytest.fixture
def act(session: SessionProcess) -> Iterator[Act]:
    actors: list[Actor] = []

    def make(vm: str | None, title: str) -> Actor:
        actors.append(Actor(session, vm, title))
        return actors[-1]

    yield make
    for actor in actors:
        actor.client.close()
    for extra in ((), ("--primary",)):
        session.run("wl-copy", "--clear", *extra)
    session.wait(lambda: not session.windows(), "the windows to go")


@pytest.fixture
def hands(session: SessionProcess) -> Iterator[Client]:
    """A client of the host that plays devices."""
    with Client(session.display) as client:
        yield client


@pytest.fixture
def keyboard(hands: Client) -> VirtualKeyboard:
    return VirtualKeyboard(hands)


@pytest.fixture
def pointer(hands: Client) -> VirtualPointer:
    return VirtualPointer(hands, SIZE)


def paste(session: SessionProcess, kind: str) -> bytes | None:
    """What wl-paste on the host gets; None for nothing."""
    argv = ["wl-paste", "--no-newline"] + (["--primary"] if kind == "primary" else [])
    result = session.run(*argv, check=False)
    return result.stdout if result.returncode == 0 else None


def copy(session: SessionProcess, kind: str, text: str) -> None:
    """Copy on the host, and return when it is there."""
    argv = ["wl-copy"] + (["--primary"] if kind == "primary" else [])
    session.spawn(*argv, "--foreground", text, stderr=subprocess.DEVNULL)
    session.wait(lambda: paste(session, kind) == text.encode(), "wl-copy")


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_vm_selects_is_its_own(
    session: SessionProcess, act: Act, keyboard: VirtualKeyboard, kind: str
) -> None:
    first, second = act("work", "first"), act("work", "second")
    other, host = act("other", "other"), act(None, "host")
    first.focus(keyboard)
    first.selections[kind].set({TEXT: b"of work"})

    for _ in range(2):
        for stranger in (other, host):
            stranger.focus(keyboard)
            assert stranger.selections[kind].current is None
        assert paste(session, kind) is None
        second.focus(keyboard)
        found = second.selections[kind].current
        assert found is not None and found.types == [TEXT]
        assert found.read(TEXT, first.client) == b"of work"
    assert first.selections[kind].cancelled == 0
    for actor in (other, host):
        assert all(not selection.received("data_offer") for selection in (
            actor.selections["clipboard"].device, actor.selections["primary"].device
        ))


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_host_copies_is_the_hosts(
    session: SessionProcess, act: Act, keyboard: VirtualKeyboard, kind: str
) -> None:
    vm, host = act("work", "vm"), act(None, "host")
    copy(session, kind, "of the host")
    for _ in range(2):
        vm.focus(keyboard)
        assert vm.selections[kind].current is None
        host.focus(keyboard)
        found = host.selections[kind].current
        assert found is not None and found.read(found.types[0]) == b"of the host"
    # Each has its own, at the same time.
    vm.focus(keyboard)
    vm.selections[kind].set({TEXT: b"of work"})
    assert paste(session, kind) == b"of the host"
    host.focus(keyboard)
    found = host.selections[kind].current
    assert found is not None and found.read(found.types[0]) == b"of the host"
    vm.focus(keyboard)
    found = vm.selections[kind].current
    assert found is not None and found.read(TEXT, vm.client) == b"of work"
    # Nor does one end the other's.
    vm.selections[kind].set(None)
    assert paste(session, kind) == b"of the host"


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_in_the_background_changes_nothing_for_others(
    session: SessionProcess, act: Act, keyboard: VirtualKeyboard, kind: str
) -> None:
    vm, other, host = act("work", "vm"), act("other", "other"), act(None, "host")
    vm.focus(keyboard)
    stale = vm.seat.press_serial
    copy(session, kind, "of the host")
    other.focus(keyboard)
    other.selections[kind].set({TEXT: b"of other"})
    host.focus(keyboard)
    for serial in (stale, host.seat.press_serial, other.seat.press_serial, 0, 0xFFFFFFFF):
        vm.selections[kind].set({TEXT: b"planted"}, serial)
    vm.settle()
    assert paste(session, kind) == b"of the host"
    host.settle()
    found = host.selections[kind].current
    assert found is not None and found.read(found.types[0]) == b"of the host"
    other.focus(keyboard)
    found = other.selections[kind].current
    assert found is not None and found.read(TEXT, other.client) == b"of other"


def test_a_vm_that_goes_takes_only_its_own_along(
    session: SessionProcess, act: Act, keyboard: VirtualKeyboard
) -> None:
    other = act("other", "other")
    copy(session, "clipboard", "of the host")
    other.focus(keyboard)
    other.clipboard.set({TEXT: b"of other"})
    with Client(session.call("vm-socket", name="work")["path"]) as client:
        seat = Seat(client)
        selection = Selection(seat)
        Window(client, title="short")
        (seen,) = session.windows(title="short")
        session.call("window", id=seen["id"], action="focus")
        keyboard.type(KEY_A)
        client.roundtrip()
        selection.set({TEXT: b"of work"})
        session.call("vm-stop", name="work")
        client.wait_closed()
    session.start_vm("work")
    again = act("work", "again")
    again.focus(keyboard)
    assert again.clipboard.current is None
    assert paste(session, "clipboard") == b"of the host"
    other.focus(keyboard)
    found = other.clipboard.current
    assert found is not None and found.read(TEXT, other.client) == b"of other"


# --- drags


@pytest.mark.parametrize("icon", [False, True], ids=["bare", "with an icon"])
def test_a_drag_works_within_an_origin(act: Act, pointer: VirtualPointer, icon: bool) -> None:
    source, target = act("work", "source"), act("work", "target")
    pointer.move(*source.middle)
    pointer.button(PRESSED)
    source.settle()
    picture = Surface(source.client, (255, 255, 0)) if icon else None
    if picture is not None:
        picture.draw(50, 50)
    offered = source.clipboard.drag({TEXT: b"dragged"}, source.window, picture)
    if picture is not None:
        picture.commit()
    pointer.move(*target.middle)
    source.settle()
    target.settle()
    assert target.clipboard.drag_entered == 1
    assert target.clipboard.dragged is not None
    assert target.clipboard.dragged.types == [TEXT]
    target.clipboard.accept(TEXT)
    dragged = target.clipboard.dragged
    pointer.button(RELEASED)
    source.settle()
    target.settle()
    assert target.clipboard.dropped == 1
    assert dragged.read(TEXT, source.client) == b"dragged"
    assert offered.received("dnd_drop_performed")
    assert source.clipboard.cancelled == 0


@pytest.mark.parametrize(
    "origins", [("work", "other"), ("work", None), (None, "work")], ids=lambda pair: str(pair)
)
def test_a_drag_stays_within_its_origin(
    act: Act, pointer: VirtualPointer, origins: tuple[str | None, str | None]
) -> None:
    source, stranger = act(origins[0], "source"), act(origins[1], "stranger")
    beside = act(origins[0], "beside")
    pointer.move(*source.middle)
    pointer.button(PRESSED)
    source.settle()
    source.clipboard.drag({TEXT: b"dragged"}, source.window)
    pointer.move(*stranger.middle)
    pointer.move(*beside.middle)
    for actor in (source, stranger, beside):
        actor.settle()
    assert beside.clipboard.drag_entered == 1
    pointer.move(*stranger.middle)
    x, y = stranger.middle
    pointer.move(x + 5, y + 5)
    beside.settle()
    assert beside.clipboard.dragged is None, "it has left"
    pointer.button(RELEASED)
    for actor in (source, stranger, beside):
        actor.settle()
    assert stranger.clipboard.drag_entered == 0
    assert stranger.clipboard.dropped == 0
    assert not stranger.clipboard.device.received("data_offer")
    assert source.clipboard.cancelled == 1, "nobody took it"
    assert stranger.seat.buttons == []
    # Afterwards the pointer is where it is, as always.
    pointer.click(*stranger.middle)
    stranger.settle()
    assert [state for _, state in stranger.seat.buttons] == [PRESSED, RELEASED]


def test_a_drag_needs_a_held_button(act: Act, pointer: VirtualPointer) -> None:
    vm, host = act("work", "vm"), act(None, "host")
    pointer.click(*vm.middle)
    vm.settle()
    pointer.move(*host.middle)
    vm.clipboard.drag({TEXT: b"x"}, vm.window)
    vm.settle()
    assert vm.clipboard.cancelled == 1
    host.settle()
    assert host.clipboard.drag_entered == 0
    pointer.click(*host.middle)
    host.settle()
    assert [state for _, state in host.seat.buttons] == [PRESSED, RELEASED]
