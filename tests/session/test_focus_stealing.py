"""Nobody takes the keyboard or the pointer from another origin, and nothing is handed along."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.wire import Client, Popup, Seat, VirtualKeyboard, VirtualPointer, Window
from tests.wire.devices import PRESSED, RELEASED
from tests.wire.picture import box

from .harness import SessionProcess, running

VMS = {"work": 'label = "blue"\n', "other": 'label = "red"\n'}
SIZE = (1280, 720)
KEY_A, KEY_B, KEY_F5 = 30, 48, 63
SUPER = 64

BINDINGS = """
[focus]
guard-ms = 0
[bindings]
"Super+b" = "nop"
"F5" = "nop"
"Super+3" = "workspace 3"
"""
GUARDED = "[focus]\nguard-ms = 5000\n"


class Actor:
    """A client of one origin with one window, and what its seat told it."""

    def __init__(
        self, session: SessionProcess, vm: str | None, title: str, **options: object
    ) -> None:
        self.session, self.vm, self.title = session, vm, title
        path = session.display if vm is None else session.call("vm-socket", name=vm)["path"]
        self.client = Client(path)
        self.seat = Seat(self.client)
        self.window = Window(self.client, title=title, **options)  # type: ignore[arg-type]
        self.settle()

    def settle(self) -> None:
        """Handle all that is under way."""
        for _ in range(3):
            self.client.roundtrip()

    @property
    def seen(self) -> dict[str, object]:
        """What the session says of the window."""
        (window,) = self.session.windows(title=self.title)
        return window

    @property
    def id(self) -> int:
        """Of the window."""
        return int(str(self.seen["id"]))

    @property
    def has_keyboard(self) -> bool:
        """Do keys go to the window?"""
        self.settle()
        return self.seat.focus is self.window.surface

    @property
    def has_pointer(self) -> bool:
        """Is the pointer said to be over the window?"""
        self.settle()
        return self.seat.under is self.window.surface

    @property
    def middle(self) -> tuple[int, int]:
        """Of its content, in the layout."""
        (window,) = self.session.windows(title=self.title)
        x, y, width, height = box(window["content"])
        return x + width // 2, y + height // 2


Cast = Callable[..., Actor]


def cast(session: SessionProcess) -> Iterator[Cast]:
    """Makes actors; they hang up at the end."""
    actors: list[Actor] = []

    def make(vm: str | None, title: str, **options: object) -> Actor:
        actors.append(Actor(session, vm, title, **options))
        return actors[-1]

    yield make
    for actor in actors:
        actor.client.close()
    session.wait(lambda: not session.windows(), "the windows to go")


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config=BINDINGS, vms=VMS) as process:
        for name in VMS:
            process.start_vm(name)
        yield process


@pytest.fixture(scope="module")
def guarded() -> Iterator[SessionProcess]:
    with running(config=GUARDED, vms=VMS) as process:
        for name in VMS:
            process.start_vm(name)
        yield process


@pytest.fixture
def act(session: SessionProcess) -> Iterator[Cast]:
    yield from cast(session)


@pytest.fixture
def guarded_act(guarded: SessionProcess) -> Iterator[Cast]:
    yield from cast(guarded)


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


# --- windows that open


@pytest.mark.parametrize("holder", [None, "other"])
def test_a_new_window_takes_no_focus_from_another_origin(
    act: Cast, keyboard: VirtualKeyboard, holder: str | None
) -> None:
    first = act(holder, "first")
    newcomer = act("work", "newcomer")
    assert first.seen["focused"] and first.has_keyboard and first.window.activated
    assert not newcomer.seen["focused"] and newcomer.seen["urgent"]
    assert not newcomer.has_keyboard and not newcomer.window.activated
    keyboard.type(KEY_A)
    first.settle()
    newcomer.settle()
    assert first.seat.keys == [(KEY_A, PRESSED), (KEY_A, RELEASED)]
    assert newcomer.seat.keys == []


def test_a_new_window_takes_the_focus_from_its_own_origin(act: Cast) -> None:
    first = act("work", "first")
    second = act("work", "second")
    assert second.has_keyboard and not first.has_keyboard
    assert not first.seen["urgent"]


def test_a_dialog_takes_no_focus_either(act: Cast) -> None:
    parent = act("work", "parent")
    host = act(None, "host")
    assert host.has_keyboard
    dialog = Window(parent.client, title="dialog", parent=parent.window, size=(100, 80))
    parent.settle()
    (seen,) = parent.session.windows(title="dialog")
    assert seen["urgent"] and not seen["focused"] and not dialog.activated
    assert host.has_keyboard


def test_mapping_again_and_again_takes_no_focus(act: Cast) -> None:
    host = act(None, "host")
    pushy = act("work", "pushy")
    for _ in range(5):
        pushy.window.surface("attach", None, 0, 0)
        pushy.window.commit()
        pushy.settle()
        pushy.window.rename("pushy")
        pushy.window.commit()
        pushy.settle()
        assert not pushy.seen["focused"]
        assert host.has_keyboard


# --- activation


def token_of(actor: Actor, *, honest: bool = True) -> str:
    """A token of xdg_activation_v1, with the actor's surface and last press or without."""
    token = actor.client.the("xdg_activation_v1")("get_activation_token")
    if honest:
        token("set_serial", actor.seat.press_serial, actor.seat.seat)
        token("set_surface", actor.window.surface)
        token("set_app_id", "whatever")
    token("commit")
    actor.client.wait_for(lambda: token.received("done"), "a token")
    return str(token.received("done")[0][0])


