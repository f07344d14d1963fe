"""wlr-output-management, output-power and gamma: outputs driven by host clients."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from spectrum_session.compositor.part import Part
from spectrum_session.wlr import ffi, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

log = logging.getLogger(__name__)


class OutputManagement(Part):
    """Serves wlr-randr, kanshi, wlopm, wlsunset and the like."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.manager = lib.wlr_output_manager_v1_create(server.display)
        self.on("wlr_output_manager_v1", self.manager, "apply", self._apply)
        self.on("wlr_output_manager_v1", self.manager, "test", self._test)
        power = lib.wlr_output_power_manager_v1_create(server.display)
        self.on("wlr_output_power_manager_v1", power, "set_mode", self._set_power)
        lib.gamma_control_create(server.display, server.scene)

    def publish(self) -> None:
        """Send the outputs as they are now to all listening clients."""
        config = lib.wlr_output_configuration_v1_create()
        for output in self.server.outputs:
            head = lib.wlr_output_configuration_head_v1_create(config, output.pointer)
            head.state.enabled = output.enabled and output.pointer.enabled
            head.state.x, head.state.y = output.area.x, output.area.y
        lib.wlr_output_manager_v1_set_configuration(self.manager, config)

    def _heads(self, config: Any) -> list[Any]:
        heads = []
        offset = ffi.offsetof("struct wlr_output_configuration_head_v1", "link")
        anchor = ffi.addressof(config, "heads")
        link = anchor.next
        while link != anchor:
            raw = ffi.cast("char *", link) - offset
            heads.append(ffi.cast("struct wlr_output_configuration_head_v1 *", raw))
            link = link.next
        return heads

    def _test(self, config: Any) -> None:
        self._run(config, commit=False)

    def _apply(self, config: Any) -> None:
        self._run(config, commit=True)

    def _run(self, config: Any, *, commit: bool) -> None:
        ok = True
        try:
            heads = [ffi.addressof(head, "state") for head in self._heads(config)]
            # All or nothing, as far as a test can tell.
            ok = all(self._run_head(head, commit=False) for head in heads)
            if ok and commit:
                done = [self._run_head(head, commit=True) for head in heads]
                ok = all(done)
        finally:
            if ok:
                lib.wlr_output_configuration_v1_send_succeeded(config)
            else:
                lib.wlr_output_configuration_v1_send_failed(config)
            lib.wlr_output_configuration_v1_destroy(config)
        if commit:
            self.server.outputs.changed()

    def _run_head(self, head: Any, *, commit: bool) -> bool:
        output = self.server.outputs.get(head.output)
        if output is None:
            return False
        state = ffi.new("struct wlr_output_state *")
        lib.wlr_output_state_init(state)
        try:
            lib.wlr_output_head_v1_state_apply(head, state)
            if not commit:
                return bool(lib.wlr_output_test_state(output.pointer, state))
            if not lib.wlr_output_commit_state(output.pointer, state):
                return False
        finally:
            lib.wlr_output_state_finish(state)
        if head.enabled:
            output.place((head.x, head.y))
        else:
            output.leave()
        return True

    def _set_power(self, event: Any) -> None:
        output = self.server.outputs.get(event.output)
        if output is None:
            return
        state = ffi.new("struct wlr_output_state *")
        lib.wlr_output_state_init(state)
        lib.wlr_output_state_set_enabled(state, bool(event.mode))
        lib.wlr_output_commit_state(output.pointer, state)
        lib.wlr_output_state_finish(state)
        # The output stays in the layout with its windows: only its light is off.
        self.server.outputs.changed()
