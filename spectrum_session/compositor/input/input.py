"""Routes input: from devices, past the bindings, to the seat of the focused window."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.loop import now_ms
from spectrum_session.compositor.part import Part
from spectrum_session.compositor.protocols.layer_surface import LayerSurface
from spectrum_session.compositor.protocols.session_lock import LockSurface
from spectrum_session.compositor.windows.window import Window
from spectrum_session.shell.actions import Close, Kill
from spectrum_session.shell.keybindings import KeyMachine
from spectrum_session.wlr import NULL, ffi, lib, string

from .constraints import Constraints
from .cursor import Cursor
from .gestures import Gestures
from .input_guard import InputGuard
from .keyboard import Keyboard, Keymaps, StandIn
from .pointer_device import PointerDevice
from .pointer_guard import PointerGuard
from .seat import Seat
from .tablet import Tablets
from .touch import Touch

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server
    from spectrum_session.compositor.surfaces import Hit, Target

log = logging.getLogger(__name__)

NOT_TYPING = 4 | 8 | 64
"""Control, Alt and Logo, as xkb's mask has them."""

DEVICE_KEYBOARD, DEVICE_POINTER, DEVICE_TOUCH, DEVICE_TABLET, DEVICE_TABLET_PAD = range(5)


class Input(Part):
    """All input devices and all seats."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.keymaps = Keymaps()
        self.machine: KeyMachine = server.make_key_machine()
        self.guard = InputGuard(server.config.focus.guard_ms)
        self.pointer_guard = PointerGuard(server)
        self.keyboards: list[Keyboard] = []
        self._pointers: list[PointerDevice] = []
        self._stand_in = StandIn(self)
        self.has_touch = False
        self._seats: dict[str | None, Seat] = {}
        self.keyboard_seat: Seat | None = None
        """The seat whose client has the keyboard focus."""
        self.pointer_seat: Seat | None = None
        """The seat whose client is under the pointer."""
        self._repeating: tuple[Keyboard, int, Any] | None = None
        display = server.display
        self.relative_pointers = lib.wlr_relative_pointer_manager_v1_create(display)
        self.constraints = Constraints(self)
        self.cursor = Cursor(self)
        self.touch = Touch(self)
        self.tablets = Tablets(self)
        self.gestures = Gestures(self)
        shapes = lib.wlr_cursor_shape_manager_v1_create(display, 1)
        self.on(
            "wlr_cursor_shape_manager_v1", shapes, "request_set_shape", self.cursor.request_shape
        )
        virtual_keyboards = lib.wlr_virtual_keyboard_manager_v1_create(display)
        self.on(
            "wlr_virtual_keyboard_manager_v1",
            virtual_keyboards,
            "new_virtual_keyboard",
            self._new_virtual_keyboard,
        )
        virtual_pointers = lib.wlr_virtual_pointer_manager_v1_create(display)
        self.on(
            "wlr_virtual_pointer_manager_v1",
            virtual_pointers,
            "new_virtual_pointer",
            self._new_virtual_pointer,
        )
        self.host_seat = self.seat(None)

    # --- seats

    @property
    def seats(self) -> list[Seat]:
        """One for the host and one per VM whose socket is open."""
        return list(self._seats.values())

    def seat(self, vm: str | None) -> Seat:
        """The seat of an origin, made when it is first wanted."""
        seat = self._seats.get(vm)
        if seat is None:
            seat = self._seats[vm] = Seat(
                self.server, vm, has_touch=self.has_touch
            )
            lib.wlr_seat_set_keyboard(seat.pointer, self._usual_keyboard.pointer)
        return seat

    def drop_seat(self, vm: str) -> None:
        """A VM's socket is closed and its clients are gone."""
        seat = self._seats.pop(vm, None)
        if seat is None:
            return
        if self.keyboard_seat is seat:
            self.keyboard_seat = None
        if self.pointer_seat is seat:
            self.pointer_seat = None
        seat.close()

    def seat_of(self, surface: Any) -> Seat:
        """The seat of a surface's origin."""
        return self.seat(self.server.origins.of_surface(surface).vm)

    # --- devices

    def add_device(self, device: Any) -> None:
        """A new `struct wlr_input_device *` of the backend."""
        kind = device.type
        log.info("input device %s (type %d)", string(device.name), kind)
        if kind == DEVICE_KEYBOARD:
            keyboard = lib.wlr_keyboard_from_input_device(device)
            self._add_keyboard(Keyboard(self, keyboard, virtual=False))
        elif kind == DEVICE_POINTER:
            config = self.server.config.pointer
            self._pointers.append(PointerDevice(device, config, self._pointers.remove))
            lib.wlr_cursor_attach_input_device(self.cursor.pointer, device)
        elif kind == DEVICE_TOUCH:
            lib.wlr_cursor_attach_input_device(self.cursor.pointer, device)
            self.has_touch = True
            for seat in self.seats:
                seat.update_capabilities(True)
        elif kind == DEVICE_TABLET:
            lib.wlr_cursor_attach_input_device(self.cursor.pointer, device)
            self.tablets.add(device)
        elif kind == DEVICE_TABLET_PAD:
            self.tablets.add_pad(device)

    def _add_keyboard(self, keyboard: Keyboard) -> None:
        self.keyboards.append(keyboard)
        # A virtual one has no keymap yet; seats get it with its first key.
        self._replace(self._stand_in, self._usual_keyboard)
        self.server.focus.refresh()

    @property
    def _usual_keyboard(self) -> Keyboard:
        """The keyboard whose keymap a seat has until a key is pressed."""
        real = (keyboard for keyboard in self.keyboards if not keyboard.virtual)
        return next(real, self._stand_in)

    def _replace(self, old: Keyboard, new: Keyboard) -> None:
        """Seats that have one keyboard get the other, and tell their clients its modifiers."""
        for seat in self.seats:
            if lib.wlr_seat_get_keyboard(seat.pointer) == old.pointer:
                lib.wlr_seat_set_keyboard(seat.pointer, new.pointer)

    def _new_virtual_keyboard(self, virtual: Any) -> None:
        keyboard = ffi.addressof(virtual, "keyboard")
        self._add_keyboard(Keyboard(self, keyboard, virtual=True))

    def _new_virtual_pointer(self, event: Any) -> None:
        device = ffi.addressof(event.new_pointer.pointer, "base")
        lib.wlr_cursor_attach_input_device(self.cursor.pointer, device)
        if event.suggested_output:
            lib.wlr_cursor_map_input_to_output(
                self.cursor.pointer, device, event.suggested_output
            )

    def keyboard_gone(self, keyboard: Keyboard) -> None:
        """A keyboard was unplugged: nothing of it stays pressed."""
        self.stop_repeat(keyboard)
        self.keyboards.remove(keyboard)
        self._replace(keyboard, self._usual_keyboard)

    def reconfigure(self) -> None:
        """Apply the configuration again, after a reload."""
        self.guard = InputGuard(self.server.config.focus.guard_ms)
        self.pointer_guard.reconfigure()
        self.machine.reconfigure(self.server.make_binding_table())
        self.cursor.load_theme()
        self._stand_in.configure()
        for keyboard in self.keyboards:
            if not keyboard.virtual:
                keyboard.configure()
        for pointer in self._pointers:
            pointer.configure(self.server.config.pointer)

    def activity(self) -> None:
        """User activity: restart the idle timers."""
        self.server.idle.activity(self.host_seat)

    @property
    def modifiers(self) -> int:
        """Modifiers held on any real or virtual keyboard, as an xkb mask."""
        mask = 0
        for keyboard in self.keyboards:
            mask |= lib.wlr_keyboard_get_modifiers(keyboard.pointer)
        return mask

    # --- keys

    def binding_pressed(
        self,
        keyboard: Keyboard,
        code: int,
        symbols: tuple[int, ...],
        raw: tuple[int, ...],
        us: tuple[int, ...],
        modifiers: int,
    ) -> bool:
        """Ask the bindings first. True when one took the key."""
        self.stop_repeat()
        result = self.machine.press(
            code,
            symbols,
            raw,
            us,
            modifiers,
            locked=self.locked,
            shortcuts_inhibited=self.server.shortcuts.inhibited,
        )
        if result.action is not None and not self._meant_for_another(result.action):
            if result.repeat:
                self._start_repeat(keyboard, code, result.action)
            self.server.desktop.act(result.action)
        return bool(result.consumed)

    def _meant_for_another(self, action: Any) -> bool:
        """Would it close a window that took the focus by itself a moment ago?"""
        return isinstance(action, Close | Kill) and not self.allows_key()

    def binding_released(self, keyboard: Keyboard, code: int) -> bool:
        """True when the press was a binding's, so no client may see the release."""
        if self._repeating is not None and self._repeating[:2] == (keyboard, code):
            self.stop_repeat()
        result = self.machine.release(code, locked=self.locked)
        if result.action is not None:
            self.server.desktop.act(result.action)
        return bool(result.consumed)

    def _start_repeat(self, keyboard: Keyboard, code: int, action: Any) -> None:
        info = keyboard.pointer.repeat_info
        if info.rate <= 0:
            return

        def again() -> None:
            self.server.desktop.act(action)
            self.server.loop.wake()
            handle = self.server.loop.call_later(1 / info.rate, again)
            self._repeating = (keyboard, code, handle)

        handle = self.server.loop.call_later(info.delay / 1000, again)
        self._repeating = (keyboard, code, handle)

    def stop_repeat(self, keyboard: Keyboard | None = None) -> None:
        """End the repeat of a binding (of one keyboard, or of all)."""
        if self._repeating is not None and keyboard in (None, self._repeating[0]):
            self._repeating[2].cancel()
            self._repeating = None

    def input_method_grab(self, keyboard: Keyboard) -> Any | None:
        """The input method's keyboard grab, if it applies to this keyboard."""
        return self.server.text_input.keyboard_grab(keyboard)

    def allows_key(self) -> bool:
        """False while the focused window is too new to be the user's target."""
        window = self.server.focus.window
        return window is None or self.guard.allows_key(window.id, now_ms())

    def own_key(self, symbols: tuple[int, ...], code: int) -> bool:
        """A key was pressed. True when a window that we draw has the keyboard focus: it gets the
        key, unless Control, Alt or Logo is held."""
        target = self.server.focus.target
        if not isinstance(target, Window) or target.surface != NULL:
            return False
        if not self.modifiers & NOT_TYPING:
            target.key({*symbols, *self.keymaps.us_symbols(code)})
        return True

    # --- focus

    @property
    def locked(self) -> bool:
        """Is the session locked?"""
        return self.server.session_lock.locked

    def locked_out(self, target: Target | None) -> bool:
        """True when the session is locked and this is not a surface of the locker."""
        return self.locked and not self.server.session_lock.owns(target)

    def keyboard_to(self, seat: Seat | None, surface: Any) -> None:
        """Move the keyboard focus to a surface (NULL: to none) on its seat."""
        previous = self.keyboard_seat
        if previous is not None and previous is not seat:
            previous.end_grabs()
            lib.wlr_seat_keyboard_notify_clear_focus(previous.pointer)
        self.keyboard_seat = seat
        if seat is None:
            return
        if surface == NULL:
            lib.wlr_seat_keyboard_notify_clear_focus(seat.pointer)
            return
        if seat.pointer.keyboard_state.focused_surface == surface:
            return
        seat.end_grabs()
        keyboard = lib.wlr_seat_get_keyboard(seat.pointer)
        # No key is handed over as pressed: keys typed into another window stay there.
        modifiers = ffi.addressof(keyboard, "modifiers")
        lib.wlr_seat_keyboard_notify_enter(seat.pointer, surface, NULL, 0, modifiers)

    def pointer_over(self, seat: Seat | None) -> None:
        """The pointer is over a surface of this seat, or over none."""
        previous = self.pointer_seat
        if previous is not None and previous is not seat:
            lib.wlr_seat_pointer_notify_clear_focus(previous.pointer)
        self.pointer_seat = seat

    def refresh_pointer(self) -> None:
        """The scene changed: determine the pointer focus anew."""
        if not self.server.loop.closing:
            self.server.loop.defer("pointer", lambda: self.cursor.moved(now_ms()))

    # --- clicks

    def allows_press(self, x: float, y: float, window: Window | None) -> bool:
        """False while the thing at a point of the layout is too new to be the user's target."""
        if window is not None and not self.guard.allows_button(window.id, now_ms()):
            return False
        return self.pointer_guard.allows(x, y)

    def window_under_pointer(self, window: Window) -> None:
        """The pointer entered a window by its own motion; it may focus it by configuration."""
        if self.server.config.focus.follows_pointer and not self.locked:
            self.server.desktop.hovered(window)

    def clicked(self, window: Window) -> None:
        """A button went down on a window or its frame."""
        self.server.focus.clear_layer()
        self.server.desktop.clicked(window)

    def clicked_background(self, x: float, y: float) -> None:
        """A button went down on the empty desktop or a bar."""
        output = self.server.outputs.at(x, y)
        for seat in self.seats:
            seat.end_grabs()
        self.server.desktop.clicked_background(output.name if output else None)

    def pressed_on(self, hit: Hit) -> None:
        """A press on a client's surface."""
        if isinstance(hit.target, LockSurface):
            self.server.session_lock.focus(hit.target)
        elif hit.window is not None:
            self.clicked(hit.window)
        elif isinstance(hit.target, LayerSurface):
            self.server.focus.layer_clicked(hit.target)
        else:
            self.server.focus.clear_layer()

    def close(self) -> None:
        self.stop_repeat()
        for device in (*self.keyboards, *self._pointers):
            device.forget_listeners()
        self.forget_listeners()
        self.pointer_guard.close()
        for seat in self.seats:
            seat.close()
        self._stand_in.close()
        self.keymaps.close()
