"""What has the keys, and the window that a target belongs to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from spectrum_session.compositor.focus import Focus
from spectrum_session.compositor.protocols.layer_surface import (
    INTERACTIVE_NONE,
    INTERACTIVE_ON_DEMAND,
    LayerSurface,
)
from spectrum_session.compositor.server import Server
from spectrum_session.compositor.surfaces import Hit
from spectrum_session.compositor.windows.window import Window
from spectrum_session.compositor.windows.xdg_popup import Popup
from spectrum_session.wlr import NULL


def made(kind: type[Any], **attributes: object) -> Any:
    """An object of a class whose making needs wlroots."""
    thing = object.__new__(kind)
    thing.__dict__.update(attributes)
    return thing


class FakeServer(SimpleNamespace):
    """As much of a server as the focus asks. It is closing: nothing is sent to clients."""

    def __init__(self) -> None:
        self.lock: Any = SimpleNamespace(locked=False, focused=None)
        self.exclusive: Any = None
        super().__init__(
            session_lock=self.lock,
            layer_shell=SimpleNamespace(exclusive=lambda: self.exclusive),
            loop=SimpleNamespace(closing=True),
        )


def layer(interactive: int, *, mapped: bool = True) -> Any:
    state = SimpleNamespace(keyboard_interactive=interactive)
    return made(LayerSurface, mapped=mapped, pointer=SimpleNamespace(current=state))


def test_lock_then_exclusive_layer_then_clicked_layer_then_window_has_the_keys() -> None:
    server = FakeServer()
    focus = Focus(cast(Server, server))
    assert focus.target is None
    window = made(Window, mapped=True, surface=NULL)
    focus.window = window
    assert focus.target is window
    clicked = layer(INTERACTIVE_ON_DEMAND)
    focus.layer_clicked(clicked)
    assert focus.target is clicked
    server.exclusive = exclusive = object()
    assert focus.target is exclusive
    server.lock.locked = True
    assert focus.target is None, "no surface of the locker yet"
    server.lock.focused = locker = object()
    assert focus.target is locker


def test_unmapped_things_have_no_keys() -> None:
    focus = Focus(cast(Server, FakeServer()))
    focus.window = made(Window, mapped=False)
    focus.layer_clicked(layer(INTERACTIVE_ON_DEMAND, mapped=False))
    assert focus.target is None


def test_a_click_on_a_layer_surface_without_keys_takes_them_from_another() -> None:
    focus = Focus(cast(Server, FakeServer()))
    focus.window = window = made(Window, mapped=True)
    focus.layer_clicked(layer(INTERACTIVE_ON_DEMAND))
    focus.layer_clicked(layer(INTERACTIVE_NONE))
    assert focus.target is window


def test_a_popup_is_of_the_window_of_its_host() -> None:
    window = made(Window)
    assert Hit(window).window is window
    assert Hit(made(Popup, host=SimpleNamespace(window=window))).window is window
    assert Hit(made(Popup, host=SimpleNamespace(window=None))).window is None
    assert Hit(made(LayerSurface)).window is None
    assert Hit(None).window is None
