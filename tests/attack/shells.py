"""Windows and popups that are half made, made twice, or undone in the wrong order."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

from tests.wire import Client, Disconnected, Popup, Positioner, Seat, Window
from tests.wire.picture import box

from . import errors
from .stage import SIZE, Stage, xdg

INT_MAX, INT_MIN = 2**31 - 1, -(2**31)
RED = (250, 0, 0)


def _positioner(client: Client) -> object:
    return Positioner(client, (20, 20)).object


def a_popup_on_itself(stage: Stage) -> None:
    """wlroots walks from parent to parent for ever."""
    for commits in (False, True):
        client = stage.client()
        Window(client, title="attack")
        surface, own = xdg(client)
        own("get_popup", own, _positioner(client))
        if commits:
            surface("commit")
        stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_POPUP_PARENT)


def popups_on_each_other(stage: Stage) -> None:
    """A surface that was a popup once is the parent of its next parent."""
    client = stage.client()
    window = Window(client, title="attack")
    first, first_xdg = xdg(client)
    second, second_xdg = xdg(client)
    place = _positioner(client)
    second_xdg("get_popup", window.xdg_surface, place)("destroy")
    client.roundtrip()
    first_xdg("get_popup", second_xdg, place)
    second_xdg("get_popup", first_xdg, place)
    first("commit")
    second("commit")
    stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_POPUP_PARENT)


def a_popup_on_nothing(stage: Stage) -> None:
    """No parent, one that is no window, one that is not shown, one that was destroyed."""
    client = stage.client()
    surface, own = xdg(client)
    own("get_popup", None, _positioner(client))
    surface("commit")
    stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_POPUP_PARENT)
    client = stage.client()
    _, bare = xdg(client)
    _, own = xdg(client)
    own("get_popup", bare, _positioner(client))
    stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_POPUP_PARENT)
    client = stage.client()
    window = Window(client, title="attack")
    window.toplevel("destroy")
    surface, own = xdg(client)
    own("get_popup", window.xdg_surface, _positioner(client))
    surface("commit")
    stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_POPUP_PARENT)


def two_grabs(stage: Stage) -> None:
    """xdg_popup.grab twice: wlroots' list of popups runs in a ring. With a serial that was given,
    so that nothing else is wrong with it."""
    window = stage.window(size=(600, 400))
    client = window.client
    seat = stage.click(window)
    surface, own = xdg(client)
    popup = own("get_popup", window.xdg_surface, _positioner(client))
    popup("grab", seat.seat, seat.press_serial)
    popup("grab", seat.seat, seat.press_serial)
    surface("commit")
    stage.error(client, "xdg_popup", errors.Popup.INVALID_GRAB)
    stage.mouse.click(640, 700)
    stage.session.wait(lambda: not stage.seen(), "the window to go")
    # A list in a ring shows when it is walked: at the next grab, and at its end.
    window = stage.window(size=(600, 400))
    seat = stage.click(window)
    again = Popup(window, grab=(seat.seat, seat.press_serial))
    again.destroy()
    stage.mouse.click(10, 300)
    stage.harmless(window.client)


def a_grab_with_a_forged_serial(stage: Stage) -> None:
    """No input ever came: the popup is denied, and the keyboard stays where it is."""
    client = stage.client()
    window = Window(client, title="attack")
    seat = Seat(client)
    for serial in (0, 1, 4242, 0xFFFFFFFF):
        popup = Popup(window, grab=(seat.seat, serial), show=False)
        client.roundtrip()
        client.wait_for(lambda popup=popup: popup.dismissed, "the popup to be denied")  # type: ignore[misc]
        popup.destroy()
    stage.harmless(client)


def a_grab_holds_the_person_captive(stage: Stage) -> None:
    """A popup with a grab of a real click: a click elsewhere ends it, whatever the client does."""
    window = stage.window(size=(600, 400))
    seat = stage.click(window)
    popup = Popup(window, grab=(seat.seat, seat.press_serial))
    assert not popup.dismissed
    (other,) = stage.session.windows(vm="honest")
    stage.mouse.click(*stage.middle(other))
    window.client.wait_for(lambda: popup.dismissed, "the popup to be dismissed")
    stage.harmless(window.client)


def reposition_before_the_first_commit(stage: Stage) -> None:
    """A configure for a surface that is none yet: wlroots aborts, sooner or later."""
    client = stage.client()
    window = Window(client, title="attack")
    _, own = xdg(client)
    place = _positioner(client)
    popup = own("get_popup", window.xdg_surface, place)
    popup("reposition", place, 1)
    stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_SURFACE_STATE)


def reposition_after_an_unmap(stage: Stage) -> None:
    """The same for one that is a popup no more for a while."""
    client = stage.client()
    window = Window(client, title="attack")
    popup = Popup(window)
    popup.surface("attach", None, 0, 0)
    popup.commit()
    place = _positioner(client)
    popup.popup("reposition", place, 1)
    popup.commit()
    stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_SURFACE_STATE)


def positioners_that_say_nothing(stage: Stage) -> None:
    """Incomplete ones, for get_popup and for reposition."""
    for how in range(3):
        client = stage.client()
        window = Window(client, title="attack")
        place = client.the("xdg_wm_base")("create_positioner")
        if how == 1:
            place("set_size", 10, 10)
        if how == 2:
            place("set_anchor_rect", 0, 0, 1, 1)
        _, own = xdg(client)
        own("get_popup", window.xdg_surface, place)
        stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_POSITIONER)
    client = stage.client()
    popup = Popup(Window(client, title="attack"))
    popup.popup("reposition", client.the("xdg_wm_base")("create_positioner"), 7)
    stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_POSITIONER)


def positioners_beyond_all(stage: Stage) -> None:
    """Sizes, offsets and anchors as far as numbers go."""
    for size, at, anchor, adjust, valid in (
        ((INT_MAX, INT_MAX), (INT_MAX, INT_MAX), (0, 0, 1, 1), 63, True),
        ((1, 1), (INT_MIN, INT_MIN), (INT_MAX, INT_MAX, INT_MAX, INT_MAX), 63, True),
        ((10, 10), (0, 0), (INT_MIN, INT_MIN, INT_MAX, INT_MAX), 60, True),
        ((INT_MAX, 5), (5, 5), (0, 0, 1, 1), 48, True),
        ((0, 0), (0, 0), (0, 0, 1, 1), 0, False),
        ((-5, 5), (0, 0), (0, 0, 1, 1), 0, False),
        ((5, 5), (0, 0), (0, 0, -1, -1), 0, False),
        ((5, 5), (0, 0), (0, 0, 1, 1), 0xFFFF, False),
    ):
        client = stage.client()
        window = Window(client, title="attack")
        place = client.the("xdg_wm_base")("create_positioner")
        place("set_size", *size)
        place("set_anchor_rect", *anchor)
        place("set_offset", *at)
        place("set_constraint_adjustment", adjust)
        surface, own = xdg(client)
        own("get_popup", window.xdg_surface, place)
        surface("commit")
        if valid:
            stage.harmless(client)
        else:
            stage.error(client, "xdg_positioner", errors.Positioner.INVALID_INPUT)
        stage.screen()
        client.close()


def popups_outside_the_frame(stage: Stage) -> None:
    """Over the honest window, over the whole screen, far away: on the screen, bordered, and no
    larger than configured; never on the other output's window."""
    window = stage.window(size=(300, 200))
    for at, size in (
        ((SIZE[0], 0), (300, 200)),
        ((-500, -500), (400, 400)),
        ((0, 0), (5000, 5000)),
        ((1000, 5), (300, 250)),
    ):
        popup = Popup(window, size, at, color=RED)
        stage.harmless(window.client)
        # It draws larger than it was told: that is not shown.
        popup.draw(4000, 4000, RED)
        stage.harmless(window.client)
        assert stage.aside().where(RED) is None
        popup.destroy()


