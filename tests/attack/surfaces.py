"""Surfaces out of all proportion: sizes, places, scales, viewports, regions, trees."""

from __future__ import annotations

from itertools import pairwise

from tests.wire import Client, Disconnected, Object, Subsurface, Surface, Window
from tests.wire.picture import box

from . import errors
from .stage import SIZE, Stage

INT_MAX, INT_MIN = 2**31 - 1, -(2**31)
RED = (250, 0, 0)


def _only_in_its_frame(stage: Stage, window: Window, color: tuple[int, int, int]) -> None:
    """Nothing of a colour is to be seen outside the window's frame."""
    (seen,) = stage.seen(title=str(window.toplevel.received("title") or "attack"))
    frame = box(seen["geometry"])
    place = stage.screen().where(color)
    if place is not None:
        assert place[0] >= frame[0] and place[1] >= frame[1]
        assert place[0] + place[2] <= frame[0] + frame[2]
        assert place[1] + place[3] <= frame[1] + frame[3]


def subsurfaces_outside_the_frame(stage: Stage) -> None:
    """In every direction, near and as far as numbers go: cut to the frame."""
    window = stage.window(size=(300, 200), fixed=True)
    before = stage.screen()
    (seen,) = stage.seen()
    for x, y in ((-100, -100), (250, 150), (-5000, 0), (0, 5000), (-90, 190)):
        child = Subsurface(window, RED)
        child.place(x, y)
        child.draw(200, 200)
    window.commit()
    stage.harmless(window.client)
    _only_in_its_frame(stage, window, RED)
    differs = stage.screen().differs(before, box(seen["geometry"]))
    assert differs is None, f"something is drawn outside the frame at {differs}"


def subsurfaces_at_the_ends_of_the_world(stage: Stage) -> None:
    """Places whose sum with anything flows over."""
    for x, y in (
        (INT_MAX, INT_MAX),
        (INT_MIN, INT_MIN),
        (INT_MAX, INT_MIN),
        (-5, INT_MAX - 10),
        (1 << 20, 0),
    ):
        window = stage.window()
        child = Subsurface(window)
        child.place(x, y)
        child.draw(50, 50)
        window.commit()
        stage.harmless(window.client)
        stage.screen()
        window.client.close()


def subsurfaces_that_add_up(stage: Stage) -> None:
    """Each a little further out: it is the sum that is beyond all bounds."""
    window = stage.window()
    above: Surface = window
    for _ in range(12):
        child = Subsurface(above, RED)
        child.place(-16000, -16000)
        child.draw(50, 50)
        above.commit()
        above = child
    window.commit()
    stage.harmless(window.client)
    stage.screen()


def deep_trees(stage: Stage) -> None:
    """Children of children: every commit walks up, every commit of the window walks all."""
    window = stage.window()
    client = window.client
    chain = [window.surface]
    buffer = client.buffer(5, 5, (1, 2, 3))
    try:
        for _ in range(3000):
            made = client.the("wl_compositor")("create_surface")
            client.the("wl_subcompositor")("get_subsurface", made, chain[-1])
            made("attach", buffer, 0, 0)
            made("commit")
            chain.append(made)
        for surface in reversed(chain):
            surface("commit")
    except Disconnected:
        pass
    stage.error(client, "wl_subcompositor", errors.Display.IMPLEMENTATION, "nested deeper")


def trees_built_upside_down(stage: Stage) -> None:
    """The leaves first, so that no step sees how deep it becomes."""
    client = stage.client()
    compositor, subcompositor = client.the("wl_compositor"), client.the("wl_subcompositor")
    surfaces = [compositor("create_surface") for _ in range(500)]
    for child, parent in pairwise(surfaces):
        subcompositor("get_subsurface", child, parent)
    stage.error(client, "wl_subcompositor", errors.Display.IMPLEMENTATION, "nested deeper")


def a_tree_that_bites_its_tail(stage: Stage) -> None:
    """A surface on itself, two on each other, three in a ring."""
    for length in (1, 2, 3):
        client = stage.client()
        surfaces = [client.the("wl_compositor")("create_surface") for _ in range(length)]
        for number, surface in enumerate(surfaces):
            client.the("wl_subcompositor")(
                "get_subsurface", surface, surfaces[(number + 1) % length]
            )
        stage.error(client, "wl_subcompositor", errors.Subcompositor.BAD_PARENT)


