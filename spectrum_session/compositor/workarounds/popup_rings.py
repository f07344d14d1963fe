"""Refuses cycles of popups, which wlroots would follow without end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spectrum_session.wlr import address, ffi, lib

if TYPE_CHECKING:
    from spectrum_session.compositor.server import Server

MAX_PARENTS = 4096
"""Depth of popups beyond which the search for the window ends."""

INVALID_POPUP_PARENT = 3
"""Of xdg_wm_base."""
INVALID_GRAB = 0
"""Of xdg_popup."""


def ends_nowhere(pointer: Any) -> bool:
    """Do the parents of a `struct wlr_xdg_popup *` lead back to it, or on without an end?

    wlroots lets a client make such a ring, and walks it for ever as soon as it looks for the
    window or closes one of the popups.
    """
    first = address(pointer)
    popup = pointer
    for _ in range(MAX_PARENTS):
        if not popup.parent:
            return False
        popup = lib.wlr_xdg_popup_try_from_wlr_surface(popup.parent)
        if not popup:
            return False
        if address(popup) == first:
            return True
    return True


def break_off(pointer: Any) -> None:
    """Take a `struct wlr_xdg_popup *` from the list of its parent's popups."""
    link = ffi.addressof(pointer, "link")
    lib.wl_list_remove(link)
    lib.wl_list_init(link)


def check_grab(server: Server, grab: Any) -> None:
    """A `struct wlr_seat_pointer_grab *` begins. If a popup's, is the popup in its list once?

    A client may ask for the grab of one popup twice, and wlroots then puts it into its list twice,
    which makes a ring that never comes back to the list's head. Called between that and the
    first walk over the list: the list is made anew and the client disconnected.
    """
    if not grab.data:
        return
    popup_grab = ffi.cast("struct wlr_xdg_popup_grab *", grab.data)
    if address(ffi.addressof(popup_grab, "pointer_grab")) != address(grab):
        # The grab of a drag.
        return
    head = ffi.addressof(popup_grab, "popups")
    links: dict[int, Any] = {}
    link = head.next
    while link != head and address(link) not in links:
        links[address(link)] = link
        link = link.next
    if link == head:
        return
    lib.wl_list_init(head)
    for link in links.values():
        lib.wl_list_insert(head.prev, link)
    offset = ffi.offsetof("struct wlr_xdg_popup", "grab_link")
    twice = ffi.cast("struct wlr_xdg_popup *", ffi.cast("char *", head.next) - offset)
    server.refusals.log(twice.resource, "a second grab of a popup")
    lib.wl_resource_post_error(twice.resource, INVALID_GRAB, b"the popup has its grab already")