def popups_without_end(stage: Stage) -> None:
    """On each other, deeper than anybody would."""
    window = stage.window()
    chain: list[Popup] = []
    for _ in range(200):
        chain.append(Popup(chain[-1] if chain else window, (20, 20), (1, 1), show=False))
    code = errors.Display.IMPLEMENTATION
    stage.error(window.client, "wl_display", code, "limit popup-depth")
    stage.honest.tick()


def popups_beside_each_other(stage: Stage) -> None:
    """More than anybody would open: each is taken away from what is visible of the others."""
    window = stage.window()
    try:
        for _ in range(400):
            Popup(window, (20, 20), (1, 1), show=False)
            window.client.roundtrip()
    except Disconnected:
        pass
    stage.refused(window.client, "limit popups")
    stage.honest.tick()


def the_wrong_popup_first(stage: Stage) -> None:
    """Not the topmost one."""
    window = stage.window()
    below = Popup(window)
    above = Popup(below)
    below.popup("destroy")
    assert above is not None
    stage.error(window.client, "xdg_wm_base", errors.WmBase.NOT_THE_TOPMOST_POPUP)


def _first_error(order: Sequence[str]) -> tuple[str, int] | None:
    """Interface and code of the error that destroying a window's objects in this order is."""
    rules = {
        "toplevel": ("decoration", "zxdg_toplevel_decoration_v1", errors.Decoration.ORPHANED),
        "xdg_surface": ("toplevel", "xdg_surface", errors.XdgSurface.DEFUNCT_ROLE_OBJECT),
        "surface": ("xdg_surface", "wl_surface", errors.Surface.DEFUNCT_ROLE_OBJECT),
    }
    for number, name in enumerate(order):
        if name in rules:
            before, interface, code = rules[name]
            if before not in order[:number]:
                return interface, code
    return None


