"""What holds after any sequence of events."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.shell.actions import ACTIONS, Action, Fullscreen
from spectrum_session.shell.commands import Place
from spectrum_session.shell.events import (
    Act,
    ActivationRequest,
    ClientRequest,
    Event,
    OutputAdded,
    OutputRemoved,
    PointerEntered,
    PointerPressed,
    WindowDragged,
    WindowInfo,
    WindowLimits,
    WindowMapped,
    WindowRenamed,
    WindowReplaced,
    WindowUnmapped,
)
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.options import Rule, ShellOptions

from .desk import Desk

OUTPUTS = ("A", "B", "C")
ids = st.integers(1, 8)
lengths = st.sampled_from([0, 0, 50, 400, 1500])
places = st.builds(
    Rect,
    st.integers(-500, 5000),
    st.integers(-500, 2000),
    st.integers(-10, 3000),
    st.integers(-10, 2000),
)
areas = st.builds(
    Rect,
    st.sampled_from([0, 1920, 3840]),
    st.sampled_from([0, 300]),
    st.integers(300, 2560),
    st.integers(300, 1440),
)
vms = st.sampled_from([None, "work", "personal"])

infos = st.builds(
    WindowInfo,
    ids,
    vms,
    app_id=st.sampled_from(["", "quiet", "full", "far", "float"]),
    width=lengths,
    height=lengths,
    min_width=lengths,
    min_height=lengths,
    max_width=lengths,
    max_height=lengths,
    parent=st.none() | ids,
    wants_fullscreen=st.booleans(),
    wants_maximised=st.booleans(),
)


@st.composite
def actions(draw: st.DrawFn) -> Action:
    spec = draw(st.sampled_from(list(ACTIONS.values())))
    args: list[Any] = []
    for argument in spec.arguments:
        options: list[st.SearchStrategy[Any]] = []
        if argument.choices:
            options.append(st.sampled_from(argument.choices))
        if argument.number == "int":
            low, high = max(-2000, int(argument.low)), min(4000, int(argument.high))
            options.append(st.integers(low, high))
        elif argument.number == "float":
            options.append(st.floats(-1, 1))
        elif argument.text:
            options.append(st.sampled_from(OUTPUTS))
        value = draw(st.one_of(options))
        args.append((value,) if argument.rest else value)
    return spec.action(*args)


@st.composite
def plugged(draw: st.DrawFn) -> OutputAdded:
    area = draw(areas)
    return OutputAdded(draw(st.sampled_from(OUTPUTS)), area, area.inset(0, 30, 0, 0))


opened = st.builds(WindowMapped, infos)
by_clients: st.SearchStrategy[Event] = st.one_of(
    opened,
    st.builds(WindowRenamed, ids, st.just("title"), st.just("app")),
    st.builds(WindowLimits, ids, lengths, lengths, lengths, lengths),
    st.builds(
        ClientRequest, ids, st.sampled_from(["fullscreen", "maximise", "minimise"]), st.booleans()
    ),
    st.builds(ActivationRequest, ids, st.booleans()),
)
events: st.SearchStrategy[Event] = st.one_of(
    opened,
    by_clients,
    plugged(),
    st.builds(OutputRemoved, st.sampled_from(OUTPUTS)),
    st.builds(WindowUnmapped, ids),
    st.builds(WindowReplaced, ids, infos),
    st.builds(PointerPressed, st.none() | ids, st.none() | st.sampled_from(OUTPUTS)),
    st.builds(PointerEntered, ids),
    st.builds(WindowDragged, ids, places),
    st.builds(Act, actions(), st.none() | ids),
    st.builds(Act, actions(), st.none()),
)
histories = st.lists(events, max_size=40)

OPTIONS: dict[str, Any] = {
    "rules": (
        Rule(app_id="quiet", focus=False, maximised=True),
        Rule(app_id="full", fullscreen=True),
        Rule(app_id="far", workspace=4),
        Rule(app_id="float", floating=True, width=300, height=200),
    ),
    "true_fullscreen": frozenset({"work"}),
    "focus_follows_pointer": True,
}


def desk_after(history: list[Event]) -> Desk:
    desk = Desk("A", **OPTIONS)
    for event in history:
        desk.send(event)
    return desk


def check(desk: Desk, mapped: set[int]) -> None:
    windows = {view.id: view for view in desk.shell.windows()}
    spaces = desk.shell.workspaces()

    # No window is lost, and each is on exactly one workspace.
    assert set(windows) == mapped
    assert sorted(itertools.chain.from_iterable(space.windows for space in spaces)) == sorted(
        mapped
    )
    for space in spaces:
        assert all(windows[number].workspace == space.number for number in space.windows)

    # Each output shows exactly one workspace; a workspace with windows is somewhere.
    outputs = set(desk.shell._state.outputs)
    assert sorted(space.output or "" for space in spaces if space.visible) == sorted(outputs)
    for space in spaces:
        assert (space.output in outputs) if space.windows and outputs else True
        for number in space.windows:
            assert windows[number].output == space.output
            assert not windows[number].visible or space.visible
    assert (desk.shell.focused_output in outputs) == bool(outputs)

    # The focus is on a visible window or nowhere.
    focused = desk.shell.focused
    if focused is not None:
        view = windows[focused]
        assert view.visible and view.output == desk.shell.focused_output
        assert not view.urgent and not view.minimised
    assert [view.id for view in windows.values() if view.focused] == (
        [] if focused is None else [focused]
    )
    assert desk.focus.window == focused

    # Who only reads the commands knows the same.
    assert set(desk.places) == mapped
    shared = set(Place.__struct_fields__) - {"window", "tiled"}
    for number, place in desk.places.items():
        for name in shared:
            assert getattr(place, name) == getattr(windows[number], name), name
        assert place.tiled == (not (place.floating or place.fullscreen or place.maximised))
        assert not place.frame.empty
    assert sorted(desk.order) == sorted(view.id for view in windows.values() if view.visible)

    # Nothing but fullscreen has no frame, and only where policy allows it.
    for view in windows.values():
        assert not view.true_fullscreen or (view.fullscreen and view.vm in (None, "work"))


def follow(mapped: set[int], event: Event, gone: int | None) -> None:
    if isinstance(event, (WindowMapped, WindowReplaced)):
        mapped.add(event.window.id)
    if gone is not None:
        mapped.discard(gone)


@settings(max_examples=300)
@given(histories)
def test_invariants(history: list[Event]) -> None:
    desk = Desk("A", **OPTIONS)
    mapped: set[int] = set()
    for event in history:
        gone = desk.gone_by(event)
        desk.send(event)
        follow(mapped, event, gone)
        check(desk, mapped)
    desk.replay(desk.shell.reconfigure(ShellOptions()))
    for view in desk.shell.windows():
        assert not view.true_fullscreen or view.vm is None


@settings(max_examples=200)
@given(histories)
def test_tiles_cover_the_work_area_without_overlap(history: list[Event]) -> None:
    desk = Desk("A", gap=0, outer_gap=0, **OPTIONS)
    for event in history:
        desk.send(event)
    for output in desk.shell._state.outputs.values():
        space = next(
            space
            for space in desk.shell.workspaces()
            if space.visible and space.output == output.name
        )
        mine = [desk.window(number) for number in space.windows]
        tiles = [view for view in mine if not (view.floating or view.minimised)]
        if any(view.fullscreen or view.maximised for view in tiles) or not tiles:
            continue
        if space.layout == "monocle":
            assert all(view.frame == output.work_area for view in tiles)
            assert sum(view.visible for view in tiles) == 1
            continue
        frames = [view.frame for view in tiles]
        area = output.work_area
        assert not any(a.overlaps(b) for a, b in itertools.combinations(frames, 2))
        assert all(frame.intersect(area) == frame for frame in frames)
        assert sum(f.width * f.height for f in frames) == area.width * area.height


@settings(max_examples=300)
@given(histories, st.lists(by_clients, min_size=1, max_size=8))
def test_no_vm_takes_the_focus_by_itself(history: list[Event], hostile: list[Event]) -> None:
    desk = desk_after(history)
    for event in hostile:
        before = {view.id: view for view in desk.shell.windows()}
        focused = desk.shell.focused
        desk.send(event)
        after = desk.shell.focused
        if focused is None or after is None or focused == after:
            continue
        assert not desk.focus.by_user
        if isinstance(event, ClientRequest) and event.kind == "minimise":
            continue
        taker = desk.window(after)
        assert taker.vm is None or taker.vm == before[focused].vm


def _window_of(event: Event) -> int | None:
    """Whose event it is, of those that clients cause."""
    if isinstance(event, WindowMapped):
        return event.window.id
    if isinstance(event, (WindowRenamed, WindowLimits, ClientRequest, ActivationRequest)):
        return event.window
    return None


@settings(max_examples=200)
@given(histories, st.lists(by_clients, min_size=1, max_size=8))
def test_no_vm_covers_the_focused_fullscreen_window_of_another(
    history: list[Event], hostile: list[Event]
) -> None:
    desk = desk_after([*history, Act(Fullscreen("on"))])
    for event in hostile:
        focused = desk.shell.focused
        if focused is None or not desk.window(focused).fullscreen:
            return
        origin = desk.window(focused).vm
        desk.send(event)
        if desk.shell.focused != focused:
            return
        if not desk.window(focused).fullscreen:
            # Only the window itself may end that: it asked for it, or it is a new one.
            assert _window_of(event) == focused
            return
        above = desk.order[desk.order.index(focused) + 1 :]
        output = desk.window(focused).output
        for number in above:
            view = desk.window(number)
            assert view.output != output or view.vm == origin


@settings(max_examples=200)
@given(histories)
def test_dialogs_lie_over_their_parents(history: list[Event]) -> None:
    desk = desk_after(history)
    for window in desk.shell._state.windows.values():
        parent = window.parent
        if parent is None:
            continue
        assert parent.vm == window.vm
        if window.visible and parent.visible and parent.workspace == window.workspace:
            order = desk.order
            assert order.index(window.id) > order.index(parent.id)


@settings(max_examples=200)
@given(histories)
def test_title_bars_of_floating_windows_are_in_reach(history: list[Event]) -> None:
    desk = desk_after(history)
    for view in desk.shell.windows():
        if not (view.visible and view.floating) or view.fullscreen or view.maximised:
            continue
        assert view.output is not None
        area = desk.shell._state.outputs[view.output].work_area
        title = Rect(view.frame.x, view.frame.y, view.frame.width, 28).intersect(area)
        assert title.height == 28 and title.width >= min(64, view.frame.width)


@settings(max_examples=200)
@given(histories)
def test_what_did_not_change_is_not_told(history: list[Event]) -> None:
    desk = Desk("A", **OPTIONS)
    for event in history:
        if isinstance(event, (WindowMapped, WindowReplaced)):
            desk.places.pop(event.window.id, None)
        gone = desk.gone_by(event)
        if gone is not None:
            desk.places.pop(gone, None)
        before = dict(desk.places)
        for command in desk.send(event):
            if isinstance(command, Place):
                assert before.get(command.window) != command


@given(histories, infos)
def test_a_tile_is_announced_as_it_will_be(history: list[Event], info: WindowInfo) -> None:
    desk = desk_after(history)
    info = msgspec.structs.replace(info, id=99)
    announced = desk.shell.opening_tile(info)
    desk.send(WindowMapped(info))
    place = desk.places[99]
    if announced is not None:
        assert place.tiled and not place.minimised
        assert place.frame == announced
    elif place.tiled and place.output is not None:
        # Not known before it is there: whether it may cover its output.
        assert info.wants_fullscreen or place.minimised