def activate(actor: Actor, token: str, window: Window | None = None) -> None:
    actor.client.the("xdg_activation_v1")(
        "activate", token, (window or actor.window).surface
    )
    actor.settle()


@pytest.mark.parametrize("kind", ["none", "own", "without surface", "stolen", "stolen of a VM"])
def test_activation_takes_no_focus_from_another_origin(
    act: Cast, keyboard: VirtualKeyboard, kind: str
) -> None:
    thief = act("work", "thief")
    keyboard.type(KEY_A)
    thief.settle()
    own = token_of(thief)
    holder = act("other" if kind == "stolen of a VM" else None, "holder")
    holder.session.call("window", id=holder.id, action="focus")
    keyboard.type(KEY_B)
    holder.settle()
    token = {
        "none": "",
        "own": own,
        "without surface": token_of(thief, honest=False),
        "stolen": token_of(holder),
        "stolen of a VM": token_of(holder),
    }[kind]
    activate(thief, token)
    assert holder.has_keyboard and holder.seen["focused"]
    assert not thief.seen["focused"] and not thief.has_keyboard
    if token:
        assert thief.seen["urgent"]


def test_activation_within_an_origin_moves_the_focus(act: Cast, keyboard: VirtualKeyboard) -> None:
    first = act("work", "first")
    second = act("work", "second")
    assert second.has_keyboard
    keyboard.type(KEY_A)
    second.settle()
    activate(first, token_of(second))
    assert first.has_keyboard
    # A token of one that had no focus when it was made is worth nothing.
    activate(second, token_of(second))
    assert first.has_keyboard


def test_the_host_too_needs_a_token_of_its_own(act: Cast, keyboard: VirtualKeyboard) -> None:
    host, holder = act(None, "host"), act("work", "holder")
    holder.session.call("window", id=holder.id, action="focus")
    keyboard.type(KEY_A)
    holder.settle()
    for token in (token_of(holder), token_of(host, honest=False), token_of(host)):
        activate(host, token)
        assert holder.has_keyboard and not host.has_keyboard


