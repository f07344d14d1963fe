"""Input methods: the host's input method writes into the focused window's text field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.compositor import layers
from spectrum_session.compositor.clients import clamp
from spectrum_session.compositor.part import Part
from spectrum_session.shell.geometry import Rect
from spectrum_session.wlr import NULL, Owner, address, ffi, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

    from .keyboard import Keyboard

FEATURE_SURROUNDING, FEATURE_CONTENT_TYPE, FEATURE_CURSOR = 1, 2, 4


class TextInputs(Part):
    """Relays between zwp_text_input_v3 of clients and one zwp_input_method_v2 of the host."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._inputs: dict[int, TextInput] = {}
        self.method: InputMethod | None = None
        self._focused: Any = NULL
        inputs = lib.wlr_text_input_manager_v3_create(server.display)
        self.on("wlr_text_input_manager_v3", inputs, "new_text_input", self._new_input)
        methods = lib.wlr_input_method_manager_v2_create(server.display)
        self.on("wlr_input_method_manager_v2", methods, "new_input_method", self._new_method)

    def _new_input(self, pointer: Any) -> None:
        self._inputs[address(pointer)] = TextInput(self, pointer)
        self.focus_changed(self._focused)

    def _new_method(self, pointer: Any) -> None:
        if self.method is not None:
            lib.wlr_input_method_v2_send_unavailable(pointer)
            return
        self.method = InputMethod(self, pointer)
        self.focus_changed(self._focused)

    def input_gone(self, pointer: Any) -> None:
        """A text input was destroyed."""
        self._inputs.pop(address(pointer), None)

    def method_gone(self) -> None:
        """The input method went away."""
        self.method = None
        for text_input in self._inputs.values():
            text_input.leave()

    def focus_changed(self, surface: Any) -> None:
        """The keyboard focus moved to a surface (NULL: nowhere)."""
        self._focused = surface
        for text_input in self._inputs.values():
            focused = text_input.pointer.focused_surface
            if focused and focused != surface:
                text_input.leave()
        if self.method is None or surface == NULL:
            return
        client = lib.wl_resource_get_client(surface.resource)
        for text_input in self._inputs.values():
            pointer = text_input.pointer
            same = lib.wl_resource_get_client(pointer.resource) == client
            if same and not pointer.focused_surface:
                lib.wlr_text_input_v3_send_enter(pointer, surface)

    @property
    def active(self) -> TextInput | None:
        """The enabled text input of the focused surface."""
        for text_input in self._inputs.values():
            if text_input.pointer.focused_surface and text_input.pointer.current_enabled:
                return text_input
        return None

    def keyboard_grab(self, keyboard: Keyboard) -> Any | None:
        """The input method's grab, unless the keyboard is the input method's own."""
        if self.method is None:
            return None
        grab = self.method.pointer.keyboard_grab
        if not grab:
            return None
        if keyboard.virtual:
            virtual = lib.wlr_input_device_get_virtual_keyboard(
                ffi.addressof(keyboard.pointer, "base")
            )
            owner = lib.wl_resource_get_client(self.method.pointer.resource)
            if virtual and lib.wl_resource_get_client(virtual.resource) == owner:
                return None
        return grab


class TextInput(Owner):
    """Wraps a `struct wlr_text_input_v3 *`."""

    def __init__(self, relay: TextInputs, pointer: Any) -> None:
        super().__init__()
        self.relay, self.pointer = relay, pointer
        for event, handler in {
            "enable": self._enable,
            "commit": self._commit,
            "disable": self._disable,
            "destroy": self._destroyed,
        }.items():
            self.on("wlr_text_input_v3", pointer, event, handler)

    def leave(self) -> None:
        """It loses the focus."""
        if self.pointer.focused_surface:
            self._deactivate()
            lib.wlr_text_input_v3_send_leave(self.pointer)

    def cursor_rectangle(self) -> Rect:
        """Where the text cursor is, in the surface's coordinates."""
        if not self.pointer.active_features & FEATURE_CURSOR:
            return Rect(0, 0, 0, 0)
        return clamp.rect(self.pointer.current.cursor_rectangle)

    def _enable(self, _data: Any) -> None:
        if self.relay.method is not None and self.pointer.focused_surface:
            lib.wlr_input_method_v2_send_activate(self.relay.method.pointer)
            self._send_state()

    def _commit(self, _data: Any) -> None:
        if self.pointer.current_enabled and self.pointer.focused_surface:
            self._send_state()

    def _disable(self, _data: Any) -> None:
        self._deactivate()

    def _deactivate(self) -> None:
        method = self.relay.method
        if method is not None and method.pointer.active:
            lib.wlr_input_method_v2_send_deactivate(method.pointer)
            lib.wlr_input_method_v2_send_done(method.pointer)

    def _send_state(self) -> None:
        method = self.relay.method
        if method is None:
            return
        state = self.pointer.current
        if self.pointer.active_features & FEATURE_SURROUNDING and state.surrounding.text:
            lib.wlr_input_method_v2_send_surrounding_text(
                method.pointer,
                state.surrounding.text,
                state.surrounding.cursor,
                state.surrounding.anchor,
            )
        lib.wlr_input_method_v2_send_text_change_cause(method.pointer, state.text_change_cause)
        if self.pointer.active_features & FEATURE_CONTENT_TYPE:
            lib.wlr_input_method_v2_send_content_type(
                method.pointer, state.content_type.hint, state.content_type.purpose
            )
        lib.wlr_input_method_v2_send_done(method.pointer)
        method.place_popups()

    def _destroyed(self, _data: Any) -> None:
        if self.pointer.current_enabled:
            self._deactivate()
        self.forget_listeners()
        self.relay.input_gone(self.pointer)


