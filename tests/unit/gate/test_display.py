"""Globals: what policy does not grant is not there, and nothing is bound that was not announced."""

from __future__ import annotations

import pytest

from spectrum_session.gate.policy import DMABUF, INTERFACES, PERMISSIONS, Policy
from spectrum_session.gate.schema import SCHEMA

from .ends import Ends, Refusal

FORBIDDEN = ("zwlr_screencopy_manager_v1", "zwlr_layer_shell_v1", "wl_drm", "ext_idle_notifier_v1")


def announce(ends: Ends, name: int, interface: str, version: int) -> None:
    ends.registry = ends.registry or ends.ask(1, "get_registry", ...)
    ends.tell(ends.registry, "global", name, interface.encode(), version)


@pytest.mark.parametrize("interface", FORBIDDEN)
def test_what_is_not_for_vms_is_not_there(interface: str) -> None:
    ends = Ends(Policy(frozenset(PERMISSIONS)))
    announce(ends, 1, interface, 1)
    assert ends.received == []
    ends.tell(ends.registry, "global_remove", 1)
    assert ends.received == []


@pytest.mark.parametrize(("interface", "permission"), INTERFACES.items())
def test_permissions_make_interfaces(interface: str, permission: str) -> None:
    everything = frozenset(PERMISSIONS)
    announce(ends := Ends(Policy(everything)), 1, interface, 1)
    assert len(ends.received) == 1
    announce(ends := Ends(Policy(everything - {permission})), 1, interface, 1)
    assert len(ends.received) == (permission == "")


def test_dmabuf_takes_policy() -> None:
    announce(ends := Ends(), 1, "zwp_linux_dmabuf_v1", 4)
    assert ends.received == []
    announce(ends := Ends(Policy(frozenset({DMABUF}))), 1, "zwp_linux_dmabuf_v1", 4)
    assert len(ends.received) == 1


def test_every_interface_is_known() -> None:
    assert set(INTERFACES) <= set(SCHEMA)
    assert set(INTERFACES.values()) <= {"", *PERMISSIONS}


def test_versions_are_cut_to_what_is_known() -> None:
    ends = Ends()
    announce(ends, 1, "wl_compositor", 99)
    known = SCHEMA["wl_compositor"].version
    assert ends.received[-1][1] == (1, b"wl_compositor", known)


@pytest.mark.parametrize(
    ("name", "interface", "version"),
    [
        (2, "wl_compositor", 1),
        (1, "wl_shm", 1),
        (1, "wl_compositor", 5),
        (1, "wl_compositor", 0),
        (1, "zwlr_layer_shell_v1", 1),
        (1, "wl_surface", 1),
        (0, "wl_compositor", 1),
    ],
)
def test_only_what_was_announced_is_bound(name: int, interface: str, version: int) -> None:
    ends = Ends()
    announce(ends, 1, "wl_compositor", 4)
    announce(ends, 3, "zwlr_layer_shell_v1", 1)
    ends.interfaces.setdefault(0, "wl_display")
    with pytest.raises(Refusal):
        ends.ask(ends.registry, "bind", name, interface.encode(), version, ...)
    assert ends.sent == [("wl_display.get_registry", (ends.registry,))]


def test_ids_are_free_again() -> None:
    ends = Ends()
    callback = ends.ask(1, "sync", ...)
    before = ends.account.used["objects"]
    ends.tell(callback, "done", 1)
    ends.delete(callback)
    assert ends.account.used["objects"] == before - 1
    ends.next_id = callback
    assert ends.ask(1, "sync", ...) == callback