def test_a_token_of_the_person_is_the_hosts(session: SessionProcess, act: Cast) -> None:
    """What the person starts may take the focus; a VM that gets hold of its token may not."""

    def token() -> str:
        file = session.directory / "token"
        file.unlink(missing_ok=True)
        command = f"echo $XDG_ACTIVATION_TOKEN > {file}.new; mv {file}.new {file}"
        session.call("action", text=f"spawn sh -c '{command}'")
        session.wait(file.exists, "the program")
        return file.read_text().strip()

    host, vm, holder = act(None, "host"), act("work", "vm"), act("other", "holder")
    for actor, wins in ((vm, False), (host, True)):
        session.call("window", id=holder.id, action="focus")
        assert holder.has_keyboard
        activate(actor, token())
        assert actor.has_keyboard == wins
        assert actor.seen["urgent"] != wins


# --- the guard


def test_keys_wait_when_the_focus_moved_by_itself(
    guarded: SessionProcess, guarded_act: Cast
) -> None:
    with Client(guarded.display) as hands:
        keyboard = VirtualKeyboard(hands)
        heir = guarded_act("work", "heir")
        holder = guarded_act(None, "holder")
        guarded.call("window", id=heir.id, action="focus")
        guarded.call("window", id=holder.id, action="focus")
        keyboard.type(KEY_A)
        holder.settle()
        assert holder.seat.keys == [(KEY_A, PRESSED), (KEY_A, RELEASED)]
        holder.window.destroy()
        holder.client.roundtrip()
        assert heir.has_keyboard
        keyboard.type(KEY_B)
        heir.settle()
        assert heir.seat.keys == []
        # The person chooses it: now the keys are meant for it.
        guarded.call("window", id=heir.id, action="focus")
        keyboard.type(KEY_B)
        heir.settle()
        assert heir.seat.keys == [(KEY_B, PRESSED), (KEY_B, RELEASED)]


def test_keys_do_not_wait_without_a_guard(act: Cast, keyboard: VirtualKeyboard) -> None:
    heir = act("work", "heir")
    holder = act(None, "holder")
    assert holder.has_keyboard
    holder.window.destroy()
    holder.client.roundtrip()
    assert heir.has_keyboard
    keyboard.type(KEY_B)
    heir.settle()
    assert heir.seat.keys == [(KEY_B, PRESSED), (KEY_B, RELEASED)]


