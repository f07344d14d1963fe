"""`python -m tests.weights`: what each kind of object costs a compositor in memory.

One VM makes so many of one kind in a real session, with limits that let it; RssAnon of the
compositor is read before and after. `gate/weights.py` has to be above all of these numbers.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from spectrum_session.gate.limits import Limits
from tests.attack.growth import rss
from tests.attack.stage import memory, pool_of
from tests.session.harness import SessionProcess, running
from tests.wire import Client, Object, Window

VM = "heavy"
COUNT = 8000
CONFIG = '[focus]\nguard-ms = 0\n[layout]\ndefault = "columns"\n'
WIDE = {"messages-per-second": 10_000_000, "commits-per-second": 1_000_000, "toplevels": 10_000}
_KNOWN = {one.name.replace("_", "-") for one in fields(Limits)}
WIDE |= {
    name: value
    for name, value in {
        "objects": 1_000_000,
        "surfaces": 100_000,
        "buffers": 100_000,
        "compositor-bytes": 1 << 40,
        "buffer-bytes": 1 << 40,
        "fds": 20_000,
    }.items()
    if name in _KNOWN
}
VMS = {VM: 'label = "red"\n[limits]\n' + "".join(f"{name} = {n}\n" for name, n in WIDE.items())}

Maker = Callable[[Client], object]


def _surface(client: Client) -> Object:
    return client.the("wl_compositor")("create_surface")


def _many(make: Callable[[], object]) -> None:
    for _ in range(COUNT):
        make()


def _everywhere(make: Callable[[Client], object]) -> None:
    """30 each on 100 connections; these are in the number too."""
    for _ in range(100):
        one = Client(_path)
        _held.append(one)
        for _ in range(30):
            make(one)
        one.roundtrip()


def surfaces(client: Client) -> None:
    """wl_surface"""
    _many(lambda: _surface(client))


def shown_surfaces(client: Client) -> None:
    """wl_surface with a buffer, on nothing"""

    def one() -> None:
        surface = _surface(client)
        surface("attach", client.buffer(4, 4, (1, 2, 3)), 0, 0)
        surface("damage_buffer", 0, 0, 4, 4)
        surface("commit")

    _many(one)


def subsurfaces(client: Client) -> None:
    """wl_subsurface, shown, with its wl_surface and scene nodes"""
    window = Window(client, size=(300, 300))
    parents = []
    for number in range(COUNT):
        if number % 200 == 0:
            parents.append(_surface(client))
            role = client.the("wl_subcompositor")("get_subsurface", parents[-1], window.surface)
            role("set_desync")
            parents[-1]("attach", client.buffer(4, 4, (1, 2, 3)), 0, 0)
            parents[-1]("commit")
        surface = _surface(client)
        client.the("wl_subcompositor")("get_subsurface", surface, parents[-1])("set_desync")
        surface("attach", client.buffer(4, 4, (1, 2, 3)), 0, 0)
        surface("commit")
    for parent in parents:
        parent("commit")
    window.commit()


def windows(client: Client) -> None:
    """xdg_toplevel, shown, with all that belongs to it (100)"""
    for number in range(100):
        Window(client, title=f"window {number}", show=False)
        client.roundtrip()
    client.roundtrip()


def plain_toplevels(client: Client) -> None:
    """xdg_toplevel that is never committed, with wl_surface and xdg_surface"""

    def one() -> None:
        client.the("xdg_wm_base")("get_xdg_surface", _surface(client))("get_toplevel")
        client.roundtrip()

    _many(one)


def popups(client: Client) -> None:
    """xdg_popup that is never committed, with wl_surface and xdg_surface"""
    window = Window(client, size=(300, 300))
    place = client.the("xdg_wm_base")("create_positioner")
    place("set_size", 20, 20)
    place("set_anchor_rect", 1, 1, 2, 2)

    def one() -> None:
        made = client.the("xdg_wm_base")("get_xdg_surface", _surface(client))
        made("get_popup", window.xdg_surface, place)

    _many(one)


def shown_popups(client: Client) -> None:
    """xdg_popup, shown (100)"""
    window = Window(client, size=(300, 300))
    place = client.the("xdg_wm_base")("create_positioner")
    place("set_size", 20, 20)
    place("set_anchor_rect", 1, 1, 2, 2)
    for _ in range(100):
        surface = _surface(client)
        made = client.the("xdg_wm_base")("get_xdg_surface", surface)
        made.on("configure", lambda serial, made=made: made("ack_configure", serial))
        made("get_popup", window.xdg_surface, place)
        surface("commit")
        client.roundtrip()
        client.roundtrip()
        surface("attach", client.buffer(20, 20, (1, 2, 3)), 0, 0)
        surface("commit")
        client.roundtrip()


def regions(client: Client) -> None:
    """wl_region, empty"""
    _many(lambda: client.the("wl_compositor")("create_region"))


def boxes(client: Client) -> None:
    """a box of a wl_region (1,000 regions of 100 diagonal ones)"""

    def one() -> None:
        region = client.the("wl_compositor")("create_region")
        for at in range(100):
            region("add", 3 * at, 3 * at, 1, 1)

    _many(one)


def input_regions(client: Client) -> None:
    """surface with an input and an opaque region of 100 boxes each, on nothing"""
    region = client.the("wl_compositor")("create_region")
    for at in range(100):
        region("add", 3 * at, 3 * at, 1, 1)

    def one() -> None:
        surface = _surface(client)
        surface("set_input_region", region)
        surface("set_opaque_region", region)
        surface("attach", client.buffer(400, 400, (1, 2, 3)), 0, 0)
        surface("commit")
        surface("set_input_region", region)
        surface("set_opaque_region", region)

    _many(one)


def callbacks(client: Client) -> None:
    """wl_callback of a frame that never comes"""
    surface = _surface(client)
    _many(lambda: surface("frame"))


def feedbacks(client: Client) -> None:
    """wp_presentation_feedback, one to a commit"""
    surface = _surface(client)
    presentation = client.the("wp_presentation")
    _many(lambda: presentation("feedback", surface))


def feedbacks_apart(client: Client) -> None:
    """wp_presentation_feedback, each of another surface, with that surface"""
    presentation = client.the("wp_presentation")
    _many(lambda: presentation("feedback", _surface(client)))


def positioners(client: Client) -> None:
    """xdg_positioner"""
    _many(lambda: client.the("xdg_wm_base")("create_positioner"))


def viewports(client: Client) -> None:
    """wp_viewport, with its wl_surface"""
    _many(lambda: client.the("wp_viewporter")("get_viewport", _surface(client)))


def fractional_scales(client: Client) -> None:
    """wp_fractional_scale_v1, with its wl_surface"""
    manager = client.the("wp_fractional_scale_manager_v1")
    _many(lambda: manager("get_fractional_scale", _surface(client)))


def tearing(client: Client) -> None:
    """wp_tearing_control_v1, with its wl_surface"""
    manager = client.the("wp_tearing_control_manager_v1")
    _many(lambda: manager("get_tearing_control", _surface(client)))


def content_types(client: Client) -> None:
    """wp_content_type_v1, with its wl_surface"""
    manager = client.the("wp_content_type_manager_v1")
    _many(lambda: manager("get_surface_content_type", _surface(client)))


def single_pixels(client: Client) -> None:
    """wl_buffer of a single pixel"""
    manager = client.the("wp_single_pixel_buffer_manager_v1")
    _many(lambda: manager("create_u32_rgba_buffer", 0, 0, 0, 0))


def buffers(client: Client) -> None:
    """wl_buffer of shm, all in one pool"""
    pool, _ = pool_of(client, 4096)
    _many(lambda: pool("create_buffer", 0, 4, 4, 16, 0))


def pools(client: Client) -> None:
    """wl_shm_pool"""
    fd = memory(4096)

    def one() -> None:
        client.the("wl_shm")("create_pool", fd, 4096)
        client.roundtrip()

    _many(one)


def sources(client: Client) -> None:
    """wl_data_source"""
    _many(lambda: client.the("wl_data_device_manager")("create_data_source"))


def mime_types(client: Client) -> None:
    """a MIME type of 100 bytes of a wl_data_source (1,000 sources of 30)"""

    def one() -> None:
        source = client.the("wl_data_device_manager")("create_data_source")
        for at in range(30):
            source("offer", f"text/{at:0>95}")

    _many(one)


def registries(client: Client) -> None:
    """wl_registry"""

    def one() -> None:
        client.display("get_registry")
        client.roundtrip()

    _many(one)


def seats(client: Client) -> None:
    """wl_seat"""
    _many(lambda: client.bind("wl_seat"))


def pointers(client: Client) -> None:
    """wl_pointer (30 on each of 100 connections, which are counted too)"""
    _everywhere(lambda one: one.the("wl_seat")("get_pointer"))


def data_devices(client: Client) -> None:
    """wl_data_device (30 on each of 100 connections, which are counted too)"""
    _everywhere(
        lambda one: one.the("wl_data_device_manager")("get_data_device", one.the("wl_seat"))
    )


def text_inputs(client: Client) -> None:
    """zwp_text_input_v3 (30 on each of 100 connections, which are counted too)"""
    _everywhere(
        lambda one: one.the("zwp_text_input_manager_v3")("get_text_input", one.the("wl_seat"))
    )


def tokens(client: Client) -> None:
    """xdg_activation_token_v1"""
    _many(lambda: client.the("xdg_activation_v1")("get_activation_token"))


def inhibitors(client: Client) -> None:
    """zwp_idle_inhibitor_v1, with its wl_surface (60)"""
    for _ in range(60):
        client.the("zwp_idle_inhibit_manager_v1")("create_inhibitor", _surface(client))


def decorations(client: Client) -> None:
    """zxdg_toplevel_decoration_v1, with the window that it is on, never committed"""
    manager = client.the("zxdg_decoration_manager_v1")

    def one() -> None:
        made = client.the("xdg_wm_base")("get_xdg_surface", _surface(client))
        manager("get_toplevel_decoration", made("get_toplevel"))
        client.roundtrip()

    _many(one)


def waiting_commits(client: Client) -> None:
    """a commit that waits, with nothing in it (1,000)"""
    parent, child = _surface(client), _surface(client)
    client.the("wl_subcompositor")("get_subsurface", child, parent)
    for _ in range(1000):
        child("commit")


def managers(client: Client) -> None:
    """wl_compositor, bound again"""
    _many(lambda: client.bind("wl_compositor"))


def shells(client: Client) -> None:
    """xdg_wm_base, bound again"""
    _many(lambda: client.bind("xdg_wm_base"))


def nothing(client: Client) -> None:
    """nothing: how much the measure itself is off"""
    client.roundtrip()


def connections(client: Client) -> None:
    """a connection (100)"""
    _held.extend(Client(_path) for _ in range(100))


MAKERS: dict[Maker, int] = {
    nothing: COUNT, surfaces: COUNT, shown_surfaces: COUNT, subsurfaces: COUNT,
    windows: 100, plain_toplevels: COUNT, popups: COUNT, shown_popups: 100,
    regions: COUNT, boxes: 100 * COUNT, input_regions: COUNT, callbacks: COUNT, feedbacks: COUNT,
    feedbacks_apart: COUNT, positioners: COUNT, viewports: COUNT, fractional_scales: COUNT,
    tearing: COUNT, content_types: COUNT, single_pixels: COUNT, buffers: COUNT, pools: COUNT,
    sources: COUNT, mime_types: 30 * COUNT, registries: COUNT, seats: COUNT, pointers: 3000,
    data_devices: 3000,
    text_inputs: 3000, tokens: COUNT, inhibitors: 60,
    decorations: COUNT, waiting_commits: 1000, managers: COUNT, shells: COUNT,
    connections: 100,
}  # fmt: skip
"""What is made, and how many."""

_held: list[Client] = []
_path = Path()


def settle(session: SessionProcess) -> int:
    """RssAnon when what was sent is done."""
    for _ in range(3):
        session.call("version")
    return rss(session.process.pid)


def measure(make: Maker, count: int) -> tuple[float, float]:
    """Bytes for each, and bytes of all that stay when the client has gone."""
    global _path
    with running(config=CONFIG, vms=VMS) as session:
        _path = session.start_vm(VM)
        # What is set up once, at first.
        with Client(_path) as first:
            Window(first)
            first.roundtrip()
        client = Client(_path)
        client.roundtrip()
        before = settle(session)
        make(client)
        client.roundtrip()
        client.roundtrip()
        after = settle(session)
        client.close()
        for one in _held:
            one.close()
        _held.clear()
        session.wait(
            lambda: not [one for one in session.call("clients") if one["vm"] == VM], "it to go"
        )
        return (after - before) / count, settle(session) - before


def main() -> None:
    """Measure all of them and print a table."""
    wanted = sys.argv[1:]
    print("| made | bytes each | left of all, KiB |\n|---|---:|---:|")
    for make, count in MAKERS.items():
        if wanted and make.__name__ not in wanted:
            continue
        try:
            each, left = measure(make, count)
        except Exception as problem:
            print(f"| {make.__doc__} | {type(problem).__name__} {problem} | |"[:300], flush=True)
            continue
        print(f"| {make.__doc__} | {each:,.0f} | {left / 1024:,.0f} |", flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
