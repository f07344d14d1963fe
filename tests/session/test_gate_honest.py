"""An honest client's whole life passes a gate byte for byte, whatever the order of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.fuzz.reflection import Reflection
from tests.wire import Client, Popup, Seat, Subsurface, VirtualKeyboard, VirtualPointer, Window
from tests.wire.picture import box
from tests.wire.selection import Selection

from .harness import SessionProcess, running

VMS = {"work": 'label = "blue"\n'}
SIZE = (1280, 720)
KEY_A = 30
TITLES = st.sampled_from(["letter.odt", "Straße – 東京", "", "a" * 100])
LENGTHS = st.integers(1, 900)
NEAR = st.integers(-300, 300)


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(config="[focus]\nguard-ms = 0\n", vms=VMS) as process:
        process.start_vm("work")
        yield process


class Life(RuleBasedStateMachine):
    """One client. What it does is what toolkits do; serials are those it was given."""

    session: SessionProcess

    def __init__(self) -> None:
        super().__init__()
        self.ends = ExitStack()
        self.host = self.ends.enter_context(Client(self.session.display))
        self.mouse = VirtualPointer(self.host, SIZE)
        self.keys = VirtualKeyboard(self.host)
        self.reflection = Reflection()
        path = self.session.call("vm-socket", name="work")["path"]
        self.client = self.ends.enter_context(Client(path, self.reflection.tap))
        self.seat = Seat(self.client)
        self.selections = [Selection(self.seat, kind) for kind in ("clipboard", "primary")]
        self.windows: list[Window] = []
        self.popups: list[Popup] = []
        self.children: list[Subsurface] = []
        self.others: list[Any] = []
        """Objects that go with a surface or stand alone, destroyed at the end or never."""

    def teardown(self) -> None:
        self.client.roundtrip()
        self.ends.close()
        self.reflection.close()
        self.session.wait(lambda: not self.session.call("clients"), "the clients to go")

    def settle(self) -> None:
        """All that is under way has arrived."""
        for _ in range(2):
            self.client.roundtrip()

    @rule(title=TITLES, size=st.tuples(LENGTHS, LENGTHS), decorate=st.booleans())
    def open(self, title: str, size: tuple[int, int], decorate: bool) -> None:
        if len(self.windows) < 4:
            self.windows.append(
                Window(self.client, title=title, app_id="life", size=size, decorate=decorate)
            )
            self.settle()

    @precondition(lambda self: self.windows)
    @rule(size=st.tuples(LENGTHS, LENGTHS), scale=st.integers(1, 2), turn=st.integers(0, 7))
    def draw(self, size: tuple[int, int], scale: int, turn: int) -> None:
        window = self.windows[-1]
        window.surface("set_buffer_scale", scale)
        window.surface("set_buffer_transform", turn)
        window.attach(size[0] * scale, size[1] * scale)
        window.ask_frame()
        window.commit()
        # Back at once: it draws unscaled when it is configured.
        window.surface("set_buffer_scale", 1)
        window.surface("set_buffer_transform", 0)
        window.draw(*size)
        self.settle()

    @precondition(lambda self: self.windows)
    @rule(title=TITLES, least=st.tuples(LENGTHS, LENGTHS))
    def tell(self, title: str, least: tuple[int, int]) -> None:
        window = self.windows[-1]
        window.rename(title)
        window.toplevel("set_min_size", *least)
        window.toplevel("set_max_size", least[0] + 100, 0)
        window.xdg_surface("set_window_geometry", 0, 0, *least)
        window.commit()
        self.settle()

    @precondition(lambda self: self.windows)
    @rule(
        what=st.sampled_from(
            [
                "set_maximized",
                "unset_maximized",
                "unset_fullscreen",
                "set_minimized",
            ]
        )
    )
    def ask(self, what: str) -> None:
        self.windows[-1].toplevel(what)
        self.settle()

    @precondition(lambda self: self.windows)
    @rule(on=st.booleans())
    def fullscreen(self, on: bool) -> None:
        if on:
            self.windows[-1].toplevel("set_fullscreen", None)
        else:
            self.windows[-1].toplevel("unset_fullscreen")
        self.settle()

    @precondition(lambda self: self.windows)
    @rule(at=st.tuples(NEAR, NEAR), size=st.tuples(LENGTHS, LENGTHS), grab=st.booleans())
    def pop_up(self, at: tuple[int, int], size: tuple[int, int], grab: bool) -> None:
        self.popups = [popup for popup in self.popups if not popup.dismissed]
        if len(self.popups) > 3:
            return
        parent = self.popups[-1] if self.popups else self.windows[-1]
        serial = self.seat.press_serial
        self.popups.append(
            Popup(parent, size, at, grab=(self.seat.seat, serial) if grab and serial else None)
        )
        self.settle()

    @precondition(lambda self: self.popups)
    @rule()
    def pop_down(self) -> None:
        self.popups.pop().destroy()
        self.settle()

    @precondition(lambda self: self.windows)
    @rule(at=st.tuples(NEAR, NEAR), size=st.tuples(LENGTHS, LENGTHS), sync=st.booleans())
    def lay_on(self, at: tuple[int, int], size: tuple[int, int], sync: bool) -> None:
        if len(self.children) > 6:
            return
        child = Subsurface(self.windows[-1])
        child.place(*at)
        child.role("set_sync" if sync else "set_desync")
        if self.children and self.children[-1].parent is self.windows[-1]:
            child.role("place_below", self.children[-1].surface)
        view = child.viewport()
        view("set_source", 0, 0, min(size[0], 1), min(size[1], 1))
        view("set_destination", *size)
        child.draw(*size)
        self.windows[-1].commit()
        self.children.append(child)
        self.settle()

    @precondition(lambda self: self.windows)
    @rule(boxes=st.lists(st.tuples(NEAR, NEAR, LENGTHS, LENGTHS), max_size=4))
    def shape(self, boxes: list[tuple[int, int, int, int]]) -> None:
        region = self.client.the("wl_compositor")("create_region")
        for one in boxes:
            region("add", *one)
        region("subtract", 1, 1, 1, 1)
        window = self.windows[-1]
        window.surface("set_opaque_region", region)
        window.surface("set_input_region", region if boxes else None)
        region("destroy")
        window.surface("damage", 0, 0, 2**31 - 1, 2**31 - 1)
        window.commit()
        window.surface("set_input_region", None)
        window.commit()
        self.settle()

    @precondition(lambda self: self.windows)
    @rule(press=st.booleans())
    def point(self, press: bool) -> None:
        seen = self.session.windows(vm="work")
        if not seen:
            return
        x, y, width, height = box(seen[-1]["content"])
        middle = x + width // 2, y + height // 2
        if press:
            self.mouse.click(*middle)
        else:
            self.mouse.move(*middle)
        self.settle()

    @rule()
    def type(self) -> None:
        self.keys.type(KEY_A)
        self.settle()

    @precondition(lambda self: self.seat.enter_serial)
    @rule(custom=st.booleans(), shape=st.integers(1, 34))
    def cursor(self, custom: bool, shape: int) -> None:
        if custom:
            surface = self.client.the("wl_compositor")("create_surface")
            self.seat.pointer("set_cursor", self.seat.enter_serial, surface, 3, 3)
            surface("attach", self.client.buffer(24, 24, (9, 9, 9)), 0, 0)
            surface("commit")
        else:
            device = self.client.the("wp_cursor_shape_manager_v1")(
                "get_pointer", self.seat.pointer
            )
            device("set_shape", self.seat.enter_serial, shape)
            device("destroy")
        self.settle()

    @precondition(lambda self: self.seat.press_serial)
    @rule(which=st.integers(0, 1), data=st.none() | st.just({"text/plain": b"hello"}))
    def select(self, which: int, data: dict[str, bytes] | None) -> None:
        self.selections[which].set(data)
        self.settle()

    @precondition(lambda self: self.windows)
    @rule()
    def extras(self) -> None:
        """What toolkits make for a surface once, in a window that is not needed any more."""
        window = Window(self.client, title="extras")
        surface = window.surface
        made = [
            self.client.the(manager)(request, surface)
            for manager, request in (
                ("wp_fractional_scale_manager_v1", "get_fractional_scale"),
                ("wp_content_type_manager_v1", "get_surface_content_type"),
                ("wp_tearing_control_manager_v1", "get_tearing_control"),
                ("zwp_idle_inhibit_manager_v1", "create_inhibitor"),
                ("wp_viewporter", "get_viewport"),
            )
        ]
        token = self.client.the("xdg_activation_v1")("get_activation_token")
        token("set_surface", surface)
        token("set_app_id", "life")
        token("commit")
        self.settle()
        ((text,),) = token.received("done")
        self.client.the("xdg_activation_v1")("activate", text, surface)
        token("destroy")
        for one in made:
            one("destroy")
        window.destroy()
        self.settle()

    @precondition(lambda self: len(self.windows) > 1)
    @rule()
    def close_window(self) -> None:
        window = self.windows[-1]
        while self.popups:
            self.popups.pop().destroy()
        for child in self.children:
            if child.parent is window:
                child.role("destroy")
                child.destroy()
        self.children = [child for child in self.children if child.parent is not window]
        self.windows.pop()
        if window.decoration is not None:
            window.decoration("destroy")
        window.destroy()
        self.settle()


def test_what_goes_in_comes_out(session: SessionProcess) -> None:
    Life.session = session
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
