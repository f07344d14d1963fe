"""An honest client of xdg-shell, whatever it does and in whatever order it may: what goes in at one
end of the gate comes out at the other byte for byte, and nothing else does."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from spectrum_session.gate.codec import encode
from spectrum_session.gate.policy import PERMISSIONS, Policy
from spectrum_session.gate.schema import SCHEMA

from .shell import Shell, Window

NUMBERS = st.integers(-16384, 16384)
LENGTHS = st.integers(1, 16384)
NAMES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40)


class Transparent(Shell):
    """Fails where what comes out is not what went in."""

    def __init__(self) -> None:
        self.raw = {False: b"", True: b""}
        super().__init__(Policy(permissions=frozenset(PERMISSIONS)))
        # From here on: what comes before is buffers, whose files are sealed and perhaps replaced.
        _ = self.buffer
        self.watching = True

    def came(self, message: bytes, *, events: bool) -> None:
        self.raw[events] += message

    def ask(self, number: int, request: str, *args: Any, fds: Sequence[int] = ()) -> int:
        self.raw = {False: b"", True: b""}
        made = super().ask(number, request, *args, fds=fds)
        if not fds:
            values = [made if one is ... else one for one in args]
            message = SCHEMA[self.interfaces[number]].request(request)
            assert self.raw == {False: encode(message, number, values), True: b""}
        return made

    def tell(self, number: int, event: str, *args: Any, fds: Sequence[int] = ()) -> int:
        self.raw = {False: b"", True: b""}
        made = super().tell(number, event, *args, fds=fds)
        if event != "global":
            message = SCHEMA[self.interfaces[number]].event(event)
            assert self.raw == {False: b"", True: encode(message, number, args)}
        return made


@dataclass(eq=False)
class Thing:
    """A window or popup as its client knows it."""

    ids: Window
    on: Thing | None = None
    """What a popup is on."""
    popups: list[Thing] = field(default_factory=list)
    initialised: bool = False
    mapped: bool = False
    serials: list[int] = field(default_factory=list)
    """Of configures that came and were not acknowledged."""
    configured: bool = False
    parent: Thing | None = None
    decoration: int = 0
    over: bool = False
    """Dismissed by the compositor."""

    @property
    def is_window(self) -> bool:
        return self.on is None


class HonestClient(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.shell = Transparent()
        self.managers = {
            name: self.shell.bind(name)
            for name in (
                "zxdg_decoration_manager_v1",
                "org_kde_kwin_server_decoration_manager",
                "xdg_activation_v1",
                "zwp_idle_inhibit_manager_v1",
                "zwp_keyboard_shortcuts_inhibit_manager_v1",
            )
        }
        self.windows: list[Thing] = []
        self.stacks: list[Thing] = []
        self.positioners = [self.shell.positioner()]

    # --- helpers

    def teardown(self) -> None:
        self.shell.gate.close()

    @property
    def things(self) -> list[Thing]:
        return self.windows + self.stacks

    def of(self, data: st.DataObject, choices: list[Thing]) -> Thing:
        return data.draw(st.sampled_from(range(len(choices))).map(lambda i: choices[i]))

    def reset(self, thing: Thing) -> None:
        thing.initialised = thing.mapped = thing.configured = False
        thing.serials.clear()
        for popup in thing.popups:
            self.dismiss(popup)

    def dismiss(self, popup: Thing) -> None:
        for child in popup.popups:
            self.dismiss(child)
        if not popup.over:
            popup.over = True
            self.shell.tell(popup.ids.role, "popup_done")

    def orphan(self, window: Thing) -> None:
        for other in self.windows:
            if other.parent is window:
                other.parent = window.parent
        window.parent = None

    def end(self, thing: Thing) -> None:
        """Destroy it as a toolkit does: what is on it first."""
        for popup in list(thing.popups):
            self.end(popup)
        if thing.decoration:
            self.shell.ask(thing.decoration, "destroy")
        self.shell.destroy(thing.ids)
        for number in (thing.decoration, thing.ids.role, thing.ids.xdg, thing.ids.surface):
            if number:
                self.shell.delete(number)
        if thing.is_window:
            self.orphan(thing)
            self.windows.remove(thing)
        else:
            assert thing.on is not None
            thing.on.popups.remove(thing)
            self.stacks.remove(thing)

    # --- windows

    @precondition(lambda self: len(self.windows) < 5)
    @rule(decorate=st.booleans())
    def new_window(self, decorate: bool) -> None:
        thing = Thing(self.shell.new_toplevel())
        if decorate:
            manager = self.managers["zxdg_decoration_manager_v1"]
            thing.decoration = self.shell.ask(
                manager, "get_toplevel_decoration", ..., thing.ids.role
            )
        self.windows.append(thing)

    @precondition(lambda self: self.windows)
    @rule(data=st.data(), name=st.sampled_from(["set_title", "set_app_id"]), text=NAMES)
    def name(self, data: st.DataObject, name: str, text: str) -> None:
        self.shell.ask(self.of(data, self.windows).ids.role, name, text.encode())

    @precondition(lambda self: self.windows)
    @rule(data=st.data(), least=st.tuples(LENGTHS, LENGTHS), more=st.tuples(LENGTHS, LENGTHS))
    def sizes(
        self, data: st.DataObject, least: tuple[int, int], more: tuple[int, int]
    ) -> None:
        role = self.of(data, self.windows).ids.role
        greatest = [0 if a + b > 16384 else a + b for a, b in zip(least, more, strict=True)]
        self.shell.ask(role, "set_min_size", *least)
        self.shell.ask(role, "set_max_size", *greatest)

    @precondition(lambda self: self.windows)
    @rule(data=st.data())
    def set_parent(self, data: st.DataObject) -> None:
        child = self.of(data, self.windows)
        parent: Thing | None = self.of(data, self.windows)
        at = parent
        while at is not None:
            if at is child:
                parent = None
                break
            at = at.parent
        self.shell.ask(child.ids.role, "set_parent", parent.ids.role if parent else 0)
        child.parent = parent if parent is not None and parent.mapped else None

    @precondition(lambda self: self.windows)
    @rule(
        data=st.data(),
        name=st.sampled_from(
            ["set_maximized", "unset_maximized", "unset_fullscreen", "set_minimized"]
        ),
    )
    def ask_for_a_state(self, data: st.DataObject, name: str) -> None:
        thing = self.of(data, self.windows)
        self.shell.ask(thing.ids.role, name)
        self.shell.ask(thing.ids.role, "set_fullscreen", 0)

    @precondition(lambda self: any(one.configured for one in self.windows))
    @rule(data=st.data(), edges=st.sampled_from([1, 2, 4, 5, 6, 8, 9, 10]))
    def drag(self, data: st.DataObject, edges: int) -> None:
        thing = self.of(data, [one for one in self.windows if one.configured])
        role, serial = thing.ids.role, self.shell.press()
        self.shell.ask(role, "move", self.shell.seat, serial)
        self.shell.ask(role, "resize", self.shell.seat, serial, edges)
        self.shell.ask(role, "show_window_menu", self.shell.seat, serial, 5, -5)

    @precondition(lambda self: any(one.decoration for one in self.windows))
    @rule(data=st.data(), mode=st.sampled_from([None, 1, 2]))
    def decorate(self, data: st.DataObject, mode: int | None) -> None:
        decoration = self.of(data, [one for one in self.windows if one.decoration]).decoration
        if mode is None:
            self.shell.ask(decoration, "unset_mode")
        else:
            self.shell.ask(decoration, "set_mode", mode)

    # --- popups

    @precondition(lambda self: len(self.stacks) < 8)
    @rule(data=st.data(), grab=st.booleans())
    def new_popup(self, data: st.DataObject, grab: bool) -> None:
        choices = [one for one in self.things if one.mapped]
        if not choices:
            return
        on = self.of(data, choices)
        surface, xdg = self.shell.new_xdg()
        positioner = data.draw(st.sampled_from(self.positioners))
        role = self.shell.ask(xdg, "get_popup", ..., on.ids.xdg, positioner)
        thing = Thing(Window(surface, xdg, role), on)
        on.popups.append(thing)
        self.stacks.append(thing)
        if grab:
            self.shell.ask(role, "grab", self.shell.seat, self.shell.press())

    @rule(
        size=st.tuples(LENGTHS, LENGTHS),
        rect=st.tuples(NUMBERS, NUMBERS, LENGTHS, st.integers(0, 16384)),
        edges=st.tuples(st.integers(0, 8), st.integers(0, 8)),
        adjustment=st.integers(0, 63),
        offset=st.tuples(NUMBERS, NUMBERS),
    )
    def positioner(
        self,
        size: tuple[int, int],
        rect: tuple[int, int, int, int],
        edges: tuple[int, int],
        adjustment: int,
        offset: tuple[int, int],
    ) -> None:
        made = self.shell.ask(self.shell.wm_base, "create_positioner", ...)
        self.shell.ask(made, "set_size", *size)
        self.shell.ask(made, "set_anchor_rect", *rect)
        self.shell.ask(made, "set_anchor", edges[0])
        self.shell.ask(made, "set_gravity", edges[1])
        self.shell.ask(made, "set_constraint_adjustment", adjustment)
        self.shell.ask(made, "set_offset", *offset)
        self.shell.ask(made, "set_reactive")
        self.positioners.append(made)
        if len(self.positioners) > 3:
            old = self.positioners.pop(0)
            self.shell.ask(old, "destroy")
            self.shell.delete(old)

    @precondition(lambda self: any(one.initialised for one in self.stacks))
    @rule(data=st.data(), token=st.integers(0, 2**32 - 1))
    def reposition(self, data: st.DataObject, token: int) -> None:
        thing = self.of(data, [one for one in self.stacks if one.initialised])
        positioner = data.draw(st.sampled_from(self.positioners))
        self.shell.ask(thing.ids.role, "reposition", positioner, token)

    @precondition(lambda self: self.stacks)
    @rule(data=st.data())
    def compositor_dismisses(self, data: st.DataObject) -> None:
        self.dismiss(self.of(data, self.stacks))

    # --- both

    @precondition(lambda self: self.things)
    @rule(data=st.data(), box=st.tuples(NUMBERS, NUMBERS, LENGTHS, LENGTHS))
    def geometry(self, data: st.DataObject, box: tuple[int, int, int, int]) -> None:
        self.shell.ask(self.of(data, self.things).ids.xdg, "set_window_geometry", *box)

    @precondition(lambda self: any(one.initialised and not one.over for one in self.things))
    @rule(data=st.data())
    def compositor_configures(self, data: st.DataObject) -> None:
        thing = self.of(data, [one for one in self.things if one.initialised and not one.over])
        if thing.is_window:
            self.shell.tell(thing.ids.role, "configure", 5, 6, struct.pack("=I", 4))
        else:
            self.shell.tell(thing.ids.role, "configure", -5, 6, 7, 8)
        serial = self.shell.next_serial()
        self.shell.tell(thing.ids.xdg, "configure", serial)
        thing.serials.append(serial)

    @precondition(lambda self: any(one.serials for one in self.things))
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        thing = self.of(data, [one for one in self.things if one.serials])
        which = data.draw(st.integers(0, len(thing.serials) - 1))
        self.shell.ask(thing.ids.xdg, "ack_configure", thing.serials[which])
        del thing.serials[: which + 1]
        thing.configured = True

    @precondition(lambda self: self.things)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        thing = self.of(data, self.things)
        self.shell.commit(thing.ids)
        thing.initialised = True

    @precondition(lambda self: any(one.configured for one in self.things))
    @rule(data=st.data())
    def draw(self, data: st.DataObject) -> None:
        thing = self.of(data, [one for one in self.things if one.configured])
        self.shell.commit(thing.ids, self.shell.buffer)
        thing.mapped = True

    @precondition(lambda self: any(one.mapped for one in self.things))
    @rule(data=st.data())
    def hide(self, data: st.DataObject) -> None:
        thing = self.of(data, [one for one in self.things if one.mapped])
        self.shell.commit(thing.ids, 0)
        if thing.is_window:
            self.orphan(thing)
        self.reset(thing)

    @precondition(lambda self: self.things)
    @rule(data=st.data())
    def destroy(self, data: st.DataObject) -> None:
        self.end(self.of(data, self.things))

    # --- beside them

    @rule(serial=st.integers(0, 2**32 - 1))
    def ping(self, serial: int) -> None:
        self.shell.tell(self.shell.wm_base, "ping", serial)
        self.shell.ask(self.shell.wm_base, "pong", serial)

    @precondition(lambda self: self.windows)
    @rule(data=st.data(), app_id=NAMES)
    def activate(self, data: st.DataObject, app_id: str) -> None:
        thing = self.of(data, self.windows)
        token = self.shell.ask(self.managers["xdg_activation_v1"], "get_activation_token", ...)
        self.shell.ask(token, "set_serial", self.shell.press(), self.shell.seat)
        self.shell.ask(token, "set_surface", thing.ids.surface)
        self.shell.ask(token, "set_app_id", app_id.encode())
        self.shell.ask(token, "commit")
        self.shell.tell(token, "done", b"0123456789abcdef")
        self.shell.ask(token, "destroy")
        self.shell.delete(token)
        self.shell.ask(
            self.managers["xdg_activation_v1"], "activate", b"0123456789abcdef", thing.ids.surface
        )

    @precondition(lambda self: self.windows)
    @rule(data=st.data())
    def inhibit(self, data: st.DataObject) -> None:
        surface = self.of(data, self.windows).ids.surface
        for manager, name, rest, end in (
            ("zwp_idle_inhibit_manager_v1", "create_inhibitor", (), "destroy"),
            (
                "zwp_keyboard_shortcuts_inhibit_manager_v1",
                "inhibit_shortcuts",
                (self.shell.seat,),
                "destroy",
            ),
            ("org_kde_kwin_server_decoration_manager", "create", (), "release"),
        ):
            made = self.shell.ask(self.managers[manager], name, ..., surface, *rest)
            self.shell.ask(made, end)
            self.shell.delete(made)

    # --- what must hold

    @invariant()
    def nothing_was_counted_as_refused(self) -> None:
        assert self.shell.account.refused == {}

    @invariant()
    def the_gate_knows_what_the_client_knows(self) -> None:
        for thing in self.things:
            state = self.shell.object(thing.ids.xdg).state
            assert (state.initialised, state.configured, state.mapped) == (
                thing.initialised,
                thing.configured,
                thing.mapped,
            )
            assert list(state.sent) == thing.serials
            role = self.shell.object(thing.ids.role).state
            if thing.is_window:
                known = role.parent.id if role.parent is not None else None
                assert known == (thing.parent.ids.role if thing.parent is not None else None)
            else:
                assert role.dismissed == thing.over

    @invariant()
    def nothing_is_left_of_what_is_gone(self) -> None:
        wm_base = self.shell.object(self.shell.wm_base).state
        assert wm_base is None or wm_base.surfaces == len(self.things)
        assert self.shell.account.used["toplevels"] == len(self.windows)


HonestClient.TestCase.settings = settings(max_examples=60, stateful_step_count=60)
TestHonestClient = HonestClient.TestCase