def every_order_of_undoing(stage: Stage) -> None:
    """Whatever is destroyed first, before the first commit and after."""
    for shown in (False, True):
        for order in itertools.permutations(("decoration", "toplevel", "xdg_surface", "surface")):
            client = stage.client()
            window = Window(client, title="attack", decorate=True, show=shown)
            for name in order:
                getattr(window, name)("destroy")
            error = _first_error(order)
            if error is None:
                stage.harmless(client)
            else:
                stage.error(client, *error)
            client.close()


def a_decoration_without_its_window(stage: Stage) -> None:
    """It outlives a window that was never committed; titles fill the hole in memory."""
    client = stage.client()
    surface, own = xdg(client)
    toplevel = own("get_toplevel")
    decoration = client.the("zxdg_decoration_manager_v1")("get_toplevel_decoration", toplevel)
    toplevel("destroy")
    for size in range(200, 680, 4):
        _, other = xdg(client)
        other("get_toplevel")("set_title", "\x01" * size)
    surface("commit")
    decoration("set_mode", 1)
    stage.error(client, "zxdg_toplevel_decoration_v1", errors.Decoration.ORPHANED)


def hang_up_before_the_first_commit(stage: Stage) -> None:
    """With a decoration: libwayland destroys its objects in an order that wlroots does not like."""
    for _ in range(100):
        client = stage.client()
        _, own = xdg(client)
        toplevel = own("get_toplevel")
        client.the("zxdg_decoration_manager_v1")("get_toplevel_decoration", toplevel)
        client.flush()
        client.close()


def a_buffer_before_the_configure(stage: Stage) -> None:
    """Attached and committed before anything was acknowledged, with the first commit too."""
    client = stage.client()
    surface, own = xdg(client)
    own("get_toplevel")
    surface("attach", client.buffer(20, 20, (9, 9, 9)), 0, 0)
    surface("commit")
    stage.error(client, "xdg_surface", errors.XdgSurface.UNCONFIGURED_BUFFER)
    client = stage.client()
    window = Window(client, title="attack", show=False)
    window.acknowledges = window.draws = False
    client.wait_for(lambda: window.configures, "a configure")
    window.draw(50, 50)
    stage.error(client, "xdg_surface", errors.XdgSurface.UNCONFIGURED_BUFFER)
    # A surface that has a buffer already becomes a window.
    client = stage.client()
    surface = client.the("wl_compositor")("create_surface")
    surface("attach", client.buffer(20, 20, (9, 9, 9)), 0, 0)
    surface("commit")
    client.the("xdg_wm_base")("get_xdg_surface", surface)
    stage.error(client, "xdg_wm_base", errors.WmBase.INVALID_SURFACE_STATE)


