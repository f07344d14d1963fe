"""Passing for somebody else, and learning what others do."""

from __future__ import annotations

from collections.abc import Sequence

from tests.wire import Popup, Seat, Window
from tests.wire.selection import Selection

from .stage import Stage, string

INVALID_OBJECT = 0
POSES = (
    "h\u043enest",  # a Cyrillic letter
    "\u202etsenoh",
    "\u2067honest\u2069 \u202d",
    "ho\u200bnest\ufeff",
    "[honest] Terminal",
    "HOST: enter your password",
    "attacker\n[honest]",
    "\x1b]0;honest\x07\x1b[2J",
    "honest" + "\u0301" * 60,
    "honest" + " " * 4000 + "x",
)
"""Titles and app ids that look like another's."""
DONE_AND_DELETED = 24
"""Bytes of wl_callback.done and wl_display.delete_id: the answer to a sync."""


def titles_that_pose(stage: Stage) -> None:
    """Look-alikes, text that runs backwards, another's label in the title: it stays one line of
    plain letters in the attacker's own frame."""
    window = stage.window()
    (before,) = stage.seen()
    for pose in POSES:
        for request in ("set_title", "set_app_id"):
            opcode = window.toplevel.interface.requests[request].opcode
            window.client.send(window.toplevel.id, opcode, string(pose.encode()))
        stage.harmless(window.client)
        (seen,) = stage.seen()
        assert seen["vm"] == "attacker" and seen["label"] == before["label"]
        for text in (seen["title"], seen["app_id"]):
            assert text.isascii() and text.isprintable(), f"{pose!r} became {text!r}"
            assert len(text) <= 128 and "  " not in text
    (honest,) = stage.session.windows(vm="honest")
    assert honest["label"] != before["label"]


def contexts_within(stage: Stage) -> None:
    """A sandbox of its own, within which it would be somebody else: by its number, and under the
    number of something that is allowed."""
    kind = "wp_security_context_manager_v1"
    (hidden,) = stage.host.offers(kind)
    for name in (hidden.name, *stage.client().globals):
        client = stage.client()
        assert not client.offers(kind)
        client.bind_by_name(name, kind, 1)
        stage.refused(client, codes=(INVALID_OBJECT,))


def who_is_idle(stage: Stage) -> None:
    """When the user was last there is no VM's business, asked for in whatever way."""
    kind = "ext_idle_notifier_v1"
    (hidden,) = stage.host.offers(kind)
    for name in (hidden.name, *stage.client().globals):
        client = stage.client()
        assert not client.offers(kind)
        client.bind_by_name(name, kind, 1)
        stage.refused(client, codes=(INVALID_OBJECT,))


def _focus(stage: Stage) -> Sequence[str]:
    return [one["vm"] for one in stage.session.windows(focused=True)]


def _let_honest_have_focus(stage: Stage) -> Seat:
    """The user clicks on the honest window; returns a seat that heard of it."""
    seat = Seat(stage.honest.client)
    (seen,) = stage.session.windows(vm="honest")
    stage.mouse.click(*stage.middle(seen))
    stage.honest.client.wait_for(lambda: seat.press_serial and seat.focus, "the press")
    assert _focus(stage) == ["honest"]
    return seat


def stolen_tokens(stage: Stage) -> None:
    """An activation token that the honest client got for a real click, and a thousand guesses:
    none moves the focus to the attacker."""
    window = stage.window()
    seat = _let_honest_have_focus(stage)
    honest = stage.honest.client
    token = honest.the("xdg_activation_v1")("get_activation_token")
    token("set_serial", seat.press_serial, seat.seat)
    token("set_surface", stage.honest.window.surface)
    token("commit")
    honest.wait_for(lambda: token.received("done"), "a token")
    ((stolen,),) = token.received("done")
    token("destroy")
    activation = window.client.the("xdg_activation_v1")
    activation("activate", stolen, window.surface)
    for number in range(1000):
        activation("activate", f"{number:032x}", window.surface)
    stage.harmless(window.client)
    honest.roundtrip()
    assert _focus(stage) == ["honest"]
    assert seat.focus is stage.honest.window.surface, "the keyboard went elsewhere"


def grabs_of_the_focus(stage: Stage) -> None:
    """New windows, fullscreen, dialogs, popups that grab, and the keys typed meanwhile."""
    seat = _let_honest_have_focus(stage)
    window = stage.window()
    theirs = Seat(window.client)
    window.toplevel("set_fullscreen", None)
    window.toplevel("set_maximized")
    window.toplevel("unset_fullscreen")
    dialog = Window(window.client, title="attack", parent=window)
    popup = Popup(dialog, grab=(theirs.seat, 1), show=False)
    dialog.toplevel("set_minimized")
    stage.harmless(window.client)
    stage.keys.type(30)
    stage.host.roundtrip()
    stage.harmless(window.client)
    stage.honest.client.roundtrip()
    assert _focus(stage) == ["honest"]
    assert seat.focus is stage.honest.window.surface
    assert theirs.focus is None, "the attacker has the keyboard"
    assert popup is not None


def the_clipboard_of_others(stage: Stage) -> None:
    """Who has the focus is not told what another VM has selected, nor that it has; and what it
    selects itself is told to nobody."""
    seat = _let_honest_have_focus(stage)
    theirs = [Selection(seat, kind) for kind in ("clipboard", "primary")]
    for one in theirs:
        one.set({"text/plain": b"secret"})
    window = stage.window()
    spy = stage.click(window)
    ours = [Selection(spy, kind) for kind in ("clipboard", "primary")]
    stage.harmless(window.client)
    assert [one.current for one in ours] == [None, None], "it was told of another's selection"
    stage.honest.client.roundtrip()
    told = [one.told for one in theirs]
    for one in ours:
        one.set({"text/plain": b"bait"})
    stage.harmless(window.client)
    stage.honest.client.roundtrip()
    assert [one.told for one in theirs] == told
    assert [one.cancelled for one in theirs] == [0, 0], "another took its selection"
    for one in theirs:
        one.set(None)
    stage.honest.client.roundtrip()


def frame_callbacks_that_tell(stage: Stage) -> None:
    """A frame is answered whoever draws, and nobody: what it tells is that the window is seen. Who
    does not ask hears nothing, however much others draw."""
    heard: list[int] = []

    def tap(is_event: bool, data: bytes, _fds: Sequence[int]) -> None:
        if is_event:
            heard.append(len(data))

    window = stage.window(stage.client(tap))
    client = window.client
    for _ in range(3):
        before = window.frames
        window.ask_frame()
        window.commit()
        client.wait_for(lambda before=before: window.frames > before, "its frame")  # type: ignore[misc]
    stage.harmless(client)
    heard.clear()
    for _ in range(20):
        stage.honest.tick()
    client.roundtrip()
    assert sum(heard) == DONE_AND_DELETED, "it heard of what another drew"