def a_window_on_its_own_child(stage: Stage) -> None:
    """A toplevel's surface becomes a subsurface, a subsurface a toplevel."""
    window = stage.window()
    child = Subsurface(window)
    window.client.the("wl_subcompositor")("get_subsurface", window.surface, child.surface)
    stage.error(window.client, "wl_subcompositor", errors.Subcompositor.BAD_PARENT)
    window = stage.window()
    child = Subsurface(window)
    window.client.the("xdg_wm_base")("get_xdg_surface", child.surface)("get_toplevel")
    stage.error(window.client, "xdg_wm_base", errors.WmBase.ROLE)


def many_children(stage: Stage) -> None:
    """A thousand beside each other."""
    window = stage.window()
    try:
        for number in range(1000):
            child = Subsurface(window)
            child.place(number % 90, number // 9)
            child.draw(3, 3)
        window.commit()
    except Disconnected:
        pass
    code = errors.Display.IMPLEMENTATION
    stage.error(window.client, "wl_subcompositor", code, "subsurfaces in a tree")
    stage.honest.tick()


def strips_across_each_other(stage: Stage) -> None:
    """Rows and columns that hide what is below: what can be seen of that is their square."""
    client = stage.client()
    window = stage.window(client, size=(600, 600))
    manager = client.the("wp_single_pixel_buffer_manager_v1")
    black = manager("create_u32_rgba_buffer", 0, 0, 0, 0xFFFFFFFF)

    def strip(x: int, y: int, width: int, height: int) -> None:
        child = Subsurface(window)
        child.place(x, y)
        child.viewport()("set_destination", width, height)
        child.surface("attach", black, 0, 0)
        child.commit()

    try:
        for at in range(0, 600, 2):
            strip(at, 0, 1, 600)
            strip(0, at, 600, 1)
            client.roundtrip()
    except Disconnected:
        pass
    stage.refused(client, "subsurfaces in a tree")
    stage.honest.tick()


def cached_states(stage: Stage) -> None:
    """A child commits without end while its parent does not: wlroots keeps every state."""
    window = stage.window()
    child = Subsurface(window)
    child.role("set_sync")
    try:
        for number in range(20_000):
            child.surface("damage", 0, 0, number % 7 + 1, 1)
            child.commit()
    except Disconnected:
        pass
    stage.error(window.client, "wl_surface", errors.Display.IMPLEMENTATION, "commits wait")


def huge_regions(stage: Stage) -> None:
    """Rectangles by the ten thousand; adding one costs as much as there are."""
    client = stage.client()
    region = client.the("wl_compositor")("create_region")
    try:
        for y in range(0, 400, 2):
            for x in range(0, 200, 2):
                region("add", x, y, 1, 1)
    except Disconnected:
        pass
    stage.refused(client, "rectangles")
    window = stage.window()
    for x, y, width, height in (
        (INT_MAX, INT_MAX, INT_MAX, INT_MAX),
        (INT_MIN, INT_MIN, INT_MAX, INT_MAX),
        (INT_MAX - 1, 0, 5, 5),
        (0, 0, -1, -1),
        (0, 0, INT_MIN, INT_MIN),
    ):
        region = window.client.the("wl_compositor")("create_region")
        region("add", x, y, width, height)
        region("subtract", x, y, width, height)
        window.surface("set_opaque_region", region)
        window.surface("set_input_region", region)
        window.commit()
    stage.harmless(window.client)


def damage_without_end(stage: Stage) -> None:
    """Thousands of spots in one commit."""
    window = stage.window(size=(600, 400))
    for request in ("damage", "damage_buffer"):
        for y in range(0, 200, 2):
            for x in range(0, 200, 2):
                window.surface(request, x, y, 1, 1)
        window.surface(request, INT_MAX, INT_MAX, INT_MAX, INT_MAX)
        window.surface(request, INT_MIN, INT_MIN, INT_MAX, INT_MAX)
        window.surface(request, 0, 0, -5, -5)
        window.commit()
    stage.harmless(window.client)


def absurd_scales(stage: Stage) -> None:
    """A scale beyond reason, none, one that does not divide the buffer, no transform there is."""
    scale, transform = errors.Surface.INVALID_SCALE, errors.Surface.INVALID_TRANSFORM
    for request, value, code in (
        ("set_buffer_scale", 0, scale),
        ("set_buffer_scale", -1, scale),
        ("set_buffer_scale", INT_MAX, scale),
        ("set_buffer_scale", INT_MIN, scale),
        ("set_buffer_scale", 7, errors.Surface.INVALID_SIZE),
        ("set_buffer_transform", 8, transform),
        ("set_buffer_transform", -1, transform),
        ("set_buffer_transform", INT_MAX, transform),
    ):
        window = stage.window()
        window.surface(request, value)
        window.draw(100, 100)
        stage.error(window.client, "wl_surface", code)


def absurd_viewports(stage: Stage) -> None:
    """Sources outside the buffer, empty, without end; destinations as large as numbers go."""
    outside, value = errors.Viewport.OUT_OF_BUFFER, errors.Viewport.BAD_VALUE
    for request, args, code in (
        ("set_source", (90, 90, 20, 20), outside),
        ("set_source", (-2, 0, 10, 10), value),
        ("set_source", (0, 0, 0, 10), value),
        ("set_source", (0, 0, -1, 10), value),
        ("set_source", (0, 0, 8388607, 8388607), outside),
        ("set_source", (8388607, 8388607, 1, 1), outside),
        ("set_destination", (0, 5), value),
        ("set_destination", (-1, 5), value),
        ("set_destination", (INT_MAX, INT_MAX), value),
        ("set_destination", (1, INT_MAX), value),
        ("set_destination", (20000, 1), value),
    ):
        window = stage.window()
        window.viewport()(request, *args)
        window.draw(100, 100)
        stage.error(window.client, "wp_viewport", code)


def a_source_that_is_no_pixel(stage: Stage) -> None:
    """Parts of pixels, and turned."""
    window = stage.window()
    view = window.viewport()
    view("set_destination", 300, 200)
    view("set_source", 1 / 256, 1 / 256, 1 / 256, 1 / 256)
    window.draw(10, 10)
    stage.screen()
    view("set_source", 0.5, 0.25, 1.5, 2.25)
    window.draw(10, 12)
    window.client.roundtrip()
    stage.screen()
    window.surface("set_buffer_transform", 2)
    window.draw(10, 12)
    stage.error(window.client, "wl_surface", errors.Surface.INVALID_TRANSFORM)


def two_viewports(stage: Stage) -> None:
    """A second one, and one that outlives its surface."""
    window = stage.window()
    window.viewport()
    window.viewport()
    stage.error(window.client, "wp_viewporter", errors.Viewporter.VIEWPORT_EXISTS)
    client = stage.client()
    surface = client.the("wl_compositor")("create_surface")
    view = client.the("wp_viewporter")("get_viewport", surface)
    surface("destroy")
    view("set_destination", 5, 5)
    stage.error(client, "wp_viewport", errors.Viewport.NO_SURFACE)


def geometry_beyond_all(stage: Stage) -> None:
    """A window's geometry of any size, anywhere."""
    for geometry in (
        (0, 0, 0, 0),
        (0, 0, -1, 5),
        (0, 0, INT_MAX, INT_MAX),
        (INT_MIN, INT_MIN, INT_MAX, INT_MAX),
        (1 << 30, 1 << 30, 100, 100),
        (INT_MAX, INT_MAX, 1, 1),
        (500, 500, 10, 10),
    ):
        window = stage.window()
        window.xdg_surface("set_window_geometry", *geometry)
        window.draw(100, 100)
        if geometry == (500, 500, 10, 10):
            stage.harmless(window.client)
        else:
            stage.error(window.client, "xdg_surface", errors.XdgSurface.INVALID_SIZE)
        stage.screen()
        window.client.close()
        stage.session.wait(lambda: not stage.seen(), "the window to go")


def least_and_greatest_sizes(stage: Stage) -> None:
    """Negative, crossed over, without end."""
    for least, greatest in (
        ((-1, -1), (0, 0)),
        ((0, 0), (-1, -1)),
        ((500, 500), (100, 100)),
        ((INT_MIN, 0), (0, 0)),
    ):
        window = stage.window()
        window.toplevel("set_min_size", *least)
        window.toplevel("set_max_size", *greatest)
        window.commit()
        stage.error(window.client, "xdg_toplevel", errors.Toplevel.INVALID_SIZE)
    window = stage.window()
    window.toplevel("set_min_size", INT_MAX, INT_MAX)
    window.commit()
    stage.harmless(window.client)
    stage.screen()


def buffers_as_large_as_they_may_be(stage: Stage) -> None:
    """Far larger than the window was told to be: cut to its frame."""
    window = stage.window(size=(300, 200), color=RED)
    window.draws = False
    before_frame = box(stage.seen()[0]["geometry"])
    window.draw(4000, 3000, RED)
    stage.harmless(window.client)
    place = stage.screen().where(RED)
    assert place is not None and place[2] <= SIZE[0]
    frame = box(stage.seen()[0]["geometry"])
    assert frame == before_frame
    assert place[0] >= frame[0] and place[1] >= frame[1]
    assert place[0] + place[2] <= frame[0] + frame[2]


def a_parent_of_itself(stage: Stage) -> None:
    """Windows that are each other's parent."""
    window = stage.window()
    window.toplevel("set_parent", window.toplevel)
    stage.error(window.client, "xdg_toplevel", errors.Toplevel.INVALID_PARENT)
    client = stage.client()
    first, second = Window(client, title="a"), Window(client, title="b")
    first.toplevel("set_parent", second.toplevel)
    second.toplevel("set_parent", first.toplevel)
    stage.error(client, "xdg_toplevel", errors.Toplevel.INVALID_PARENT)


def clips_and_sources(stage: Stage) -> None:
    """A cropped buffer under the edge of its window: wlroots 0.17 and 0.18 abort."""
    client = stage.client()
    window = _bare(client)
    child = Subsurface(window)
    view = child.viewport()
    view("set_source", 50, 0, 50, 100)
    view("set_destination", 100, 100)
    window.xdg_surface("set_window_geometry", 0, 0, 300, 200)
    child.place(-50, 0)
    child.draw(100, 100)
    window.commit()
    stage.harmless(client)
    stage.screen()
    client = stage.client()
    window = _bare(client)
    view = window.viewport()
    view("set_source", 50, 0, 50, 100)
    view("set_destination", 300, 200)
    window.xdg_surface("set_window_geometry", 150, 0, 150, 200)
    window.draw(100, 100)
    stage.harmless(client)
    stage.screen()


def clips_that_flow_over(stage: Stage) -> None:
    """A million pixels to the left of its window, times the buffer's width."""
    client = stage.client()
    window = _bare(client)
    child = Subsurface(window)
    child.viewport()("set_destination", 4_000_000, 100)
    window.xdg_surface("set_window_geometry", 0, 0, 300, 200)
    child.place(-1_000_000, 0)
    child.draw(3000, 10)
    window.commit()
    stage.error(client, "wp_viewport", errors.Viewport.BAD_VALUE)
    stage.screen()


def clips_by_a_bit(stage: Stage) -> None:
    """A scaled surface under the edge: sums of parts are more than the whole by one bit."""
    for turn, at, width in ((0, -4, 3), (2, -11, 1), (4, -7, 3), (1, -3, 7)):
        client = stage.client()
        window = _bare(client)
        window.xdg_surface("set_window_geometry", 0, 0, 300, 200)
        child = Subsurface(window)
        child.viewport()("set_destination", 20, 20)
        child.surface("set_buffer_transform", turn)
        child.place(at, at)
        child.draw(width, width)
        window.commit()
        if turn:
            stage.error(client, "wl_surface", errors.Surface.INVALID_TRANSFORM)
        else:
            stage.harmless(client)
        stage.screen()
        client.close()


def _bare(client: Client) -> Window:
    """A window that does not draw by itself any more."""
    window = Window(client, title="attack", size=(300, 200))
    window.draws = False
    return window


def surfaces_that_are_gone(stage: Stage) -> None:
    """Objects of a surface are used after it."""
    for manager, request, then in (
        ("wp_fractional_scale_manager_v1", "get_fractional_scale", "destroy"),
        ("wp_content_type_manager_v1", "get_surface_content_type", "destroy"),
        ("wp_tearing_control_manager_v1", "get_tearing_control", "destroy"),
        ("zwp_idle_inhibit_manager_v1", "create_inhibitor", "destroy"),
    ):
        client = stage.client()
        surface = client.the("wl_compositor")("create_surface")
        made: Object = client.the(manager)(request, surface)
        surface("destroy")
        made(then)
        stage.harmless(client)


def children_of_nobody(stage: Stage) -> None:
    """A subsurface outlives its parent and its own role."""
    window = stage.window()
    child = Subsurface(window)
    child.draw(20, 20)
    grandchild = Subsurface(child)
    grandchild.draw(5, 5)
    child.commit()
    window.client.roundtrip()
    child.role("destroy")
    child.destroy()
    grandchild.place(3, 3)
    grandchild.commit()
    window.commit()
    stage.harmless(window.client)
    stage.screen()