def acknowledgements_of_nothing(stage: Stage) -> None:
    """Serials that were never given, given to another window, acknowledged before."""
    for serial in (0, 1, 0xFFFFFFFF):
        window = stage.window()
        window.xdg_surface("ack_configure", serial)
        stage.error(window.client, "xdg_wm_base", errors.WmBase.INVALID_SURFACE_STATE)
    window = stage.window()
    window.xdg_surface("ack_configure", window.serial)
    stage.error(window.client, "xdg_wm_base", errors.WmBase.INVALID_SURFACE_STATE)


def two_roles(stage: Stage) -> None:
    """A toplevel twice, a toplevel and a popup, a window as a cursor."""
    window = stage.window()
    window.xdg_surface("get_toplevel")
    stage.error(window.client, "xdg_wm_base", errors.WmBase.ROLE)
    window = stage.window()
    other = Window(window.client, title="attack")
    window.xdg_surface("get_popup", other.xdg_surface, _positioner(window.client))
    stage.error(window.client, "xdg_wm_base", errors.WmBase.ROLE)
    window = stage.window()
    window.client.the("xdg_wm_base")("get_xdg_surface", window.surface)
    stage.error(window.client, "xdg_wm_base", errors.WmBase.ROLE)
    window = stage.window(size=(600, 400))
    seat = stage.click(window)
    seat.pointer("set_cursor", seat.enter_serial, window.surface, 0, 0)
    stage.error(window.client, "wl_pointer", errors.Pointer.ROLE)


def the_shell_goes_first(stage: Stage) -> None:
    """xdg_wm_base is destroyed while there are windows."""
    window = stage.window()
    window.client.the("xdg_wm_base")("destroy")
    stage.error(window.client, "xdg_wm_base", errors.WmBase.DEFUNCT_SURFACES)


def fullscreen_without_a_word(stage: Stage) -> None:
    """It asks to cover the screen: its frame, and so its label, stays to be seen."""
    window = stage.window(color=RED)
    window.toplevel("set_fullscreen", None)
    stage.harmless(window.client)
    (seen,) = stage.seen()
    frame, content = box(seen["geometry"]), box(seen["content"])
    assert content[0] > frame[0] and content[1] > frame[1]
    window.toplevel("unset_fullscreen")
    stage.harmless(window.client)


def requests_at_the_wrong_time(stage: Stage) -> None:
    """Every request of a window before its first commit, and after an unmap."""
    client = stage.client()
    surface, own = xdg(client)
    toplevel = own("get_toplevel")
    seat = client.bind("wl_seat")

    def everything() -> None:
        for request in ("set_maximized", "unset_maximized", "unset_fullscreen", "set_minimized"):
            toplevel(request)
        toplevel("set_fullscreen", None)
        own("set_window_geometry", 0, 0, 10, 10)

    everything()
    stage.harmless(client)
    surface("commit")
    client.wait_for(lambda: own.received("configure"), "a configure")
    surface("attach", client.buffer(20, 20, (9, 9, 9)), 0, 0)
    surface("commit")
    stage.harmless(client)
    surface("attach", None, 0, 0)
    surface("commit")
    everything()
    stage.harmless(client)
    for request, args in (
        ("move", (seat, 1)),
        ("resize", (seat, 1, 5)),
        ("show_window_menu", (seat, 1, 0, 0)),
    ):
        toplevel(request, *args)
    stage.error(client, "xdg_surface", errors.XdgSurface.NOT_CONSTRUCTED)


def edges_that_are_none(stage: Stage) -> None:
    """resize by an edge there is not, with a serial that was given."""
    for edge in (3, 7, 11, 0xFFFFFFFF):
        window = stage.window(size=(600, 400))
        seat = stage.click(window)
        window.toplevel("resize", seat.seat, seat.press_serial, edge)
        stage.error(window.client, "xdg_toplevel", errors.Toplevel.INVALID_RESIZE_EDGE)
        window.client.close()
        stage.session.wait(lambda: not stage.seen(), "the window to go")


def no_pong(stage: Stage) -> None:
    """It never answers a ping: nobody waits for it."""
    window = stage.window()
    window.client.the("xdg_wm_base").on("ping", lambda _serial: None)
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        stage.honest.tick()
    stage.harmless(window.client)