class InputMethod(Owner):
    """Wraps a `struct wlr_input_method_v2 *`."""

    def __init__(self, relay: TextInputs, pointer: Any) -> None:
        super().__init__()
        self.relay, self.pointer = relay, pointer
        self.popups: list[MethodPopup] = []
        for event, handler in {
            "commit": self._commit,
            "new_popup_surface": self._new_popup,
            "grab_keyboard": self._grab,
            "destroy": self._destroyed,
        }.items():
            self.on("wlr_input_method_v2", pointer, event, handler)

    def _commit(self, _data: Any) -> None:
        target = self.relay.active
        if target is None:
            return
        state = self.pointer.current
        if state.preedit.text:
            lib.wlr_text_input_v3_send_preedit_string(
                target.pointer,
                state.preedit.text,
                state.preedit.cursor_begin,
                state.preedit.cursor_end,
            )
        if state.commit_text:
            lib.wlr_text_input_v3_send_commit_string(target.pointer, state.commit_text)
        delete = state.delete
        if delete.before_length or delete.after_length:
            lib.wlr_text_input_v3_send_delete_surrounding_text(
                target.pointer, delete.before_length, delete.after_length
            )
        lib.wlr_text_input_v3_send_done(target.pointer)

    def _grab(self, grab: Any) -> None:
        keyboards = self.relay.server.input.keyboards
        if keyboards:
            lib.wlr_input_method_keyboard_grab_v2_set_keyboard(grab, keyboards[0].pointer)

    def _new_popup(self, pointer: Any) -> None:
        self.popups.append(MethodPopup(self, pointer))

    def place_popups(self) -> None:
        """Put candidate lists beside the text cursor."""
        for popup in self.popups:
            popup.place()

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self.relay.method_gone()


class MethodPopup(Owner):
    """Wraps a `struct wlr_input_popup_surface_v2 *`: a list of candidates."""

    def __init__(self, method: InputMethod, pointer: Any) -> None:
        super().__init__()
        self.method, self.pointer = method, pointer
        server = method.relay.server
        self.surface = pointer.surface
        self.tree = lib.wlr_scene_subsurface_tree_create(
            server.layers.shell_overlay, pointer.surface
        )
        server.source_boxes.watch(self.tree, self.surface)
        server.surfaces.add(self.surface, self)
        self.on("wlr_surface", pointer.surface, "commit", self._commit)
        self.on("wlr_input_popup_surface_v2", pointer, "destroy", self._destroyed)
        self.place()

    def place(self) -> None:
        """Below the text cursor, or above it where there is no room."""
        relay = self.method.relay
        target = relay.active
        if target is None:
            layers.set_visible(self.tree, False)
            return
        layers.set_visible(self.tree, True)
        server = relay.server
        root = lib.wlr_surface_get_root_surface(target.pointer.focused_surface)
        window = server.surfaces.window_of(root)
        local = target.cursor_rectangle()
        origin = (window.content_rect.x, window.content_rect.y) if window is not None else (0, 0)
        at = local.translate(*origin)
        state = self.surface.current
        output = server.outputs.at(*at.center)
        rect = Rect(at.x, at.bottom, state.width, state.height)
        if output is not None:
            if rect.bottom > output.area.bottom:
                rect = Rect(at.x, at.y - state.height, state.width, state.height)
            rect = rect.fit_inside(output.area)
        layers.set_position(self.tree, rect.x, rect.y)
        box = ffi.new(
            "struct wlr_box *", [at.x - rect.x, at.y - rect.y, local.width, local.height]
        )
        lib.wlr_input_popup_surface_v2_send_text_input_rectangle(self.pointer, box)

    def _commit(self, _data: Any) -> None:
        self.place()

    def _destroyed(self, _data: Any) -> None:
        self.forget_listeners()
        self.method.relay.server.surfaces.remove(self.surface)
        layers.destroy(self.tree)
        self.method.popups.remove(self)
