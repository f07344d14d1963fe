"""Keyboards, real and virtual: keymaps, repeat, bindings first, the rest to the focused window."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session.config.schema import Keyboard as KeyboardConfig
from spectrum_session.wlr import NULL, Owner, address, ffi, lib

if TYPE_CHECKING:
    from .input import Input

log = logging.getLogger(__name__)

EVDEV_OFFSET = 8
"""xkb keycodes are evdev's plus 8."""
FIRST_VT_KEYSYM = 0x1008FE01
"""XF86Switch_VT_1; the twelve are consecutive."""
KEYSYM_NUM_LOCK_MASK = "Mod2"


class Keymaps:
    """Compiles keymaps with the libxkbcommon that wlroots is linked to: pointers never cross."""

    def __init__(self) -> None:
        self._context = lib.xkb_context_new(0)
        self._us = self.compile(KeyboardConfig())

    def compile(self, config: KeyboardConfig) -> Any:
        """A `struct xkb_keymap *` owned by the caller; NULL when the names are not known."""
        keep = [
            ffi.new("char[]", text.encode())
            for text in (
                config.rules,
                config.model,
                config.layout,
                config.variant,
                config.options,
            )
        ]
        names = ffi.new("struct xkb_rule_names *")
        names.rules, names.model, names.layout, names.variant, names.options = (
            text if len(text) > 1 else NULL for text in keep
        )
        return lib.xkb_keymap_new_from_names(self._context, names, 0)

    def us_symbols(self, keycode: int) -> tuple[int, ...]:
        """The keysyms of a key (evdev code) on a US keyboard."""
        return symbols_by_level(self._us, keycode, 0)

    def close(self) -> None:
        """Free everything."""
        lib.xkb_keymap_unref(self._us)
        lib.xkb_context_unref(self._context)


def symbols_by_level(keymap: Any, keycode: int, layout: int) -> tuple[int, ...]:
    """Keysyms of a key (evdev code) in the first shift level of a layout."""
    out = ffi.new("uint32_t **")
    count = lib.xkb_keymap_key_get_syms_by_level(keymap, keycode + EVDEV_OFFSET, layout, 0, out)
    return tuple(out[0][i] for i in range(count))


