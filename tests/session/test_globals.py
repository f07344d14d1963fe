"""Which globals exist, and who sees which: nobody's guess opens what is hidden."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import spectrum_session
from spectrum_session.config import schema
from spectrum_session.gate.policy import EVERYONE, INTERFACES
from tests.wire import Client, Connection, Window

from .harness import SessionProcess, running

VMS = {"work": 'label = "blue"\n', "other": 'label = "red"\n'}

INVALID_OBJECT = 0
"""wl_display.error, which is what binding an unknown global leads to."""

DESKTOP = {
    "ext_idle_notifier_v1",
    "ext_session_lock_manager_v1",
    "wl_compositor",
    "wl_data_device_manager",
    "wl_output",
    "wl_seat",
    "wl_shm",
    "wl_subcompositor",
    "wp_content_type_manager_v1",
    "wp_cursor_shape_manager_v1",
    "wp_fractional_scale_manager_v1",
    "wp_presentation",
    "wp_security_context_manager_v1",
    "wp_single_pixel_buffer_manager_v1",
    "wp_tearing_control_manager_v1",
    "wp_viewporter",
    "xdg_activation_v1",
    "xdg_wm_base",
    "zwlr_data_control_manager_v1",
    "zwlr_foreign_toplevel_manager_v1",
    "zwlr_gamma_control_manager_v1",
    "zwlr_layer_shell_v1",
    "zwlr_output_manager_v1",
    "zwlr_output_power_manager_v1",
    "zwlr_screencopy_manager_v1",
    "zwlr_virtual_pointer_manager_v1",
    "zwp_idle_inhibit_manager_v1",
    "zwp_input_method_manager_v2",
    "zwp_keyboard_shortcuts_inhibit_manager_v1",
    "zwp_pointer_constraints_v1",
    "zwp_pointer_gestures_v1",
    "zwp_primary_selection_device_manager_v1",
    "zwp_relative_pointer_manager_v1",
    "zwp_tablet_manager_v2",
    "zwp_text_input_manager_v3",
    "zwp_virtual_keyboard_manager_v1",
    "zxdg_decoration_manager_v1",
    "zxdg_output_manager_v1",
}
"""What a desktop's programs need of every session, whatever the renderer."""


def tables() -> dict[str, dict[str, Any]]:
    """The tables of the compositor by name, read without loading it."""
    package = Path(next(iter(spectrum_session.__path__)))
    tree = ast.parse((package / "compositor" / "clients" / "globals.py").read_text())
    return {
        node.target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Dict)
    }


def granted() -> set[str]:
    """What a VM with the default permissions may see."""
    permissions = schema.Permissions().granted
    found = tables()
    by_permission = found["BY_PERMISSION"].items()
    return {
        *found["VM_MAY_SEE"],
        *(name for name, (needed, _) in by_permission if needed in permissions),
    }


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(vms=VMS) as process:
        yield process


@pytest.fixture(scope="module")
def work(session: SessionProcess) -> Path:
    return session.start_vm("work")


def interfaces(client: Client) -> set[str]:
    return {one.interface for one in client.globals.values()}


def test_every_global_stands_in_exactly_one_table(session: SessionProcess) -> None:
    found = tables()
    assert found.keys() == {"VM_MAY_SEE", "BY_PERMISSION", "HOST_ONLY"}
    with Client(session.display) as host:
        names = interfaces(host).union(*found.values())
    for name in names:
        assert sum(name in table for table in found.values()) == 1, name
    for table in found.values():
        for reason in table.values():
            assert all(reason) if isinstance(reason, tuple) else reason, "each has its reason"


def test_the_gate_and_the_compositor_hide_the_same() -> None:
    found = tables()
    assert {
        **dict.fromkeys(found["VM_MAY_SEE"], EVERYONE),
        **{name: needed for name, (needed, _) in found["BY_PERMISSION"].items()},
    } == INTERFACES


def test_the_host_is_offered_what_a_desktop_needs(session: SessionProcess) -> None:
    with Client(session.display) as host:
        assert interfaces(host) >= DESKTOP


def test_a_vm_is_offered_what_its_table_holds_and_no_more(
    session: SessionProcess, work: Path
) -> None:
    with Client(session.display) as host, Client(work) as vm:
        assert interfaces(vm) == interfaces(host) & granted()
        for name in ("wl_compositor", "xdg_wm_base", "wl_shm", "wl_output", "wl_seat"):
            assert len(vm.offers(name)) == 1, name


def test_a_hidden_global_cannot_be_bound_by_guessing(session: SessionProcess, work: Path) -> None:
    with Client(session.display) as host:
        known = dict(host.globals)
    with Client(work) as vm:
        offered = dict(vm.globals)
    hidden = known.keys() - offered.keys()
    assert len(hidden) >= 10
    # The host's own seat is the hidden global whose interface a VM does know.
    assert "wl_seat" in {known[name].interface for name in hidden}
    for name in range(1, 200):
        if name in offered:
            continue
        kinds = {"wl_seat"} if name not in known else {known[name].interface, "wl_seat"}
        for kind in kinds:
            with Connection(work) as guess:
                guess.bind_by_name(name, kind)
                error = guess.refused()
                assert error.code == INVALID_OBJECT, (name, kind, error)
    with Client(work) as vm:
        assert vm.globals == offered
        window = Window(vm, title="still here")
        session.wait_window(title="still here")
        window.destroy()
        vm.roundtrip()


def test_another_vm_is_not_announced_to_the_first(session: SessionProcess, work: Path) -> None:
    with Client(work) as first, Client(session.display) as host:
        before, host_before = dict(first.globals), dict(host.globals)
        announced, host_announced = first.announced, host.announced
        with Client(session.start_vm("other")) as second:
            seats = [client.offers("wl_seat") for client in (host, first, second)]
            assert [len(found) for found in seats] == [1, 1, 1]
            assert len({found[0].name for found in seats}) == 3, "each has one of its own"
            for client in (first, host):
                client.roundtrip()
            assert (first.globals, first.announced) == (before, announced)
            assert (host.globals, host.announced) == (host_before, host_announced)
        session.call("vm-stop", name="other")
        for client in (first, host):
            client.roundtrip()
        assert (first.globals, first.announced) == (before, announced)
        assert (host.globals, host.announced) == (host_before, host_announced)
