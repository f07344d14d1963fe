"""xdg_activation_v1: tokens."""

from __future__ import annotations

import pytest

from spectrum_session.gate.connection import Connection
from spectrum_session.gate.rules import activation

from .shell import Shell


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def manager(shell: Shell) -> int:
    return shell.bind("xdg_activation_v1")


def _token(shell: Shell, manager: int, serial: int | None = None) -> int:
    made = shell.ask(manager, "get_activation_token", ...)
    if serial is not None:
        shell.ask(made, "set_serial", serial, shell.seat)
    return made


def test_a_token_for_what_the_person_did(shell: Shell, manager: int) -> None:
    surface = shell.window().surface
    token = _token(shell, manager, shell.press())
    shell.ask(token, "set_surface", surface)
    shell.ask(token, "set_app_id", b"org.example\n\xff")
    assert shell.last()[1] == (b"org.example _",)
    shell.ask(token, "commit")
    assert shell.last()[0] == "xdg_activation_token_v1.commit"
    shell.tell(token, "done", b"cafe")
    shell.ask(token, "destroy")
    shell.ask(manager, "activate", b"cafe", surface)
    assert shell.last() == ("xdg_activation_v1.activate", (b"cafe", surface))


@pytest.mark.parametrize(
    ("name", "args"),
    [("commit", ()), ("set_app_id", (b"x",)), ("set_serial", (1, 0)), ("set_surface", (0,))],
)
def test_committed_once(shell: Shell, manager: int, name: str, args: tuple[object, ...]) -> None:
    token = _token(shell, manager)
    shell.ask(token, "commit")
    if name == "set_serial":
        args = (1, shell.seat)
    elif name == "set_surface":
        args = (shell.new_surface(),)
    assert shell.refused(token, name, *args)[:2] == (token, activation.ALREADY_USED)


def test_a_serial_that_was_never_given(shell: Shell, manager: int) -> None:
    """The client gets an answer, and one that is worth nothing."""
    token = _token(shell, manager, 4242)
    assert shell.dropped(token, "commit")
    name, (text,) = shell.received[-1]
    assert name == "xdg_activation_token_v1.done"
    assert len(text) == 32
    assert shell.account.refused["activation-serial"] == 1
    other = _token(shell, manager, 4242)
    shell.ask(other, "commit")
    assert shell.received[-1][1] != (text,)


def test_no_input_yet(shell: Shell, manager: int) -> None:
    """GTK asks at its start, with 0."""
    assert shell.dropped(_token(shell, manager, 0), "commit")
    assert shell.received[-1][0] == "xdg_activation_token_v1.done"
    assert shell.account.refused == {}


def test_so_many_without_input(shell: Shell, manager: int) -> None:
    for _ in range(activation.MAX_TOKENS):
        assert not shell.dropped(_token(shell, manager), "commit")
    assert shell.dropped(_token(shell, manager), "commit")
    assert shell.account.refused["activation-tokens"] == 1
    shell.press()
    assert not shell.dropped(_token(shell, manager), "commit")


def test_so_many_for_the_whole_vm(shell: Shell, manager: int) -> None:
    shell.press()
    for _ in range(activation.MAX_TOKENS):
        assert not shell.dropped(_token(shell, manager), "commit")
    other = Shell()
    other.gate.close()
    other.gate = Connection(shell.account, shell.policy)
    other.interfaces, other.next_id, other.registry = {1: "wl_display"}, 2, 0
    manager = other.bind("xdg_activation_v1")
    assert other.dropped(_token(other, manager), "commit")
    other.gate.knowledge.gave_serial(shell.next_serial(), "wl_keyboard.key")
    assert not other.dropped(_token(other, manager), "commit")


def test_serials_wrap_round(shell: Shell, manager: int) -> None:
    shell.serial = 2**32 - 2
    shell.press()
    for _ in range(activation.MAX_TOKENS):
        shell.ask(_token(shell, manager), "commit")
    shell.gate.knowledge.gave_serial(5, "wl_keyboard.key")
    assert not shell.dropped(_token(shell, manager), "commit")


@pytest.mark.parametrize("token", [b"", b"two words", b"\xc3\xa9", b"x" * 129, b"a\x1b[0m"])
def test_what_is_no_token(shell: Shell, manager: int, token: bytes) -> None:
    assert shell.dropped(manager, "activate", token, shell.window().surface)
    assert shell.account.refused["activation-token"] == 1


def test_a_startup_id_of_a_launcher(shell: Shell, manager: int) -> None:
    token = b"gnome-shell/foot/4021-7-host_TIME123456789"
    assert not shell.dropped(manager, "activate", token, shell.window().surface)