class Keyboard(Owner):
    """Wraps a `struct wlr_keyboard *`."""

    def __init__(self, input_: Input, pointer: Any, *, virtual: bool) -> None:
        super().__init__()
        self.input = input_
        self.pointer = pointer
        self.virtual = virtual
        self._syms = ffi.new("uint32_t **")
        self._sent: dict[int, int] = {}
        """Keys (evdev) that a client was told are down, with the surface's address."""
        self._down: set[int] = set()
        """All keys that are down."""
        if not virtual:
            self.configure()
        self._base = ffi.addressof(pointer, "base")
        self.on("wlr_keyboard", pointer, "key", self._key)
        self.on("wlr_keyboard", pointer, "modifiers", self._modifiers)
        self.on("wlr_input_device", self._base, "destroy", self._destroyed)

    def configure(self) -> None:
        """Apply the configuration: keymap and repeat."""
        config = self.input.server.config.keyboard
        keymap = self.input.keymaps.compile(config)
        if not keymap:
            log.error(
                "no keymap for layout %r, variant %r, options %r; the current keymap stays",
                config.layout,
                config.variant,
                config.options,
            )
            if self.pointer.keymap:
                return
            keymap = self.input.keymaps.compile(KeyboardConfig())
        lib.wlr_keyboard_set_keymap(self.pointer, keymap)
        if config.numlock:
            index = lib.xkb_keymap_mod_get_index(keymap, KEYSYM_NUM_LOCK_MASK.encode())
            lib.wlr_keyboard_notify_modifiers(self.pointer, 0, 0, 1 << index, 0)
        lib.xkb_keymap_unref(keymap)
        lib.wlr_keyboard_set_repeat_info(
            self.pointer, config.repeat_rate, config.repeat_delay_ms
        )

    def _symbols(self, keycode: int) -> tuple[int, ...]:
        count = lib.xkb_state_key_get_syms(
            self.pointer.xkb_state, keycode + EVDEV_OFFSET, self._syms
        )
        return tuple(self._syms[0][i] for i in range(count))

    def _key(self, event: Any) -> None:
        code, pressed = event.keycode, bool(event.state)
        input_ = self.input
        input_.activity()
        if pressed:
            self._down.add(code)
            if self._pressed(code):
                return
        else:
            self._down.discard(code)
            if input_.binding_released(self, code):
                return
        self._forward(event.time_msec, code, event.state)

    def _pressed(self, code: int) -> bool:
        """True when a binding took the key."""
        input_ = self.input
        if not self.pointer.xkb_state:
            return False
        symbols = self._symbols(code)
        for symbol in symbols:
            if FIRST_VT_KEYSYM <= symbol < FIRST_VT_KEYSYM + 12:
                input_.server.switch_vt(symbol - FIRST_VT_KEYSYM + 1)
                return True
        layout = lib.xkb_state_key_get_layout(self.pointer.xkb_state, code + EVDEV_OFFSET)
        raw = symbols_by_level(self.pointer.keymap, code, layout)
        return input_.binding_pressed(
            self,
            code,
            symbols,
            raw,
            input_.keymaps.us_symbols(code),
            lib.wlr_keyboard_get_modifiers(self.pointer),
        )

    def _forward(self, time_msec: int, code: int, state: int) -> None:
        if state:
            if self.input.own_key(self._symbols(code), code):
                return
            if not self.input.allows_key():
                return
        elif code not in self._sent:
            return
        grab = self.input.input_method_grab(self)
        if grab is not None:
            lib.wlr_input_method_keyboard_grab_v2_set_keyboard(grab, self.pointer)
            lib.wlr_input_method_keyboard_grab_v2_send_key(grab, time_msec, code, state)
            if state:
                self._sent[code] = 0
            else:
                self._sent.pop(code, None)
            return
        seat = self.input.keyboard_seat
        if seat is None:
            self._sent.pop(code, None)
            return
        focused = address(seat.pointer.keyboard_state.focused_surface)
        if not state and self._sent.pop(code) != focused:
            # It went down over another window, which learned of its release when it lost the focus.
            return
        if state:
            self._sent[code] = focused
        lib.wlr_seat_set_keyboard(seat.pointer, self.pointer)
        lib.wlr_seat_keyboard_notify_key(seat.pointer, time_msec, code, state)

    def _modifiers(self, _data: Any) -> None:
        grab = self.input.input_method_grab(self)
        if grab is not None:
            lib.wlr_input_method_keyboard_grab_v2_set_keyboard(grab, self.pointer)
            lib.wlr_input_method_keyboard_grab_v2_send_modifiers(
                grab, ffi.addressof(self.pointer, "modifiers")
            )
            return
        seat = self.input.keyboard_seat
        if seat is not None:
            lib.wlr_seat_set_keyboard(seat.pointer, self.pointer)
            lib.wlr_seat_keyboard_notify_modifiers(
                seat.pointer, ffi.addressof(self.pointer, "modifiers")
            )

    def _destroyed(self, _data: Any) -> None:
        # A key held while the keyboard is unplugged would stay down for ever.
        for code in self._down:
            self.input.machine.release(code, self.input.locked)
        self._down.clear()
        seat = self.input.keyboard_seat
        for code, surface in list(self._sent.items()):
            if (
                seat is not None
                and surface
                and surface == address(seat.pointer.keyboard_state.focused_surface)
            ):
                lib.wlr_seat_keyboard_notify_key(seat.pointer, 0, code, 0)
        self._sent.clear()
        self.forget_listeners()
        self.input.keyboard_gone(self)


class StandIn(Keyboard):
    """A keyboard without keys, for seats while there is no other.

    A seat that offers a keyboard owes its clients a keymap. Chromium crashes when a window of its
    gets the focus without one.
    """

    def __init__(self, input_: Input) -> None:
        pointer = ffi.new("struct wlr_keyboard *")
        self._impl = ffi.new("struct wlr_keyboard_impl *")
        lib.wlr_keyboard_init(pointer, self._impl, b"stand-in")
        super().__init__(input_, pointer, virtual=False)

    def _modifiers(self, _data: Any) -> None:
        """Not a key press: a reload set num lock."""

    def close(self) -> None:
        """Free it; no seat may have it any more."""
        self.forget_listeners()
        lib.wlr_keyboard_finish(self.pointer)