def test_clicks_wait_when_a_window_appears_under_the_pointer(
    guarded: SessionProcess, guarded_act: Cast
) -> None:
    with Client(guarded.display) as hands:
        pointer = VirtualPointer(hands, SIZE)
        pointer.move(SIZE[0] // 2, SIZE[1] // 2)
        appeared = guarded_act("work", "appeared")
        assert appeared.has_pointer
        pointer.button(PRESSED)
        pointer.button(RELEASED)
        appeared.settle()
        assert appeared.seat.buttons == []
        pointer.unplug()


def test_clicks_do_not_wait_without_a_guard(act: Cast, pointer: VirtualPointer) -> None:
    pointer.move(SIZE[0] // 2, SIZE[1] // 2)
    appeared = act("work", "appeared")
    assert appeared.has_pointer
    pointer.button(PRESSED)
    pointer.button(RELEASED)
    appeared.settle()
    assert [state for _, state in appeared.seat.buttons] == [PRESSED, RELEASED]


# --- grabs


def test_a_grab_in_the_background_takes_nothing(
    act: Cast, keyboard: VirtualKeyboard, pointer: VirtualPointer
) -> None:
    grabber = act("work", "grabber")
    pointer.click(*grabber.middle)
    keyboard.type(KEY_A)
    grabber.settle()
    holder = act(None, "holder")
    pointer.click(*holder.middle)
    holder.settle()
    assert holder.has_keyboard and holder.has_pointer
    grabber.seat.keys.clear()
    holder.seat.buttons.clear()
    for serial in (grabber.seat.press_serial, grabber.seat.serial, 0, 0xFFFFFFFF):
        popup = Popup(grabber.window, (40, 40), (5, 5), grab=(grabber.seat.seat, serial))
        grabber.settle()
        assert holder.has_keyboard and holder.has_pointer
        keyboard.type(KEY_B)
        pointer.move(holder.middle[0] + 3, holder.middle[1])
        pointer.button(PRESSED)
        pointer.button(RELEASED)
        holder.settle()
        grabber.settle()
        assert holder.seat.keys[-2:] == [(KEY_B, PRESSED), (KEY_B, RELEASED)]
        assert [state for _, state in holder.seat.buttons[-2:]] == [PRESSED, RELEASED]
        holder.seat.keys.clear()
        holder.seat.buttons.clear()
        popup.destroy()
        grabber.settle()
    assert grabber.seat.keys == [] and grabber.seat.focus is None


def test_a_grab_ends_when_the_person_goes_elsewhere(
    act: Cast, keyboard: VirtualKeyboard, pointer: VirtualPointer
) -> None:
    holder = act(None, "holder")
    grabber = act("work", "grabber")
    pointer.click(*grabber.middle)
    grabber.settle()
    assert grabber.has_keyboard
    popup = Popup(
        grabber.window, (40, 40), (5, 5), grab=(grabber.seat.seat, grabber.seat.press_serial)
    )
    grabber.settle()
    assert not popup.dismissed
    keyboard.type(KEY_A)
    grabber.settle()
    assert grabber.seat.keys == [(KEY_A, PRESSED), (KEY_A, RELEASED)]
    pointer.click(*holder.middle)
    grabber.settle()
    assert popup.dismissed
    assert holder.has_keyboard
    keyboard.type(KEY_B)
    holder.settle()
    grabber.settle()
    assert holder.seat.keys == [(KEY_B, PRESSED), (KEY_B, RELEASED)]
    assert len(grabber.seat.keys) == 2


# --- what is held


def test_a_held_key_is_not_handed_along(act: Cast, keyboard: VirtualKeyboard) -> None:
    first = act("work", "first")
    second = act("other", "second")
    third = act(None, "third")
    first.session.call("window", id=first.id, action="focus")
    keyboard.key(KEY_A, PRESSED)
    keyboard.hold(1)
    assert first.has_keyboard
    assert first.seat.keys == [(KEY_A, PRESSED)]
    for actor in (second, third):
        first.session.call("window", id=actor.id, action="focus")
        assert actor.has_keyboard
        assert actor.seat.held_at_enter == []
        assert actor.seat.keys == []
    assert not first.has_keyboard
    keyboard.key(KEY_A, RELEASED)
    keyboard.hold(0)
    for actor in (second, third):
        actor.settle()
        assert actor.seat.keys == [], "nor is its release"


def test_a_held_button_stays_with_its_window(act: Cast, pointer: VirtualPointer) -> None:
    first = act("work", "first")
    second = act(None, "second")
    pointer.move(*first.middle)
    pointer.button(PRESSED)
    assert first.has_pointer
    pointer.move(*second.middle)
    assert first.has_pointer and not second.has_pointer
    pointer.button(RELEASED)
    first.settle()
    assert [state for _, state in first.seat.buttons] == [PRESSED, RELEASED]
    assert second.has_pointer and not first.has_pointer
    assert second.seat.buttons == []


# --- bindings


def test_bindings_come_before_clients(
    session: SessionProcess, act: Cast, keyboard: VirtualKeyboard
) -> None:
    vm = act("work", "vm")
    assert vm.has_keyboard
    keyboard.type(KEY_F5)
    keyboard.hold(SUPER)
    keyboard.type(KEY_B)
    keyboard.hold(0)
    keyboard.type(KEY_B)
    vm.settle()
    assert vm.seat.keys == [(KEY_B, PRESSED), (KEY_B, RELEASED)]
    # A popup's grab changes nothing of that.
    popup = Popup(vm.window, (40, 40), (5, 5), grab=(vm.seat.seat, vm.seat.press_serial))
    vm.settle()
    keyboard.type(KEY_F5)
    vm.settle()
    assert len(vm.seat.keys) == 2
    popup.destroy()
    vm.settle()
    keyboard.hold(SUPER)
    keyboard.type(4)
    keyboard.hold(0)
    (shown,) = (one["number"] for one in session.call("workspaces") if one["focused"])
    assert shown == 3
    session.call("workspace", number=1)
